//! Parties whose packets tell how long they were under way, because each says when it was sent.
//!
//! ```text
//!   stamps: the moment, in the payload ═══▶ relay ═══▶ read at the other side        now − moment
//!   marks:  one loud packet among silent ones ═══▶ mixer ═══▶ first loud packet      now − sent
//! ```
//!
//! A mixer changes payloads, so a moment cannot go through it; a loud packet can. Each half second one party of a
//! conference is loud for 20 ms, a different one each time, and everybody else must hear it once, and he must not.
//! The packets of all parties are spread evenly over 20 ms, so none waits behind a burst of the harness's own making.
//! Fixed seats, fixed order: nothing here is random.

use crate::rig::histogram;
use crate::wire::{Clock, Wire};
use anyhow::Result;
use base::Timestamp;
use hdrhistogram::Histogram;
use phones::{Local, Outbox, Town};
use std::net::SocketAddr;
use std::time::Duration;

/// Samples of a packet.
const SAMPLES: usize = 160;
/// Time of a packet.
const PACKET: Duration = Duration::from_millis(20);
/// RTP header.
const HEADER: usize = 12;
/// A conference has a mark in every so many of its packets: half a second.
const MARK_EVERY: u64 = 25;
/// Later than this a round is left out and not made up for in a burst.
const LATE_MAX: Duration = Duration::from_millis(60);
/// Longest sleep.
const LOOK: Duration = Duration::from_millis(50);

/// A-law silence.
const QUIET: u8 = 0xD5;
/// Loud, and as often above as below zero.
const LOUD: [u8; 2] = [0xAA, 0x2A];

/// What the packets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Each says when it was sent.
    Stamps,
    /// Silence, and now and then a loud one. Parties are in rooms of so many, by their order.
    Marks {
        /// Parties of a conference.
        room: usize,
    },
}

/// One party: where it is, and where its packets go.
#[derive(Clone, Copy, Debug)]
struct Party {
    local: Local,
    remote: SocketAddr,
}

/// The last loud packet of a conference.
#[derive(Clone, Copy, Debug)]
struct Mark {
    sent: Timestamp,
    by: usize,
    /// Who has heard it, a bit each.
    heard: u32,
}

/// See the module's head.
pub struct Timed {
    says: Says,
    parties: Vec<Party>,
    /// Party of each local.
    seats: Vec<Option<usize>>,
    marks: Vec<Option<Mark>>,
    /// Packets of each party so far, when the next ones begin to leave, and whose is next.
    round: u64,
    begun: Timestamp,
    next: usize,
    /// Ways, in µs.
    pub ways: Histogram<u64>,
    /// How late packets were sent, in µs: it is in no way, but says how busy the machine was.
    pub late: Histogram<u64>,
    /// Packets or marks sent that should arrive, and that did.
    pub count: Count,
}

/// What became of packets or marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Sent; a mark counts once for each who should hear it, when the next one is due.
    pub sent: u64,
    /// Arrived.
    pub arrived: u64,
    /// Heard by who had said it, or by nobody's counterpart.
    pub astray: u64,
}

impl Timed {
    /// Parties at these addresses that begin to speak at once.
    #[must_use]
    pub fn new(says: Says, begun: Timestamp, parties: &[(Local, SocketAddr)]) -> Self {
        let most = parties.iter().map(|(local, _)| local.index() + 1).max().unwrap_or(0);
        let mut seats = vec![None; most];
        for (seat, (local, _)) in parties.iter().enumerate() {
            seats[local.index()] = Some(seat);
        }
        let rooms = if let Says::Marks { room } = says { parties.len() / room.max(1) } else { 0 };
        Self {
            says,
            parties: parties.iter().map(|&(local, remote)| Party { local, remote }).collect(),
            seats,
            marks: vec![None; rooms],
            round: 0,
            begun,
            next: 0,
            ways: histogram(),
            late: histogram(),
            count: Count::default(),
        }
    }

    /// Forgets what was measured; packets go on.
    pub fn forget(&mut self) {
        (self.ways, self.late, self.count) = (histogram(), histogram(), Count::default());
        self.marks.fill(None);
    }

    /// Goes on after a time in which nobody drove.
    pub fn resume(&mut self, now: Timestamp) {
        (self.round, self.begun, self.next) = (self.round + 1, now, 0);
    }

    fn has(&self, local: Local) -> bool {
        self.seats.get(local.index()).is_some_and(Option::is_some)
    }

    fn due(&self) -> Timestamp {
        let share = PACKET.as_nanos() as u64 * self.next as u64 / self.parties.len().max(1) as u64;
        self.begun + Duration::from_nanos(share)
    }

    fn tick(&mut self, clock: &Clock, out: &mut Outbox) {
        loop {
            let (due, now) = (self.due(), clock.now());
            if due > now || self.parties.is_empty() {
                return;
            }
            if now.since(due) > LATE_MAX {
                self.begun += now.since(due);
                continue;
            }
            self.late.saturating_record(micros(now.since(due)));
            self.say(self.next, now, out);
            self.next += 1;
            if self.next == self.parties.len() {
                (self.round, self.begun, self.next) = (self.round + 1, self.begun + PACKET, 0);
            }
        }
    }

    fn say(&mut self, seat: usize, now: Timestamp, out: &mut Outbox) {
        let Party { local, remote } = self.parties[seat];
        let mut payload = [QUIET; SAMPLES];
        match self.says {
            Says::Stamps => {
                payload[..8].copy_from_slice(&now.as_nanos().to_le_bytes());
                payload[8..12].copy_from_slice(&(seat as u32).to_le_bytes());
                self.count.sent += 1;
            }
            Says::Marks { room } => {
                let (place, by) = (seat / room, seat % room);
                // The conferences take turns within the half second, their parties within theirs.
                let turn = self.round + place as u64;
                if turn.is_multiple_of(MARK_EVERY) && (turn / MARK_EVERY) as usize % room == by {
                    for (n, code) in payload.iter_mut().enumerate() {
                        *code = LOUD[n % 2];
                    }
                    let before = self.marks[place].replace(Mark { sent: now, by, heard: 0 });
                    if let Some(before) = before {
                        self.count.sent += room as u64 - 1;
                        self.count.arrived += u64::from(before.heard.count_ones());
                    }
                }
            }
        }
        // Sampled when the round was due: time in which nobody drove is a pause, and no jitter.
        let (sequence, time) = (self.round as u16, (self.begun.as_nanos() / 125_000) as u32);
        out.send(local, remote, |w| {
            w.extend_from_slice(&[0x80, 8]);
            w.extend_from_slice(&sequence.to_be_bytes());
            w.extend_from_slice(&time.to_be_bytes());
            w.extend_from_slice(&(0x71AE_0000 ^ seat as u32).to_be_bytes());
            w.extend_from_slice(&payload);
        });
    }

    fn receive(&mut self, now: Timestamp, local: Local, packet: &[u8]) {
        let Some(&Some(seat)) = self.seats.get(local.index()) else { return };
        // RTCP comes to ports of its own here; what is shorter is nobody's audio.
        let Some(payload) = packet.get(HEADER..).filter(|payload| payload.len() == SAMPLES) else { return };
        match self.says {
            Says::Stamps => {
                let Some((moment, from)) = payload.split_first_chunk::<8>() else { return };
                let sent = Timestamp::from_nanos(u64::from_le_bytes(*moment));
                let from = from.first_chunk().map_or(u32::MAX, |from| u32::from_le_bytes(*from)) as usize;
                if from >= self.parties.len() || from == seat || sent > now {
                    self.count.astray += 1;
                    return;
                }
                self.count.arrived += 1;
                self.ways.saturating_record(micros(now.since(sent)));
            }
            Says::Marks { room } => {
                // The magnitude is in the low seven bits, alternate ones inverted.
                if !payload.iter().any(|&code| (code ^ QUIET) & 0x7F > 0x20) {
                    return;
                }
                let (place, who) = (seat / room, seat % room);
                let Some(Some(mark)) = self.marks.get_mut(place) else { return };
                if who == mark.by {
                    self.count.astray += 1;
                } else if mark.heard & 1 << who == 0 {
                    mark.heard |= 1 << who;
                    self.ways.saturating_record(micros(now.since(mark.sent)));
                }
            }
        }
    }

    /// Speaks and listens for a time; signalling goes to `town`, where there is one.
    ///
    /// # Errors
    /// What the sockets say.
    pub fn drive(
        &mut self,
        clock: &Clock,
        wire: &mut Wire,
        mut town: Option<&mut Town>,
        span: Duration,
    ) -> Result<()> {
        let mut out = Outbox::default();
        let end = clock.now() + span;
        while clock.now() < end {
            let now = clock.now();
            if let Some(town) = town.as_deref_mut()
                && town.next_deadline().is_some_and(|due| due <= now)
            {
                town.tick(now, &mut out);
            }
            self.tick(clock, &mut out);
            wire.send(&out);
            out.clear();
            let count = wire.receive(|local, from, bytes| {
                let now = clock.now();
                if self.has(local) {
                    self.receive(now, local, bytes);
                } else if let Some(town) = town.as_deref_mut() {
                    town.receive(now, local, from, bytes, &mut out);
                }
            })?;
            wire.send(&out);
            out.clear();
            if count == 0 {
                let signalling = town.as_deref().and_then(Town::next_deadline);
                let due = signalling.map_or(self.due(), |due| due.min(self.due())).min(end);
                wire.wait(due.since(clock.now()).min(LOOK));
            }
        }
        Ok(())
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three parties, each of whom sends to the one behind him, without a mixer in between.
    fn ring(says: Says) -> (Clock, Wire, Timed) {
        let mut wire = Wire::default();
        let first = wire.add_many(3).unwrap();
        let local = |place: u32| Local(first.0 + place % 3);
        let parties: Vec<_> =
            (0..3).map(|place| (local(place), wire.directory().address(local(place + 1)))).collect();
        let clock = Clock::start();
        let timed = Timed::new(says, clock.now(), &parties);
        (clock, wire, timed)
    }

    #[test]
    fn every_packet_of_a_way_is_timed_and_none_is_its_senders() {
        let (clock, mut wire, mut timed) = ring(Says::Stamps);
        timed.drive(&clock, &mut wire, None, Duration::from_millis(200)).unwrap();
        assert!(timed.count.sent >= 20, "{:?}", timed.count);
        assert!(timed.count.arrived + 3 >= timed.count.sent && timed.count.astray == 0, "{:?}", timed.count);
        assert_eq!(timed.ways.len(), timed.count.arrived);
        assert!(timed.ways.max() < 200_000);
    }

    #[test]
    fn a_mark_is_heard_once_by_each_who_is_sent_it() {
        let (clock, mut wire, mut timed) = ring(Says::Marks { room: 3 });
        timed.drive(&clock, &mut wire, None, Duration::from_millis(1_200)).unwrap();
        // Of two who should hear each mark, only the one behind is sent it here.
        let Count { sent, arrived, astray } = timed.count;
        assert!(sent >= 2 && sent == 2 * arrived && astray == 0, "{:?}", timed.count);
    }
}
