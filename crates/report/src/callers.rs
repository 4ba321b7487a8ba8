//! Callers: each call from its arrival through lines, rings and talks to its record.
//!
//! ```text
//!   arrived ─▶ enter ─▶ stay in a line ─▶ leave ─▶ talk ─▶ ended ─▶ over ─▶ (audio) ─▶ record
//!                ▲            │
//!                └── moved ───┘   a target sends him to another group's line
//! ```
//!
//! What the events say is taken as it comes; where they contradict what was seen (an answered call that was
//! never connected), the caller still lands in exactly one counter, chosen by who hung up.

use crate::agents::Agent;
use crate::asked::{ASKED_MAX, Asked, AskedBook, AskedKey};
use crate::books::{Books, Place};
use crate::callbacks::CallbackStep;
use crate::counters::{Before, Came, Left, Step, Waits};
use crate::disposals::{DisposalStep, Given, LastCalls};
use crate::fold::{AUDIO_WAIT, CALLS_MAX};
use crate::interval::Quarter;
use crate::live::{Live, Stay, whole};
use crate::plan::Plan;
use crate::record::{
    CHOICES_MAX, CallRecord, Choice, LegAudio, Opened, RecordId, SegmentEnd, SegmentKind, UnixMs,
};
use crate::surveys::Survey;
use acd::{AgentRef, GroupRef, OfferEnd, OfferRef, Turned};
use base::{Epoch, Table, Timestamp};
use call::call::With;
use call::event::{CallRef, GuestStep, Outcome, Phase, RosterStep, Side};
use call::plan::LanguageRef;
use sip::message::Cause;
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// Calls in progress, and who waits where.
#[derive(Clone, Debug)]
pub(crate) struct Callers {
    pub(crate) epoch: Epoch,
    run: u64,
    number: u64,
    pub(crate) live: Table<CallRef, Live>,
    /// Who is to be called back, and where he is counted.
    pub(crate) callbacks: Table<CallRef, Place>,
    /// Of which call each agent speaks who says what came of it.
    pub(crate) last: LastCalls,
    /// Who waits in each group's line (slots of [`Books`]), by the original clock.
    lines: Vec<BTreeSet<(Timestamp, CallRef)>>,
    /// Calls that are over and waited for audio measurements, in the order in which they ended; those whose
    /// measurements came are forgotten when their turn comes.
    awaiting: VecDeque<(Timestamp, CallRef)>,
    /// How many of `live` are over.
    over: usize,
    /// Events of calls that are not known, and calls beyond the bound.
    pub(crate) strays: u64,
}

impl Callers {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self {
            epoch: plan.epoch,
            run: plan.run,
            number: 0,
            live: Table::default(),
            callbacks: Table::default(),
            last: LastCalls::new(plan.agents.len()),
            lines: vec![BTreeSet::new(); plan.groups.len() + 1],
            awaiting: VecDeque::new(),
            over: 0,
            strays: 0,
        }
    }

    pub(crate) fn next_id(&self) -> RecordId {
        RecordId::new(self.run, self.number + 1)
    }

    pub(crate) fn record_of(&self, call: CallRef) -> Option<RecordId> {
        self.live.get(&call).map(|live| live.record.opened.id)
    }

    pub(crate) fn wall(&self, at: Timestamp) -> UnixMs {
        UnixMs(self.epoch.unix_millis(at))
    }

    /// Calls in progress: those that are over and only wait for measurements are left out.
    pub(crate) fn in_progress(&self) -> usize {
        self.live.len() - self.over
    }

    /// Since when the one has waited who waits longest in a group's line.
    pub(crate) fn first_in_line(&self, slot: usize) -> Option<Timestamp> {
        self.lines.get(slot)?.first().map(|(since, _)| *since)
    }

    /// Since when the one has waited who waits longest anywhere.
    pub(crate) fn first_anywhere(&self) -> Option<Timestamp> {
        self.lines.iter().filter_map(|line| line.first().map(|(since, _)| *since)).min()
    }

    pub(crate) fn known(&mut self, call: CallRef) -> Option<&mut Live> {
        match self.live.get_mut(&call) {
            Some(live) if !live.ended => Some(live),
            _ => {
                self.strays += 1;
                None
            }
        }
    }
}

/// What happens to a call. Every event of a call that is not known, or is over, is a stray.
impl Callers {
    /// t0. False when the call is not followed.
    pub(crate) fn arrived(
        &mut self,
        call: CallRef,
        now: Timestamp,
        opened: Opened,
        books: &mut Books,
    ) -> bool {
        if self.live.len() >= CALLS_MAX || self.live.contains(&call) {
            self.strays += 1;
            return false;
        }
        self.number += 1;
        books.centre(Quarter::of(self.epoch, now), Step::Arrived);
        self.live.insert(call, Live::new(now, CallRecord::of(opened)));
        true
    }

    /// t1.
    pub(crate) fn answered(&mut self, call: CallRef, now: Timestamp) {
        let wall = self.wall(now);
        if let Some(live) = self.known(call) {
            live.answered(wall);
        }
    }

    /// t2, or sent on to a further group.
    pub(crate) fn queued(
        &mut self,
        call: CallRef,
        group: GroupRef,
        expected: Option<Duration>,
        now: Timestamp,
        books: &mut Books,
    ) {
        if self.known(call).is_some() {
            self.enter(call, group, now, books);
        }
        if let Some(live) = self.live.get_mut(&call).filter(|live| live.stay.is_some()) {
            live.foretold = expected.map(|expected| (whole(expected), now));
        }
    }

    /// t3 when first. False when the call is not known.
    pub(crate) fn offered(
        &mut self,
        call: CallRef,
        offer: OfferRef,
        agent: AgentRef,
        group: GroupRef,
        now: Timestamp,
        books: &mut Books,
    ) -> bool {
        let wall = self.wall(now);
        let Some(live) = self.known(call) else { return false };
        // Whoever is offered in the step in which he comes need not have been told to wait.
        if live.stay.is_none() && live.callback.is_none() {
            self.enter(call, group, now, books);
        }
        let Some(live) = self.live.get_mut(&call) else { return false };
        let Some(place) = live.callback.or(live.stay.map(|stay| stay.place)) else { return false };
        live.record.offered_at.get_or_insert(wall);
        live.record.offers = live.record.offers.saturating_add(1);
        live.ring(offer, agent, place, now, wall);
        books.both(place, Step::Offered);
        true
    }

    /// An offer is over. One that [`connected`](Self::connected) has closed is over already.
    pub(crate) fn offer_ended(
        &mut self,
        call: CallRef,
        offer: OfferRef,
        end: OfferEnd,
        now: Timestamp,
        books: &mut Books,
        agents: &mut [Agent],
    ) {
        let wall = self.wall(now);
        let Some(live) = self.live.get_mut(&call) else { return };
        let Some(at) = live.rings.iter().position(|ring| ring.offer == offer) else { return };
        let (agent, place) = (live.rings[at].agent, live.rings[at].place);
        end_ring(live, at, end, (now, wall), books, agents);
        // Whoever takes a callback works for its group, though its caller may not be reached.
        if live.callback.is_some()
            && end == OfferEnd::Accepted
            && let Some(agent) = agents.get_mut(agent.index())
        {
            agent.last = Some((live.record.opened.id, place.group));
        }
    }

    /// A further group helps; the caller keeps his place.
    pub(crate) fn overflowed(
        &mut self,
        call: CallRef,
        from: GroupRef,
        to: GroupRef,
        now: Timestamp,
        books: &mut Books,
    ) {
        let quarter = Quarter::of(self.epoch, now);
        let Some(live) = self.known(call) else { return };
        live.record.helped = true;
        let place =
            live.stay.map_or(Place { group: from, quarter, first_quarter: quarter }, |stay| stay.place);
        books.both(place, Step::HelpAsked);
        books.group(Place { group: to, ..place }, Step::HelpGiven);
    }

    /// Out of a group's line without an agent; into another one when there is a target.
    pub(crate) fn turned_away(
        &mut self,
        call: CallRef,
        group: GroupRef,
        why: Turned,
        to: Option<GroupRef>,
        now: Timestamp,
        books: &mut Books,
    ) {
        let Some(live) = self.known(call) else { return };
        // Turned away at the door: he was offered to this group all the same.
        if live.stay.is_none_or(|stay| stay.place.group != group) {
            self.enter(call, group, now, books);
        }
        match to {
            // He is in the other line from this very step on, so that he is nowhere twice and never nowhere.
            Some(next) => self.enter(call, next, now, books),
            None => self.leave(call, Left::TurnedAway(why), SegmentEnd::TurnedAway(why), now, books),
        }
    }

    /// t4.
    #[allow(clippy::too_many_arguments)] // the event's fields, and the books they are counted in
    pub(crate) fn connected(
        &mut self,
        call: CallRef,
        agent: AgentRef,
        group: GroupRef,
        waited: Duration,
        now: Timestamp,
        books: &mut Books,
        agents: &mut [Agent],
    ) {
        let wall = self.wall(now);
        let Some(live) = self.known(call) else { return };
        if let Some(at) = live.rings.iter().position(|ring| ring.agent == agent) {
            end_ring(live, at, OfferEnd::Accepted, (now, wall), books, agents);
        }
        if live.stay.is_none() && live.since.is_none() && live.callback.is_none() && live.outgoing.is_none() {
            self.enter(call, group, now, books);
        }
        let Some(live) = self.live.get_mut(&call) else { return };
        let mut served = group;
        if let Some(stay) = live.stay {
            served = stay.place.group;
            if let Some((expected, at)) = live.foretold.take() {
                books.both(stay.place, Step::Foretold { expected, waited: whole(now.since(at)) });
            }
            // Who was handed on keeps his place by his first clock, and is counted by that of this line.
            let waited = if stay.for_centre { waited } else { now.since(stay.since) };
            let waits = Waits {
                greeted: live.record.greeted,
                waited: whole(waited),
                rang: live.rang(now),
                last_ring: live.last_ring,
            };
            if live.answered.is_none() && !live.settled && stay.for_centre {
                live.answered = Some(stay.place);
                live.record.group = Some(served);
                live.record.waited = waits.waited;
                live.record.rang = waits.rang;
                live.record.outcome = Outcome::Answered;
            }
            self.leave(call, Left::Answered(waits), SegmentEnd::Connected, now, books);
        }
        let Some(live) = self.live.get_mut(&call) else { return };
        live.askings.connected(wall);
        live.record.connected_at.get_or_insert(wall);
        live.record.agent.get_or_insert(agent);
        // Whoever is asked into a talk does not answer for it.
        if live.talks.is_empty() {
            live.record.last_agent = Some(agent);
        }
        self.last.talks(agent, call, (live.record.opened.id, live.said));
        live.talk(agent, Some(served), now, wall);
        let id = live.record.opened.id;
        if let Some(agent) = agents.get_mut(agent.index()) {
            agent.answered += 1;
            agent.last = Some((id, served));
        }
    }

    /// t5 when last.
    pub(crate) fn disconnected(&mut self, call: CallRef, agent: AgentRef, by: Side, now: Timestamp) {
        let wall = self.wall(now);
        let Some(live) = self.known(call) else { return };
        if let Some(at) = live.talks.iter().position(|talk| talk.agent == agent) {
            live.talk_ended(at, now, wall, by);
        }
    }

    /// What an agent does in his talk has changed.
    pub(crate) fn phase(&mut self, call: CallRef, agent: AgentRef, phase: Phase, now: Timestamp) {
        let wall = self.wall(now);
        let kind = match phase {
            Phase::Talk => None,
            Phase::Hold => Some(SegmentKind::Hold),
            Phase::Consult => Some(SegmentKind::Consult),
            Phase::Conference => Some(SegmentKind::Conference),
        };
        if let Some(live) = self.known(call) {
            live.phase(agent, kind, wall);
        }
    }

    /// Somebody was asked into the talk.
    pub(crate) fn guest(&mut self, call: CallRef, with: With, step: GuestStep, now: Timestamp) {
        let wall = self.wall(now);
        let Some(live) = self.known(call) else { return };
        match (step, with) {
            (GuestStep::Answered, _) => live.guest_answered(with.agent()),
            (GuestStep::SecondLine | GuestStep::OtherPhone, _) => live.guest_answered(None),
            (GuestStep::TookOver, With::Agent(agent)) => live.record.last_agent = Some(agent),
            (GuestStep::TookOver, With::Outside(..)) => {
                let group = live.record.group;
                live.goes_outside(group, wall);
            }
            _ => {}
        }
    }

    /// A specialist is asked, or a caller exchanged with another platform.
    pub(crate) fn asked(
        &mut self,
        call: CallRef,
        key: AskedKey,
        step: RosterStep,
        now: Timestamp,
        book: &mut AskedBook,
    ) {
        let wall = self.wall(now);
        let Some(Live { askings, record, .. }) = self.known(call) else { return };
        askings.step(key, step, wall, &mut |asked| keep(record, asked, book));
    }

    /// Nobody is asked for a call any more.
    pub(crate) fn no_longer_asked(&mut self, call: CallRef, now: Timestamp, book: &mut AskedBook) {
        let wall = self.wall(now);
        let Some(Live { askings, record, .. }) = self.live.get_mut(&call).filter(|live| !live.ended) else {
            return;
        };
        askings.close(wall, &mut |asked| keep(record, asked, book));
    }

    /// The number of a call's case.
    pub(crate) fn case(&mut self, call: CallRef, id: &str) {
        if let Some(live) = self.known(call) {
            id.clone_into(&mut live.record.case);
        }
    }

    /// What came of asking a caller about his talk. A call of ours to somebody is asked nothing.
    pub(crate) fn surveyed(&mut self, call: CallRef, agent: AgentRef, survey: Survey) {
        if let Some(live) = self.known(call).filter(|live| live.callback.is_none()) {
            live.record.last_agent = Some(agent);
            live.record.survey = Some(survey);
        }
    }

    /// An agent says what came of a call, which may be over: its record.
    pub(crate) fn disposed(&mut self, call: CallRef, given: Given, books: &mut Books) -> Option<RecordId> {
        let Some(said) = self.last.disposed(call, given) else {
            self.strays += 1;
            return None;
        };
        if let Some(live) = self.live.get_mut(&call) {
            live.said = Some(given);
        }
        if let Some(place) = said.place {
            books.both(place, Step::Disposed(DisposalStep::Later { was: said.was, now: given }));
        }
        Some(said.record)
    }

    /// A talk is over: what has been said of it.
    fn count_said(&mut self, call: CallRef, place: Place, books: &mut Books) {
        let Some(live) = self.live.get(&call) else { return };
        let said = live.said;
        self.last.over(call, (place, live.record.last_agent), said);
        books.both(place, Step::Disposed(DisposalStep::Over(said)));
    }

    /// A caller has pressed a key that leads on.
    pub(crate) fn chose(&mut self, call: CallRef, choice: Choice) {
        let Some(live) = self.known(call) else { return };
        let choices = &mut live.record.choices;
        if choices.len() == CHOICES_MAX {
            choices.remove(0);
        }
        choices.push(choice);
    }

    /// A caller hears another language.
    pub(crate) fn speaks(&mut self, call: CallRef, language: LanguageRef) {
        if let Some(live) = self.known(call) {
            live.record.language = Some(language);
        }
    }

    /// The call is over: what has not been counted is counted now.
    #[allow(clippy::too_many_arguments)] // the event's fields, and the books they are counted in
    pub(crate) fn ended(
        &mut self,
        call: CallRef,
        outcome: Outcome,
        group: Option<GroupRef>,
        by: Side,
        now: Timestamp,
        books: &mut Books,
        agents: &mut [Agent],
    ) {
        let wall = self.wall(now);
        let Some(live) = self.known(call) else { return };
        let ringing = !live.rings.is_empty();
        let gone = if by == Side::Caller { OfferEnd::CallerGone } else { OfferEnd::AgentGone };
        while !live.rings.is_empty() {
            end_ring(live, 0, gone, (now, wall), books, agents);
        }
        while !live.talks.is_empty() {
            live.talk_ended(0, now, wall, by);
        }
        live.no_longer_outside(wall);
        // Turned away, or gone from a line, without a word about the line: he came to its door all the same.
        if live.since.is_none()
            && let Some(group) = group
            && matches!(
                outcome,
                Outcome::TurnedAway(_) | Outcome::AbandonedInLine | Outcome::AbandonedRinging
            )
        {
            self.enter(call, group, now, books);
        }
        let Some(live) = self.live.get_mut(&call) else { return };
        if let Some(stay) = live.stay {
            let waited = whole(now.since(stay.since));
            let (left, end) = match outcome {
                Outcome::AbandonedRinging => {
                    (Left::Abandoned { ringing: true, waited }, SegmentEnd::AbandonedRinging)
                }
                Outcome::AbandonedInLine => {
                    (Left::Abandoned { ringing: false, waited }, SegmentEnd::AbandonedInLine)
                }
                Outcome::TurnedAway(why) => (Left::TurnedAway(why), SegmentEnd::TurnedAway(why)),
                Outcome::CalledBack => (Left::CalledBack, SegmentEnd::CalledBack),
                Outcome::Joined => (Left::Joined, SegmentEnd::Joined),
                Outcome::Lost => (Left::Lost, SegmentEnd::Lost),
                // He stood in a line, so none of the others can be: who hung up decides.
                _ if by == Side::Caller && ringing => {
                    (Left::Abandoned { ringing, waited }, SegmentEnd::AbandonedRinging)
                }
                _ if by == Side::Caller => (Left::Abandoned { ringing, waited }, SegmentEnd::AbandonedInLine),
                _ => (Left::Lost, SegmentEnd::Lost),
            };
            self.leave(call, left, end, now, books);
        }
        // Never in a line of his own: a call of ours that came back into one was not offered to it as a caller is.
        if let Some(live) = self.live.get_mut(&call).filter(|live| live.since.is_none()) {
            let before = match outcome {
                Outcome::Refused => Before::Refused,
                Outcome::Service => Before::Service,
                Outcome::Callback => Before::Callback,
                Outcome::Outgoing => Before::Outgoing,
                Outcome::Internal => Before::Internal,
                Outcome::AbandonedBeforeLine => Before::Abandoned,
                Outcome::Lost => Before::Lost,
                _ if by == Side::Caller => Before::Abandoned,
                _ => Before::Lost,
            };
            live.record.outcome = match before {
                Before::Refused => Outcome::Refused,
                Before::Service => Outcome::Service,
                Before::Callback => Outcome::Callback,
                Before::Outgoing => Outcome::Outgoing,
                Before::Internal => Outcome::Internal,
                Before::Abandoned => Outcome::AbandonedBeforeLine,
                Before::Lost | Before::InLine => Outcome::Lost,
            };
            if live.callback.is_none() && live.outgoing.is_none() {
                live.record.greeted = whole(now.since(live.arrived));
            }
            let greeting = live.greeting.take();
            live.end(greeting, wall, SegmentEnd::By(by));
            books.centre(Quarter::of(self.epoch, live.arrived), Step::Before(before));
        }
        if let Some(live) = self.live.get_mut(&call) {
            live.made(now, wall, by, books);
        }
        if let Some((place, talked)) =
            self.live.get(&call).and_then(|live| Some((live.reached?, live.record.talked)))
        {
            books.both(place, Step::Callback(CallbackStep::Talked(talked)));
            self.count_said(call, place, books);
        }
        if let Some(place) = self.live.get(&call).and_then(|live| live.answered) {
            let talked = self.live.get(&call).map(|live| live.record.talked).unwrap_or_default();
            books.both(place, Step::Talked(talked));
            if let Some(live) = self.live.get_mut(&call) {
                let survey = *live.record.survey.get_or_insert(Survey::NotOffered);
                books.both(place, Step::Surveyed(survey));
            }
            self.count_said(call, place, books);
        }
    }

    /// The call is over and counted: its record closes now, or when the measurements have come.
    pub(crate) fn over(
        &mut self,
        call: CallRef,
        cause: Cause,
        by: Side,
        now: Timestamp,
        closed: &mut Vec<CallRecord>,
    ) {
        let wall = self.wall(now);
        // A second end of the same call was told as a stray before.
        let Some(live) = self.live.get_mut(&call).filter(|live| !live.ended) else { return };
        live.ended = true;
        self.over += 1;
        live.record.ended_at = wall;
        live.record.cause = cause;
        live.record.by = by;
        if live.complete() {
            self.close(call, closed);
        } else {
            self.awaiting.push_back((now, call));
        }
    }

    /// Audio measurements of a leg. Too late is no fault: nobody waited for a leg without audio.
    pub(crate) fn leg_ended(&mut self, call: CallRef, audio: LegAudio, closed: &mut Vec<CallRecord>) {
        let Some(live) = self.live.get_mut(&call) else { return };
        live.leg_ended(audio);
        if live.complete() {
            self.close(call, closed);
        }
    }

    fn close(&mut self, call: CallRef, closed: &mut Vec<CallRecord>) {
        if let Some(live) = self.live.remove(&call) {
            self.over -= 1;
            closed.push(live.record);
        }
    }

    /// Completes records whose measurements are overdue.
    pub(crate) fn expire(&mut self, now: Timestamp, closed: &mut Vec<CallRecord>) {
        while let Some((ended, call)) = self.awaiting.front().copied() {
            // One that was completed in time is simply forgotten here.
            if self.live.get(&call).is_some_and(|live| live.ended) && ended + AUDIO_WAIT > now {
                break;
            }
            self.awaiting.pop_front();
            if self.live.get(&call).is_some_and(|live| live.ended) {
                self.close(call, closed);
            }
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.awaiting.front().map(|(ended, _)| *ended + AUDIO_WAIT)
    }
}

/// Into a line and out of it: the only two places that count offered callers.
impl Callers {
    /// Into a group's line; out of the one he is in, when that is another.
    pub(crate) fn enter(&mut self, call: CallRef, group: GroupRef, now: Timestamp, books: &mut Books) {
        let quarter = Quarter::of(self.epoch, now);
        let wall = self.wall(now);
        let Some(live) = self.live.get_mut(&call) else { return };
        let (came, for_centre, since, first_quarter) = match (live.stay, live.since) {
            (Some(stay), _) if stay.place.group == group => return,
            (Some(stay), _) => {
                let Place { first_quarter, .. } = stay.place;
                live.record.moves = live.record.moves.saturating_add(1);
                self.leave(call, Left::Overflowed, SegmentEnd::MovedOn, now, books);
                (Came::Overflowed, stay.for_centre, stay.since, first_quarter)
            }
            (None, None) if live.callback.is_none() && live.outgoing.is_none() => {
                live.since = Some(now);
                live.record.queued_at = Some(wall);
                live.record.greeted = whole(now.since(live.arrived));
                let greeting = live.greeting.take();
                live.end(greeting, wall, SegmentEnd::Queued);
                books.centre(Quarter::of(self.epoch, live.arrived), Step::Before(Before::InLine));
                (Came::First, true, now, quarter)
            }
            // Put in a line again after the centre has counted him: a transfer, with a clock of its own. A call of ours
            // for a callback was counted when that was asked for, and one that an agent made is no caller's.
            (None, _) => (Came::Transferred, false, now, quarter),
        };
        let Some(live) = self.live.get_mut(&call) else { return };
        live.no_longer_outside(wall);
        let segment = live.begin(SegmentKind::Line, Some(group), None, wall);
        let place = Place { group, quarter, first_quarter };
        live.stay = Some(Stay { place, for_centre, since, segment });
        if live.answered.is_none() {
            live.record.group = Some(group);
        }
        books.group(place, Step::Came(came));
        if came == Came::First {
            books.centre(first_quarter, Step::Came(came));
        }
        self.lines[books.slot(group)].insert((since, call));
    }

    /// Out of the line he is in.
    pub(crate) fn leave(
        &mut self,
        call: CallRef,
        left: Left,
        end: SegmentEnd,
        now: Timestamp,
        books: &mut Books,
    ) {
        let wall = self.wall(now);
        let Some(live) = self.live.get_mut(&call) else { return };
        let Some(stay) = live.stay.take() else { return };
        let waited = match left {
            Left::Answered(waits) => waits.waited,
            _ => whole(now.since(stay.since)),
        };
        live.end_line(stay.segment, wall, waited, end);
        live.foretold = None;
        if let (Left::TurnedAway(_), true) = (left, stay.for_centre) {
            live.turned_away = Some(stay.place);
        }
        books.group(stay.place, Step::Left(left));
        if left != Left::Overflowed && stay.for_centre {
            live.settled = true;
            books.centre(stay.place.first_quarter, Step::Left(left));
            if let Some(outcome) = outcome_of(left) {
                live.record.outcome = outcome;
                live.record.waited = waited;
                live.record.rang = live.rang(now);
            }
        }
        self.lines[books.slot(stay.place.group)].remove(&(stay.since, call));
    }

    /// The lines hold as many as the counters say, and every live call is in one place.
    pub(crate) fn check(&self, books: &Books) -> Result<(), String> {
        let mut greeting = 0;
        let mut stays = vec![0usize; self.lines.len()];
        for (call, live) in self.live.sorted() {
            greeting += u64::from(live.since.is_none() && !live.ended);
            if let Some(stay) = live.stay {
                stays[books.slot(stay.place.group)] += 1;
                if live.ended {
                    return Err(format!("{call} is over and in {}", stay.place.group));
                }
            }
        }
        let open = books.total.counters.callback.open;
        if self.callbacks.len() as u64 != open {
            return Err(format!("{} are to be called back, {open} counted", self.callbacks.len()));
        }
        let over = self.live.sorted().iter().filter(|(_, live)| live.ended).count();
        if over != self.over {
            return Err(format!("{over} calls are over, {} counted", self.over));
        }
        if greeting != books.total.counters.greeting {
            return Err(format!("{greeting} calls before a line: {:?}", books.total.counters));
        }
        for (slot, line) in self.lines.iter().enumerate() {
            let counted = books.groups[slot].counters.waiting;
            if line.len() as u64 != counted || line.len() != stays[slot] {
                let there = stays[slot];
                return Err(format!(
                    "group#{slot}: {} in line, {counted} counted, {there} calls",
                    line.len()
                ));
            }
        }
        Ok(())
    }
}

/// An asking is over.
fn keep(record: &mut CallRecord, asked: Asked, book: &mut AskedBook) {
    asked.count(book);
    if record.asked.len() < ASKED_MAX {
        record.asked.push(asked);
    } else {
        record.truncated = true;
    }
}

/// Ends a ring and counts how, for the group, the centre and the agent.
pub(crate) fn end_ring(
    live: &mut Live,
    at: usize,
    end: OfferEnd,
    (now, wall): (Timestamp, UnixMs),
    books: &mut Books,
    agents: &mut [Agent],
) {
    let ring = live.ring_ended(at, now, wall, end);
    books.both(ring.place, Step::OfferEnded(end));
    if let Some(agent) = agents.get_mut(ring.agent.index()) {
        agent.offers.ended(end);
    }
}

/// The outcome that a caller's way out of the line means; `None` for answered, which keeps its own waits.
const fn outcome_of(left: Left) -> Option<Outcome> {
    match left {
        Left::Answered(_) | Left::Overflowed => None,
        Left::Abandoned { ringing: true, .. } => Some(Outcome::AbandonedRinging),
        Left::Abandoned { ringing: false, .. } => Some(Outcome::AbandonedInLine),
        Left::TurnedAway(why) => Some(Outcome::TurnedAway(why)),
        Left::CalledBack => Some(Outcome::CalledBack),
        Left::Joined => Some(Outcome::Joined),
        Left::Lost => Some(Outcome::Lost),
    }
}
