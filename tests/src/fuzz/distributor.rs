//! The distributor: bytes as a list of what agents and callers do, into the fast one and its obvious twin.
//!
//! Byte 0 picks the centre; then three bytes a deed: how much time passes, what, and to whom.

use super::cost;
use acd::exercise::Exercise;
use acd::input::Reason;
use acd::naive::Naive;
use acd::{AgentRef, CallerRef, Distributor, Enqueue, GroupRef, Input, OfferRef, Output, Priority};
use base::{Handle, Timestamp};
use std::time::Duration;

/// Deeds of one input; the rest of it is not played.
const DEEDS_MAX: usize = 2_000;

/// Plays one input.
///
/// # Panics
/// When the two differ, or an invariant does not hold.
pub fn run(data: &[u8]) {
    let Some((&centre, deeds)) = data.split_first() else { return };
    let plan = Exercise::seeded(u64::from(centre)).plan();
    let (mut fast, mut naive) = (Distributor::new(plan.clone()), Naive::new(plan));
    let (mut said, mut expected) = (Vec::new(), Vec::new());
    let mut now = Timestamp::START;
    let mut offers: Vec<OfferRef> = Vec::new();
    for deed in deeds.chunks_exact(3).take(DEEDS_MAX) {
        let &[time, what, whom] = deed else { break };
        now = match (time & 3, fast.next_deadline()) {
            (0, Some(deadline)) => now.max(deadline),
            (1, _) => now + Duration::from_millis(250 * u64::from(time >> 2)),
            _ => now,
        };
        let input = decode(now, what, whom, &offers);
        said.clear();
        expected.clear();
        cost::of(|| fast.handle(now, input, &mut said));
        naive.handle(now, input, &mut expected);
        assert_eq!(said, expected, "{input:?} at {now}");
        assert_eq!(fast.next_deadline(), naive.next_deadline());
        fast.check().unwrap_or_else(|why| panic!("{why} after {input:?} at {now}"));
        for output in &said {
            if let Output::Offer { offer, .. } = output {
                offers.push(*offer);
            }
        }
    }
}

fn decode(now: Timestamp, what: u8, whom: u8, offers: &[OfferRef]) -> Input {
    let agent = AgentRef(u32::from(whom % 11));
    let caller = CallerRef::from_parts(u32::from(whom), u32::from(what >> 6));
    let reasons = [Reason::Rest, Reason::Declined, Reason::RingNoAnswer, Reason::Forced];
    let reason = reasons[usize::from(what >> 6)];
    // The newest is the likeliest to be open.
    let recent = offers.len().checked_sub(1 + usize::from(whom % 4)).and_then(|at| offers.get(at));
    let offer = recent.copied().unwrap_or(OfferRef::from_bits(u64::from(whom)));
    match what & 15 {
        0 => Input::SignIn { agent },
        1 => Input::SignOut { agent },
        2 | 3 => Input::Ready { agent },
        4 => Input::NotReady { agent, reason },
        5 => Input::PhoneLost { agent },
        6 => Input::Engage { agent },
        7 => Input::Release { agent },
        8 => Input::Leave { caller },
        9 | 10 => Input::Accept { offer },
        11 => Input::Decline { offer, then: (what & 16 != 0).then_some(reason) },
        _ => Input::Enqueue(Enqueue {
            priority: Priority(what >> 4 & 3),
            since: now - Duration::from_secs(u64::from(what >> 6)),
            ..Enqueue::new(caller, GroupRef(u32::from(whom >> 5)), now)
        }),
    }
}
