//! The engine: bytes as a list of facts, requests and pauses, in any order, true to the rules of legs or not.
//!
//! ```text
//!   byte: what happens · byte: to which leg, party, account · byte: how   (three a step)
//!        ─▶ Engine.handle ─▶ check() after each step
//!   at the end: time passes, every leg ends, every party leaves ─▶ no call is left
//! ```
//!
//! A stand-in keeps what SIP and audio owe: each leg that is told to end is `Released` once, each party that is
//! told to leave has `Left` once, now or later, as the bytes say.

use super::cost;
use base::{Handle, Private, Timestamp};
use call::{Engine, Input, Out, Request, RequestId};
use media::session::{ClipRef, Command as MediaCommand, Fact as MediaFact, Party, Report, SessionRef};
use sip::leg::{
    AorLoss, AorRef, Command, Fact, Invited, LegRef, Origin, Refer, ReleasedBy, Transport, TrunkRef,
};
use sip::message::Cause;
use std::time::Duration;

use crate::setup::Setup;

/// Steps of one input; the rest of it is not played.
const STEPS_MAX: usize = 600;
/// Commands and events that one step may cause: everybody's, when all calls are released at once.
const CAUSED: usize = 4_000;

/// Plays one input.
///
/// # Panics
/// When an invariant does not hold or something is left.
pub fn run(data: &[u8]) {
    let setup = Setup { agents: 4, ports: 20_000..=20_031, calls_max: 20, line_max: 6, ..Setup::quiet(1) };
    let mut round = Round {
        engine: Engine::new(setup.call(), 1),
        out: Out::default(),
        now: Timestamp::from_secs(1),
        legs: Vec::new(),
        ending: Vec::new(),
        parties: Vec::new(),
        leaving: Vec::new(),
        minted: 0,
        requests: 0,
    };
    for step in data.chunks_exact(3).take(STEPS_MAX) {
        let &[what, whom, how] = step else { break };
        round.step(what, whom, how);
    }
    round.end();
}

struct Round {
    engine: Engine,
    out: Out,
    now: Timestamp,
    /// Legs that live.
    legs: Vec<LegRef>,
    /// Legs that were told to end and whose `Released` is owed.
    ending: Vec<LegRef>,
    /// Parties in sessions.
    parties: Vec<(SessionRef, Party, u16)>,
    /// Parties who were told to leave and whose `Left` is owed.
    leaving: Vec<(SessionRef, Party, u16)>,
    minted: u64,
    requests: u64,
}

impl Round {
    fn step(&mut self, what: u8, whom: u8, how: u8) {
        let leg = pick(&self.legs, whom).unwrap_or(LegRef(u64::from(whom)));
        let (session, party, port) = pick(&self.parties, whom).unwrap_or((
            SessionRef::from_parts(u32::from(whom), 0),
            Party(how & 7),
            20_000 + u16::from(how),
        ));
        let agent = acd::AgentRef(u32::from(whom % 5));
        let body = || body(how);
        match what % 24 {
            0..=2 => self.invited(whom, how),
            3 => self.sip(Fact::Confirmed { leg, answer: body() }),
            4 => self.sip(Fact::Ringing { leg, status: 180, answer: body() }),
            5..=7 => {
                let peer = ([10, 2, 0, 1], 5060).into();
                self.sip(Fact::Answered { leg, answer: body(), peer, nated: how & 64 != 0 });
            }
            8 => self.sip(Fact::Offered { leg, offer: body() }),
            9 => self.sip(Fact::Reanswered { leg, answer: body().unwrap_or_default() }),
            10 => self.sip(Fact::ReofferRefused { leg, status: 488 }),
            11 if how & 32 == 0 => self.sip(Fact::Key { leg, digit: '5' }),
            11 => {
                let replaces = pick(&self.legs, how).filter(|_| how & 1 == 0);
                let to = if how & 2 == 0 { "8002" } else { "12345" };
                let refer = Refer { to: to.to_owned(), replaces, referred_by: Private::default() };
                self.sip(Fact::Referred { leg, refer: Box::new(refer) });
            }
            12 | 13 => self.ends(leg, how),
            14 => self.sip(Fact::AorBound {
                aor: AorRef(u32::from(whom % 5)),
                contacts: 1,
                first: how & 1 == 0,
            }),
            15 => self.sip(Fact::AorLost { aor: AorRef(u32::from(whom % 5)), why: AorLoss::Expired }),
            16 => self.sip(if how & 1 == 0 {
                Fact::TrunkUp { trunk: TrunkRef(u32::from(whom)) }
            } else {
                Fact::TrunkDown { trunk: TrunkRef(u32::from(whom)), status: 408 }
            }),
            17 | 18 => self.media(MediaFact::ClipEnded { session, party, clip: ClipRef(u32::from(how % 4)) }),
            19 => self.media(match how % 3 {
                0 => MediaFact::Silent { session, party },
                1 => MediaFact::PortFailed { session, party, port },
                _ => MediaFact::Key { session, party, digit: '#' },
            }),
            20 => self.requested(agent, how),
            21 => self.pay(),
            22 => self.pass(Duration::from_millis(u64::from(how) * 40)),
            _ => {
                if let Some(at) = self.engine.next_deadline() {
                    self.pass(at.since(self.now));
                }
            }
        }
        if how & 128 != 0 {
            self.pay();
        }
    }

    fn invited(&mut self, whom: u8, how: u8) {
        self.minted += 1;
        let leg = LegRef(LegRef::INGRESS | self.minted);
        let dialed = ["12345", "96345", "12345", "*10", "*13", "*11", "99999", ""];
        let invite = Invited {
            origin: if whom & 16 == 0 {
                Origin::Trunk(TrunkRef(u32::from(whom >> 6)))
            } else {
                Origin::Aor(AorRef(u32::from(whom & 7)))
            },
            called: dialed[usize::from(whom & 7)].to_owned(),
            caller: Private::new(if whom & 8 == 0 { "13912345678".to_owned() } else { String::new() }),
            caller_name: Private::default(),
            diverted_from: Private::default(),
            call_id: format!("{}@fuzz", self.minted),
            offer: body(how),
            local: if how & 64 == 0 {
                [10, 0, 0, 1].into()
            } else {
                "2001:db8::1".parse().expect("an address")
            },
            peer: ([10, 1, 0, 1], 5060).into(),
            transport: Transport::Udp,
            nated: how & 32 != 0,
            replaces: None,
            carried: Vec::new(),
        };
        self.legs.push(leg);
        self.sip(Fact::Invited { leg, invite: Box::new(invite) });
    }

    /// A leg ends by itself.
    fn ends(&mut self, leg: LegRef, how: u8) {
        self.legs.retain(|known| *known != leg);
        self.ending.retain(|known| *known != leg);
        let by = [ReleasedBy::Peer, ReleasedBy::Us, ReleasedBy::Timeout][usize::from(how % 3)];
        let status = [200, 486, 487, 408, 480, 603, 0, 503][usize::from(how >> 3 & 7)];
        self.sip(Fact::Released { leg, cause: Cause(16), status, by });
    }

    fn requested(&mut self, agent: acd::AgentRef, how: u8) {
        let request = match how % 16 {
            0..=2 => Request::SignIn(agent),
            3 => Request::SignOut(agent),
            4..=8 => Request::Ready(agent),
            9..=11 => Request::NotReady(agent, acd::input::Reason::Rest),
            12..=14 => Request::Release(call::CallRef::from_parts(u32::from(how >> 4), 0)),
            _ if how == 0x7F => Request::Drain,
            _ => Request::ReleaseAll,
        };
        self.requests += 1;
        self.input(Input::Request(RequestId::from_bits(self.requests), request));
    }

    fn sip(&mut self, fact: Fact) {
        self.input(Input::Sip(fact));
    }

    fn media(&mut self, fact: MediaFact) {
        self.input(Input::Media(fact));
    }

    fn input(&mut self, input: Input) {
        let (engine, out, now) = (&mut self.engine, &mut self.out, self.now);
        cost::of(|| engine.handle(now, input, out));
        self.read();
    }

    fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.engine.next_deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            let (engine, out, now) = (&mut self.engine, &mut self.out, self.now);
            cost::of(|| engine.tick(now, out));
            self.read();
            assert!(self.engine.next_deadline().is_none_or(|at| at > self.now), "something stays due");
        }
        self.now = end;
    }

    /// What the engine wants is owed.
    fn read(&mut self) {
        let caused = self.out.legs.len() + self.out.media.len() + self.out.events.len();
        assert!(caused <= CAUSED, "{caused} outputs of one step");
        for command in self.out.legs.drain(..) {
            match command {
                Command::Invite { leg, .. } => self.legs.push(leg),
                Command::Reject { leg, .. } | Command::Release { leg, .. }
                    if self.legs.contains(&leg) && !self.ending.contains(&leg) =>
                {
                    self.ending.push(leg);
                }
                _ => {}
            }
        }
        for command in self.out.media.drain(..) {
            match command {
                MediaCommand::Join { session, party, audio, .. } => {
                    self.parties.push((session, party, audio.port));
                }
                MediaCommand::Leave { session, party } => {
                    let known = self.parties.iter().position(|known| (known.0, known.1) == (session, party));
                    if let Some(at) = known {
                        self.leaving.push(self.parties.swap_remove(at));
                    }
                }
                _ => {}
            }
        }
        self.out.events.clear();
        self.engine.check().expect("the engine's invariants hold");
    }

    /// What is owed arrives.
    fn pay(&mut self) {
        while let Some(leg) = self.ending.pop() {
            self.ends(leg, 1);
        }
        while let Some((session, party, port)) = self.leaving.pop() {
            self.media(MediaFact::Left { session, party, port, report: Report::default() });
        }
    }

    fn end(mut self) {
        self.requests += 1;
        self.input(Input::Request(RequestId::from_bits(self.requests), Request::ReleaseAll));
        for _ in 0..4 {
            self.pay();
        }
        for leg in self.legs.clone() {
            self.ends(leg, 0);
        }
        self.pay();
        // What broke the rules on the way is forgotten when its time is over.
        self.pass(Duration::from_secs(3 * 7_200));
        assert_eq!(self.engine.calls(), 0, "calls are left: {:#?}", self.engine);
    }
}

fn pick<T: Copy>(list: &[T], by: u8) -> Option<T> {
    // The newest first: what happens mostly happens to them.
    let back = usize::from(by) % list.len().max(1);
    list.len().checked_sub(1 + back).map(|at| list[at])
}

fn body(how: u8) -> Option<Box<[u8]>> {
    let audio = |list: &str, extra: &str| {
        let text = format!(
            "v=0\r\no=- 1 1 IN IP4 10.1.0.1\r\ns=-\r\nc=IN IP4 10.1.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP {list}\r\n{extra}"
        );
        Some(text.into_bytes().into())
    };
    match how & 15 {
        0..=6 => audio("8 0 101", "a=rtpmap:101 telephone-event/8000\r\n"),
        7 => audio("0", ""),
        8 => audio("9 8", ""),
        9 => audio("8", "a=sendonly\r\n"),
        10 => audio("8", "a=inactive\r\n"),
        11 => audio("18", ""),
        12 => Some(b"v=1\r\n".to_vec().into()),
        13 => Some(Box::default()),
        _ => None,
    }
}
