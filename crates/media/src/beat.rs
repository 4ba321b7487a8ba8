//! The 20 ms beat: who is played to or mixed for, and when next.
//!
//! ```text
//!   0 ms    5 ms    10 ms   15 ms   20 ms
//!   beat 0  beat 1  beat 2  beat 3  beat 0 …      a session belongs to one beat, for all its parties
//! ```
//!
//! All sessions of a beat are served by one tick. There are four of them rather than one, because a desk
//! with 1,000 callers on music would otherwise put 1,000 packets on the wire at once, every 20 ms, and
//! every relayed packet that arrives meanwhile would wait behind them for several milliseconds.
//! Never knows: what is played or mixed.

use crate::member::MemberRef;
use crate::room::RoomRef;
use base::Timestamp;
use std::time::Duration;

/// Beats between which sessions are spread.
pub(crate) const BEATS: usize = 4;
/// Time from tick to tick of one beat.
pub(crate) const TICK: Duration = Duration::from_millis(20);
/// Samples in it.
pub(crate) const TICK_SAMPLES: usize = 160;
/// Ticks that are made up for when the desk comes late; older ones are left out.
const CATCH_UP: u64 = 3;

/// One beat.
#[derive(Clone, Debug)]
pub(crate) struct Beat {
    /// Its next tick, if anybody is served.
    pub(crate) next: Timestamp,
    /// Parties that hear a clip.
    pub(crate) players: Vec<MemberRef>,
    /// Sessions that have somebody to mix for.
    pub(crate) mixers: Vec<RoomRef>,
}

impl Beat {
    pub(crate) fn new() -> Self {
        Self { next: Timestamp::NEVER, players: Vec::new(), mixers: Vec::new() }
    }

    /// Somebody is served from now on: sets the next tick if there was none. `number` is the beat's own.
    pub(crate) fn wake(&mut self, now: Timestamp, number: usize) {
        if self.next == Timestamp::NEVER {
            let tick = TICK.as_nanos() as u64;
            let phase = tick / BEATS as u64 * number as u64;
            let passed = now.as_nanos().saturating_sub(phase).div_ceil(tick);
            self.next = Timestamp::from_nanos(passed * tick + phase);
        }
    }

    /// Nobody is served: no tick is wanted.
    pub(crate) fn rest(&mut self) {
        if self.players.is_empty() && self.mixers.is_empty() {
            self.next = Timestamp::NEVER;
        }
    }

    /// How many ticks are too old to make up for.
    pub(crate) fn overdue(&self, now: Timestamp) -> u64 {
        let late = now.since(self.next).as_nanos() as u64 / TICK.as_nanos() as u64;
        late.saturating_sub(CATCH_UP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_lie_on_one_grid_whenever_somebody_begins_to_listen() {
        for (now, number, next) in [(0, 0, 0), (1, 0, 20), (20, 0, 20), (1, 1, 5), (6, 1, 25), (14, 3, 15)] {
            let mut beat = Beat::new();
            beat.wake(Timestamp::from_millis(now), number);
            assert_eq!(beat.next, Timestamp::from_millis(next), "{now} ms, beat {number}");
        }
    }

    #[test]
    fn a_late_desk_makes_up_for_three_ticks_and_leaves_out_the_rest() {
        let mut beat = Beat::new();
        beat.wake(Timestamp::from_millis(0), 0);
        assert_eq!(beat.overdue(Timestamp::from_millis(79)), 0);
        assert_eq!(beat.overdue(Timestamp::from_millis(1_000)), 47);
    }
}
