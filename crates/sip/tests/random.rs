//! Thousands of calls with random deeds on a wire that loses, repeats, delays and reorders; every leg ends
//! exactly once, no step breaks an invariant, and nothing is left at the end.

mod wire;

use base::Random;
use sip::leg::{Command, Fact, LegRef};
use sip::message::Cause;
use std::collections::BTreeMap;
use std::time::Duration;
use wire::*;

const NODES: [&str; 3] = ["192.0.2.1:5060", "192.0.2.9:5060", "192.0.2.21:5060"];

/// What the test knows of the legs: which live, which have ended.
#[derive(Default)]
struct Book {
    alive: BTreeMap<(usize, u64), LegRef>,
    opened: usize,
    released: usize,
    answered: usize,
}

impl Book {
    fn read(&mut self, node: usize, facts: &[Fact]) {
        for fact in facts {
            match fact {
                Fact::Invited { leg, .. } => self.open(node, *leg),
                Fact::Answered { leg, .. } => {
                    assert!(self.alive.contains_key(&(node, leg.0)), "{leg:?} answered while dead");
                    self.answered += 1;
                }
                Fact::Released { leg, .. } => {
                    assert!(self.alive.remove(&(node, leg.0)).is_some(), "{leg:?} released twice");
                    self.released += 1;
                }
                Fact::Ringing { leg, .. }
                | Fact::Confirmed { leg, .. }
                | Fact::Offered { leg, .. }
                | Fact::Reanswered { leg, .. }
                | Fact::ReofferRefused { leg, .. } => {
                    assert!(self.alive.contains_key(&(node, leg.0)), "{leg:?} speaks while dead: {fact:?}");
                }
                _ => {}
            }
        }
    }

    fn open(&mut self, node: usize, leg: LegRef) {
        assert!(self.alive.insert((node, leg.0), leg).is_none(), "{leg:?} begun twice");
        self.opened += 1;
    }
}

/// The exchange (0), a carrier (1) over UDP and a phone (2).
fn exchange(seed: u64, faults: Faults) -> Wire {
    let mut wire = Wire::new(seed);
    wire.faults = faults;
    let mut city = plan(NODES[0]);
    city.trunks.push(trunk("carrier", NODES[1]));
    city.accounts.push(account("1001"));
    city.timers.session_expires = Duration::from_secs(90);
    wire.join(city);
    let mut carrier = plan(NODES[1]);
    carrier.trunks.push(trunk("city", NODES[0]));
    wire.join(carrier);
    wire.join(phone(NODES[2], NODES[0], "1001"));
    wire.run(Duration::from_secs(60));
    wire
}

fn one_deed(wire: &mut Wire, dice: &mut Random, book: &mut Book) {
    let roll = dice.below(100);
    if roll < 25 || book.alive.is_empty() {
        let leg = wire.fresh_leg();
        let (node, command) = match dice.below(3) {
            0 => (0, invite_trunk(leg, "051255512345", sdp("city"))),
            1 => (0, invite_aor(leg, 0, sdp("city"))),
            _ => (1, invite_trunk(leg, "12345", sdp("carrier"))),
        };
        book.open(node, leg);
        wire.command(node, command);
        return;
    }
    let at = dice.below(book.alive.len() as u64) as usize;
    let (&(node, _), &leg) = book.alive.iter().nth(at).unwrap();
    let body = sdp(&format!("body{}", dice.below(5)));
    // Any command for any leg in any state: what does not fit is ignored.
    let command = match roll {
        25..40 => Command::Answer { leg, body },
        40..48 => Command::Progress { leg, status: 180, answer: None },
        48..56 => Command::Progress { leg, status: 183, answer: Some(body) },
        56..61 => Command::Reject { leg, status: 486, cause: Cause::BUSY, retry_after: None, text: "" },
        61..70 => Command::Reoffer { leg, offer: body },
        70..80 => Command::Accept { leg, body },
        80..83 => Command::Refuse { leg, status: 488 },
        _ => Command::Release { leg, cause: Cause::NORMAL },
    };
    wire.command(node, command);
}

fn storm(seed: u64, deeds: usize, faults: Faults) -> Book {
    let mut wire = exchange(seed, faults);
    let (mut dice, mut book) = (Random::seeded(seed ^ 0xD1CE), Book::default());
    for _ in 0..deeds {
        one_deed(&mut wire, &mut dice, &mut book);
        wire.run_ms(dice.below(400));
        for node in 0..wire.nodes.len() {
            let facts = wire.facts(node);
            book.read(node, &facts);
        }
        wire.ladder.drain(..wire.ladder.len().saturating_sub(400));
    }
    wire.faults = Faults::default();
    for (&(node, _), &leg) in &book.alive {
        wire.command(node, Command::Release { leg, cause: Cause::NORMAL });
    }
    wire.settle();
    wire.settle();
    for node in 0..wire.nodes.len() {
        let facts = wire.facts(node);
        book.read(node, &facts);
    }
    assert!(book.alive.is_empty(), "seed {seed}: legs that never ended: {:?}", book.alive);
    assert_eq!(book.opened, book.released);
    book
}

#[test]
fn thousands_of_calls_on_a_good_wire() {
    let book = storm(1, 5_000, Faults::default());
    assert!(book.opened > 1_500 && book.answered > 200, "{} legs, {} answered", book.opened, book.answered);
}

#[test]
fn thousands_of_calls_on_bad_wires() {
    for seed in 2..8 {
        let faults = Faults {
            loss: 0.03 * seed as f64,
            repeat: 0.1,
            delay_min: Duration::from_millis(1),
            delay_max: Duration::from_millis(150 * seed),
        };
        let book = storm(seed, 1_500, faults);
        assert!(book.answered > 20, "seed {seed}: {} answered", book.answered);
    }
}

#[test]
fn random_bytes_and_broken_messages_do_no_harm() {
    let mut wire = exchange(99, Faults::default());
    let mut dice = Random::seeded(99);
    let leg = wire.fresh_leg();
    wire.command(1, invite_trunk(leg, "12345", sdp("carrier")));
    let mut seen: Vec<Vec<u8>> = Vec::new();
    wire.step(1, |sip, out| {
        let now = base::Timestamp::from_secs(100);
        sip.command(now, invite_trunk(LegRef(77), "1", sdp("x")), out);
        seen.push(out.bytes.clone());
    });
    for _ in 0..6_000 {
        let mut bytes = seen[0].clone();
        for _ in 0..1 + dice.below(6) {
            let at = dice.below(bytes.len() as u64) as usize;
            match dice.below(4) {
                0 => bytes[at] = dice.bits() as u8,
                1 => {
                    bytes.remove(at);
                }
                2 => bytes.insert(at, b"\r\n ;,<>\"@:="[dice.below(11) as usize]),
                _ => bytes.truncate(at.max(20)),
            }
        }
        let now = wire.now;
        let path = sip::endpoint::Path {
            transport: sip::leg::Transport::Udp,
            local: addr(NODES[0]),
            peer: addr(NODES[1]),
            connection: None,
        };
        wire.step(0, |sip, out| sip.receive(now, &path, &bytes, out));
        for fact in wire.facts(0) {
            if let Fact::Invited { leg, .. } = fact {
                wire.command(0, Command::Release { leg, cause: Cause::NORMAL });
            }
        }
        wire.run_ms(1);
    }
    wire.command(1, Command::Release { leg, cause: Cause::NORMAL });
    wire.command(1, Command::Release { leg: LegRef(77), cause: Cause::NORMAL });
    wire.settle();
}
