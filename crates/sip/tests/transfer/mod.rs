//! The exchange with two registered phones that are written by hand, and their answered calls: what transfers begin with.

#![allow(dead_code, unreachable_pub)] // each test file uses its own part

use crate::wire::*;
use sip::digest::Challenge;
use sip::leg::{Fact, LegRef, Refer};

pub const CITY: &str = "192.0.2.1:5060";
pub const CARRIER: &str = "192.0.2.9:5060";
pub const LI: &str = "192.0.2.21:5060";
pub const WANG: &str = "192.0.2.22:5060";

/// The exchange with the accounts 1001 (Li) and 1002 (Wang), whose phones are hand-written and registered.
pub fn city() -> Wire {
    let mut wire = Wire::new(3515);
    let mut city = plan(CITY);
    city.trunks.push(trunk("carrier", CARRIER));
    city.accounts = vec![account("1001"), account("1002")];
    wire.join(city);
    for (user, at) in [("1001", LI), ("1002", WANG)] {
        let mut register = |seq: u32, extra: &str| {
            let text = format!(
                "REGISTER sip:city.example SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bKreg{seq}\r\n\
                 From: <sip:{user}@city.example>;tag=r\r\nTo: <sip:{user}@city.example>\r\n\
                 Call-ID: reg-{user}\r\nCSeq: {seq} REGISTER\r\nMax-Forwards: 70\r\n\
                 Contact: <sip:{user}@{at}>;expires=3600\r\n{extra}Content-Length: 0\r\n\r\n"
            );
            wire.say(addr(at), addr(CITY), &text);
            wire.run_ms(20);
            wire.heard_at(addr(at)).pop().unwrap()
        };
        let asked = register(1, "");
        let line = asked.lines().find_map(|line| line.strip_prefix("WWW-Authenticate: ")).unwrap();
        let secret = format!("{user}-secret");
        let answer = Challenge::parse(line.as_bytes()).unwrap().answer(
            user,
            &secret,
            b"REGISTER",
            b"sip:city.example",
            1,
            "c",
        );
        let line = format!("Authorization: {}\r\n", String::from_utf8(answer).unwrap());
        assert!(register(2, &line).starts_with("SIP/2.0 200"));
    }
    wire.facts(0);
    wire
}

/// One answered call at a hand-written phone.
pub struct Talk {
    pub leg: LegRef,
    pub at: &'static str,
    pub call_id: String,
    /// The exchange's side of From and To with its tag, and the phone's.
    pub theirs: String,
    pub ours: String,
    pub seq: u32,
}

pub fn row<'a>(text: &'a str, name: &str) -> &'a str {
    let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    found.unwrap_or_else(|| panic!("no {name} in {text}"))
}

pub fn tag(address: &str) -> &str {
    address.split_once(";tag=").unwrap().1
}

/// The exchange calls a phone, and its owner answers.
pub fn call(wire: &mut Wire, aor: u32) -> Talk {
    let (leg, at) = (wire.fresh_leg(), [LI, WANG][aor as usize]);
    wire.command(0, invite_aor(leg, aor, sdp("city")));
    wire.run_ms(20);
    let invite = wire.heard_at(addr(at)).pop().unwrap();
    let talk = Talk {
        leg,
        at,
        call_id: row(&invite, "Call-ID").into(),
        theirs: row(&invite, "From").into(),
        ours: format!("{};tag=phone-{}", row(&invite, "To"), leg.0),
        seq: 0,
    };
    let ok = format!(
        "SIP/2.0 200 OK\r\nVia: {}\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:100{}@{at}>\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n",
        row(&invite, "Via"),
        talk.theirs,
        talk.ours,
        talk.call_id,
        aor + 1,
    );
    wire.say(addr(at), addr(CITY), &ok);
    wire.run_ms(20);
    assert_eq!(names(&wire.facts(0)), ["answered"]);
    assert!(wire.heard_at(addr(at)).pop().unwrap().starts_with("ACK"));
    talk
}

impl Talk {
    /// A request inside the call.
    pub fn text(&self, method: &str, seq: u32, rows: &str, body: &str) -> String {
        format!(
            "{method} sip:{CITY} SIP/2.0\r\nVia: SIP/2.0/UDP {};branch=z9hG4bK{}{method}{seq}\r\nFrom: {}\r\nTo: {}\r\n\
             Call-ID: {}\r\nCSeq: {seq} {method}\r\nMax-Forwards: 70\r\nContact: <sip:x@{}>\r\n{rows}\
             Content-Length: {}\r\n\r\n{body}",
            self.at,
            self.leg.0,
            self.ours,
            self.theirs,
            self.call_id,
            self.at,
            body.len()
        )
    }

    pub fn say(&mut self, wire: &mut Wire, method: &str, rows: &str, body: &str) {
        self.seq += 1;
        let text = self.text(method, self.seq, rows, body);
        wire.say(addr(self.at), addr(CITY), &text);
        wire.run_ms(20);
    }

    /// Says it and gives back the first line of the answer.
    pub fn ask(&mut self, wire: &mut Wire, method: &str, rows: &str, body: &str) -> String {
        self.say(wire, method, rows, body);
        first(wire.heard_at(addr(self.at)).last().map_or("", |text| text))
    }

    pub fn refer(&mut self, wire: &mut Wire, to: &str) -> String {
        self.ask(wire, "REFER", &format!("Refer-To: {to}\r\n"), "")
    }

    /// Replaces that names this call, as the exchange is to read it.
    pub fn named(&self) -> String {
        format!("{};to-tag={};from-tag={}", self.call_id, tag(&self.theirs), tag(&self.ours))
    }

    /// Answers a NOTIFY.
    pub fn reply(&self, wire: &mut Wire, notify: &str, status: &str) {
        let rows = ["Via", "From", "To", "Call-ID", "CSeq"];
        let rows: String = rows.iter().map(|name| format!("{name}: {}\r\n", row(notify, name))).collect();
        let text = format!("SIP/2.0 {status}\r\n{rows}Content-Length: 0\r\n\r\n");
        wire.say(addr(self.at), addr(CITY), &text);
        wire.run_ms(20);
    }

    /// The NOTIFY that has come, which is the only message; its Subscription-State and body.
    pub fn notify(&self, wire: &mut Wire) -> (String, String, String) {
        let heard = wire.heard_at(addr(self.at));
        let [notify] = &heard[..] else { panic!("{heard:#?}") };
        assert!(notify.starts_with("NOTIFY sip:"), "{notify}");
        assert_eq!(row(notify, "Content-Type"), "message/sipfrag;version=2.0");
        assert!(row(notify, "Contact").starts_with("<sip:"), "{notify}");
        let state = row(notify, "Subscription-State").to_owned();
        let body = notify.split_once("\r\n\r\n").unwrap().1.to_owned();
        (notify.clone(), state, body)
    }
}

pub fn first(text: &str) -> String {
    text.lines().next().unwrap_or("").to_owned()
}

pub fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut to, byte| {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            to.push(char::from(byte));
        } else {
            to.push_str(&format!("%{byte:02X}"));
        }
        to
    })
}

pub fn end(wire: &mut Wire, talks: &mut [Talk]) {
    for talk in talks {
        talk.say(wire, "BYE", "", "");
    }
    wire.settle();
}

/// The last REFER that was told.
pub fn referred(wire: &mut Wire) -> Refer {
    let facts = wire.facts(0);
    let [Fact::Referred { refer, .. }] = &facts[..] else { panic!("{facts:?}") };
    (**refer).clone()
}

impl Talk {
    /// As [`Talk::notify`], of copies that nobody has answered.
    pub fn notify_once(&self, wire: &mut Wire) -> (String, String, String) {
        let mut heard = wire.heard_at(addr(self.at));
        heard.dedup();
        heard.retain(|text| text.starts_with("NOTIFY"));
        let [notify] = &heard[..] else { panic!("{heard:#?}") };
        let state = row(notify, "Subscription-State").to_owned();
        (notify.clone(), state, notify.split_once("\r\n\r\n").unwrap().1.to_owned())
    }
}
