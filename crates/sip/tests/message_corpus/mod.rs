//! What the tests of the wire layer read: the torture files, a hotline's day, and both with mistakes in them.

#![allow(dead_code, unreachable_pub)] // each test file uses its own part

use base::Random;
use std::path::PathBuf;

/// A hotline's day as it stands on the wire, beside the torture files.
pub const DAY: [&str; 10] = [
    // A carrier's INVITE (IMS), asserted identity, tel URI.
    "INVITE sip:+8652712345@198.51.100.1:5060;user=phone SIP/2.0\r\n\
     Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKd8cae1;rport\r\n\
     Via: SIP/2.0/UDP 10.1.1.4:5060;received=192.0.2.11;branch=z9hG4bK776asdhds\r\n\
     Record-Route: <sip:192.0.2.10;lr;ftag=9fxced76sl>\r\n\
     From: <tel:+8613851234567>;tag=9fxced76sl\r\nTo: <sip:+8652712345@198.51.100.1;user=phone>\r\n\
     Call-ID: 3848276298220188511@192.0.2.11\r\nCSeq: 1 INVITE\r\nMax-Forwards: 68\r\n\
     Contact: <sip:192.0.2.11:5060;transport=udp>\r\nP-Asserted-Identity: <tel:+8613851234567>\r\n\
     Supported: 100rel, timer\r\nSession-Expires: 1800;refresher=uac\r\nMin-SE: 90\r\n\
     Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n",
    // A phone registers.
    "REGISTER sip:city.example SIP/2.0\r\nVia: SIP/2.0/TCP 192.168.1.20:49152;branch=z9hG4bK7b;rport\r\n\
     Max-Forwards: 70\r\nFrom: \"Li Ming\" <sip:1001@city.example>;tag=a1\r\nTo: <sip:1001@city.example>\r\n\
     Call-ID: r1@192.168.1.20\r\nCSeq: 2 REGISTER\r\n\
     Contact: <sip:1001@192.168.1.20:49152;transport=tcp>;+sip.instance=\"<urn:uuid:0001>\";reg-id=1;expires=600\r\n\
     Authorization: Digest username=\"1001\", realm=\"city.example\", nonce=\"n,1\", uri=\"sip:city.example\", \
     response=\"6629fae49393a05397450978507c4ef1\", qop=auth, nc=00000001, cnonce=\"c\", algorithm=SHA-256\r\n\
     Content-Length: 0\r\n\r\n",
    // Its answer.
    "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKabc;received=198.51.100.7;rport=5060\r\n\
     From: <sip:12345@city.example>;tag=us\r\nTo: <sip:1001@city.example>;tag=them\r\nCall-ID: c1\r\n\
     CSeq: 7 INVITE\r\nContact: <sip:1001@192.168.1.20:49152>\r\nAllow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n\
     Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n",
    // IPv6 throughout.
    "OPTIONS sip:[2001:db8::1]:5060 SIP/2.0\r\n\
     Via: SIP/2.0/UDP [2001:db8::9]:5060;branch=z9hG4bK6;received=2001:db8::a\r\nMax-Forwards: 70\r\n\
     From: <sip:carrier@[2001:db8::9]>;tag=6\r\nTo: <sip:[2001:db8::1]>\r\nCall-ID: six@[2001:db8::9]\r\n\
     CSeq: 63104 OPTIONS\r\nContent-Length: 0\r\n\r\n",
    // Compact names, keep-alive before it, nothing behind.
    "\r\n\r\nBYE sip:1001@192.168.1.20 SIP/2.0\r\nv: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKbye\r\n\
     f: <sip:12345@city.example>;tag=us\r\nt: <sip:1001@city.example>;tag=them\r\ni: c1\r\nCSeq: 8 BYE\r\n\
     Max-Forwards: 70\r\nReason: Q.850;cause=16;text=\"Terminated\"\r\nl: 0\r\n\r\n",
    // A name in Chinese, quoted and not; two contacts in a row.
    "INVITE sip:12345@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKcn\r\nMax-Forwards: 70\r\n\
     From: \"李明\" <sip:13851234567@192.0.2.10>;tag=cn\r\nTo: <sip:12345@198.51.100.1>\r\nCall-ID: cn\r\n\
     CSeq: 1 INVITE\r\nContact: <sip:a@192.0.2.10>;q=0.5, \"b, c\" <sip:b@192.0.2.10>\r\nContent-Length: 0\r\n\r\n",
    // Ringing, reliably.
    "SIP/2.0 183 Session Progress\r\nVia: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK183\r\n\
     From: <sip:12345@city.example>;tag=us\r\nTo: <sip:1001@city.example>;tag=early\r\nCall-ID: c2\r\n\
     CSeq: 1 INVITE\r\nContact: <sip:1001@192.168.1.20>\r\nRequire: 100rel\r\nRSeq: 1\r\nContent-Length: 0\r\n\r\n",
    "PRACK sip:1001@192.168.1.20 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKpr\r\nMax-Forwards: 70\r\n\
     From: <sip:12345@city.example>;tag=us\r\nTo: <sip:1001@city.example>;tag=early\r\nCall-ID: c2\r\n\
     CSeq: 2 PRACK\r\nRAck: 1 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    // An attended transfer.
    "REFER sip:12345@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.20;branch=z9hG4bKrf\r\nMax-Forwards: 70\r\n\
     From: <sip:1001@city.example>;tag=them\r\nTo: <sip:12345@city.example>;tag=us\r\nCall-ID: c1\r\nCSeq: 9 REFER\r\n\
     Contact: <sip:1001@192.168.1.20>\r\nReferred-By: \"Li\" <sip:1001@city.example>\r\nRefer-Sub: false\r\n\
     Refer-To: <sip:1002@city.example?Replaces=c2%40city.example%3Bto-tag%3Dus%3Bfrom-tag%3Dthem&Priority=x>\r\n\
     Content-Length: 0\r\n\r\n",
    // A challenge.
    "SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK401\r\n\
     From: <sip:1001@city.example>;tag=a1\r\nTo: <sip:1001@city.example>;tag=x\r\nCall-ID: r1\r\nCSeq: 1 REGISTER\r\n\
     WWW-Authenticate: Digest realm=\"city.example\", nonce=\"84f1\", qop=\"auth\", algorithm=SHA-256\r\n\
     WWW-Authenticate: Digest realm=\"city.example\", nonce=\"84f1\", qop=\"auth\", algorithm=MD5\r\n\
     Content-Length: 0\r\n\r\n",
];

/// The day, then the torture files in the order of their names.
pub fn corpus() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/torture");
    let entries = std::fs::read_dir(folder).expect("the torture messages lie beside the test");
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let torture = files.iter().map(|file| std::fs::read(file).expect("a readable file"));
    DAY.iter().map(|text| text.as_bytes().to_vec()).chain(torture).collect()
}

/// Changes a message a little: what a broken network card, a fuzzer or a careless programmer does.
pub fn mutate(message: &[u8], random: &mut Random) -> Vec<u8> {
    const SPICE: [&[u8]; 14] =
        [b"\"", b"<", b">", b";", b",", b":", b"@", b"\r\n", b"\r\n ", b" ", b"%", b"\\", b"\xfc", b"="];
    let mut bytes = message.to_vec();
    for _ in 0..=random.below(2) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len() as u64) as usize;
        match random.below(5) {
            0 => bytes[at] = random.below(256) as u8,
            1 => drop(bytes.remove(at)),
            2 => {
                let spice = SPICE[random.below(SPICE.len() as u64) as usize];
                bytes.splice(at..at, spice.iter().copied());
            }
            3 => {
                // A piece of it once more, somewhere else.
                let length = random.below(40.min((bytes.len() - at) as u64) + 1) as usize;
                let piece = bytes[at..at + length].to_vec();
                let to = random.below(bytes.len() as u64 + 1) as usize;
                bytes.splice(to..to, piece);
            }
            _ if random.below(8) == 0 => bytes.truncate(at),
            _ => bytes[at] ^= 0x20, // another case, or a digit for a letter
        }
    }
    bytes
}
