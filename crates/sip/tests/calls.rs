//! Calls over a trunk, as they go on a good day and on bad ones.

mod wire;

use sip::leg::{Command, Fact, LegRef};
use sip::message::Cause;
use wire::*;

const CITY: &str = "192.0.2.1:5060";
const CARRIER: &str = "192.0.2.9:5060";

/// The city's exchange (0) and a carrier's (1) that know each other as trunks.
fn city_and_carrier() -> Wire {
    let mut wire = Wire::new(7);
    let mut city = plan(CITY);
    city.trunks.push(trunk("carrier", CARRIER));
    let mut carrier = plan(CARRIER);
    carrier.trunks.push(trunk("city", CITY));
    wire.join(city);
    wire.join(carrier);
    wire
}

/// The carrier calls 12345 and the city answers; both legs' references.
fn answered(wire: &mut Wire) -> (LegRef, LegRef) {
    let out = wire.fresh_leg();
    wire.command(1, invite_trunk(out, "12345", sdp("carrier")));
    wire.run_ms(20);
    let leg = invited(&wire.nodes[0].facts).expect("invited");
    wire.command(0, Command::Answer { leg, body: sdp("city") });
    wire.run_ms(50);
    (leg, out)
}

#[test]
fn a_call_is_answered_and_the_caller_hangs_up() {
    let mut wire = city_and_carrier();
    let out = wire.fresh_leg();
    wire.command(1, invite_trunk(out, "12345", sdp("carrier")));
    wire.run_ms(20);
    let leg = invited(&wire.nodes[0].facts).unwrap();
    wire.command(0, Command::Progress { leg, status: 180, answer: None });
    wire.run_ms(20);
    wire.command(0, Command::Answer { leg, body: sdp("city") });
    wire.run_ms(20);
    wire.command(1, Command::Release { leg: out, cause: Cause::NORMAL });
    wire.run_ms(50);
    assert_eq!(names(&wire.facts(0)), ["invited 12345 from trunk", "confirmed", "released Peer 200"]);
    let carrier = wire.facts(1);
    assert_eq!(names(&carrier), ["ringing 180", "answered", "released Us 200"]);
    assert!(matches!(&carrier[1], Fact::Answered { answer: Some(body), .. } if *body == sdp("city")));
    wire.settle();
}

#[test]
fn the_city_hangs_up() {
    let mut wire = city_and_carrier();
    let (leg, _) = answered(&mut wire);
    wire.command(0, Command::Release { leg, cause: Cause::NORMAL });
    wire.run_ms(50);
    assert_eq!(names(&wire.facts(0))[2..], ["released Us 200"]);
    assert_eq!(names(&wire.facts(1))[1..], ["released Peer 200"]);
    wire.settle();
}
