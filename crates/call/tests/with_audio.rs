//! Calls over the real audio path: clips end by themselves, packets cross the bridge, reports come back.

mod day;

use base::{Private, Timestamp};
use call::event::{Event, Outcome};
use call::flow::{Act, Flow, Menu, Queue, Step, StepRef};
use call::plan::Language;
use call::spoken::{Grammar, Piece};
use call::{Engine, Input, Out};
use day::{plan, sdp};
use media::session::{ClipRef, Fact as Heard, PayloadType};
use media::{Clip, Desk};
use sip::leg::{AorRef, Command, Fact, Invited, LegRef, Origin, ReleasedBy, Transport, TrunkRef};
use sip::message::Cause;
use std::net::SocketAddr;
use std::time::Duration;

/// Engine and audio desk, each other's commands and facts carried between them.
struct House {
    engine: Engine,
    desk: Desk,
    now: Timestamp,
    legs: Vec<Command>,
    events: Vec<Event>,
    /// Packets that went out: from our port, to whom, payload type.
    sent: Vec<(u16, SocketAddr, PayloadType)>,
    /// When a packet went out from which port.
    moments: Vec<(u16, Timestamp)>,
}

impl House {
    fn new() -> Self {
        Self::with(plan())
    }

    fn with(plan: call::Plan) -> Self {
        // One second each.
        let clip = |name: &&str| Clip::from_pcm(*name, &[1_000; 8_000], 8_000, 1).expect("a clip");
        let clips: Vec<Clip> = day::centre::CLIPS.iter().map(clip).collect();
        Self {
            engine: Engine::new(plan, 3),
            desk: Desk::new(clips.into(), 3),
            now: Timestamp::START,
            legs: Vec::new(),
            events: Vec::new(),
            sent: Vec::new(),
            moments: Vec::new(),
        }
    }

    fn step(&mut self, input: Input) {
        let mut out = Out::default();
        self.engine.handle(self.now, input, &mut out);
        self.carry(out, media::Out::default());
    }

    /// Carries words to and fro until nobody says any more.
    fn carry(&mut self, mut out: Out, mut heard: media::Out) {
        loop {
            self.engine.check().expect("the invariants");
            self.legs.append(&mut out.legs);
            self.events.extend(out.events.drain(..).map(|stamped| stamped.event));
            for command in out.media.drain(..) {
                self.desk.command(self.now, command, &mut heard);
            }
            self.moments.extend(heard.packets.iter().map(|packet| (packet.port, self.now)));
            self.sent.extend(
                heard
                    .packets
                    .iter()
                    .map(|packet| (packet.port, packet.peer, PayloadType(heard.packet(packet)[1] & 0x7F))),
            );
            let facts = std::mem::take(&mut heard.facts);
            heard.clear();
            if facts.is_empty() {
                return;
            }
            for fact in facts {
                self.engine.handle(self.now, Input::Media(fact), &mut out);
            }
        }
    }

    fn wait(&mut self, millis: u64) {
        let until = self.now + Duration::from_millis(millis);
        let due = |house: &Self| {
            [house.engine.next_deadline(), house.desk.next_deadline()].into_iter().flatten().min()
        };
        while let Some(at) = due(self).filter(|&at| at <= until) {
            self.now = self.now.max(at);
            let (mut out, mut heard) = (Out::default(), media::Out::default());
            self.engine.tick(self.now, &mut out);
            self.desk.tick(self.now, &mut heard);
            self.carry(out, heard);
        }
        self.now = until;
    }

    /// A packet of 20 ms arrives from outside.
    fn receive(&mut self, port: u16, from: &str, payload: u8, number: u16) {
        let mut packet = vec![0x80, payload];
        packet.extend(number.to_be_bytes());
        packet.extend((u32::from(number) * 160).to_be_bytes());
        packet.extend([0, 0, 0, 9]);
        packet.extend([0xD5; 160]);
        let mut heard = media::Out::default();
        self.desk.receive(self.now, port, from.parse().unwrap(), &packet, &mut heard);
        self.carry(Out::default(), heard);
    }

    /// A key (RFC 4733) arrives from outside: its end, sent three times.
    fn press(&mut self, port: u16, from: &str, digit: u8) {
        for number in 100..103_u16 {
            let mut packet = vec![0x80, 101];
            packet.extend(number.to_be_bytes());
            packet.extend(16_000_u32.to_be_bytes());
            packet.extend([0, 0, 0, 9, digit, 0x80 | 10, 3, 0x20]);
            let mut heard = media::Out::default();
            self.desk.receive(self.now, port, from.parse().unwrap(), &packet, &mut heard);
            self.carry(Out::default(), heard);
        }
    }

    /// The longest time without a packet to a port's party, since the first one.
    fn longest_gap(&self, port: u16) -> Duration {
        let moments: Vec<_> = self.moments.iter().filter(|sent| sent.0 == port).map(|sent| sent.1).collect();
        let gaps = moments.windows(2).map(|pair| pair[1].since(pair[0]));
        let last = moments.last().map(|last| self.now.since(*last));
        gaps.chain(last).max().expect("something was heard")
    }

    /// The port in the last SDP of ours.
    fn port(&self) -> u16 {
        let body = self.legs.iter().rev().find_map(|command| match command {
            Command::Answer { body, .. } | Command::Invite { offer: body, .. } => Some(body.clone()),
            _ => None,
        });
        let body = String::from_utf8(body.expect("an SDP").to_vec()).unwrap();
        let line = body.lines().find_map(|line| line.strip_prefix("m=audio ")).unwrap();
        line.split(' ').next().unwrap().parse().unwrap()
    }

    fn calls(&mut self, called: &str) -> LegRef {
        let leg = LegRef(LegRef::INGRESS | 1);
        let invite = Box::new(Invited {
            origin: Origin::Trunk(TrunkRef(0)),
            called: called.into(),
            caller: Private::new("+8613851234567".into()),
            caller_name: Private::default(),
            diverted_from: Private::default(),
            call_id: "a".into(),
            offer: Some(sdp(4000, &[8], "")),
            local: "192.0.2.1".parse().unwrap(),
            peer: "10.0.0.9:5060".parse().unwrap(),
            transport: Transport::Udp,
            nated: false,
            replaces: None,
            carried: Vec::new(),
        });
        self.step(Input::Sip(Fact::Invited { leg, invite }));
        leg
    }

    fn rung(&self) -> Option<LegRef> {
        self.legs.iter().rev().find_map(|command| match command {
            Command::Invite { leg, .. } => Some(*leg),
            _ => None,
        })
    }
}

#[test]
fn the_greeting_ends_by_itself_the_bridge_carries_and_the_reports_come_back() {
    let mut house = House::new();
    house.step(Input::Sip(Fact::AorBound { aor: AorRef(0), contacts: 1, first: true }));
    let caller = house.calls("12345");
    let caller_port = house.port();
    house.wait(900);
    assert!(house.sent.len() > 40 && house.sent.iter().all(|sent| sent.0 == caller_port));
    assert_eq!(house.rung(), None, "he hears the greeting");
    house.wait(1_300);
    let agent = house.rung().expect("two clips of a second are over");
    let agent_port = house.port();
    let (answer, peer) = (Some(sdp(6000, &[0], "")), "10.0.0.9:5060".parse().unwrap());
    house.step(Input::Sip(Fact::Answered { leg: agent, answer, peer, nated: false }));

    house.sent.clear();
    for number in 1..=50 {
        house.receive(caller_port, "10.0.0.9:4000", 8, number);
        house.receive(agent_port, "10.0.0.9:6000", 0, number);
        house.wait(20);
    }
    let to = |port, peer: &str, payload| {
        let wanted = (port, peer.parse().unwrap(), PayloadType(payload));
        house.sent.iter().filter(|sent| **sent == wanted).count()
    };
    assert_eq!(to(agent_port, "10.0.0.9:6000", 0), 50, "A-law comes out as mu-law");
    assert_eq!(to(caller_port, "10.0.0.9:4000", 8), 50);

    for (leg, by) in [(caller, ReleasedBy::Peer), (agent, ReleasedBy::Us)] {
        house.step(Input::Sip(Fact::Released { leg, cause: Cause(16), status: 200, by }));
    }
    let received: Vec<u64> = house
        .events
        .iter()
        .filter_map(|event| match event {
            Event::LegEnded { report, .. } => Some(report.packets_received),
            _ => None,
        })
        .collect();
    assert_eq!(received, [50, 50]);
    assert_eq!(house.engine.calls(), 0);
}

#[test]
fn silence_is_noticed_in_the_line_and_forgiven_before_the_answer() {
    let mut house = House::new();
    house.calls("12345");
    house.wait(61_000);
    let ended = |house: &House| {
        house.events.iter().find_map(|event| match event {
            Event::Ended { outcome, cause, .. } => Some((*outcome, *cause)),
            _ => None,
        })
    };
    assert_eq!(ended(&house), Some((Outcome::Lost, Cause(41))));

    let mut house = House::new();
    house.calls("12346");
    house.wait(119_000);
    assert_eq!(ended(&house), None, "before the 200 he need not send");
    house.wait(59_000);
    assert_eq!(ended(&house), None, "from the 200 on he has the whole time");
    house.wait(3_000);
    assert_eq!(ended(&house), Some((Outcome::Lost, Cause(41))));
}

#[test]
fn a_port_that_the_machine_refuses_ends_the_call_and_its_session() {
    let mut house = House::new();
    let leg = house.calls("960001");
    let port = house.port();
    let mut heard = media::Out::default();
    house.desk.port_failed(house.now, port, &mut heard);
    assert!(matches!(heard.facts[..], [Heard::PortFailed { .. }]));
    house.carry(Out::default(), heard);
    house.step(Input::Sip(Fact::Released { leg, cause: Cause(47), status: 200, by: ReleasedBy::Us }));
    assert_eq!(house.engine.calls(), 0);
    house.calls("960001");
    assert_ne!(house.port(), port);
}

#[test]
fn a_key_asks_to_be_called_back_and_both_sides_of_our_own_call_hear_each_other() {
    let mut house = House::with(day::centre::calling_back());
    let leg = LegRef(LegRef::INGRESS | 2);
    let invite = Box::new(Invited {
        origin: Origin::Trunk(TrunkRef(0)),
        called: "960001".into(),
        caller: Private::new("+86527100".into()),
        caller_name: Private::default(),
        diverted_from: Private::default(),
        call_id: "b".into(),
        offer: Some(sdp(4000, &[8, 101], "a=rtpmap:101 telephone-event/8000\r\n")),
        local: "192.0.2.1".parse().unwrap(),
        peer: "10.0.0.9:5060".parse().unwrap(),
        transport: Transport::Udp,
        nated: false,
        replaces: None,
        carried: Vec::new(),
    });
    house.step(Input::Sip(Fact::Invited { leg, invite }));
    let port = house.port();
    house.wait(500);
    house.press(port, "10.0.0.9:4000", 1);
    house.wait(1_500);
    house.step(Input::Sip(Fact::Released { leg, cause: Cause(16), status: 200, by: ReleasedBy::Us }));
    assert_eq!((house.engine.calls(), house.engine.callbacks().count()), (0, 1));

    house.step(Input::Sip(Fact::AorBound { aor: AorRef(0), contacts: 1, first: true }));
    let (agent, agent_port) = (house.rung().expect("the agent first"), house.port());
    let peer = "10.0.0.9:5060".parse().unwrap();
    let answer = Some(sdp(6000, &[8], ""));
    house.step(Input::Sip(Fact::Answered { leg: agent, answer, peer, nated: false }));
    house.sent.clear();
    house.wait(1_000);
    let ring_back = house.sent.iter().filter(|sent| sent.0 == agent_port).count();
    assert!(ring_back > 40, "the agent hears ring-back alone in the session, {ring_back} packets");

    let (caller, caller_port) = (house.rung().expect("then the caller"), house.port());
    assert_ne!(caller, agent);
    let answer = Some(sdp(7000, &[8], ""));
    house.step(Input::Sip(Fact::Answered { leg: caller, answer, peer, nated: false }));
    house.sent.clear();
    for number in 1..=50 {
        house.receive(caller_port, "10.0.0.9:7000", 8, number);
        house.receive(agent_port, "10.0.0.9:6000", 8, number);
        house.wait(20);
    }
    let from = |port| house.sent.iter().filter(|sent| sent.0 == port).count();
    assert_eq!((from(agent_port), from(caller_port)), (50, 50));
    for (leg, by) in [(caller, ReleasedBy::Peer), (agent, ReleasedBy::Us)] {
        house.step(Input::Sip(Fact::Released { leg, cause: Cause(16), status: 200, by }));
    }
    assert_eq!((house.engine.calls(), house.engine.callbacks().count()), (0, 0));
}

#[test]
fn packets_never_stop_from_the_greeting_to_the_agent_but_for_the_menus_wait() {
    let mut plan = plan();
    let menu = Menu {
        clips: vec![ClipRef(0), ClipRef(1)],
        keys: vec![('1', StepRef(1))],
        wait: Duration::from_millis(2_500),
        music: None,
        tries: 2,
        on_timeout: StepRef(2),
        wrong: Some(ClipRef(3)),
        on_wrong: StepRef(2),
    };
    let line = Queue {
        comfort: vec![ClipRef(3)],
        comfort_every: Duration::from_secs(4),
        place_every: Duration::from_secs(6),
        ..Queue::of(day::centre::GENERAL)
    };
    let step = |act| Step { name: String::new(), act };
    let steps = vec![
        step(Act::Menu(menu)),
        step(Act::Say { clips: vec![ClipRef(1)], then: StepRef(2) }),
        step(Act::Queue(line)),
    ];
    plan.flows[0] = Flow { steps, tells_agent: true, ..plan.flows[0].clone() };
    plan.languages = vec![Language {
        name: "zh".into(),
        grammar: Grammar::Mandarin,
        clips: vec![],
        pieces: vec![Some(ClipRef(4)); Piece::ALL.len()],
    }];
    let mut house = House::with(plan);
    house.calls("12345");
    let port = house.port();
    house.wait(2_000);
    assert!(house.longest_gap(port) <= Duration::from_millis(40), "{:?}", house.longest_gap(port));
    house.wait(2_000);
    let thinking = house.longest_gap(port);
    assert!((Duration::from_secs(1)..Duration::from_secs(3)).contains(&thinking), "he thinks: {thinking:?}");

    // Nothing pressed, heard again, nothing pressed again: then the line, comforted and told his place.
    house.moments.clear();
    house.wait(20_000);
    let rest = house.longest_gap(port);
    assert!(rest <= Duration::from_millis(2_540), "the second wait: {rest:?}");
    house.moments.clear();
    house.wait(20_000);
    assert!(house.longest_gap(port) <= Duration::from_millis(40), "{:?}", house.longest_gap(port));

    house.step(Input::Sip(Fact::AorBound { aor: AorRef(0), contacts: 1, first: true }));
    let (agent, agent_port) = (house.rung().expect("an agent"), house.port());
    let (answer, peer) = (Some(sdp(6000, &[8], "")), "10.0.0.9:5060".parse().unwrap());
    house.step(Input::Sip(Fact::Answered { leg: agent, answer, peer, nated: false }));
    // 工号, four digits, 为您服务: six seconds in which both hear the same.
    house.wait(5_900);
    assert!(house.longest_gap(port) <= Duration::from_millis(40), "{:?}", house.longest_gap(port));
    assert!(house.longest_gap(agent_port) <= Duration::from_millis(40));
    house.wait(300);
    house.sent.clear();
    for number in 1..=50 {
        house.receive(port, "10.0.0.9:4000", 8, number);
        house.receive(agent_port, "10.0.0.9:6000", 8, number);
        house.wait(20);
    }
    let to = |port| house.sent.iter().filter(|sent| sent.0 == port).count();
    assert_eq!((to(port), to(agent_port)), (50, 50), "then they talk");
}
