//! Keys pressed on a telephone (RFC 4733): many packets, one [`Fact::Key`](crate::session::Fact::Key).
//!
//! ```text
//!   event packets of one timestamp ─▶ Press ──end bit────────▶ key        further end packets: nothing
//!                                       ├────200 ms of nothing▶ key       (all end packets lost)
//!                                       └────next press────────▶ key
//! ```
//!
//! A press is known by the timestamp of its begin. At most [`RATE`] keys a second, [`BURST`] at once: more
//! than fingers and auto-dialers can do; what exceeds it is counted and dropped.
//! Never knows: addresses, who listens, what a key means.

use base::Timestamp;
use std::time::Duration;

/// A press whose packets stop without an end has ended.
pub(crate) const TIMEOUT: Duration = Duration::from_millis(200);
/// Keys a second that are believed.
const RATE: u32 = 20;
/// Keys at once that are believed, after a stall of the network.
const BURST: u32 = 32;
/// An older timestamp than the last press is a late packet only for so long.
const LATE: Duration = Duration::from_secs(5);

/// The keys of one party.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Keys {
    open: Option<Press>,
    /// Begin of the last press and when it was heard of.
    last: Option<(u32, Timestamp)>,
    /// When the allowance will be whole again.
    spent_until: Timestamp,
}

/// A key that is being held down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Press {
    timestamp: u32,
    digit: char,
    duration: u16,
    heard: Timestamp,
}

/// What a packet brought to an end: the key before, the key itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pressed {
    /// Keys, in order.
    pub(crate) keys: [Option<char>; 2],
    /// Keys that exceeded the rate.
    pub(crate) flooded: u8,
}

impl Keys {
    /// An event packet. Events that are no keys, and short payloads, are nothing.
    pub(crate) fn packet(&mut self, now: Timestamp, timestamp: u32, marker: bool, payload: &[u8]) -> Pressed {
        let mut pressed = Pressed::default();
        let Some(&[event, flags, high, low]) = payload.first_chunk() else { return pressed };
        let Some(digit) = digit(event) else { return pressed };
        let (end, duration) = (flags & 0x80 != 0, u16::from_be_bytes([high, low]));

        if let Some(press) = &mut self.open {
            // A key held beyond what a duration can say goes on in a new segment (RFC 4733 2.5.1.3).
            let segment = press.timestamp.wrapping_add(u32::from(press.duration));
            let goes_on = !marker && press.duration == u16::MAX && timestamp == segment;
            if press.digit == digit && (press.timestamp == timestamp || goes_on) {
                press.timestamp = timestamp;
                press.duration = if goes_on { duration } else { press.duration.max(duration) };
                press.heard = now;
                self.last = Some((timestamp, now));
                if end {
                    self.release(now, &mut pressed);
                }
                return pressed;
            }
        }
        if !self.is_new(now, timestamp, marker, digit) {
            return pressed;
        }
        self.release(now, &mut pressed);
        self.open = Some(Press { timestamp, digit, duration, heard: now });
        self.last = Some((timestamp, now));
        if end {
            self.release(now, &mut pressed);
        }
        pressed
    }

    /// When a press ends for want of packets.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.open.map(|press| press.heard + TIMEOUT)
    }

    /// Ends a press whose packets have stopped.
    pub(crate) fn expire(&mut self, now: Timestamp) -> Pressed {
        let mut pressed = Pressed::default();
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            self.release(now, &mut pressed);
        }
        pressed
    }

    /// The source has started over: its timestamps mean something else now.
    pub(crate) fn restart(&mut self, now: Timestamp) -> Pressed {
        let mut pressed = Pressed::default();
        self.release(now, &mut pressed);
        self.last = None;
        pressed
    }

    /// Whether one more key is believed, however it was heard. Generic cell rate: each key spends 1/RATE of a second
    /// of an allowance of BURST keys.
    pub(crate) fn admit(&mut self, now: Timestamp) -> bool {
        let cost = Duration::from_secs(1) / RATE;
        if self.spent_until.since(now) > cost * (BURST - 1) {
            return false;
        }
        self.spent_until = self.spent_until.max(now) + cost;
        true
    }

    fn is_new(&self, now: Timestamp, timestamp: u32, marker: bool, digit: char) -> bool {
        let Some((last, heard)) = self.last else { return true };
        let ahead = timestamp.wrapping_sub(last).cast_signed();
        let other = self.open.is_some_and(|press| press.digit != digit);
        ahead > 0 || (ahead == 0 && marker && other) || now.since(heard) > LATE
    }

    fn release(&mut self, now: Timestamp, pressed: &mut Pressed) {
        let Some(press) = self.open.take() else { return };
        if !self.admit(now) {
            pressed.flooded += 1;
            return;
        }
        let place = usize::from(pressed.keys[0].is_some());
        pressed.keys[place] = Some(press.digit);
    }
}

/// The key of an event code (RFC 4733 3.2).
fn digit(event: u8) -> Option<char> {
    match event {
        0..=9 => Some(char::from(b'0' + event)),
        10 => Some('*'),
        11 => Some('#'),
        12..=15 => Some(char::from(b'A' + event - 12)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn event(code: u8, end: bool, duration: u16) -> [u8; 4] {
        let [high, low] = duration.to_be_bytes();
        [code, 10 | u8::from(end) << 7, high, low]
    }

    fn press(keys: &mut Keys, now: u64, timestamp: u32, code: u8, end: bool, duration: u16) -> String {
        let pressed = keys.packet(at(now), timestamp, duration <= 160, &event(code, end, duration));
        pressed.keys.iter().flatten().collect()
    }

    #[test]
    fn one_press_is_one_key_however_often_its_end_is_repeated() {
        let mut keys = Keys::default();
        assert_eq!(press(&mut keys, 0, 1000, 5, false, 160), "");
        assert_eq!(press(&mut keys, 20, 1000, 5, false, 320), "");
        assert_eq!(press(&mut keys, 40, 1000, 5, true, 480), "5");
        assert_eq!(press(&mut keys, 41, 1000, 5, true, 480), "");
        assert_eq!(press(&mut keys, 42, 1000, 5, true, 480), "");
        assert_eq!(press(&mut keys, 100, 1800, 5, true, 480), "5", "the same key again");
    }

    #[test]
    fn a_lost_begin_and_a_lost_end_cost_nothing() {
        let mut keys = Keys::default();
        assert_eq!(press(&mut keys, 0, 1000, 11, true, 480), "#", "only its end came");
        assert_eq!(press(&mut keys, 100, 1800, 1, false, 160), "");
        assert_eq!(press(&mut keys, 200, 2600, 2, false, 160), "1", "the next press ends the first");
        assert_eq!(press(&mut keys, 201, 1800, 1, true, 480), "", "whose end comes late");
        assert_eq!(keys.expire(at(300)), Pressed::default());
        assert_eq!(keys.deadline(), Some(at(400)));
        assert_eq!(keys.expire(at(400)).keys, [Some('2'), None]);
        assert_eq!(press(&mut keys, 500, 2600, 2, true, 800), "", "after the timeout");
    }

    #[test]
    fn a_key_held_for_long_is_one_key() {
        let mut keys = Keys::default();
        assert_eq!(press(&mut keys, 0, 1000, 9, false, 160), "");
        assert_eq!(press(&mut keys, 100, 1000, 9, false, u16::MAX), "");
        assert_eq!(press(&mut keys, 120, 1000 + 65_535, 9, false, 800), "", "next segment");
        assert_eq!(press(&mut keys, 140, 1000 + 65_535, 9, true, 960), "9");
    }

    #[test]
    fn what_is_no_key_is_nothing() {
        let mut keys = Keys::default();
        assert_eq!(press(&mut keys, 0, 1, 16, true, 100), "", "flash");
        assert_eq!(press(&mut keys, 0, 1, 255, true, 100), "");
        assert_eq!(keys.packet(at(0), 1, true, &[1, 0x80, 0]), Pressed::default(), "short");
        assert_eq!(keys, Keys::default());
    }

    #[test]
    fn a_flood_is_cut_to_what_fingers_can_do() {
        let mut keys = Keys::default();
        let (mut heard, mut flooded) = (0, 0);
        for n in 0..10_000u32 {
            let pressed = keys.packet(at(u64::from(n)), n * 8, true, &event((n % 10) as u8, true, 80));
            heard += pressed.keys.iter().flatten().count();
            flooded += usize::from(pressed.flooded);
        }
        assert_eq!(heard + flooded, 10_000);
        assert!((200..=240).contains(&heard), "{heard} keys in ten seconds");
    }
}
