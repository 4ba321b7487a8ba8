//! Messages in flight: sent, not yet answered, sent again with growing pauses (RFC 3261 17, UDP).
//!
//! ```text
//! launch ─▶ T1 ─▶ again ─▶ 2·T1 ─▶ again ─▶ … ─▶ 64·T1: lost(key)
//!    └── land: answered, forgotten
//! ```

use crate::outbox::{Local, Outbox};
use base::{Arena, TimerRef, Timestamp, Wheel};
use std::net::SocketAddr;
use std::time::Duration;

base::handle!(FlightRef, "flight", "A message that waits for its answer.");

/// RFC 3261 table 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// Estimate of the round trip: first pause.
    pub t1: Duration,
    /// Longest pause for all but an INVITE.
    pub t2: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self { t1: Duration::from_millis(500), t2: Duration::from_secs(4) }
    }
}

/// How the pauses grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// Doubling without end (timer A).
    Invite,
    /// Doubling up to T2 (timers E and G, and a 2xx to an INVITE, 13.3.1.4).
    Other,
}

/// All flights of one player. Memory of landed ones is used again.
#[derive(Clone, Debug)]
pub struct Flights<K> {
    timers: Timers,
    flying: Arena<FlightRef, Flight<K>>,
    due: Wheel<FlightRef>,
    spare: Vec<Vec<u8>>,
    repeats: u64,
}

#[derive(Clone, Debug)]
struct Flight<K> {
    key: K,
    local: Local,
    peer: SocketAddr,
    bytes: Vec<u8>,
    curve: Curve,
    pause: Duration,
    ends: Timestamp,
    timer: TimerRef,
}

impl<K: Copy> Flights<K> {
    /// None in flight.
    #[must_use]
    pub fn new(timers: Timers) -> Self {
        Self { timers, flying: Arena::default(), due: Wheel::default(), spare: Vec::new(), repeats: 0 }
    }

    /// Keeps the datagram queued last and sends it again until it lands. `None` when nothing is queued.
    pub fn launch(&mut self, now: Timestamp, key: K, curve: Curve, out: &Outbox) -> Option<FlightRef> {
        let (datagram, sent) = out.last()?;
        let mut bytes = self.spare.pop().unwrap_or_default();
        bytes.extend_from_slice(sent);
        let (pause, ends) = (self.timers.t1, now + self.timers.t1 * 64);
        let due = &mut self.due;
        Some(self.flying.insert_with(|flight| Flight {
            key,
            local: datagram.local,
            peer: datagram.peer,
            bytes,
            curve,
            pause,
            ends,
            timer: due.schedule(now + pause, flight),
        }))
    }

    /// It was answered. Landing twice does nothing.
    pub fn land(&mut self, flight: Option<FlightRef>) {
        let Some(mut landed) = flight.and_then(|flight| self.flying.remove(flight)) else { return };
        self.due.cancel(landed.timer);
        landed.bytes.clear();
        self.spare.push(landed.bytes);
    }

    /// Sends again what is due; `lost` gets the keys of what was never answered.
    pub fn tick(&mut self, now: Timestamp, out: &mut Outbox, lost: &mut Vec<K>) {
        while let Some((at, flight)) = self.due.pop_due(now) {
            let Some(flying) = self.flying.get_mut(flight) else { continue };
            if at >= flying.ends {
                lost.push(flying.key);
                self.land(Some(flight));
                continue;
            }
            out.send(flying.local, flying.peer, |w| w.extend_from_slice(&flying.bytes));
            self.repeats += 1;
            flying.pause *= 2;
            if flying.curve == Curve::Other {
                flying.pause = flying.pause.min(self.timers.t2);
            }
            let next = (at + flying.pause).min(flying.ends);
            flying.timer = self.due.schedule(next, flight);
        }
    }

    /// When to tick.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.due.next_deadline()
    }

    /// How many were sent again.
    #[must_use]
    pub fn repeats(&self) -> u64 {
        self.repeats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent_at(curve: Curve) -> (Vec<u64>, u64) {
        let mut flights = Flights::new(Timers::default());
        let mut out = Outbox::default();
        out.send(Local(0), "192.0.2.1:5060".parse().unwrap(), |w| w.extend_from_slice(b"x"));
        flights.launch(Timestamp::START, 7, curve, &out);
        let (mut times, mut lost) = (vec![], vec![]);
        while let Some(at) = flights.next_deadline() {
            out.clear();
            flights.tick(at, &mut out, &mut lost);
            if lost.is_empty() {
                assert_eq!(out.last().unwrap().1, b"x");
                times.push(at.as_millis());
            } else {
                assert_eq!(lost, [7]);
                return (times, at.as_millis());
            }
        }
        panic!("never given up")
    }

    #[test]
    fn an_invite_is_repeated_six_times_and_others_ten_in_32_seconds() {
        assert_eq!(sent_at(Curve::Invite), (vec![500, 1500, 3500, 7500, 15500, 31500], 32_000));
        let (times, lost) = sent_at(Curve::Other);
        assert_eq!(times, [500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]);
        assert_eq!(lost, 32_000);
    }

    #[test]
    fn a_landed_one_is_quiet() {
        let mut flights = Flights::new(Timers::default());
        let mut out = Outbox::default();
        assert_eq!(flights.launch(Timestamp::START, (), Curve::Other, &out), None);
        out.send(Local(0), "192.0.2.1:5060".parse().unwrap(), |w| w.extend_from_slice(b"x"));
        let flight = flights.launch(Timestamp::START, (), Curve::Other, &out);
        flights.land(flight);
        flights.land(flight);
        assert_eq!(flights.next_deadline(), None);
    }
}
