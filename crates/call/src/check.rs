//! The engine's invariants, as a function: slow, for tests and simulation, after each step.

use crate::call::{Call, Calling, Departed, Forward, Guest, Stage, Talk, Walk, Way, With};
use crate::consult::GUESTS_MAX;
use crate::engine::{Engine, Owner, caller_of};
use crate::event::{CallRef, Phase};
use crate::leg::{Dialog, Leg, Role, Sound};
use acd::{AgentRef, AgentState, GroupRef};
use media::session::Hear;

impl Engine {
    /// Holds the state against what must always be true between two steps:
    ///
    /// - nothing decided is left undone;
    /// - every living leg belongs to one call and every call's legs are known;
    /// - every port is free, resting, set aside or held by exactly one leg;
    /// - who is being told something hears it, and only who thinks or waits is woken;
    /// - each stage has the audio it needs, and an ended call has none open;
    /// - an agent is offered exactly when one call rings at him, and talks exactly when he is in one: as who calls by
    ///   himself and as the colleague whom he calls, too;
    /// - who waits or rings is in the distributor's lines, and nobody else is;
    /// - every callback is known to the distributor unless it is parked, and the distributor knows no other;
    /// - nobody waits to be dialed first while there is a place for him;
    /// - a call of ours belongs to one callback until it has led to a talk or is over;
    /// - only talks are recorded;
    /// - only who has talked with an agent is asked to rate that;
    /// - who is in a studio is known there, held while its show is on and by no more than it holds, on air only with its
    ///   console, and in no line;
    /// - the distributor's own invariants;
    /// - what is done is forgotten.
    ///
    /// # Errors
    /// Says what does not hold.
    pub fn check(&self) -> Result<(), String> {
        hold(self.decided.is_empty(), || "decisions are left".into())?;
        hold(self.picked.is_none(), || "a call was picked by half".into())?;
        self.acd.check()?;
        for (call, running) in self.recordings.sorted() {
            let talks = self.talk(*call).is_some_and(|talk| talk.with == With::Agent(running.agent));
            hold(talks, || format!("{} is recorded and {} does not talk", call, running.agent))?;
        }
        self.check_studios()?;
        let legs = self.legs.sorted();
        let mut withdrawn: Vec<CallRef> = Vec::new();
        let mut winding = vec![0; self.winding.len()];
        for (_, owner) in &legs {
            if let Role::Withdrawn(agent) = owner.role {
                withdrawn.push(owner.call);
                winding[agent.index()] += 1;
            }
        }
        hold(winding == self.winding, || {
            format!("{winding:?} legs are withdrawn, {:?} counted", self.winding)
        })?;
        withdrawn.sort_unstable();
        let mut ports = Vec::new();
        let mut live = 0;
        let (mut ringing, mut talking, mut in_line) = (0, 0, 0);
        for (name, call) in self.calls.iter() {
            live += usize::from(!call.is_ending());
            let known = withdrawn.partition_point(|other| *other <= name)
                - withdrawn.partition_point(|other| *other < name);
            self.check_call(name, call, known).map_err(|why| format!("{name} ({call}): {why}"))?;
            ports.extend(call.legs().filter_map(|leg| leg.sound.port()));
            ringing += call.rings().len();
            talking += busy(call).len();
            let waits = matches!(call.stage, Stage::Waiting(_) | Stage::Ringing(..));
            in_line += usize::from(waits && !call.is_planned());
        }
        let groups = (0..self.plan.acd.groups.len()).filter_map(|group| self.acd.group(GroupRef::at(group)));
        let (lines, away) =
            groups.fold((0, 0), |(lines, away), group| (lines + group.waiting, away + group.callbacks));
        hold(lines == in_line, || format!("{in_line} callers wait, {lines} are in line"))?;
        self.check_callbacks(away)?;
        hold(live == self.live, || format!("{live} calls are live, {} are counted", self.live))?;

        for (leg, owner) in legs {
            let call = self.calls.get(owner.call).ok_or_else(|| format!("{leg:?} belongs to no call"))?;
            let known = match owner.role {
                Role::Caller => call.caller.leg == *leg,
                Role::Agent => {
                    call.agent_leg().is_some_and(|agent| agent.leg == *leg)
                        || call.rings().iter().any(|ring| ring.leg.leg == *leg)
                }
                Role::Line => {
                    call.talk().and_then(|talk| talk.line.as_ref()).is_some_and(|line| line.leg == *leg)
                }
                Role::Guest => call.guests().iter().any(|guest| guest.leg.leg == *leg),
                Role::Departed => call.departed.iter().any(|departed| departed.leg.leg == *leg),
                Role::Withdrawn(_) => call.withdrawn > 0,
            };
            hold(known, || format!("{leg:?} is not known to {}", owner.call))?;
        }

        let held = ports.len();
        ports.sort_unstable();
        ports.dedup();
        hold(ports.len() == held, || "a port is held twice".into())?;
        let census = self.ports.census();
        hold(census.free + census.used + census.aside == census.total, || format!("{census:?}"))?;
        hold(census.used == held, || format!("{held} ports are held, {} are in use", census.used))?;

        let doing =
            |wanted: fn(&AgentState) -> bool| self.agents.iter().filter(|state| wanted(state)).count();
        let offered = doing(|state| matches!(state, AgentState::Offered(_)));
        hold(offered == ringing, || format!("{offered} agents are offered, {ringing} phones ring"))?;
        let busy = doing(|state| *state == AgentState::Talking);
        hold(busy == talking, || format!("{busy} agents talk, on {talking} calls"))
    }

    fn check_call(&self, name: CallRef, call: &Call, withdrawn: usize) -> Result<(), String> {
        hold(!call.is_done(), || "is done and not forgotten".into())?;
        hold(call.told == call.is_ending(), || "its end and the word of it differ".into())?;
        hold(call.limit.is_some(), || "has no limit".into())?;
        self.check_leg(name, Role::Caller, &call.caller)?;
        for leg in call.agent_leg().into_iter().chain(call.rings().iter().map(|ring| &ring.leg)) {
            self.check_leg(name, Role::Agent, leg)?;
        }
        for guest in call.guests() {
            self.check_leg(name, Role::Guest, &guest.leg)?;
        }
        if let Some(line) = call.talk().and_then(|talk| talk.line.as_ref()) {
            self.check_leg(name, Role::Line, line)?;
        }
        for Departed { leg, .. } in &call.departed {
            self.check_leg(name, Role::Departed, leg)?;
            let closed = matches!(leg.sound, Sound::Closing(_) | Sound::Closed) && !leg.is_up();
            hold(closed && !leg.is_done(), || format!("{:?} has departed and is {leg:?}", leg.leg))?;
        }
        let mut slots: Vec<_> = call.legs().filter(|leg| leg.audio().is_some()).map(|leg| leg.slot).collect();
        slots.sort_unstable();
        hold(slots.windows(2).all(|pair| pair[0] != pair[1]), || "two parties in one slot".into())?;
        hold(withdrawn == call.withdrawn as usize, || {
            format!("{withdrawn} legs are withdrawn, not {}", call.withdrawn)
        })?;

        check_course(call)?;
        let open = |leg: &Leg| matches!(leg.sound, Sound::Open(_));
        match &call.stage {
            Stage::Opening => hold(matches!(call.caller.sound, Sound::Reserved(_)), || "has no port".into()),
            Stage::Standby(_) => {
                hold(open(&call.caller), || "the caller hears nothing".into())?;
                hold(matches!(call.caller.hears, Hear::Loop(_) | Hear::Once(_)), || {
                    format!("who is held for a studio hears {:?}", call.caller.hears)
                })?;
                hold(call.visit.is_some() && call.served, || "is held for no studio".into())?;
                hold(call.course.pause.is_some(), || "is held without an end".into())
            }
            Stage::Walking(_) | Stage::Waiting(_) | Stage::Announcing(_) | Stage::Service => {
                hold(open(&call.caller), || "the caller hears nothing".into())
            }
            Stage::Ringing(_, rings) => {
                let most = usize::from(acd::plan::PARALLEL_MAX);
                hold((1..=most).contains(&rings.len()), || format!("{} phones ring", rings.len()))?;
                hold(open(&call.caller) || call.is_planned(), || "the caller hears nothing".into())?;
                for ring in rings {
                    let reserved = matches!(ring.leg.sound, Sound::Reserved(_));
                    hold(reserved, || "sound does not fit".into())?;
                    let state = self.agent_state(ring.agent);
                    hold(state == Some(AgentState::Offered(ring.offer)), || format!("agent is {state:?}"))?;
                }
                Ok(())
            }
            Stage::Calling(calling) => {
                let dialed = matches!(call.caller.sound, Sound::Reserved(_)) && call.caller.is_up();
                hold(dialed, || "nobody is dialed".into())?;
                let waits = calling.companion.as_ref();
                hold(waits.is_none_or(|talk| open(&talk.leg)), || "the agent hears nothing".into())?;
                self.check_busy(call)
            }
            Stage::Forwarding(forward) => {
                let dialed = matches!(forward.leg.sound, Sound::Reserved(_)) && forward.leg.is_up();
                hold(open(&call.caller) && dialed, || "nobody is dialed".into())?;
                self.check_busy(call)
            }
            Stage::Outgoing(dial) => {
                let Way::Outgoing(_) = call.way else { return Err("nobody calls him".into()) };
                let there = open(&dial.leg);
                let rung = matches!(dial.leg.sound, Sound::Reserved(_)) && !dial.leg.is_answered();
                hold(dial.leg.is_up() && (there || rung), || "the agent is neither rung nor there".into())?;
                let dialed = call.caller.dialog == Dialog::Early
                    && (open(&call.caller) == dial.early && call.caller.sound.port().is_some());
                let fits = if there { dialed } else { call.is_planned() && !dial.early };
                hold(fits, || "nobody is dialed".into())?;
                self.check_busy(call)
            }
            Stage::Talking(talk) => {
                hold(open(&call.caller) && open(&talk.leg), || "the bridge does not stand".into())?;
                hold(call.caller.is_answered(), || "the caller is not answered".into())?;
                hold(talk.guests.len() <= GUESTS_MAX, || "too many guests".into())?;
                for guest in &talk.guests {
                    let there = open(&guest.leg) == guest.leg.is_answered() && guest.leg.is_up();
                    hold(there, || format!("{} is neither rung nor there", guest.with))?;
                }
                let rung = talk.guests.iter().any(Guest::is_rung_by_roster);
                hold(rung == talk.hunt.is_some(), || format!("somebody of a roster is rung: {rung}"))?;
                let asks = talk.line.as_ref().is_none_or(|line| open(line) && line.is_up());
                hold(asks && (talk.line.is_none() || talk.consulted().is_some()), || {
                    "an idle second line".into()
                })?;
                hold(talk.phase == Phase::of(talk) || !matches!(talk.with, With::Agent(_)), || {
                    format!("{:?} was told, it is {:?}", talk.phase, Phase::of(talk))
                })?;
                self.check_busy(call)
            }
            Stage::Ending => {
                let silent = matches!(call.caller.sound, Sound::Closing(_) | Sound::Closed);
                hold(silent && !call.caller.is_up(), || "is not closed".into())
            }
        }
    }

    /// The agents in a call are talking, as the distributor has it.
    fn check_busy(&self, call: &Call) -> Result<(), String> {
        busy(call).into_iter().try_for_each(|agent| {
            let state = self.agent_state(agent);
            hold(state == Some(AgentState::Talking), || format!("{agent} is {state:?}"))
        })
    }

    /// Callbacks, those in the distributor's lines who are not on the phone, and the calls that we make.
    fn check_callbacks(&self, away: usize) -> Result<(), String> {
        let mut in_line = 0;
        let mut held = vec![0; self.dialed_first.len()];
        for (from, callback) in self.callbacks() {
            let group = callback.group.index();
            held[group] += u32::from(callback.holds);
            hold(!callback.holds || callback.call.is_some(), || format!("{from} holds a place for nothing"))?;
            if callback.queued.is_some() {
                let flow = self.plan.groups[group].callback.as_ref();
                let full = flow.is_some_and(|flow| self.dialed_first[group] >= flow.at_once.max(1));
                let listed = self.to_dial.iter().filter(|waits| **waits == from).count();
                hold(full && listed == 1, || format!("{from} could be dialed, listed: {listed}"))?;
            }
            in_line += usize::from(!callback.parked && !callback.reached);
            let known = self.acd.caller(caller_of(from)).is_some();
            hold(known != callback.parked, || {
                format!("{from} is to be called back, parked: {}, in line: {known}", callback.parked)
            })?;
            hold(callback.kept && callback.stranded.is_none(), || format!("{from} was left half done"))?;
            let Some(call) = callback.call else {
                hold(!callback.reached, || format!("{from} was reached and is nowhere"))?;
                continue;
            };
            let this = self.calls.get(call).filter(|this| this.way == Way::Callback(from));
            let this = this.ok_or_else(|| format!("{from} is in {call}, which is not his"))?;
            let waits = matches!(this.stage, Stage::Waiting(_) | Stage::Ringing(..));
            let dialed = matches!(this.stage, Stage::Calling(_));
            hold(waits || dialed, || format!("{from} is in {call}, which is {this}"))?;
            let there = waits && !this.is_planned();
            hold(there == callback.reached, || format!("{from} is in {call}, reached: {there}"))?;
        }
        hold(held == self.dialed_first, || {
            format!("{held:?} hold a place, {:?} counted", self.dialed_first)
        })?;
        hold(in_line == away, || format!("{in_line} are to be called back, {away} are in line"))?;
        for (name, call) in self.calls.iter() {
            let Way::Callback(from) = call.way else { continue };
            let past = call.served || matches!(call.stage, Stage::Announcing(_) | Stage::Ending);
            let known = self.callbacks.get(&from).is_some_and(|callback| callback.call == Some(name));
            hold(known != past, || format!("{name} ({call}) is for {from}, who knows it: {known}"))?;
        }
        let held = self.calls.iter().filter(|(_, call)| call.is_callback());
        let rung: usize = held.map(|(_, call)| call.rings().len()).sum();
        hold(rung == self.rung.len(), || {
            format!("{rung} phones ring for callbacks, {} known", self.rung.len())
        })
    }

    /// Callers in studios.
    fn check_studios(&self) -> Result<(), String> {
        let mut there = 0;
        for (name, call) in self.calls.iter() {
            let Some(visit) = call.visit else { continue };
            there += 1;
            let show = &self.shows[visit.studio.index()];
            let known = show.callers.iter().filter(|known| **known == name).count();
            hold(known == 1, || format!("{name} ({call}) is known there {known} times"))?;
            let fits = match call.stage {
                // At the console, or being handed on: a closed show takes nothing from those.
                Stage::Talking(_) | Stage::Forwarding(_) => true,
                Stage::Standby(_) => show.open,
                _ => false,
            };
            hold(fits, || format!("{name} ({call}) is in a studio, open: {}", show.open))?;
            let talks = self.is_at_console(name);
            hold(!visit.on_air || talks, || format!("{name} ({call}) is on air without the console"))?;
        }
        let listed: usize = self.shows.iter().map(|show| show.callers.len()).sum();
        hold(listed == there, || format!("{listed} are listed in studios, {there} are there"))?;
        for (show, plan) in self.shows.iter().zip(&self.plan.studios) {
            // Whoever has been at the console may come back beyond the bound: one, for there is one console.
            let held = show.callers.iter().filter(|call| !self.is_at_console(**call)).count();
            hold(held <= plan.held_max + 1, || format!("{held} are held for {}", plan.name))?;
        }
        Ok(())
    }

    fn check_leg(&self, call: CallRef, role: Role, leg: &Leg) -> Result<(), String> {
        let known = self.legs.get(&leg.leg) == Some(&Owner { call, role });
        hold(known == !matches!(leg.dialog, Dialog::Over | Dialog::Planned), || {
            format!("{:?} {:?} is lost", leg.leg, leg.dialog)
        })
    }
}

/// What a caller is told step by step.
fn check_course(call: &Call) -> Result<(), String> {
    let course = &call.course;
    let hears_one = matches!(call.caller.hears, Hear::Once(_));
    hold(course.speech.is_empty() || hears_one || call.is_ending(), || {
        "more is to be said and nothing is".into()
    })?;
    let talking = matches!(call.stage, Stage::Talking(_));
    hold(!course.telling || call.is_ending() || (talking && hears_one), || "nobody is told".into())?;
    let thinks = matches!(call.stage, Stage::Walking(Walk::Choosing { .. } | Walk::Asked { .. }));
    let waits = matches!(call.stage, Stage::Waiting(_) | Stage::Ringing(..) | Stage::Standby(_));
    let wakes = thinks || waits;
    let rates = matches!(call.stage, Stage::Walking(Walk::Asked { .. } | Walk::Thanked));
    hold(!rates || (call.served && call.agent.is_some()), || "rates a talk that he had with nobody".into())?;
    hold(course.pause.is_none() || wakes, || "is woken for nothing".into())
}

/// The agents who are in a call: talking, consulted, rung for a caller who was handed over, waiting for one who is
/// dialed.
fn busy(call: &Call) -> Vec<AgentRef> {
    let guests = call.guests().iter().filter(|guest| guest.engaged).filter_map(|guest| guest.with.agent());
    let main = match &call.stage {
        Stage::Talking(Talk { with, .. })
        | Stage::Forwarding(Forward { with, .. })
        | Stage::Calling(Calling { companion: Some(Talk { with, .. }), .. }) => with.agent(),
        Stage::Outgoing(_) => match call.way {
            Way::Outgoing(outgoing) => Some(outgoing.agent),
            _ => None,
        },
        _ => None,
    };
    // An agent whom a colleague calls, from when he is dialed until the call ends.
    let colleague = match call.way {
        Way::Outgoing(outgoing) if !call.is_planned() && !call.is_ending() => outgoing.colleague,
        _ => None,
    };
    main.into_iter().chain(colleague).chain(guests).collect()
}

fn hold(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}
