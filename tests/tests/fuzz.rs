//! Every reader of bytes over its corpus and seeded mutations of it, for some seconds each (`SUJIE_NIGHTLY=1`: five
//! minutes): no panic, no output out of proportion, no datagram that costs more than a millisecond, nothing left.

use sujie_tests::fuzz::runner::{Target, run};
use sujie_tests::fuzz::{distributor, inputs, message, rtp, sdp};

#[test]
fn sip_messages() {
    let target = Target { name: "message", further: &["crates/sip/tests/torture"], run: message::run };
    let tally = run(&target);
    assert!(tally.kept > 60, "{}", tally.kept);
}

#[test]
fn session_descriptions() {
    let tally = run(&Target { name: "sdp", further: &[], run: sdp::run });
    assert!(tally.kept > 10, "{}", tally.kept);
}

#[test]
fn audio_packets() {
    let tally = run(&Target { name: "rtp", further: &[], run: rtp::run });
    assert!(tally.kept > 10, "{}", tally.kept);
}

#[test]
fn lists_of_engine_inputs() {
    let tally = run(&Target { name: "inputs", further: &[], run: inputs::run });
    assert!(tally.kept > 5, "{}", tally.kept);
}

#[test]
fn lists_of_distributor_inputs() {
    let tally = run(&Target { name: "acd", further: &[], run: distributor::run });
    assert!(tally.kept > 5, "{}", tally.kept);
}
