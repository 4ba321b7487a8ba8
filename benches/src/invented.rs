//! An invented day of a hotline as a journal: the engine among stand-ins for SIP and audio, in virtual time.
//!
//! ```text
//!   arrivals ─▶ Engine ─▶ commands ─▶ stand-ins ─▶ facts, a little later ─▶ Engine      every input ─▶ Recorder
//! ```
//!
//! A call here is what a call is on the wire: INVITE with SDP, greeting, line with music, one agent's phone that
//! rings and answers, talk, BYE, both measurements of audio. One caller in ten hangs up while he waits.

use base::{Private, Random, Table, Timestamp};
use call::event::Stamped;
use call::{Engine, Input, Out};
use media::session::{Command as Audio, Fact as Heard, Hear, Party, Report, SessionRef};
use sip::leg::{AorRef, Command, Fact, Invited, LegRef, Origin, ReleasedBy, Target, Transport, TrunkRef};
use sip::message::Cause;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;
use store::journal::{Header, Numbers, Recorder, writer};

/// What a browser's or carrier's INVITE offers: as long as usual.
const OFFER: &[u8] = b"v=0\r\no=- 3915472 3915472 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n\
m=audio 30000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n\
a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";
const ANSWER: &[u8] = b"v=0\r\no=8001 1 1 IN IP4 10.20.0.5\r\ns=-\r\nc=IN IP4 10.20.0.5\r\nt=0 0\r\n\
m=audio 40000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n";

/// The centre as text: four groups, so many agents.
#[must_use]
pub fn centre(agents: usize) -> String {
    let mut text = String::from(
        "[audio]\nports = \"20000-59999\"\nport_rest = \"1s\"\n[calls]\nmax = 9000\n[clips]\n\
         welcome = { builtin = \"beep\" }\nmusic = { builtin = \"music\" }\n\
         [trunks.carrier]\nnetworks = [\"192.0.2.0/24\"]\nhost = \"192.0.2.10\"\nport = 5060\n\
         [numbers]\nshort = [\"12345\", \"123451\", \"123452\", \"123453\"]\n",
    );
    for (group, called) in
        [("general", "12345"), ("enterprise", "123451"), ("medical", "123452"), ("social", "123453")]
    {
        let _ = write!(
            text,
            "[groups.{group}]\nring = \"20s\"\nwrap_up = \"20s\"\nline_max = 2000\nwait_max = \"10m\"\nmusic = \"music\"\n\
             [flows.{group}]\ngroup = \"{group}\"\ngreeting = [\"welcome\"]\n\
             [[entries]]\ncalled = \"{called}\"\nflow = \"{group}\"\n",
        );
    }
    text += "[agents]\n";
    for place in 0..agents {
        let other = ["enterprise", "medical", "social"][place % 3];
        let _ = writeln!(
            text,
            "{} = {{ password = \"not written here\", skills = {{ general = 8, {other} = 5 }} }}",
            8001 + place
        );
    }
    text
}

/// What comes next.
#[derive(Debug)]
enum Next {
    Call,
    Give(Input),
    HangUp(LegRef),
}

struct Soon {
    at: Timestamp,
    order: u64,
    next: Next,
}

impl PartialEq for Soon {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl Eq for Soon {}
impl PartialOrd for Soon {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Soon {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}
impl Soon {
    const fn key(&self) -> Reverse<(Timestamp, u64)> {
        Reverse((self.at, self.order))
    }
}

/// See the module's head.
pub struct Day {
    engine: Engine,
    recorder: Recorder,
    random: Random,
    soon: BinaryHeap<Soon>,
    order: u64,
    now: Timestamp,
    living: Table<LegRef, ()>,
    ports: Table<(SessionRef, Party), u16>,
    out: Out,
    bytes: Vec<u8>,
    legs: u64,
    calls_left: u64,
    gap: Duration,
}

impl Day {
    /// A journal of so many calls, so many a second, taken by agents who are as many as that needs.
    #[must_use]
    pub fn record(plan: &call::Plan, header: &Header, calls: u64, gap: Duration) -> Vec<u8> {
        let mut day = Self {
            engine: Engine::new(plan.clone(), header.seed),
            recorder: Recorder::new(Numbers::Plain),
            random: Random::seeded(12345),
            soon: BinaryHeap::new(),
            order: 0,
            now: Timestamp::START,
            living: Table::default(),
            ports: Table::default(),
            out: Out::default(),
            bytes: header.bytes(),
            legs: 0,
            calls_left: calls,
            gap,
        };
        for aor in 0..plan.phones.len() as u32 {
            let bound = Fact::AorBound { aor: AorRef(aor), contacts: 1, first: true };
            day.later(Duration::from_millis(u64::from(aor)), Next::Give(Input::Sip(bound)));
        }
        day.later(Duration::from_secs(10), Next::Call);
        while day.step() {}
        day.bytes.extend(day.recorder.finish().iter().flat_map(writer::block));
        day.bytes
    }

    fn later(&mut self, span: Duration, next: Next) {
        self.order += 1;
        self.soon.push(Soon { at: self.now + span, order: self.order, next });
    }

    fn millis(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(least + self.random.below(most - least))
    }

    fn step(&mut self) -> bool {
        let due = self.engine.next_deadline();
        match self.soon.peek().map(|soon| soon.at) {
            None if self.engine.calls() == 0 => return false,
            Some(at) if due.is_none_or(|due| due > at) => {
                let Some(soon) = self.soon.pop() else { return false };
                self.now = self.now.max(soon.at);
                self.give(soon.next);
            }
            _ => {
                let Some(due) = due else { return false };
                self.now = self.now.max(due);
                self.recorder.tick(self.now);
                self.engine.tick(self.now, &mut self.out);
            }
        }
        self.obey();
        let events: Vec<Stamped> = std::mem::take(&mut self.out.events);
        self.recorder.events(&events);
        self.out.events = events;
        self.out.events.clear();
        if self.recorder.is_full() {
            self.bytes.extend(self.recorder.take(Vec::new()).iter().flat_map(writer::block));
        }
        true
    }

    fn give(&mut self, next: Next) {
        let input = match next {
            Next::Call => self.invited(),
            Next::HangUp(leg) => {
                if self.living.remove(&leg).is_none() {
                    return;
                }
                Input::Sip(Fact::Released { leg, cause: Cause::NORMAL, status: 200, by: ReleasedBy::Peer })
            }
            // A phone that was told to stop says nothing more.
            Next::Give(Input::Sip(Fact::Ringing { leg, .. } | Fact::Answered { leg, .. }))
                if !self.living.contains(&leg) =>
            {
                return;
            }
            Next::Give(input) => input,
        };
        if let Input::Sip(Fact::Answered { leg, .. }) = &input {
            let (leg, talk) = (*leg, self.millis(20_000, 240_000));
            self.later(talk, Next::HangUp(leg));
        }
        self.recorder.input(self.now, &input);
        self.engine.handle(self.now, input, &mut self.out);
    }

    fn invited(&mut self) -> Input {
        self.calls_left -= 1;
        if self.calls_left > 0 {
            let gap = self.gap.mul_f64(0.5 + self.random.unit());
            self.later(gap, Next::Call);
        }
        self.legs += 1;
        let leg = LegRef(LegRef::INGRESS | self.legs);
        self.living.insert(leg, ());
        if self.random.chance(0.1) {
            let patience = self.millis(1_000, 30_000);
            self.later(patience, Next::HangUp(leg));
        }
        let peer = SocketAddr::from(([192, 0, 2, 10], 5060));
        let invite = Invited {
            origin: Origin::Trunk(TrunkRef(0)),
            called: ["12345", "12345", "12345", "123451", "123452", "123453"][self.random.below(6) as usize]
                .into(),
            caller: Private::new(format!("+86138{:08}", self.random.below(100_000_000))),
            caller_name: Private::default(),
            diverted_from: Private::default(),
            call_id: format!("{:016x}@192.0.2.10", self.random.bits()),
            offer: Some(OFFER.into()),
            local: [192, 0, 2, 1].into(),
            peer,
            transport: Transport::Udp,
            nated: false,
            replaces: None,
            carried: Vec::new(),
        };
        Input::Sip(Fact::Invited { leg, invite: Box::new(invite) })
    }

    /// SIP and audio do as they are told.
    fn obey(&mut self) {
        for command in std::mem::take(&mut self.out.legs) {
            match command {
                Command::Invite { leg, to: Target::Aor(_), .. } => {
                    self.living.insert(leg, ());
                    let (answer, peer) = (Some(ANSWER.into()), SocketAddr::from(([10, 20, 0, 5], 5060)));
                    let ringing = Fact::Ringing { leg, status: 180, answer: None };
                    let answered = Fact::Answered { leg, answer, peer, nated: false };
                    let (soon, later) = (self.millis(20, 60), self.millis(1_000, 6_000));
                    self.later(soon, Next::Give(Input::Sip(ringing)));
                    self.later(later, Next::Give(Input::Sip(answered)));
                }
                Command::Answer { leg, .. } => {
                    let confirmed = Fact::Confirmed { leg, answer: None };
                    self.later(Duration::from_millis(20), Next::Give(Input::Sip(confirmed)));
                }
                Command::Release { leg, cause } | Command::Reject { leg, cause, .. }
                    if self.living.remove(&leg).is_some() =>
                {
                    let over = Fact::Released { leg, cause, status: 200, by: ReleasedBy::Us };
                    self.later(Duration::from_millis(20), Next::Give(Input::Sip(over)));
                }
                Command::Reoffer { leg, .. } => {
                    let again = Fact::Reanswered { leg, answer: ANSWER.into() };
                    self.later(Duration::from_millis(20), Next::Give(Input::Sip(again)));
                }
                _ => {}
            }
        }
        for command in std::mem::take(&mut self.out.media) {
            match command {
                Audio::Join { session, party, audio, .. } => {
                    self.ports.insert((session, party), audio.port);
                }
                Audio::Hear { session, party, hear: Hear::Once(clip) } => {
                    let ended = Heard::ClipEnded { session, party, clip };
                    self.later(Duration::from_secs(3), Next::Give(Input::Media(ended)));
                }
                Audio::Leave { session, party } => {
                    let Some(port) = self.ports.remove(&(session, party)) else { continue };
                    let report = Report { packets_received: 5_000, packets_sent: 5_000, ..Report::default() };
                    let left = Heard::Left { session, party, port, report };
                    self.later(Duration::from_millis(1), Next::Give(Input::Media(left)));
                }
                _ => {}
            }
        }
    }
}
