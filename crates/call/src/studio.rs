//! The studio (政风热线, 12345民生在线): callers are screened, held, picked and put on air.
//!
//! ```text
//!   agent ⇄ caller ─screen─▶ Standby ─────pick─────▶ Forwarding ──answers──▶ Talking with the console ─hangs up─▶ end
//!                            (music) ◀─no answer──── (still music)               │  air, off air
//!                               ▲                                                │
//!                               └── return · console lost, or caller on hold ────┘
//!   Standby ─ sent back · held too long · show over ─▶ head of his group's line, told by a clip
//! ```
//!
//! A caller in a studio has a [`Visit`] whatever stage he is in, and with it a place in the line from which he came:
//! [`back_in_line`](Engine::back_in_line) leads him to the studio's hold while the show is on, and to that line when it is
//! over. So no leg that fails drops him. He is on air only while he talks with the console: whatever parts them takes him
//! off air in that step. A hold at the console does not, and neither does a pause of the recording: what is on air is
//! public, and the marks in the recording are by the clock. A show does not outlive the process: after a restart the studio
//! is closed.

use crate::call::{Call, Forward, Place, Stage, With};
use crate::cause;
use crate::comfort::CLIP_FIRST;
use crate::dialing::Dial;
use crate::engine::{Engine, Out};
use crate::event::{CallRef, Event, Side};
use crate::leg::Role;
use crate::show::{Exit, NOTE_MAX, StudioDo, StudioPlan, StudioRef, StudioStep, Visit};
use crate::waiting::looped;
use acd::{AgentRef, AgentState};
use base::{Private, Timestamp};
use media::session::Hear;
use sip::leg::Target;
use std::time::Duration;

const NO_STUDIO: &str = "no such studio";
const CLOSED: &str = "no show is on in that studio: open it first";
const NOT_HELD: &str = "that caller is not held for the studio";
const NOBODY_THERE: &str = "nobody is at the console";
const CONSULTED: &str = "somebody is consulted: reconnect first";

impl Engine {
    /// An agent sends his caller to a studio, and leaves.
    ///
    /// # Errors
    /// Why it cannot be.
    pub(crate) fn screen(
        &mut self,
        now: Timestamp,
        agent: AgentRef,
        studio: StudioRef,
        note: Private,
        out: &mut Out,
    ) -> Result<(), &'static str> {
        self.agent_state(agent).ok_or("no such agent")?;
        let call = self.may_screen(agent, studio)?;
        if note.reveal().chars().count() > NOTE_MAX {
            return Err("the note is too long");
        }
        let this = self.calls.get(call).ok_or(NOT_HELD)?;
        if this.visit.is_some() {
            return Err("the caller is in a studio already: ask it to return him");
        }
        let talk = this.talk().ok_or(NOT_HELD)?;
        if talk.consulted().is_some() {
            return Err(CONSULTED);
        }
        let back = talk.back.ok_or("the caller comes from no line to which he could return")?;
        let show = self.shows.get_mut(studio.index()).ok_or(NO_STUDIO)?;
        show.screened += 1;
        show.callers.push(call);
        let number = show.screened;
        self.part_from(now, call, out);
        let until = now + self.plan.studios[studio.index()].held_for;
        if let Some(this) = self.calls.get_mut(call) {
            this.visit = Some(Visit { studio, number, until, met: false, on_air: false });
        }
        self.tell(now, Event::Screened { call, studio, number, agent, note }, out);
        self.stand_by(now, call, back, out);
        Ok(())
    }

    /// The call of an agent who may send it to a studio, which has room.
    fn may_screen(&self, agent: AgentRef, studio: StudioRef) -> Result<CallRef, &'static str> {
        let plan = self.studio_plan(studio)?;
        let call = self.talk_of(agent).ok_or("the agent talks with no caller")?;
        let serves = |group| {
            self.acd.agent(agent).is_some_and(|agent| agent.plan.skills.iter().any(|(of, _)| *of == group))
        };
        if plan.screeners.is_some_and(|group| !serves(group)) {
            return Err("the agent is not in the group that sends callers to the studio");
        }
        let show = &self.shows[studio.index()];
        if !show.open {
            return Err(CLOSED);
        }
        let held = show.callers.iter().filter(|call| !self.is_at_console(**call)).count();
        if held >= plan.held_max {
            return Err("as many callers are held for the studio as may be");
        }
        Ok(call)
    }

    /// Something is asked of a studio.
    ///
    /// # Errors
    /// Why it cannot be.
    pub(crate) fn studio(
        &mut self,
        now: Timestamp,
        studio: StudioRef,
        what: StudioDo,
        out: &mut Out,
    ) -> Result<(), &'static str> {
        self.studio_plan(studio)?;
        let open = self.shows[studio.index()].open;
        match what {
            StudioDo::Open if open => Err("a show is on in that studio already"),
            StudioDo::Open => {
                let show = &mut self.shows[studio.index()];
                (show.open, show.number, show.screened) = (true, show.number + 1, 0);
                let show = show.number;
                self.tell(now, Event::Show { studio, show, open: true }, out);
                Ok(())
            }
            _ if !open => Err(CLOSED),
            StudioDo::Close => {
                self.close_show(now, studio, out);
                Ok(())
            }
            StudioDo::Pick(call) => self.pick_held(now, studio, call, out),
            StudioDo::Air | StudioDo::OffAir => {
                let on = what == StudioDo::Air;
                let call = self.at_console(studio).ok_or(NOBODY_THERE)?;
                if self.set_on_air(now, call, on, out) {
                    return Ok(());
                }
                Err(if on { "he is on air already" } else { "he is not on air" })
            }
            StudioDo::Return => {
                let call = self.at_console(studio).ok_or(NOBODY_THERE)?;
                let talk = self.talk(call).ok_or(NOBODY_THERE)?;
                if talk.consulted().is_some() {
                    return Err(CONSULTED);
                }
                let back = talk.back.ok_or(NOBODY_THERE)?;
                self.part_from(now, call, out);
                self.held_again(now, call, out);
                self.stand_by(now, call, back, out);
                Ok(())
            }
            StudioDo::Back(call) => {
                self.held(studio, call)?;
                self.send_back(now, call, Exit::SentBack, out);
                Ok(())
            }
        }
    }

    /// The console is rung with a held caller.
    fn pick_held(
        &mut self,
        now: Timestamp,
        studio: StudioRef,
        call: CallRef,
        out: &mut Out,
    ) -> Result<(), &'static str> {
        let number = self.held(studio, call)?;
        let StudioPlan { console, title, ring, .. } = &self.plan.studios[studio.index()];
        let (console, ring, caller_name) = (*console, *ring, format!("{title} {number}"));
        match self.agent_state(console).ok_or("no such agent")? {
            AgentState::SignedOut => return Err("the console is not signed in"),
            AgentState::Offered(_) | AgentState::Talking => return Err("the console is busy"),
            _ => {}
        }
        let aor = self.plan.phones.get(console.index()).ok_or("no such agent")?.aor;
        self.ask(now, acd::Input::Engage { agent: console })?;
        let this = self.calls.get(call).ok_or(NOT_HELD)?;
        let dial = Dial {
            to: Target::Aor(aor),
            caller: self.shown_number(call),
            caller_name,
            codecs: self.codecs_beside(&this.caller),
            ring,
            headers: Vec::new(),
            role: Role::Agent,
        };
        let Some(leg) = self.invite(now, call, dial, out) else {
            let _ = self.ask(now, acd::Input::Release { agent: console });
            return Err("there is no port left");
        };
        self.rest(call);
        // Whatever he was being told would end in silence.
        self.standby_music(call, out);
        let Some(this) = self.calls.get_mut(call) else { return Ok(()) };
        if let Stage::Standby(place) = this.stage {
            this.stage =
                Stage::Forwarding(Forward { with: With::Agent(console), back: Some(place), leg, hunt: None });
        }
        self.tell_step(now, call, StudioStep::Picked, out);
        Ok(())
    }

    /// The show is over.
    fn close_show(&mut self, now: Timestamp, studio: StudioRef, out: &mut Out) {
        let show = &mut self.shows[studio.index()];
        show.open = false;
        let (show, callers) = (show.number, show.callers.clone());
        for call in callers {
            let console = With::Agent(self.plan.studios[studio.index()].console);
            match self.calls.get(call).map(|this| &this.stage) {
                Some(Stage::Standby(_)) => self.send_back(now, call, Exit::Closed, out),
                Some(Stage::Forwarding(forward)) if forward.with == console => {
                    self.not_put_through(now, call, 0, out);
                }
                _ => {
                    self.set_on_air(now, call, false, out);
                }
            }
        }
        self.tell(now, Event::Show { studio, show, open: false }, out);
    }

    /// A caller is held for the studio, to its music.
    pub(crate) fn stand_by(&mut self, now: Timestamp, call: CallRef, back: Place, out: &mut Out) {
        let Some(plan) = self.visited(call) else { return };
        let every = plan.comfort_every;
        let comfort = (every > Duration::ZERO && !plan.comfort.is_empty()).then(|| now + every);
        let Some(this) = self.calls.get_mut(call) else { return };
        this.stage = Stage::Standby(back);
        this.course.telling = false;
        (this.course.comfort, this.course.place) = (comfort, None);
        self.standby_music(call, out);
        self.standby_next(call);
    }

    /// Who was with him is gone, or was not reached: he is held again while the show is on. False when he is in no
    /// studio.
    pub(crate) fn back_to_studio(
        &mut self,
        now: Timestamp,
        call: CallRef,
        back: Place,
        out: &mut Out,
    ) -> bool {
        let Some(visit) = self.calls.get(call).and_then(|this| this.visit) else { return false };
        if self.shows[visit.studio.index()].open {
            self.held_again(now, call, out);
            self.stand_by(now, call, back, out);
        } else {
            self.stands_in_line(now, call, back, Exit::Closed, out);
        }
        true
    }

    /// He is held once more; who has talked with the console meanwhile is held as long as somebody new.
    fn held_again(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        let Some(held_for) = self.visited(call).map(|plan| plan.held_for) else { return };
        if let Some(visit) = self.calls.get_mut(call).and_then(|this| this.visit.as_mut())
            && std::mem::take(&mut visit.met)
        {
            visit.until = now + held_for;
        }
        self.tell_step(now, call, StudioStep::Held, out);
    }

    /// A held caller goes back to the head of his line.
    fn send_back(&mut self, now: Timestamp, call: CallRef, exit: Exit, out: &mut Out) {
        if let Some(&Stage::Standby(place)) = self.calls.get(call).map(|this| &this.stage) {
            self.stands_in_line(now, call, place, exit, out);
        }
    }

    fn stands_in_line(&mut self, now: Timestamp, call: CallRef, place: Place, exit: Exit, out: &mut Out) {
        let told = self.visited(call).and_then(|plan| plan.back);
        self.rest(call);
        self.leave_studio(now, call, exit, out);
        self.line_up(now, call, place, None, out);
        if let Some(clip) = told {
            self.say(call, &[clip], out);
        }
    }

    /// A held caller is due to be told something, or was held long enough.
    pub(crate) fn standby_is_due(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        let Some(this) = self.calls.get(call) else { return };
        let Some(visit) = this.visit else { return };
        if visit.until <= now {
            return self.send_back(now, call, Exit::TooLong, out);
        }
        if matches!(this.caller.hears, Hear::Once(_)) {
            return self.pause(call, visit.until.min(now + CLIP_FIRST));
        }
        let Some(plan) = self.visited(call) else { return };
        let (clips, every) = (plan.comfort.clone(), plan.comfort_every);
        if let Some(this) = self.calls.get_mut(call) {
            this.course.comfort = Some(now + every);
        }
        self.say(call, &clips, out);
        self.standby_next(call);
    }

    fn standby_next(&mut self, call: CallRef) {
        let Some(this) = self.calls.get(call) else { return };
        let until = this.visit.map(|visit| visit.until);
        if let Some(at) = until.into_iter().chain(this.course.comfort).min() {
            self.pause(call, at);
        }
    }

    /// What held callers hear.
    pub(crate) fn standby_music(&mut self, call: CallRef, out: &mut Out) {
        if let Some(music) = self.visited(call).map(|plan| plan.music) {
            self.caller_hears(call, looped(Some(music)), out);
        }
    }

    /// Somebody has the caller: the console of his studio, or who is out of it.
    pub(crate) fn has_visitor(&mut self, now: Timestamp, call: CallRef, with: With, out: &mut Out) {
        let Some((console, auto_air)) =
            self.visited(call).map(|plan| (With::Agent(plan.console), plan.auto_air))
        else {
            return;
        };
        if with != console {
            return self.leave_studio(now, call, Exit::HandedOn, out);
        }
        if let Some(visit) = self.calls.get_mut(call).and_then(|this| this.visit.as_mut()) {
            visit.met = true;
        }
        self.tell_step(now, call, StudioStep::AtConsole, out);
        if auto_air && self.is_open(call) {
            self.set_on_air(now, call, true, out);
        }
    }

    /// He is on air, or not any more; false when that is no news. Only who talks with the console goes on air.
    pub(crate) fn set_on_air(&mut self, now: Timestamp, call: CallRef, on: bool, out: &mut Out) -> bool {
        let recording = self.recordings.get(&call).map(|running| running.recording);
        let Some(visit) = self.calls.get_mut(call).and_then(|this| this.visit.as_mut()) else { return false };
        if visit.on_air == on {
            return false;
        }
        visit.on_air = on;
        let studio = visit.studio;
        self.tell(now, Event::OnAir { call, studio, recording, on }, out);
        true
    }

    /// He is out of the studio.
    pub(crate) fn leave_studio(&mut self, now: Timestamp, call: CallRef, exit: Exit, out: &mut Out) {
        self.set_on_air(now, call, false, out);
        let Some(visit) = self.calls.get_mut(call).and_then(|this| this.visit.take()) else { return };
        let studio = visit.studio;
        self.shows[studio.index()].callers.retain(|known| *known != call);
        self.tell(now, Event::Studio { call, studio, step: StudioStep::Left(exit) }, out);
    }

    fn tell_step(&mut self, now: Timestamp, call: CallRef, step: StudioStep, out: &mut Out) {
        if let Some(Visit { studio, .. }) = self.calls.get(call).and_then(|this| this.visit) {
            self.tell(now, Event::Studio { call, studio, step }, out);
        }
    }

    /// Whoever is with the caller leaves, guests, too; he goes somewhere else in this step.
    fn part_from(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        let Some(talk) = self.calls.get_mut(call).and_then(Call::take_talk) else { return };
        for guest in self.leave_talk(now, call, talk, Side::Agent, cause::NORMAL, out) {
            self.dismiss(now, call, guest, cause::NORMAL, out);
        }
    }

    /// The number of a caller who is held for this studio.
    fn held(&self, studio: StudioRef, call: CallRef) -> Result<u32, &'static str> {
        let this = self.calls.get(call).ok_or("no such call")?;
        let visit = this.visit.filter(|visit| visit.studio == studio);
        let held = matches!(this.stage, Stage::Standby(_));
        visit.filter(|_| held).map(|visit| visit.number).ok_or(NOT_HELD)
    }

    /// Who talks with a studio's console.
    fn at_console(&self, studio: StudioRef) -> Option<CallRef> {
        self.shows.get(studio.index())?.callers.iter().copied().find(|call| self.is_at_console(*call))
    }

    /// Whether a caller talks with the console of the studio in which he is.
    pub(crate) fn is_at_console(&self, call: CallRef) -> bool {
        let console = self.visited(call).map(|plan| With::Agent(plan.console));
        self.talk(call).is_some_and(|talk| Some(talk.with) == console)
    }

    /// Whether a talk is recorded because it is one with a console.
    pub(crate) fn studio_records(&self, call: CallRef) -> bool {
        self.is_at_console(call) && self.visited(call).is_some_and(|plan| plan.record)
    }

    /// The studio in which a caller is.
    fn visited(&self, call: CallRef) -> Option<&StudioPlan> {
        self.plan.studios.get(self.calls.get(call)?.visit?.studio.index())
    }

    fn is_open(&self, call: CallRef) -> bool {
        let visit = self.calls.get(call).and_then(|this| this.visit);
        visit.is_some_and(|visit| self.shows[visit.studio.index()].open)
    }

    fn studio_plan(&self, studio: StudioRef) -> Result<&StudioPlan, &'static str> {
        self.plan.studios.get(studio.index()).ok_or(NO_STUDIO)
    }

    /// The first studio with a show on that takes callers from this agent: for a code, which names none.
    pub(crate) fn studio_for(&self, agent: AgentRef) -> Option<StudioRef> {
        let all = (0..self.plan.studios.len()).map(StudioRef::at);
        all.into_iter().find(|studio| self.may_screen(agent, *studio).is_ok())
    }
}
