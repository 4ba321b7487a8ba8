//! Whole days from a seed: the invariants at every step, and every counter counted again from the records.

mod day;

use acd::{AgentRef, AgentState, CallbackEnd, GroupRef, OfferEnd, OfferRef, Turned};
use base::{Private, Random, Timestamp};
use call::event::{CallRef, Event, Outcome, Side, Stamped};
use report::counters::Counters;
use report::recent::Reach;
use report::record::{SegmentEnd, SegmentKind};
use report::{CallRecord, Out, Report};
use sip::leg::{AorRef, LegRef, Origin, TrunkRef};
use sip::message::Cause;
use std::time::Duration;

const BECAUSE: acd::Because = acd::Because::FirstInOrder { among: 1, passed: 0 };

/// The centre's counters, as the records alone tell them.
fn recount(records: &[CallRecord], thresholds: &[Duration], short: Duration) -> Counters {
    let mut counters = Counters::default();
    for record in records {
        counters.arrived += 1;
        counters.reached_line += u64::from(record.queued_at.is_some());
        counters.offered += u64::from(record.queued_at.is_some());
        counters.offers.made += u64::from(record.offers);
        let abandoned = matches!(record.outcome, Outcome::AbandonedInLine | Outcome::AbandonedRinging);
        let answered = record.outcome == Outcome::Answered;
        counters.short_abandoned += u64::from(abandoned && record.waited < short);
        for (within, limit) in counters.within.iter_mut().zip(thresholds) {
            within.answered += u64::from(answered && record.waited <= *limit);
            within.abandoned += u64::from(abandoned && record.waited <= *limit);
        }
        counters.talks += u64::from(answered);
        counters.long_talks += u64::from(answered && record.talked > Duration::from_secs(600));
        *match record.outcome {
            Outcome::Answered => &mut counters.answered,
            Outcome::AbandonedBeforeLine => &mut counters.abandoned_before_line,
            Outcome::AbandonedInLine => &mut counters.abandoned_in_line,
            Outcome::AbandonedRinging => &mut counters.abandoned_ringing,
            Outcome::TurnedAway(Turned::LineFull) => &mut counters.turned_away.line_full,
            Outcome::TurnedAway(Turned::WaitedTooLong) => &mut counters.turned_away.waited_too_long,
            Outcome::TurnedAway(Turned::NobodySignedIn) => &mut counters.turned_away.nobody_signed_in,
            Outcome::TurnedAway(Turned::Closed) => &mut counters.turned_away.closed,
            Outcome::TurnedAway(Turned::Surge) => &mut counters.turned_away.surge,
            Outcome::TurnedAway(Turned::Blocked) => &mut counters.turned_away.blocked,
            Outcome::Lost if record.queued_at.is_some() => &mut counters.lost,
            Outcome::Lost => &mut counters.lost_before_line,
            Outcome::Refused => &mut counters.refused,
            Outcome::Service => &mut counters.service,
            Outcome::CalledBack => &mut counters.called_back,
            Outcome::Joined => &mut counters.joined,
            Outcome::Callback => &mut counters.callbacks,
            Outcome::Outgoing => &mut counters.outgoings,
            Outcome::Internal => &mut counters.internal,
        } += 1;
    }
    counters
}

#[test]
fn a_day_of_calls_is_counted_the_same_from_its_records() {
    for seed in 1..=4 {
        let plan = day::plan(40);
        let mut report = Report::new(plan.clone());
        let (mut out, mut last) = (Out::default(), Timestamp::START);
        for (step, stamped) in day::events(seed, 3000, 40).iter().enumerate() {
            report.fold(stamped, &mut out);
            if step % 16 == 0 {
                report.check().unwrap_or_else(|rule| panic!("seed {seed}, event {stamped:?}: {rule}"));
            }
            last = stamped.at;
        }
        report.finish(&mut out);
        report.check().expect("all is over");
        let ours = out.closed.iter().filter(|record| record.outcome == Outcome::Callback).count();
        assert_eq!((out.opened.len(), out.closed.len()), (3000 + ours, 3000 + ours), "seed {seed}");
        assert!(ours > 50, "{ours} calls back");
        let back = report.total().counters.callback;
        assert_eq!((back.kept, back.open), (report.total().counters.called_back, 0), "seed {seed}");
        assert_eq!((back.reached, back.connected, back.talks), (back.talks, back.talks, back.talks));
        assert_eq!(back.dialed, ours as u64, "each of our calls dialed once");

        let total = report.total();
        let again = recount(&out.closed, &plan.thresholds, plan.short_abandon);
        // How offers ended, help and wrap-ups are not in the records' own columns.
        let mut counted = total.counters;
        counted.offers = again.offers;
        (counted.help_asked, counted.help_given, counted.wrap_ups) = (0, 0, 0);
        counted.callback = again.callback;
        // What was said of talks is held against the tables.
        (counted.surveys, counted.disposals) = (again.surveys, again.disposals);
        assert_eq!(counted, again, "seed {seed}");
        assert_eq!(total.counters.offers.made, again.offers.made);
        let waited: Duration = answered(&out.closed).map(|record| record.waited).sum();
        assert_eq!(total.sums.waited, waited);
        assert_eq!(total.sums.talked, answered(&out.closed).map(|record| record.talked).sum());
        assert_eq!(total.spreads.wait.0.len(), total.counters.answered);
        assert_eq!(total.wait_buckets.iter().sum::<u64>(), total.counters.answered);

        for (index, key) in day::GROUPS.iter().enumerate() {
            let group = GroupRef::at(index);
            let counters = &report.group(group).expect("a group of the plan").counters;
            let stays = |ends: fn(&SegmentEnd) -> bool| {
                let segments = out.closed.iter().flat_map(|record| &record.segments);
                segments
                    .filter(|segment| segment.kind == SegmentKind::Line && segment.group == Some(group))
                    .filter(|segment| ends(&segment.end))
                    .count() as u64
            };
            assert_eq!(counters.offered, stays(|_| true), "{key}");
            assert_eq!(counters.answered, stays(|end| *end == SegmentEnd::Connected), "{key}");
            assert_eq!(counters.overflowed_out, stays(|end| *end == SegmentEnd::MovedOn), "{key}");
            assert_eq!(counters.abandoned_in_line, stays(|end| *end == SegmentEnd::AbandonedInLine), "{key}");
            assert_eq!(
                counters.abandoned_ringing,
                stays(|end| *end == SegmentEnd::AbandonedRinging),
                "{key}"
            );
            assert_eq!(counters.called_back, stays(|end| *end == SegmentEnd::CalledBack), "{key}");
            assert_eq!(counters.joined, stays(|end| *end == SegmentEnd::Joined), "{key}");
            assert_eq!(counters.lost, stays(|end| *end == SegmentEnd::Lost), "{key}");
        }

        // Quarters add up to the whole, and their histograms merge to the same spread.
        let mut merged = report::spread::histogram();
        let mut offered = 0;
        for interval in report.intervals().iter() {
            offered += interval.total.counters.offered;
            interval.total.spreads.wait.add_to(&mut merged);
        }
        assert_eq!(offered, total.counters.offered);
        assert_eq!(merged.value_at_quantile(0.9), total.spreads.wait.0.value_at_quantile(0.9));

        let board = report.board(last);
        assert_eq!((board.calls, board.total.waiting, board.missed), (0, 0, 0));
        for (slot, group) in board.groups.iter().enumerate() {
            for window in &group.windows {
                let ended = |counted: fn(&SegmentEnd) -> bool| {
                    let segments = out.closed.iter().flat_map(|record| &record.segments);
                    segments
                        .filter(|segment| segment.kind == SegmentKind::Line)
                        .filter(|segment| segment.group == Some(GroupRef::at(slot)))
                        .filter(|segment| segment.to >= window.since && counted(&segment.end))
                        .count() as u64
                };
                let counters = &window.line.counters;
                let which = (group.key.as_str(), window.reach);
                assert_eq!(counters.offered, ended(|_| true), "{which:?}");
                assert_eq!(counters.answered, ended(|end| *end == SegmentEnd::Connected), "{which:?}");
                assert_eq!(counters.waiting, 0, "{which:?}");
            }
            let half_hour = group.windows.iter().find(|window| window.reach == Reach::Minutes(30));
            let half_hour = half_hour.expect("drawn");
            assert_eq!(u64::from(group.recent.arrivals), half_hour.came, "what advice is from");
        }
        let ended: u64 = board.windows.iter().map(|window| window.line.counters.offered).sum();
        assert!(ended > 0, "nothing happened in the last hour of the day");
        let in_groups: u64 = board.agents.iter().map(|agent| agent.answered).sum();
        assert_eq!(in_groups, total.counters.answered + back.connected, "one agent each");
    }
}

fn answered(records: &[CallRecord]) -> impl Iterator<Item = &CallRecord> {
    records.iter().filter(|record| record.outcome == Outcome::Answered)
}

/// Events in any order about a handful of calls: nothing panics, and the identities hold after each.
#[test]
fn nonsense_keeps_the_identities() {
    for seed in 0..60 {
        let mut random = Random::seeded(seed);
        let mut report = Report::new(day::plan(3));
        let mut out = Out::default();
        let mut at = Timestamp::START;
        for seq in 1..800 {
            // Mostly forwards; a stamp that goes back must not hurt either.
            at = if random.chance(0.02) {
                Timestamp::from_secs(random.below(2000))
            } else {
                at + Duration::from_millis(random.below(4000))
            };
            let stamped = Stamped { at, seq, event: nonsense(&mut random) };
            report.fold(&stamped, &mut out);
            report.check().unwrap_or_else(|rule| panic!("seed {seed}, {stamped:?}: {rule}"));
            for record in &out.closed {
                assert!(record.segments.len() <= report::record::SEGMENTS_MAX);
                assert!(record.legs.len() <= report::record::LEGS_MAX);
            }
            out.clear();
        }
        let _ = report.board(at);
    }
}

fn nonsense(random: &mut Random) -> Event {
    let call = CallRef::from_bits(random.below(6));
    // One agent, group, trunk and phone beyond the plan.
    let agent = AgentRef::at(random.below(4) as usize);
    let group = GroupRef::at(random.below(6) as usize);
    let other = GroupRef::at(random.below(6) as usize);
    let offer = OfferRef::from_bits(random.below(4));
    let by = [Side::Caller, Side::Agent, Side::System][random.below(3) as usize];
    let why = [Turned::LineFull, Turned::WaitedTooLong, Turned::NobodySignedIn][random.below(3) as usize];
    let outcome = [
        Outcome::Answered,
        Outcome::AbandonedBeforeLine,
        Outcome::AbandonedInLine,
        Outcome::AbandonedRinging,
        Outcome::TurnedAway(why),
        Outcome::Lost,
        Outcome::Refused,
        Outcome::Service,
        Outcome::CalledBack,
        Outcome::Joined,
        Outcome::Callback,
        Outcome::Outgoing,
        Outcome::Internal,
    ][random.below(13) as usize];
    let end = [OfferEnd::Accepted, OfferEnd::RangOut, OfferEnd::Declined, OfferEnd::CallerGone]
        [random.below(4) as usize];
    let state = [
        AgentState::SignedOut,
        AgentState::Ready,
        AgentState::Offered(offer),
        AgentState::Talking,
        AgentState::WrapUp { until: Timestamp::NEVER },
    ][random.below(5) as usize];
    let to = random.chance(0.5).then_some(other);
    let from = CallRef::from_bits(random.below(6));
    let over = [CallbackEnd::Reached, CallbackEnd::CalledAgain, CallbackEnd::GivenUp, CallbackEnd::Merged]
        [random.below(4) as usize];
    match random.below(30) {
        0..2 => Event::Arrived {
            call,
            origin: Origin::Aor(AorRef(9)),
            caller: Private::new(String::new()),
            called: String::new(),
            call_id: String::new(),
            flow: None,
        },
        2 => Event::Answered { call },
        3..5 => {
            let expected = random.chance(0.5).then(|| Duration::from_secs(random.below(90)));
            Event::Queued { call, group, position: 0, expected }
        }
        5..7 => Event::Offered { call, offer, agent, group, because: BECAUSE },
        7 => Event::OfferEnded { call, offer, agent, end, status: 0 },
        8 => Event::Overflowed { call, from: group, to: other },
        9 => Event::TurnedAway { call, group, why, to },
        10 => {
            let waited = if random.chance(0.1) { Duration::MAX } else { Duration::from_secs(3) };
            Event::Connected { call, agent, group, waited }
        }
        11 => Event::Disconnected { call, agent, by },
        12 => Event::LegEnded { call, leg: LegRef(0), side: by, report: media::session::Report::default() },
        13 => Event::Ended { call, outcome, group: to, cause: Cause(255), by },
        14 => Event::Agent { agent, state },
        15 => {
            let (missed, after) = (random.chance(0.5), Timestamp::NEVER);
            Event::CallbackKept { from, caller: Private::default(), group, missed, after, attempt: 9 }
        }
        16..18 => Event::CallbackBegun { call, from, group },
        18 => Event::CallbackDialed { call, from, group, attempt: 1 },
        19..21 => Event::CallbackConnected { call, from, agent, group, waited: Duration::MAX },
        21 => Event::CallbackEnded { from, group, end: over },
        23..25 => {
            Event::OutgoingBegun { call, agent, group: to, colleague: random.chance(0.3).then_some(agent) }
        }
        25 => Event::OutgoingDialed { call },
        26..28 => Event::OutgoingConnected { call, agent, group: to },
        28 => Event::Picked { call, agent },
        22 => Event::PutThrough { call, group, trunk: TrunkRef(7) },
        _ => Event::Trunk { trunk: TrunkRef(random.below(3) as u32), up: random.chance(0.5) },
    }
}

/// A call that rings out for an hour and is moved about keeps its lines and its talk in the record.
#[test]
fn a_record_is_bounded_and_keeps_what_counts() {
    let mut report = Report::new(day::plan(2));
    let mut out = Out::default();
    let (call, group, agent) = (CallRef::from_bits(1), GroupRef::at(0), AgentRef::at(0));
    let mut seq = 0;
    let mut say = |at: u64, event: Event, out: &mut Out| {
        seq += 1;
        report.fold(&Stamped { at: Timestamp::from_secs(at), seq, event }, out);
    };
    say(
        0,
        Event::Arrived {
            call,
            origin: Origin::Trunk(TrunkRef(0)),
            caller: Private::new("13851234567".into()),
            called: "12345".into(),
            call_id: "a".into(),
            flow: None,
        },
        &mut out,
    );
    for round in 0..200 {
        let offer = OfferRef::from_bits(round);
        say(round * 20, Event::Offered { call, offer, agent, group, because: BECAUSE }, &mut out);
        say(
            round * 20 + 19,
            Event::OfferEnded { call, offer, agent, end: OfferEnd::RangOut, status: 408 },
            &mut out,
        );
    }
    say(4000, Event::Connected { call, agent, group, waited: Duration::from_secs(4000) }, &mut out);
    let cause = Cause(16);
    say(
        4100,
        Event::Ended { call, outcome: Outcome::Answered, group: None, cause, by: Side::Caller },
        &mut out,
    );
    for _ in 0..50 {
        let report = media::session::Report::default();
        say(4100, Event::LegEnded { call, leg: LegRef(1), side: Side::Agent, report }, &mut out);
    }
    let record = &out.closed[0];
    assert!(record.truncated);
    assert_eq!(record.offers, 200);
    assert_eq!(record.segments.last().map(|last| last.kind), Some(SegmentKind::Talk));
    assert_eq!(record.talked, Duration::from_secs(100));
    assert_eq!(record.rang, Duration::from_secs(200 * 19));
    assert_eq!(out.closed.len(), 1);
}

/// Calls that are over leave nothing behind.
#[test]
fn finished_calls_leave_memory() {
    let mut report = Report::new(day::plan(40));
    let mut out = Out::default();
    let mut awaited = 0;
    for stamped in &day::events(9, 500, 40) {
        report.fold(stamped, &mut out);
        awaited += u32::from(report.next_deadline().is_some());
    }
    assert!(awaited > 100, "some measurements never came, {awaited} steps");
    report.tick(Timestamp::from_secs(100_000), &mut out);
    assert_eq!(out.closed.len(), out.opened.len());
    assert!(out.closed.len() > 500, "calls of ours, too");
    assert_eq!(report.next_deadline(), None);
    assert_eq!(report.board(Timestamp::from_secs(100_000)).calls, 0);
}

/// A ring that overflowed between engine and report shows.
#[test]
fn a_gap_in_the_numbers_is_told() {
    let mut report = Report::new(day::plan(1));
    let mut out = Out::default();
    let event = Event::Trunk { trunk: TrunkRef(0), up: true };
    for seq in [7, 8, 12] {
        report.fold(&Stamped { at: Timestamp::START, seq, event: event.clone() }, &mut out);
    }
    assert_eq!(report.board(Timestamp::START).missed, 3);
}
