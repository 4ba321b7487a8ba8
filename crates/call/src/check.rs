//! The engine's invariants, as a function: slow, for tests and simulation, after each step.

use crate::call::{Call, Stage};
use crate::engine::{Engine, Owner};
use crate::event::CallRef;
use crate::leg::{Dialog, Leg, Role, Sound};
use acd::{AgentState, GroupRef};

impl Engine {
    /// Holds the state against what must always be true between two steps:
    ///
    /// - nothing decided is left undone;
    /// - every living leg belongs to one call and every call's legs are known;
    /// - every port is free, resting, set aside or held by exactly one leg;
    /// - each stage has the audio it needs, and an ended call has none open;
    /// - an agent is offered or talking exactly when one call rings or talks with him;
    /// - who waits or rings is in the distributor's lines, and nobody else is;
    /// - the distributor's own invariants;
    /// - what is done is forgotten.
    ///
    /// # Errors
    /// Says what does not hold.
    pub fn check(&self) -> Result<(), String> {
        hold(self.decided.is_empty(), || "decisions are left".into())?;
        self.acd.check()?;
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
            for leg in std::iter::once(&call.caller).chain(call.agent_leg()) {
                ports.extend(leg.sound.port());
            }
            ringing += usize::from(matches!(call.stage, Stage::Ringing(..)));
            talking += usize::from(matches!(call.stage, Stage::Talking(_)));
            in_line += usize::from(matches!(call.stage, Stage::Waiting(_) | Stage::Ringing(..)));
        }
        let groups = (0..self.plan.acd.groups.len()).filter_map(|group| self.acd.group(GroupRef::at(group)));
        let lines: usize = groups.map(|group| group.waiting).sum();
        hold(lines == in_line, || format!("{in_line} callers wait, {lines} are in line"))?;
        hold(live == self.live, || format!("{live} calls are live, {} are counted", self.live))?;

        for (leg, owner) in legs {
            let call = self.calls.get(owner.call).ok_or_else(|| format!("{leg:?} belongs to no call"))?;
            let known = match owner.role {
                Role::Caller => call.caller.leg == *leg,
                Role::Agent => call.agent_leg().is_some_and(|agent| agent.leg == *leg),
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
        if let Some(leg) = call.agent_leg() {
            self.check_leg(name, Role::Agent, leg)?;
        }
        hold(withdrawn == call.withdrawn as usize, || {
            format!("{withdrawn} legs are withdrawn, not {}", call.withdrawn)
        })?;

        let open = |leg: &Leg| matches!(leg.sound, Sound::Open(_));
        match &call.stage {
            Stage::Opening => hold(matches!(call.caller.sound, Sound::Reserved(_)), || "has no port".into()),
            Stage::Greeting(_) | Stage::Waiting(_) | Stage::Announcing(_) | Stage::Service => {
                hold(open(&call.caller), || "the caller hears nothing".into())
            }
            Stage::Ringing(_, ring) => {
                let reserved = matches!(ring.leg.sound, Sound::Reserved(_));
                hold(open(&call.caller) && reserved, || "sound does not fit".into())?;
                let state = self.agent_state(ring.agent);
                hold(state == Some(AgentState::Offered(ring.offer)), || format!("agent is {state:?}"))
            }
            Stage::Talking(talk) => {
                hold(open(&call.caller) && open(&talk.leg), || "the bridge does not stand".into())?;
                hold(call.caller.is_answered(), || "the caller is not answered".into())?;
                let state = self.agent_state(talk.agent);
                hold(state == Some(AgentState::Talking), || format!("agent is {state:?}"))
            }
            Stage::Ending(leg) => {
                let silent =
                    |leg: &Leg| matches!(leg.sound, Sound::Closing(_) | Sound::Closed) && !leg.is_up();
                hold(silent(&call.caller) && leg.as_ref().is_none_or(silent), || "is not closed".into())
            }
        }
    }

    fn check_leg(&self, call: CallRef, role: Role, leg: &Leg) -> Result<(), String> {
        let known = self.legs.get(&leg.leg) == Some(&Owner { call, role });
        hold(known == (leg.dialog != Dialog::Over), || format!("{:?} {:?} is lost", leg.leg, leg.dialog))
    }
}

fn hold(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}
