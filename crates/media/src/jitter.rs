//! The jitter buffer of one party who is mixed: packets in when they come, 20 ms out at each tick.
//!
//! ```text
//!   packet ─▶ ring of samples, by timestamp ─▶ tick: the next 160
//!             too late: dropped                 none there: silence, wait (delay grows by what was missing)
//!             a pause has ended: anew           more than needed for a second: two ticks' worth blended
//!                                               into one (delay shrinks by 20 ms)
//! ```
//!
//! It starts with what the measured jitter asks for, which on a quiet network is nothing: a packet is then
//! heard at the next tick. It never holds more than [`HELD_MAX`]. Where nothing came there is silence.
//! Never knows: codecs (it is handed the decoding table), parties, sockets.

use crate::beat::TICK_SAMPLES;

/// Samples the ring holds: 256 ms. A power of two, so that a timestamp is a place in it.
const RING: usize = 2048;
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

/// The jitter buffer of one party.
#[derive(Clone, Debug)]
pub(crate) struct Jitter {
    ring: [i16; RING],
    /// Timestamp of the next sample to be heard.
    play: u32,
    /// Timestamp after the last sample that came.
    end: u32,
    /// Something has come at all.
    begun: bool,
    /// In a pause: the next packet begins anew.
    paused: bool,
    /// What the jitter asks for, in samples.
    headroom: u32,
    late_run: u8,
    stalled: u8,
    ticks: u8,
    /// Smallest number of samples left after a tick, in this window.
    reserve: u32,
}

impl Jitter {
    pub(crate) fn new() -> Self {
        Self {
            ring: [0; RING],
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
    pub(crate) fn put(&mut self, timestamp: u32, payload: &[u8], table: &[i16; 256], jitter: u32) -> bool {
        let payload = &payload[..payload.len().min(RING / 2)];
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
        if self.paused || behind || ahead > RING as u32 {
            self.begin(timestamp, jitter);
        } else if self.stalled > 0 && self.end == self.play {
            // Silence was heard where this gap is: it is not heard twice.
            let gap = timestamp.wrapping_sub(self.play).cast_signed().max(0).cast_unsigned();
            self.play = self.play.wrapping_add(gap.min(u32::from(self.stalled) * TICK_SAMPLES as u32));
        }
        self.late_run = 0;
        self.write(timestamp, payload, table);
        let end = timestamp.wrapping_add(length);
        if end.wrapping_sub(self.end).cast_signed() > 0 {
            self.end = end;
        }
        true
    }

    /// The samples of this tick; false, and `frame` untouched, when there are none.
    pub(crate) fn pull(&mut self, frame: &mut Frame) -> bool {
        if self.paused {
            return false;
        }
        let mut held = self.held();
        if held > HELD_MAX {
            let surplus = held - self.headroom - TICK_SAMPLES as u32;
            self.drop_front(surplus);
            held -= surplus;
        }
        if held < TICK_SAMPLES as u32 {
            self.stalled += 1;
            if self.stalled < PAUSE {
                return false;
            }
            self.paused = true;
            if held == 0 {
                return false;
            }
            // The end of what he said.
            self.read(frame);
            self.play = self.end;
            return true;
        }
        self.stalled = 0;
        self.read(frame);
        self.shrink(frame, held - TICK_SAMPLES as u32);
        true
    }

    /// The source has started over: its next packet begins anew, whatever its timestamp.
    pub(crate) fn restart(&mut self) {
        (self.begun, self.paused, self.late_run) = (false, true, 0);
    }

    fn begin(&mut self, timestamp: u32, jitter: u32) {
        self.headroom = (jitter * 2).min(HEADROOM_MAX);
        self.play = timestamp.wrapping_sub(self.headroom);
        self.end = timestamp;
        self.ring.fill(0);
        (self.begun, self.paused, self.stalled) = (true, false, 0);
        (self.ticks, self.reserve) = (0, u32::MAX);
    }

    fn held(&self) -> u32 {
        self.end.wrapping_sub(self.play).cast_signed().max(0).cast_unsigned()
    }

    fn write(&mut self, timestamp: u32, payload: &[u8], table: &[i16; 256]) {
        // The part that is not too late.
        let early = (self.play.wrapping_sub(timestamp).cast_signed().max(0) as usize).min(payload.len());
        let kept = &payload[early..];
        let from = timestamp.wrapping_add(early as u32) as usize % RING;
        let split = kept.len().min(RING - from);
        decode(&mut self.ring[from..from + split], &kept[..split], table);
        decode(&mut self.ring[..kept.len() - split], &kept[split..], table);
    }

    /// Takes one tick's samples out; what is taken becomes silence, for the next time round.
    fn read(&mut self, frame: &mut Frame) {
        let from = self.play as usize % RING;
        let split = TICK_SAMPLES.min(RING - from);
        frame[..split].copy_from_slice(&self.ring[from..from + split]);
        frame[split..].copy_from_slice(&self.ring[..TICK_SAMPLES - split]);
        self.drop_front(TICK_SAMPLES as u32);
    }

    fn drop_front(&mut self, samples: u32) {
        let (from, count) = (self.play as usize % RING, (samples as usize).min(RING));
        let split = count.min(RING - from);
        self.ring[from..from + split].fill(0);
        self.ring[..count - split].fill(0);
        self.play = self.play.wrapping_add(samples);
    }

    /// When there was a tick's worth too much for a whole window, this frame becomes a blend of two.
    fn shrink(&mut self, frame: &mut Frame, left: u32) {
        self.reserve = self.reserve.min(left);
        self.ticks += 1;
        if self.ticks < WINDOW {
            return;
        }
        if self.reserve >= TICK_SAMPLES as u32 + self.headroom {
            let mut next = [0; TICK_SAMPLES];
            self.read(&mut next);
            for (n, (sample, &other)) in frame.iter_mut().zip(&next).enumerate() {
                let (old, new) = (i32::from(*sample), i32::from(other));
                *sample = (old + (new - old) * n as i32 / TICK_SAMPLES as i32) as i16;
            }
        }
        (self.ticks, self.reserve) = (0, u32::MAX);
    }
}

fn decode(samples: &mut [i16], codes: &[u8], table: &[i16; 256]) {
    for (sample, &code) in samples.iter_mut().zip(codes) {
        *sample = table[usize::from(code)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Random;

    /// A code that decodes to itself.
    const PLAIN: [i16; 256] = {
        let mut table = [0; 256];
        let mut code = 0;
        while code < 256 {
            table[code] = code as i16;
            code += 1;
        }
        table
    };

    /// A packet whose every sample tells its number.
    fn packet(number: u8) -> Vec<u8> {
        vec![number; TICK_SAMPLES]
    }

    fn put(jitter: &mut Jitter, number: u8) -> bool {
        jitter.put(5_000 + u32::from(number) * 160, &packet(number), &PLAIN, 0)
    }

    fn pull(jitter: &mut Jitter) -> Option<u8> {
        let mut frame = [0; TICK_SAMPLES];
        jitter.pull(&mut frame).then(|| frame[80] as u8)
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
    fn no_order_of_packets_breaks_it() {
        let mut random = Random::seeded(20);
        let mut jitter = Jitter::new();
        let mut frame = [0; TICK_SAMPLES];
        for _ in 0..200_000 {
            let payload = vec![0x55; random.below(1_400) as usize];
            let base = if random.chance(0.5) { 1_000 } else { random.bits() as u32 };
            let timestamp = base.wrapping_add(random.below(4_000) as u32);
            jitter.put(timestamp, &payload, &PLAIN, random.below(100_000) as u32);
            if random.chance(0.7) {
                jitter.pull(&mut frame);
            }
        }
    }
}
