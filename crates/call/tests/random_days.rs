//! Days of random deeds from a seed: whatever callers, phones, carriers and the audio path do, and in which
//! order their words cross, the invariants hold after each step and every caller is counted once. `SUJIE_NIGHTLY=1` lives
//! twenty times as many days.

mod day;

use base::{Random, Table};
use call::Request;
use call::event::{CallRef, Event, Outcome};
use call::plan::Plan;
use call::show::{Exit, StudioStep};
use day::Day;
use day::deeds::{calling_back_harshly, consulting_harshly, deed, harsh, on_the_radio_harshly, random_day};

/// Where a call stands by what was told of it.
#[derive(Default)]
struct Account {
    in_line: bool,
    ended: Option<Outcome>,
}

/// offered = answered + abandoned in line + abandoned ringing + turned away + lost + called back + joined
/// + still waiting. And every callback that was kept has ended, or is still to come.
fn reconcile(day: &Day) -> Result<[usize; 9], String> {
    let mut open: Table<CallRef, ()> = Table::default();
    let mut accounts: Table<CallRef, Account> = Table::default();
    for stamped in &day.events {
        match &stamped.event {
            Event::Arrived { call, .. } if accounts.insert(*call, Account::default()).is_some() => {
                return Err(format!("{call} arrived twice"));
            }
            Event::Queued { call, .. }
            | Event::TurnedAway { call, .. }
            // Of ours: it waited when it was asked for.
            | Event::CallbackConnected { call, .. }
            // Of ours, too: who loses his agent stands in that one's line.
            | Event::OutgoingConnected { call, .. } => {
                accounts.get_mut(call).ok_or("queued before it arrived")?.in_line = true;
            }
            Event::CallbackKept { from, attempt, missed, .. } => {
                open.insert(*from, ());
                if let Some(account) = accounts.get_mut(from).filter(|_| *attempt == 0 && !missed) {
                    account.in_line = true;
                }
            }
            Event::CallbackEnded { from, .. } => {
                open.remove(from).ok_or_else(|| format!("{from} is over and was not to be called back"))?;
            }
            Event::Connected { call, .. } if !accounts.get(call).is_some_and(|account| account.in_line) => {
                return Err(format!("{call} was connected without having waited"));
            }
            Event::Surveyed { call, .. } => {
                let account = accounts.get(call).ok_or("surveyed before it arrived")?;
                if !account.in_line || account.ended.is_some() {
                    return Err(format!("{call} rates what it did not have, or after its end"));
                }
            }
            Event::Ended { call, outcome, .. } => {
                let account = accounts.get_mut(call).ok_or("ended before it arrived")?;
                if account.ended.replace(*outcome).is_some() {
                    return Err(format!("{call} ended twice"));
                }
            }
            _ => {}
        }
    }
    let listed = day.engine.callbacks().map(|(from, _)| from).collect::<Vec<_>>();
    let known = open.sorted().into_iter().map(|(from, ())| *from).collect::<Vec<_>>();
    if listed != known {
        return Err(format!("{listed:?} are to be called back, {known:?} were told"));
    }
    let mut counts = [0; 9];
    for (call, account) in accounts.sorted() {
        let slot = match account.ended {
            Some(Outcome::Answered) => 1,
            Some(Outcome::AbandonedInLine) => 2,
            Some(Outcome::AbandonedRinging) => 3,
            Some(Outcome::TurnedAway(_)) => 4,
            Some(Outcome::Lost) => 5,
            Some(Outcome::CalledBack) => 6,
            Some(Outcome::Joined) => 7,
            None => 8,
            // Of ours: whoever loses his agent stands in a line, and is counted where he asked to be called.
            Some(Outcome::Callback | Outcome::Outgoing | Outcome::Internal) => continue,
            Some(Outcome::AbandonedBeforeLine | Outcome::Refused | Outcome::Service) => {
                if account.in_line {
                    return Err(format!("{call} waited and is not counted"));
                }
                continue;
            }
        };
        if account.in_line {
            counts[0] += 1;
            counts[slot] += 1;
        } else if !matches!(account.ended, None | Some(Outcome::Lost)) {
            return Err(format!("{call} is {:?} and never waited", account.ended));
        }
    }
    Ok(counts)
}

#[test]
fn every_caller_is_counted_once_whatever_happens() {
    let sum = days(&harsh(), 60);
    // The deeds reach every counter, or the test tests nothing.
    assert!(sum[..6].iter().all(|&count| count > 50), "{sum:?}");
}

#[test]
fn nobody_is_forgotten_who_is_to_be_called_back_whatever_happens() {
    let sum = days(&calling_back_harshly(), 60);
    assert!(sum[..8].iter().all(|&count| count > 20), "{sum:?}");
}

#[test]
fn nobody_is_dropped_or_counted_twice_whatever_is_done_in_the_talks() {
    let sum = days(&consulting_harshly(), 120);
    assert!(sum[..8].iter().all(|&count| count > 20), "{sum:?}");
}

#[test]
fn agents_call_and_pick_in_these_days() {
    let mut seen = [0; 6];
    for seed in 1..=40 {
        for stamped in random_day(&consulting_harshly(), seed, 600).events {
            let kind = match stamped.event {
                Event::OutgoingConnected { .. } => 0,
                Event::OutgoingRefused { .. } => 1,
                Event::Picked { .. } => 2,
                Event::Ended { outcome: Outcome::Outgoing, .. } => 3,
                Event::Ended { outcome: Outcome::Internal, .. } => 4,
                Event::OutgoingBegun { .. } => 5,
                _ => continue,
            };
            seen[kind] += 1;
        }
    }
    assert!(seen.iter().all(|count| *count > 20), "or nothing is known about them: {seen:?}");
}

#[test]
fn nobody_in_a_studio_is_dropped_or_forgotten_on_air_whatever_happens() {
    let mut seen = [0_usize; 8];
    let sum = days_with(&on_the_radio_harshly(), 200, |day| studios_reconcile(day, &mut seen));
    assert!(sum[..8].iter().all(|&count| count > 20), "{sum:?}");
    // Every way out of the studio, every way back into it, and on air: or the test tests nothing.
    assert!(seen.iter().all(|&count| count > 10), "{seen:?}");
}

/// Each caller who was sent to a studio leaves it once, each who went on air goes off it once; nobody whose call goes on
/// is in neither a studio nor a line nor with somebody (`check` has seen to that).
fn studios_reconcile(day: &Day, seen: &mut [usize; 8]) -> Result<(), String> {
    let (mut there, mut on_air): (Table<CallRef, ()>, Table<CallRef, ()>) = Default::default();
    for stamped in &day.events {
        match &stamped.event {
            Event::Screened { call, .. } if there.insert(*call, ()).is_some() => {
                return Err(format!("{call} was sent to the studio twice"));
            }
            Event::OnAir { call, on: true, .. } => {
                seen[0] += 1;
                if !there.contains(call) || on_air.insert(*call, ()).is_some() {
                    return Err(format!("{call} went on air from nowhere, or twice"));
                }
            }
            Event::OnAir { call, on: false, .. } => {
                on_air.remove(call).ok_or_else(|| format!("{call} went off air and was not on it"))?;
            }
            Event::Disconnected { call, agent, .. } if agent.0 == 3 && on_air.contains(call) => {
                return Err(format!("{call} is on air without the console"));
            }
            Event::Studio { step: StudioStep::Held, .. } => seen[1] += 1,
            Event::Studio { step: StudioStep::AtConsole, .. } => seen[2] += 1,
            Event::Studio { call, step: StudioStep::Left(exit), .. } => {
                there.remove(call).ok_or_else(|| format!("{call} left the studio and was not there"))?;
                seen[match exit {
                    Exit::Ended => 3,
                    Exit::SentBack => 4,
                    Exit::TooLong => 5,
                    Exit::Closed => 6,
                    Exit::HandedOn => 7,
                }] += 1;
            }
            Event::Ended { call, outcome, .. } if there.contains(call) => {
                return Err(format!("{call} is over, {outcome:?}, and in the studio"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn days(plan: &Plan, seeds: u64) -> [usize; 9] {
    days_with(plan, seeds, |_| Ok(()))
}

fn days_with(plan: &Plan, seeds: u64, mut also: impl FnMut(&Day) -> Result<(), String>) -> [usize; 9] {
    let more = if std::env::var_os("SUJIE_NIGHTLY").is_some() { 20 } else { 1 };
    let mut sum = [0; 9];
    for seed in 1..=seeds * more {
        let mut day = random_day(plan, seed, 600);
        let counts = reconcile(&day).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        assert_eq!(counts[0], counts[1..].iter().sum::<usize>(), "seed {seed}");
        for (to, count) in sum.iter_mut().zip(counts) {
            *to += count;
        }

        // Everything ends when it is made to, and nothing is left behind.
        day.request(Request::ReleaseAll);
        day.wait(130);
        assert_eq!(day.engine.calls(), 0, "seed {seed}");
        let counts = reconcile(&day).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        assert_eq!(counts[8], 0, "seed {seed}: nobody waits any more");
        also(&day).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        let gapless = day.events.iter().enumerate().all(|(at, stamped)| stamped.seq == at as u64);
        assert!(gapless, "seed {seed}: events are numbered without gaps");
    }
    sum
}

#[test]
fn the_same_deeds_give_the_same_words() {
    let run = |seed| {
        let mut day = Day::with(harsh());
        let mut random = Random::seeded(seed);
        let mut made = 0;
        for _ in 0..400 {
            deed(&mut day, &mut random, &mut made);
        }
        format!("{:?}", day.events)
    };
    assert!(run(5) == run(5));
    assert!(run(5) != run(6));
}
