//! Hunting: the people of a roster are rung for a caller until somebody picks up.
//!
//! ```text
//!   consult, transfer, or its extension dialed ─▶ on duty, in order ─▶ so many ring at once, as guests of the talk
//!        a phone rings out, is busy, fails ─▶ the next one rings
//!        somebody picks up ─▶ the others stop; consulted, or he has the caller at once (transfer)
//!        nobody is left ─▶ agent and caller talk on: who received the call first keeps it
//!        the agent hangs up meanwhile ─▶ Forwarding: the round goes on, then back into the line
//!   a phone that does not understand what it is told of the case ─▶ the same again as a plain call
//! ```
//!
//! Each step is an event, so that exchanges with another platform (双号互转) and the work of specialists are counted
//! whether somebody came or not. Never knows: what is talked about.

use crate::call::{Because, Call, Forward, Guest, Part, Stage, With};
use crate::case::Case;
use crate::cause;
use crate::consult::{GUESTS_MAX, NO_TALK};
use crate::dialing::Dial;
use crate::engine::{Engine, Out};
use crate::event::{CallRef, Event, Exchange, GuestStep, RosterStep};
use crate::leg::{Role, Sound};
use crate::roster::{PersonRef, ReasonRef, RosterRef, Shows};
use base::{Private, Timestamp};
use sip::leg::{LegRef, Target};

/// A round of calls to the people of a roster, for one caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunt {
    /// Whose people.
    pub roster: RosterRef,
    /// Why, where it is another platform's.
    pub reason: Option<ReasonRef>,
    /// Who is still to be rung; the next one is the last.
    pub left: Vec<PersonRef>,
    /// The agent leaves as soon as somebody is there.
    pub hands_over: bool,
    /// What is known of the case was not understood once: the others are rung without it.
    pub plain: bool,
}

/// How somebody of a roster is dialed.
pub(crate) struct Reach {
    pub(crate) with: With,
    pub(crate) dial: Dial,
}

const NO_ROSTER: &str = "no such roster";
const NO_REASON: &str = "no such reason for an exchange";
const OFF_DUTY: &str = "nobody of the roster is on duty";
const NO_PORT: &str = "there is no port left";

/// Whether a refusal says that what we told of the case was not understood, or that the INVITE was too long for somebody
/// on the way (RFC 3261 sections 21.4 and 21.5).
const fn is_about_data(status: u16) -> bool {
    matches!(status, 400 | 413 | 414 | 416 | 420 | 493 | 500 | 501 | 513)
}

impl Engine {
    /// Rings those of a roster for a talk; the first ones at once.
    ///
    /// # Errors
    /// Why nobody is rung.
    pub(crate) fn hunt(
        &mut self,
        now: Timestamp,
        call: CallRef,
        (roster, reason): (RosterRef, Option<ReasonRef>),
        hands_over: bool,
        out: &mut Out,
    ) -> Result<(), &'static str> {
        let this = self.plan.rosters.get(roster.index()).ok_or(NO_ROSTER)?;
        let reasons = this.liaison.as_ref().map_or(0, Vec::len);
        if reason.is_some_and(|reason| reason.index() >= reasons) {
            return Err(NO_REASON);
        }
        let last = self.answered_last.get(roster.index()).copied().flatten();
        let mut left = this.on_duty(&self.plan.acd, now, last);
        if left.is_empty() {
            return Err(OFF_DUTY);
        }
        left.reverse();
        let at_once = usize::from(this.at_once.max(1)).min(left.len());
        let hunt = Hunt { roster, reason, left, hands_over, plain: false };
        let talk = self.talk_mut(call).ok_or(NO_TALK)?;
        talk.hunt = Some(hunt);
        self.tell_roster(now, call, roster, reason, RosterStep::Asked, out);
        let mut rung = false;
        for _ in 0..at_once {
            if self.talk(call).is_some_and(|talk| talk.guests.len() < GUESTS_MAX) {
                rung |= self.ring_next(now, call, out);
            }
        }
        if rung {
            return Ok(());
        }
        self.drop_hunt(now, call, RosterStep::Nobody, out);
        Err(NO_PORT)
    }

    /// The next one of the talk's round; false when nobody is left, or nothing can be dialed.
    fn ring_next(&mut self, now: Timestamp, call: CallRef, out: &mut Out) -> bool {
        loop {
            let Some(hunt) = self.talk_mut(call).and_then(|talk| talk.hunt.as_mut()) else { return false };
            let Some(person) = hunt.left.pop() else { return false };
            let (roster, plain, reason) = (hunt.roster, hunt.plain, hunt.reason);
            let Some(Reach { with, dial }) = self.reach(call, roster, person, plain, reason, Role::Guest)
            else {
                continue;
            };
            let Some(leg) = self.invite(now, call, dial, out) else { return false };
            let name = leg.leg;
            let part = Part::Consulted { held: false };
            if let Some(talk) = self.talk_mut(call) {
                talk.guests.push(Guest { with, part, leg, engaged: false, met: false });
            }
            self.tell(now, Event::Guest { call, leg: name, with, step: GuestStep::Rung(part) }, out);
            self.tell_roster(now, call, roster, reason, RosterStep::Rung(person), out);
            return true;
        }
    }

    /// How somebody is dialed, and what he is told.
    fn reach(
        &self,
        call: CallRef,
        roster: RosterRef,
        person: PersonRef,
        plain: bool,
        reason: Option<ReasonRef>,
        role: Role,
    ) -> Option<Reach> {
        let this = self.calls.get(call)?;
        let own = self.plan.rosters.get(roster.index())?;
        let phone = &own.people.get(person.index())?.phone;
        let number = &this.number;
        let (caller, caller_name) = match own.shows {
            Shows::Caller if !number.reveal().is_empty() => (number.clone(), String::new()),
            Shows::Masked if !number.reveal().is_empty() => {
                (Private::new(phone.caller.clone()), number.to_string())
            }
            _ => (Private::new(phone.caller.clone()), String::new()),
        };
        let headers = if plain || !own.data.tells() {
            Vec::new()
        } else {
            let mut case = this.case.as_deref().cloned().unwrap_or_default();
            let why = reason.and_then(|reason| own.liaison.as_ref()?.get(reason.index()));
            case.reason = why.map(|why| why.key.clone()).unwrap_or_default();
            let told = if own.shows == Shows::Caller { number.clone() } else { Private::default() };
            Case::headers(&case, &own.data, &told)
        };
        let codecs = match role {
            Role::Agent => self.codecs_beside(&this.caller),
            _ => self.mixed_codecs(),
        };
        let to = Target::Trunk { trunk: phone.trunk, number: phone.number.clone() };
        let with = With::Outside(phone.trunk, Because::OnRoster(roster, person));
        Some(Reach { with, dial: Dial { to, caller, caller_name, codecs, ring: own.ring, headers, role } })
    }

    /// A guest's phone was not reached, or he is gone: the next of his roster is rung before he is let go, so that
    /// nothing changes for the agent and the caller meanwhile.
    pub(crate) fn ring_on(&mut self, now: Timestamp, call: CallRef, leg: LegRef, status: u16, out: &mut Out) {
        let Some(talk) = self.talk_mut(call) else { return };
        let Some(guest) = talk.guests.iter().find(|guest| guest.leg.leg == leg) else { return };
        let (With::Outside(_, Because::OnRoster(_, person)), Sound::Reserved(_)) =
            (guest.with, guest.leg.sound)
        else {
            return;
        };
        let others = talk.guests.iter().any(|guest| guest.leg.leg != leg && guest.is_rung_by_roster());
        let Some(roster) = talk.hunt.as_ref().map(|hunt| hunt.roster) else { return };
        let told = self.tells_case(roster);
        if let Some(hunt) = self.talk_mut(call).and_then(|talk| talk.hunt.as_mut()) {
            again_plainly(hunt, person, status, told);
        }
        if !self.ring_next(now, call, out) && !others {
            self.drop_hunt(now, call, RosterStep::Nobody, out);
        }
    }

    /// Somebody of a roster has picked up: the others need not. True when he has the caller now.
    pub(crate) fn roster_answered(
        &mut self,
        now: Timestamp,
        call: CallRef,
        with: With,
        out: &mut Out,
    ) -> bool {
        let With::Outside(_, Because::OnRoster(roster, person)) = with else { return false };
        let Some(hunt) = self.talk_mut(call).and_then(|talk| talk.hunt.take()) else { return false };
        self.picked_up_last(roster, person);
        self.tell_roster(now, call, roster, hunt.reason, RosterStep::Answered(person), out);
        while let Some(at) =
            self.talk(call).and_then(|talk| talk.guests.iter().position(Guest::is_rung_by_roster))
        {
            let Some(talk) = self.talk_mut(call) else { break };
            let guest = talk.guests.remove(at);
            self.dismiss(now, call, guest, cause::NORMAL, out);
        }
        hunt.hands_over
    }

    /// The agent does not want anybody of the roster any more. False when nobody is rung.
    pub(crate) fn call_off(&mut self, now: Timestamp, call: CallRef, out: &mut Out) -> bool {
        if !self.drop_hunt(now, call, RosterStep::CalledOff, out) {
            return false;
        }
        while let Some(leg) = self.talk(call).and_then(|talk| {
            talk.guests.iter().find(|guest| guest.is_rung_by_roster()).map(|guest| guest.leg.leg)
        }) {
            self.guest_left(now, call, leg, cause::NORMAL, out);
        }
        true
    }

    fn drop_hunt(&mut self, now: Timestamp, call: CallRef, step: RosterStep, out: &mut Out) -> bool {
        let Some(hunt) = self.talk_mut(call).and_then(|talk| talk.hunt.take()) else { return false };
        self.tell_roster(now, call, hunt.roster, hunt.reason, step, out);
        true
    }

    /// Nobody picked up for a caller who has nobody else: the next one of the round is rung. False when nobody is left.
    pub(crate) fn forward_on(&mut self, now: Timestamp, call: CallRef, status: u16, out: &mut Out) -> bool {
        let Some(Stage::Forwarding(forward)) = self.calls.get_mut(call).map(|this| &mut this.stage) else {
            return false;
        };
        let Some(mut hunt) = forward.hunt.take() else { return false };
        let (back, with) = (forward.back, forward.with);
        if let With::Outside(_, Because::OnRoster(_, person)) = with {
            let told = self.tells_case(hunt.roster);
            again_plainly(&mut hunt, person, status, told);
        }
        while let Some(person) = hunt.left.pop() {
            let (roster, reason) = (hunt.roster, hunt.reason);
            let reach = self.reach(call, roster, person, hunt.plain, reason, Role::Agent);
            let Some(Reach { with, dial }) = reach else { continue };
            let Some(leg) = self.invite(now, call, dial, out) else { break };
            let next = Forward { with, back, leg, hunt: Some(hunt) };
            let Some(this) = self.calls.get_mut(call) else { return false };
            if let Stage::Forwarding(Forward { with, leg, .. }) =
                std::mem::replace(&mut this.stage, Stage::Forwarding(next))
            {
                self.let_agent_go(now, call, with, leg, cause::NORMAL, out);
            }
            self.tell_roster(now, call, roster, reason, RosterStep::Rung(person), out);
            return true;
        }
        self.tell_roster(now, call, hunt.roster, hunt.reason, RosterStep::Nobody, out);
        false
    }

    /// Somebody of a roster has the caller, who waited for him alone.
    pub(crate) fn roster_has(
        &mut self,
        now: Timestamp,
        call: CallRef,
        with: With,
        hunt: Option<Hunt>,
        out: &mut Out,
    ) {
        let (With::Outside(_, Because::OnRoster(roster, person)), Some(hunt)) = (with, hunt) else { return };
        self.picked_up_last(roster, person);
        for step in [RosterStep::Answered(person), RosterStep::TookOver(person)] {
            self.tell_roster(now, call, roster, hunt.reason, step, out);
        }
    }

    /// Somebody of a roster is out of the call.
    pub(crate) fn roster_left(&mut self, now: Timestamp, call: CallRef, with: With, out: &mut Out) {
        if let With::Outside(_, Because::OnRoster(roster, person)) = with {
            self.tell_roster(now, call, roster, None, RosterStep::Left(person), out);
        }
    }

    /// A step of an exchange with another platform, or of asking a specialist.
    pub(crate) fn tell_roster(
        &mut self,
        now: Timestamp,
        call: CallRef,
        roster: RosterRef,
        reason: Option<ReasonRef>,
        step: RosterStep,
        out: &mut Out,
    ) {
        self.tell(now, Event::Roster { call, roster, exchange: Exchange::Out, reason, step }, out);
    }

    /// A call of another platform has come: what it says of the case goes with it.
    pub(crate) fn exchanged(&mut self, now: Timestamp, call: CallRef, case: Option<Case>, out: &mut Out) {
        let Some(roster) = self.flow(call).and_then(|flow| flow.liaison) else { return };
        let said = case.as_ref().map_or("", |case| case.reason.as_str());
        let reason = self.plan.rosters.get(roster.index()).and_then(|own| own.reason(said));
        let (exchange, step) = (Exchange::In, RosterStep::Asked);
        self.tell(now, Event::Roster { call, roster, exchange, reason, step }, out);
        if let Some(case) = case {
            self.keep_case(now, call, case, out);
        }
    }

    /// What is known of a caller's case.
    pub(crate) fn keep_case(&mut self, now: Timestamp, call: CallRef, case: Case, out: &mut Out) {
        let Some(this) = self.calls.get_mut(call) else { return };
        let id = case.id.clone();
        this.case = (!case.is_empty()).then(|| Box::new(case));
        self.tell(now, Event::Case { call, id }, out);
    }

    fn tells_case(&self, roster: RosterRef) -> bool {
        self.plan.rosters.get(roster.index()).is_some_and(|own| own.data.tells())
    }

    fn picked_up_last(&mut self, roster: RosterRef, person: PersonRef) {
        if let Some(last) = self.answered_last.get_mut(roster.index()) {
            *last = Some(person);
        }
    }
}

/// A phone that refused what it was told is rung again without that, and so are the others.
fn again_plainly(hunt: &mut Hunt, person: PersonRef, status: u16, told: bool) {
    if told && !hunt.plain && is_about_data(status) {
        hunt.plain = true;
        hunt.left.push(person);
    }
}

impl Guest {
    /// Somebody of a roster whose phone rings.
    pub(crate) const fn is_rung_by_roster(&self) -> bool {
        matches!(self.with, With::Outside(_, Because::OnRoster(..)))
            && matches!(self.leg.sound, Sound::Reserved(_))
    }
}

impl Call {
    /// The round that goes on for its caller.
    #[must_use]
    pub const fn hunt(&self) -> Option<&Hunt> {
        match &self.stage {
            Stage::Talking(talk) => talk.hunt.as_ref(),
            Stage::Forwarding(forward) => forward.hunt.as_ref(),
            _ => None,
        }
    }
}
