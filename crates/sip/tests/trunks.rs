//! Carriers: whether they are there, and whether they know us.

mod wire;

use sip::leg::AorRef;
use std::time::Duration;
use wire::*;

const CITY: &str = "192.0.2.1:5060";
const CARRIER: &str = "192.0.2.9:5060";

fn asking(every: Duration) -> Wire {
    let mut wire = Wire::new(7);
    let mut city = plan(CITY);
    let mut carrier = trunk("carrier", CARRIER);
    carrier.options_every = every;
    city.trunks.push(carrier);
    wire.join(city);
    wire.join(plan(CARRIER));
    wire.run_ms(100);
    wire
}

#[test]
fn options_tell_whether_a_carrier_is_there() {
    let mut wire = asking(Duration::from_secs(30));
    assert_eq!(names(&wire.facts(0)), ["trunk up"]);
    // One lost answer is made good by its retransmission.
    wire.lose_first(1, &["OPTIONS"]);
    wire.run(Duration::from_secs(60));
    assert_eq!(names(&wire.facts(0)), [""; 0]);
    wire.lose(|text| text.starts_with("OPTIONS"));
    wire.run(Duration::from_secs(120));
    assert_eq!(names(&wire.facts(0)), ["trunk down 408"]);
    wire.lose(|_| false);
    wire.run(Duration::from_secs(120));
    assert_eq!(names(&wire.facts(0)), ["trunk up"]);
    wire.settle();
}

#[test]
fn we_register_with_a_carrier_and_come_back_in_time() {
    let mut wire = Wire::new(7);
    let mut city = plan(CITY);
    city.accounts.push(account("055512345"));
    wire.join(city);
    wire.join(phone(CARRIER, CITY, "055512345"));
    wire.run(Duration::from_secs(3_600));
    assert_eq!(names(&wire.facts(1)), ["trunk up"]);
    assert_eq!(names(&wire.facts(0)), ["bound 1"]);
    let registers = wire.ladder.iter().filter(|line| line.contains("REGISTER")).count() / 2;
    assert!((15..=24).contains(&registers), "{registers} in an hour, each at ½–⅘ of 300 s");
}

#[test]
fn a_failed_registration_is_tried_again_later_each_time() {
    let mut wire = Wire::new(7);
    wire.join(phone(CARRIER, CITY, "1001"));
    wire.run(Duration::from_secs(1_800));
    assert_eq!(names(&wire.facts(0)), ["trunk down 408"]);
    let tries = wire.ladder.iter().filter(|line| line.contains("REGISTER")).count() / 11;
    assert!((5..=12).contains(&tries), "{tries} in half an hour");
    let mut city = plan(CITY);
    city.accounts.push(account("1001"));
    wire.join(city);
    wire.run(Duration::from_secs(800));
    assert_eq!(names(&wire.facts(0)), ["trunk up"]);
}

#[test]
fn the_least_lifetime_of_the_carrier_is_taken_over() {
    let mut wire = Wire::new(7);
    let mut city = plan(CITY);
    city.accounts.push(account("1001"));
    city.timers.register_min = Duration::from_secs(600);
    wire.join(city);
    wire.join(phone(CARRIER, CITY, "1001"));
    wire.run_ms(500);
    assert!(wire.ladder.iter().any(|line| line.contains("SIP/2.0 423")));
    assert_eq!(names(&wire.facts(1)), ["trunk up"]);
    let binding = &wire.nodes[0].sip.registration(AorRef(0))[0];
    assert_eq!(binding.until.since(binding.since), Duration::from_secs(600));
}
