//! Parts: what one call, or one stretch of an agent's day, adds to whom and when.
//!
//! ```text
//!   all, trunk    the caller once: his arrival, his first line, what became of him
//!   group         each stay in its line; talk by the group for which the agent talked
//!   agent, site   whom he answered from a line, every call in which he talked, his own legs
//! ```
//!
//! A call that several agents talked in is one call of the centre and one of each of them; each is booked his own
//! leg and nothing else.

use super::again::abandoned;
use super::cell::{Doing, Part};
use super::fold::{By, Setup, Who};
use super::rows::{AgentTime, Call, End, Fate, Kind, NameId, Stretch, TimeKind};
use crate::callbacks::CallbackStep;
use crate::counters::{Before, Came, Left, Step, Waits};
use crate::disposals::DisposalStep;
use crate::outgoing::OutgoingStep;
use crate::record::UnixMs;
use call::event::Outcome;
use std::time::Duration;

/// When a part is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// In the interval of this moment.
    At(UnixMs),
    /// Cut at the borders of intervals.
    Between(UnixMs, UnixMs),
}

use When::{At, Between};

/// Says what a call adds to the rows of `by`.
pub fn of_call(call: &Call, by: By, setup: &Setup, emit: &mut dyn FnMut(Who, When, Part)) {
    match by {
        By::All => whole(call, Who::All, emit),
        By::Trunk => whole(call, call.trunk.map_or(Who::Nobody, Who::Name), emit),
        By::Group => stays(call, emit),
        By::Agent | By::Site => agents(call, &|agent| setup.row_of(by, agent), emit),
    }
}

/// Says what a stretch of an agent's day adds to the rows of `by`. A stretch with a call or a break is cut; a
/// wrap-up is also counted, where it ends.
pub fn of_agent(time: &AgentTime, by: By, setup: &Setup, emit: &mut dyn FnMut(Who, When, Part)) {
    let who = match by {
        By::All => Who::All,
        By::Trunk => return,
        By::Group if time.kind == TimeKind::WrapUp => time.group.map_or(Who::Nobody, Who::Name),
        By::Group => return,
        By::Agent | By::Site => setup.row_of(by, Some(time.agent)),
    };
    let doing = match time.kind {
        TimeKind::SignedIn => Doing::SignedIn,
        TimeKind::NotReady => Doing::NotReady,
        TimeKind::WrapUp => Doing::WrapUp,
        TimeKind::Unknown => return,
    };
    // As on the live board: a wrap-up after a talk outside any known call is time, and no wrap-up of a call.
    if doing == Doing::WrapUp && time.call.is_some() {
        let span = Duration::from_millis(time.to.0.saturating_sub(time.from.0));
        emit(who, At(time.to), Part::Step(Step::WrappedUp(span)));
    }
    emit(who, Between(time.from, time.to), Part::Did(doing, 0));
}

/// The caller once.
fn whole(call: &Call, who: Who, emit: &mut dyn FnMut(Who, When, Part)) {
    let arrived = At(call.arrived);
    emit(who, arrived, Part::Step(Step::Arrived));
    if call.fate == Fate::Open {
        return;
    }
    let Some(queued) = call.queued else {
        let before = match call.fate {
            Fate::Over(Outcome::AbandonedBeforeLine) => Before::Abandoned,
            Fate::Over(Outcome::Refused) => Before::Refused,
            Fate::Over(Outcome::Service) => Before::Service,
            Fate::Over(Outcome::Callback) => Before::Callback,
            Fate::Over(Outcome::Outgoing) => Before::Outgoing,
            Fate::Over(Outcome::Internal) => Before::Internal,
            _ => Before::Lost,
        };
        if call.fate == Fate::Unknown {
            emit(who, arrived, Part::UnknownEnd);
        }
        emit(who, arrived, Part::Step(Step::Before(before)));
        if call.is_made() {
            rings(call, arrived, &|_| Some(who), emit);
            made(call, who, emit);
            if who == Who::All {
                agent_time(call, &|_| who, emit);
            }
        }
        if before == Before::Callback {
            rings(call, arrived, &|_| Some(who), emit);
            talked_back(call, who, arrived, emit);
        }
        return;
    };
    let at = At(queued);
    emit(who, arrived, Part::Step(Step::Before(Before::InLine)));
    emit(who, at, Part::Step(Step::Came(Came::First)));
    let waited = Duration::from_millis(call.waited_ms);
    let left = match call.fate {
        Fate::Over(Outcome::Answered) => Left::Answered(waits(call, call.rang_ms, &call.stretches)),
        Fate::Over(Outcome::AbandonedInLine) => Left::Abandoned { ringing: false, waited },
        Fate::Over(Outcome::AbandonedRinging) => Left::Abandoned { ringing: true, waited },
        Fate::Over(Outcome::TurnedAway(why)) => Left::TurnedAway(why),
        Fate::Over(Outcome::CalledBack) => Left::CalledBack,
        Fate::Over(Outcome::Joined) => Left::Joined,
        _ => Left::Lost,
    };
    emit(who, at, Part::Step(Step::Left(left)));
    if call.fate == Fate::Unknown {
        emit(who, at, Part::UnknownEnd);
    }
    if let Left::Answered(_) = left {
        emit(who, at, Part::Handled);
        emit(who, at, Part::Step(Step::Talked(Duration::from_millis(call.talked_ms))));
        after_talk(call, who, at, emit);
    }
    calling_again(call, who, at, emit);
    rings(call, at, &|_| Some(who), emit);
    talks(call, at, &|_| who, emit);
    if who == Who::All {
        agent_time(call, &|_| who, emit);
    }
}

/// The talk of a call that we made to call somebody back: answered counts nobody for it.
fn talked_back(call: &Call, who: Who, when: When, emit: &mut dyn FnMut(Who, When, Part)) {
    if call.talked_ms > 0 {
        let talked = CallbackStep::Talked(Duration::from_millis(call.talked_ms));
        for step in [CallbackStep::Connected, talked] {
            emit(who, when, Part::Step(Step::Callback(step)));
        }
        after_talk(call, who, when, emit);
    }
}

/// What the caller said of it, and what came of it.
fn after_talk(call: &Call, who: Who, when: When, emit: &mut dyn FnMut(Who, When, Part)) {
    if let Some(survey) = call.survey {
        emit(who, when, Part::Step(Step::Surveyed(survey)));
    }
    // Earlier versions knew nothing of it.
    if call.last_agent.is_some() || call.disposed.is_some() {
        emit(who, when, Part::Step(Step::Disposed(DisposalStep::Over(call.disposed))));
    }
}

/// A call that an agent made to a number outside: apart from all callers.
fn made(call: &Call, who: Who, emit: &mut dyn FnMut(Who, When, Part)) {
    if call.fate != Fate::Over(Outcome::Outgoing) {
        return;
    }
    let mut say = |step| emit(who, At(call.arrived), Part::Step(Step::Outgoing(step)));
    say(OutgoingStep::Made);
    if call.stretches.iter().any(|stretch| stretch.kind == Kind::Talk) {
        say(OutgoingStep::Reached(Duration::from_millis(call.rang_ms)));
        say(OutgoingStep::Talked(Duration::from_millis(call.talked_ms)));
    } else {
        say(OutgoingStep::Unreached);
    }
}

/// Each stay in a group's line.
fn stays(call: &Call, emit: &mut dyn FnMut(Who, When, Part)) {
    let row = |group: Option<NameId>| group.map_or(Who::Nobody, Who::Name);
    let mut before: Option<End> = None;
    let mut answered = false;
    for stay in call.stretches.iter().filter(|stretch| stretch.kind == Kind::Line) {
        let (who, at) = (row(stay.group), At(stay.from));
        let came = match before {
            // Who was called, and has lost his agent.
            None if call.is_made() => Came::Transferred,
            None => Came::First,
            Some(End::MovedOn) => Came::Overflowed,
            Some(_) => Came::Transferred,
        };
        emit(who, at, Part::Step(Step::Came(came)));
        let waited = Duration::from_millis(stay.waited_ms);
        let left = match stay.end {
            End::Connected => {
                let rang = if answered { rung_within(call, stay) } else { call.rang_ms };
                Left::Answered(Waits { waited, ..waits(call, rang, &call.stretches) })
            }
            End::MovedOn => Left::Overflowed,
            End::AbandonedInLine => Left::Abandoned { ringing: false, waited },
            End::AbandonedRinging => Left::Abandoned { ringing: true, waited },
            End::TurnedAway(why) => Left::TurnedAway(why),
            End::CalledBack => Left::CalledBack,
            End::Joined => Left::Joined,
            _ => Left::Lost,
        };
        emit(who, at, Part::Step(Step::Left(left)));
        if stay.end == End::Unknown {
            emit(who, at, Part::UnknownEnd);
        }
        if before.is_none() && !call.is_made() {
            calling_again(call, who, at, emit);
        }
        if stay.end == End::Connected && !answered && !call.is_made() {
            answered = true;
            emit(who, at, Part::Step(Step::Talked(Duration::from_millis(call.talked_ms))));
            after_talk(call, who, at, emit);
        }
        before = Some(stay.end);
    }
    // A callback that we dialed stood in no line by itself: its rings count where it began.
    let ours = call.is_made() || call.fate == Fate::Over(Outcome::Callback);
    let Some(first) = call.queued.or(ours.then_some(call.arrived)) else {
        return;
    };
    // A ring belongs to the stay in whose line he then was.
    for ring in call.stretches.iter().filter(|stretch| stretch.kind == Kind::Ring) {
        let stay = call
            .stretches
            .iter()
            .rev()
            .find(|stay| stay.kind == Kind::Line && stay.group == ring.group && stay.from <= ring.from);
        offer(row(ring.group), At(stay.map_or(first, |stay| stay.from)), ring, emit);
    }
    if call.is_made() {
        // Between agents it is nobody's; and one who does no group's work calls for none.
        if let Some(group) = call.group {
            made(call, Who::Name(group), emit);
        }
        return agent_time(call, &|stretch: &Stretch| row(stretch.group.or(call.group)), emit);
    }
    if call.queued.is_none() {
        return talked_back(call, row(call.group), At(first), emit);
    }
    let group = |stretch: &Stretch| row(stretch.group.or(call.group));
    let at = At(first);
    each_once(call, &group, &mut |who, _| emit(who, at, Part::Handled));
    talks(call, at, &group, emit);
    agent_time(call, &group, emit);
}

/// Whom each agent, or each site, answered and talked with.
fn agents(call: &Call, row: &impl Fn(Option<NameId>) -> Who, emit: &mut dyn FnMut(Who, When, Part)) {
    let at = At(call.queued.unwrap_or(call.arrived));
    let of = |stretch: &Stretch| row(stretch.agent);
    let talked = match call.fate {
        Fate::Over(Outcome::Answered) => true,
        Fate::Over(Outcome::Callback) => call.talked_ms > 0,
        _ => false,
    };
    if talked {
        after_talk(call, row(call.last_agent), at, emit);
    }
    if call.is_made() {
        made(call, row(call.agent), emit);
        rings(call, at, &|ring| Some(of(ring)), emit);
        return agent_time(call, &of, emit);
    }
    if call.fate == Fate::Over(Outcome::Answered) {
        let who = row(call.agent);
        emit(who, at, Part::Step(Step::Came(Came::First)));
        let waits = waits(call, call.rang_ms, &call.stretches);
        emit(who, at, Part::Step(Step::Left(Left::Answered(waits))));
        // What was left out of a truncated record still was a talk of the first agent.
        let told = call.stretches.iter().any(|talk| talk.kind == Kind::Talk && of(talk) == who);
        if !told {
            emit(who, at, Part::Handled);
            emit(who, at, Part::Step(Step::Talked(Duration::from_millis(call.talked_ms))));
        }
    }
    each_once(call, &of, &mut |who, talked| {
        emit(who, at, Part::Handled);
        emit(who, at, Part::Step(Step::Talked(Duration::from_millis(talked))));
    });
    rings(call, at, &|ring| Some(of(ring)), emit);
    talks(call, at, &of, emit);
    agent_time(call, &of, emit);
}

/// What an answered caller has waited, of which phones rang for so long.
fn waits(call: &Call, rang_ms: u64, stretches: &[Stretch]) -> Waits {
    let accepted =
        |stretch: &&Stretch| stretch.kind == Kind::Ring && stretch.end == End::Offer(acd::OfferEnd::Accepted);
    Waits {
        greeted: Duration::from_millis(call.greeted_ms),
        waited: Duration::from_millis(call.waited_ms),
        rang: Duration::from_millis(rang_ms),
        last_ring: Duration::from_millis(stretches.iter().find(accepted).map_or(0, Stretch::millis)),
    }
}

/// For how long phones rang while he stayed in this line.
fn rung_within(call: &Call, stay: &Stretch) -> u64 {
    let rings = call.stretches.iter().filter(|ring| ring.kind == Kind::Ring && ring.overlaps(stay));
    // Phones that ring at once ring once: stretches are in the order in which they began.
    let mut until = stay.from.0;
    let mut sum = 0;
    for ring in rings {
        let (from, to) = (ring.from.0.max(until), ring.to.0.min(stay.to.0));
        sum += to.saturating_sub(from);
        until = until.max(to);
    }
    sum
}

fn calling_again(call: &Call, who: Who, at: When, emit: &mut dyn FnMut(Who, When, Part)) {
    if call.caller_hash == 0 {
        return;
    }
    emit(who, at, Part::Came(call.repeat));
    if abandoned(call) {
        emit(who, at, Part::HungUp(call.redialled));
    }
}

fn offer(who: Who, at: When, ring: &Stretch, emit: &mut dyn FnMut(Who, When, Part)) {
    emit(who, at, Part::Step(Step::Offered));
    match ring.end {
        End::Offer(end) => emit(who, at, Part::Step(Step::OfferEnded(end))),
        _ => emit(who, at, Part::UnknownOffer),
    }
}

fn rings(
    call: &Call,
    at: When,
    row: &impl Fn(&Stretch) -> Option<Who>,
    emit: &mut dyn FnMut(Who, When, Part),
) {
    for ring in call.stretches.iter().filter(|stretch| stretch.kind == Kind::Ring) {
        if let Some(who) = row(ring) {
            offer(who, at, ring, emit);
        }
    }
}

/// Each row that talked, with the sum of its legs in milliseconds.
fn each_once(call: &Call, row: &impl Fn(&Stretch) -> Who, say: &mut impl FnMut(Who, u64)) {
    let talks = || call.stretches.iter().filter(|stretch| stretch.kind == Kind::Talk);
    for (number, talk) in talks().enumerate() {
        let who = row(talk);
        if talks().take(number).all(|earlier| row(earlier) != who) {
            say(who, talks().filter(|other| row(other) == who).map(Stretch::millis).sum());
        }
    }
}

/// Transfers, three-way talks, hold and consult. A transfer is booked to who handed over.
fn talks(call: &Call, at: When, row: &impl Fn(&Stretch) -> Who, emit: &mut dyn FnMut(Who, When, Part)) {
    let (mut three_way, mut last): (Vec<Who>, Option<&Stretch>) = (Vec::new(), None);
    for stretch in &call.stretches {
        match stretch.kind {
            Kind::Talk => {
                if let Some(earlier) = last.filter(|earlier| earlier.agent != stretch.agent) {
                    if earlier.overlaps(stretch) {
                        three_way.extend([row(earlier), row(stretch)]);
                    }
                    // Whoever stays longer has taken over; a helper who leaves first has helped.
                    if stretch.to > earlier.to {
                        emit(row(earlier), at, Part::Transfer);
                    }
                }
                if last.is_none_or(|earlier| stretch.to > earlier.to) {
                    last = Some(stretch);
                }
            }
            Kind::Conference => three_way.push(row(stretch)),
            _ => {}
        }
    }
    three_way.sort_unstable();
    three_way.dedup();
    for who in three_way {
        emit(who, at, Part::ThreeWay);
    }
    let mut of_kind = |kind: Kind, part: fn(u64) -> Part| {
        let of = || call.stretches.iter().filter(move |stretch| stretch.kind == kind);
        for (number, stretch) in of().enumerate() {
            let who = row(stretch);
            if of().take(number).all(|earlier| row(earlier) != who) {
                emit(who, at, part(of().filter(|other| row(other) == who).map(Stretch::millis).sum()));
            }
        }
    };
    of_kind(Kind::Hold, Part::Held);
    of_kind(Kind::Consult, Part::Consulted);
}

/// Agents' time with the call.
fn agent_time(call: &Call, row: &impl Fn(&Stretch) -> Who, emit: &mut dyn FnMut(Who, When, Part)) {
    for stretch in &call.stretches {
        let doing = match stretch.kind {
            Kind::Ring => Doing::Ring,
            Kind::Talk if call.is_made() => Doing::Outgoing,
            Kind::Dial => Doing::Outgoing,
            Kind::Talk => Doing::Talk,
            _ => continue,
        };
        emit(row(stretch), Between(stretch.from, stretch.to), Part::Did(doing, 0));
    }
}
