//! The jitter buffer of one party who is mixed: packets in when they come, 20 ms out at each tick.
//!
//! ```text
//!   packet ─▶ samples held, by timestamp ─▶ tick: the next 160
//!             too late: dropped                 none there: silence, wait (delay grows by what was missing)
//!             a pause has ended: anew           more than needed for a second: two ticks' worth blended
//!                                               into one (delay shrinks by 20 ms)
//! ```
//!
//! It starts with what the measured jitter asks for, which on a quiet network is nothing: a packet is then
//! heard at the next tick. It never holds more than [`HELD_MAX`]. Where nothing came there is silence.
//!
//! What is held is moved to the front whenever that is a tick or less, so that a talk goes through the same few
//! hundred bytes all the time: a hall of conferences stays in the cache that way.
//! Never knows: codecs (it is handed the decoder), parties, sockets.

use crate::beat::TICK_SAMPLES;

/// Samples there is room for: 256 ms.
const ROOM: usize = 2048;
/// Most that is held back, in samples (120 ms); what exceeds it is left out.
const HELD_MAX: u32 = 960;
/// Most that jitter can ask for at the begin, in samples (60 ms).
const HEADROOM_MAX: u32 = 480;
/// Ticks without anything after which a pause has begun.
const PAUSE: u8 = 3;
/// Late packets in a row after which the source's timestamps must have a new base.
const LATE_MAX: u8 = 5;
/// Ticks over which the smallest reserve is taken: a second.
const WINDOW: u8 = 50;

/// Samples of one tick.
pub(crate) type Frame = [i16; TICK_SAMPLES];

/// Writes a sample for each code.
pub(crate) type Decoder = fn(&mut [i16], &[u8]);

/// The jitter buffer of one party. In this order, so that all that is looked at at a tick lies together.
#[derive(Clone, Debug)]
#[repr(C)]
pub(crate) struct Jitter {
    /// Timestamp of the next sample to be heard.
    play: u32,
    /// Timestamp after the last sample that came.
    end: u32,
    /// What the jitter asks for, in samples.
    headroom: u32,
    /// Smallest number of samples left after a tick, in this window.
    reserve: u32,
    /// Something has come at all.
    begun: bool,
    /// In a pause: the next packet begins anew.
    paused: bool,
    late_run: u8,
    stalled: u8,
    ticks: u8,
    /// Where the next sample to be heard lies; those behind it lie behind it.
    front: usize,
    /// A tick's worth more than can be held, so that the last frame of a talk spurt can be filled up.
    samples: [i16; ROOM + TICK_SAMPLES],
}

impl Jitter {
    pub(crate) fn new() -> Self {
        Self {
            samples: [0; ROOM + TICK_SAMPLES],
            front: 0,
            play: 0,
            end: 0,
            begun: false,
            paused: true,
            headroom: 0,
            late_run: 0,
            stalled: 0,
            ticks: 0,
            reserve: u32::MAX,
        }
    }

    /// A packet's payload; `jitter` is the measured one, in samples. False when it came too late.
    pub(crate) fn put(&mut self, timestamp: u32, payload: &[u8], decode: Decoder, jitter: u32) -> bool {
        let payload = &payload[..payload.len().min(ROOM / 2)];
        let length = payload.len() as u32;
        if length == 0 {
            return true;
        }
        let behind = timestamp.wrapping_add(length).wrapping_sub(self.play).cast_signed() <= 0;
        if behind && self.begun && self.late_run < LATE_MAX {
            self.late_run += 1;
            return false;
        }
        let ahead = timestamp.wrapping_add(length).wrapping_sub(self.play);
        if self.paused || behind || ahead > ROOM as u32 {
            self.begin(timestamp, jitter);
        } else if self.stalled > 0 && self.end == self.play {
            // Silence was heard where this gap is: it is not heard twice.
            let gap = timestamp.wrapping_sub(self.play).cast_signed().max(0).cast_unsigned();
            self.play = self.play.wrapping_add(gap.min(u32::from(self.stalled) * TICK_SAMPLES as u32));
        }
        self.late_run = 0;
        self.write(timestamp, payload, decode);
        true
    }

    /// The samples of this tick, when there are any.
    pub(crate) fn pull(&mut self) -> Option<&Frame> {
        if self.paused {
            return None;
        }
        let mut held = self.held();
        if held > HELD_MAX {
            let surplus = held - self.headroom - TICK_SAMPLES as u32;
            self.drop_front(surplus);
            held -= surplus;
        }
        let from = self.front;
        if held < TICK_SAMPLES as u32 {
            self.stalled += 1;
            self.paused = self.stalled >= PAUSE;
            if !self.paused || held == 0 {
                return None;
            }
            // The end of what he said.
            self.samples[from + held as usize..from + TICK_SAMPLES].fill(0);
            self.drop_front(held);
        } else {
            self.stalled = 0;
            self.drop_front(TICK_SAMPLES as u32);
            self.shrink(from, held - TICK_SAMPLES as u32);
        }
        self.samples[from..].first_chunk()
    }

    /// The source has started over: its next packet begins anew, whatever its timestamp.
    pub(crate) fn restart(&mut self) {
        (self.begun, self.paused, self.late_run) = (false, true, 0);
    }

    fn begin(&mut self, timestamp: u32, jitter: u32) {
        self.headroom = (jitter * 2).min(HEADROOM_MAX);
        self.play = timestamp.wrapping_sub(self.headroom);
        self.end = self.play;
        (self.begun, self.paused, self.stalled) = (true, false, 0);
        (self.ticks, self.reserve) = (0, u32::MAX);
    }

    fn held(&self) -> u32 {
        self.end.wrapping_sub(self.play).cast_signed().max(0).cast_unsigned()
    }

    /// Puts a packet, not all of which is too late, in its place; between it and what is held is silence.
    fn write(&mut self, timestamp: u32, payload: &[u8], decode: Decoder) {
        let late = (self.play.wrapping_sub(timestamp).cast_signed().max(0) as usize).min(payload.len());
        let kept = &payload[late..];
        let (held, place) =
            (self.held() as usize, timestamp.wrapping_sub(self.play).cast_signed().max(0) as usize);
        let end = place + kept.len();
        if self.front > 0 && (held <= TICK_SAMPLES || self.front + end > ROOM) {
            if held > 0 {
                self.samples.copy_within(self.front..self.front + held, 0);
            }
            self.front = 0;
        }
        let samples = &mut self.samples[self.front..self.front + end];
        if place > held {
            samples[held..place].fill(0);
        }
        decode(&mut samples[place..], kept);
        if end > held {
            self.end = self.play.wrapping_add(end as u32);
        }
    }

    fn drop_front(&mut self, samples: u32) {
        self.front += samples as usize;
        self.play = self.play.wrapping_add(samples);
    }

    /// When there was a tick's worth too much for a whole window, the frame at `from` becomes a blend of two.
    fn shrink(&mut self, from: usize, left: u32) {
        self.reserve = self.reserve.min(left);
        self.ticks += 1;
        if self.ticks < WINDOW {
            return;
        }
        if self.reserve >= TICK_SAMPLES as u32 + self.headroom {
            let (frame, next) = self.samples[from..].split_at_mut(TICK_SAMPLES);
            for (n, (sample, &other)) in frame.iter_mut().zip(&*next).enumerate() {
                let (old, new) = (i32::from(*sample), i32::from(other));
                *sample = (old + (new - old) * n as i32 / TICK_SAMPLES as i32) as i16;
            }
            self.drop_front(TICK_SAMPLES as u32);
        }
        (self.ticks, self.reserve) = (0, u32::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Random;

    /// A code is its own sample.
    fn plain(samples: &mut [i16], codes: &[u8]) {
        samples.iter_mut().zip(codes).for_each(|(sample, &code)| *sample = code.into());
    }

    /// A packet whose every sample tells its number.
    fn packet(number: u8) -> Vec<u8> {
        vec![number; TICK_SAMPLES]
    }

    fn put(jitter: &mut Jitter, number: u8) -> bool {
        jitter.put(5_000 + u32::from(number) * 160, &packet(number), plain, 0)
    }

    fn pull(jitter: &mut Jitter) -> Option<u8> {
        jitter.pull().map(|frame| frame[80] as u8)
    }

    #[test]
    fn on_a_quiet_network_a_packet_is_heard_at_the_next_tick() {
        let mut jitter = Jitter::new();
        assert_eq!(pull(&mut jitter), None);
        for number in 0..50 {
            assert!(put(&mut jitter, number));
            assert_eq!(pull(&mut jitter), Some(number));
        }
    }

    #[test]
    fn one_lost_packet_is_one_tick_of_silence_and_no_delay() {
        let mut jitter = Jitter::new();
        put(&mut jitter, 1);
        assert_eq!(pull(&mut jitter), Some(1));
        assert_eq!(pull(&mut jitter), None, "packet 2 is missing");
        put(&mut jitter, 3);
        assert_eq!(pull(&mut jitter), Some(3));
        assert!(!put(&mut jitter, 2), "too late");
    }

    #[test]
    fn a_late_packet_grows_the_delay_and_order_is_restored() {
        let mut jitter = Jitter::new();
        put(&mut jitter, 1);
        assert_eq!(pull(&mut jitter), Some(1));
        assert_eq!(pull(&mut jitter), None);
        put(&mut jitter, 2);
        put(&mut jitter, 4);
        assert_eq!(pull(&mut jitter), Some(2));
        put(&mut jitter, 3);
        assert_eq!(pull(&mut jitter), Some(3));
        assert_eq!(pull(&mut jitter), Some(4));
    }

    #[test]
    fn delay_that_is_not_needed_goes_away_again() {
        let mut jitter = Jitter::new();
        for number in 0..4 {
            put(&mut jitter, number);
        }
        for number in 4..200 {
            pull(&mut jitter);
            put(&mut jitter, number);
        }
        assert!(jitter.held() <= 2 * TICK_SAMPLES as u32, "{} samples held", jitter.held());
    }

    #[test]
    fn a_burst_after_a_stall_does_not_stay_in_the_ear() {
        let mut jitter = Jitter::new();
        for number in 0..100 {
            put(&mut jitter, number);
        }
        pull(&mut jitter);
        assert!(jitter.held() <= HELD_MAX);
    }

    #[test]
    fn a_pause_costs_nothing_and_a_new_base_is_found() {
        let mut jitter = Jitter::new();
        put(&mut jitter, 1);
        pull(&mut jitter);
        for _ in 0..10 {
            assert_eq!(pull(&mut jitter), None);
        }
        put(&mut jitter, 100);
        assert_eq!(pull(&mut jitter), Some(100));
        let mut kept = 0;
        for number in 1..10 {
            kept += u8::from(put(&mut jitter, number));
        }
        assert_eq!(kept, 9 - LATE_MAX);
        assert!(pull(&mut jitter).is_some());
    }

    #[test]
    fn what_is_heard_at_a_moment_is_what_was_said_then_or_silence_where_nothing_came() {
        let mut random = Random::seeded(160);
        let code = |at: u32| (1 + at % 255) as u8;
        let (mut jitter, mut put, mut next) = (Jitter::new(), vec![false; 4_000_000], 1_000u32);
        let (mut heard, mut silent, mut missed, mut waiting) = (0, 0, 0, Vec::new());
        for _ in 0..20_000 {
            let length = [80, 160, 240][random.below(3) as usize];
            if !random.chance(0.05) {
                waiting.push((next, length));
            }
            next += length;
            // Some wait, and so come out of order, or together with others.
            while waiting.len() > random.below(4) as usize {
                let (at, length) = waiting.swap_remove(random.below(waiting.len() as u64) as usize);
                let payload: Vec<u8> = (at..at + length).map(code).collect();
                if jitter.put(at, &payload, plain, random.below(60) as u32) {
                    (at..at + length).for_each(|at| put[at as usize] = true);
                }
            }
            let before = (jitter.play, jitter.held());
            let Some(frame) = jitter.pull() else { continue };
            let frame = *frame;
            // Not where delay is being made up for: there two moments are one.
            if jitter.play != before.0 + before.1.min(TICK_SAMPLES as u32) {
                continue;
            }
            for (at, sample) in (before.0..).zip(frame) {
                match sample {
                    0 if put[at as usize] => missed += 1,
                    0 => silent += 1,
                    _ => {
                        assert_eq!(sample, code(at).into(), "at {at}");
                        heard += 1;
                    }
                }
            }
        }
        // After a pause it begins with silence, where something may have been that was not waited for.
        assert!(heard > 1_000_000 && silent > 1_000 && missed * 1_000 < heard, "{heard}, {silent}, {missed}");
    }

    #[test]
    fn no_order_of_packets_breaks_it() {
        let mut random = Random::seeded(20);
        let mut jitter = Jitter::new();
        for _ in 0..200_000 {
            let payload = vec![0x55; random.below(1_400) as usize];
            let base = if random.chance(0.5) { 1_000 } else { random.bits() as u32 };
            let timestamp = base.wrapping_add(random.below(4_000) as u32);
            jitter.put(timestamp, &payload, plain, random.below(100_000) as u32);
            if random.chance(0.7) {
                jitter.pull();
            }
        }
    }
}
