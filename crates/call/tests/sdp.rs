//! SDP as carriers' gateways, softphones and browsers write it; and as nobody should.

use base::Random;
use call::sdp::negotiate::{self, Terms};
use call::sdp::parse::{Connection, Encoding, ParseError, Session};
use call::sdp::{Agreed, Direction, Local, Refusal, answer, offer};
use media::session::Codec::{self, G722, Pcma, Pcmu};
use std::net::IpAddr;
use std::time::Duration;

const CODECS: &[Codec] = &[Pcma, Pcmu, G722];

fn terms(codecs: &[Codec]) -> Terms<'_> {
    Terms {
        codecs,
        port: 20_000,
        address: IpAddr::from([192, 0, 2, 1]),
        packet_time: Duration::from_millis(20),
        nated: false,
    }
}

fn local() -> Local {
    Local::new(77, IpAddr::from([192, 0, 2, 1]))
}

/// Lines as written in a test, with the line ends of the wire.
fn wire(text: &str) -> Vec<u8> {
    text.trim().lines().map(|line| line.trim().to_string() + "\r\n").collect::<String>().into_bytes()
}

/// What we make of an offer, and what we say to it.
fn met(body: &[u8]) -> Result<(Agreed, String), Refusal> {
    let offer = Session::parse(body)?;
    let agreed = negotiate::answer(&offer, &terms(CODECS))?;
    let said = answer::write(&mut local(), &offer, &agreed);
    let said = String::from_utf8(said.into()).expect("our SDP is text");
    // What we write we can read, and it has as many streams as was asked for (RFC 3264 section 6).
    assert_eq!(Session::parse(said.as_bytes()).expect("readable").media.len(), offer.media.len());
    Ok((agreed, said))
}

/// `codec payload events ptime remote directions`, as one line.
fn summary(agreed: &Agreed) -> String {
    let audio = agreed.audio;
    let events = audio.events.map_or("-".into(), |events| events.0.to_string());
    let rtcp = match (audio.rtcp, audio.rtcp_mux) {
        (_, true) => " mux".into(),
        (Some(at), _) => format!(" rtcp={at}"),
        _ => String::new(),
    };
    let ways = Direction::of(audio.sends, audio.receives).name();
    let ptime = audio.packet_time.as_millis();
    format!("{:?}/{} events={events} {ptime}ms {}{rtcp} {ways}", audio.codec, audio.payload.0, audio.remote)
}

#[test]
fn offers_of_the_field() {
    let table = [
        (
            "session border controller of a fixed-line carrier: everything, static, no rtpmap for A-law",
            "v=0
            o=HuaweiSoftX3000 1073741831 1073741832 IN IP4 10.20.30.40
            s=Sip Call
            c=IN IP4 10.20.30.40
            t=0 0
            m=audio 20494 RTP/AVP 8 0 4 18 101
            a=rtpmap:101 telephone-event/8000
            a=fmtp:101 0-15
            a=ptime:20
            a=fmtp:18 annexb=no
            a=sendrecv",
            "Pcma/8 events=101 20ms 10.20.30.40:20494 sendrecv",
        ),
        (
            "gateway with AMR first, events at another number, a fax stream beside",
            "v=0
            o=- 0 0 IN IP4 172.16.8.9
            s=ZXSS10
            c=IN IP4 172.16.8.9
            t=0 0
            m=audio 30120 RTP/AVP 104 8 97
            b=AS:64
            a=rtpmap:104 AMR/8000/1
            a=fmtp:104 mode-set=7; octet-align=1
            a=rtpmap:8 PCMA/8000
            a=rtpmap:97 telephone-event/8000
            a=maxptime:40
            m=image 30122 udptl t38
            a=T38FaxVersion:0",
            "Pcma/8 events=97 20ms 172.16.8.9:30120 sendrecv",
        ),
        (
            "baresip",
            "v=0
            o=- 3911836522 1730912345 IN IP4 192.168.1.20
            s=-
            c=IN IP4 192.168.1.20
            t=0 0
            a=tool:baresip 1.1.0
            m=audio 27810 RTP/AVP 9 8 0 101
            b=AS:125
            a=rtpmap:9 G722/8000
            a=rtpmap:8 PCMA/8000
            a=rtpmap:0 PCMU/8000
            a=rtpmap:101 telephone-event/8000
            a=fmtp:101 0-15
            a=rtcp:27811
            a=sendrecv
            a=label:1
            a=rtcp-rsize
            a=ssrc:3912345678 cname:sip:8001@192.0.2.1
            a=ptime:20",
            "Pcma/8 events=101 20ms 192.168.1.20:27810 rtcp=192.168.1.20:27811 sendrecv",
        ),
        (
            "Zoiper: no direction, wide codecs first, best-effort encryption beside plain RTP",
            "v=0
            o=Z 0 1 IN IP4 192.168.1.21
            s=Z
            c=IN IP4 192.168.1.21
            t=0 0
            m=audio 8000 RTP/SAVP 8 101
            a=rtpmap:101 telephone-event/8000
            a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz
            m=audio 8000 RTP/AVP 106 9 98 101 0 8 3
            a=rtpmap:106 opus/48000/2
            a=fmtp:106 maxplaybackrate=16000; useinbandfec=1
            a=rtpmap:98 telephone-event/48000
            a=rtpmap:101 telephone-event/8000
            a=fmtp:101 0-16",
            "Pcma/8 events=101 20ms 192.168.1.21:8000 sendrecv",
        ),
        (
            "Linphone with AVPF and several event rates",
            "v=0
            o=8001 3456 2345 IN IP4 192.168.1.22
            s=Talk
            c=IN IP4 192.168.1.22
            t=0 0
            a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics
            m=audio 7078 RTP/AVPF 96 97 98 0 8 101 99 100
            a=rtpmap:96 opus/48000/2
            a=rtpmap:97 speex/16000
            a=rtpmap:98 speex/8000
            a=rtpmap:101 telephone-event/48000
            a=rtpmap:99 telephone-event/16000
            a=rtpmap:100 telephone-event/8000
            a=rtcp-fb:* trr-int 5000",
            "Pcma/8 events=100 20ms 192.168.1.22:7078 sendrecv",
        ),
        (
            "MicroSIP behind a NAT, RTCP elsewhere",
            "v=0
            o=- 3940000000 3940000000 IN IP4 203.0.113.9
            s=pjmedia
            b=AS:84
            t=0 0
            a=X-nat:3
            m=audio 4006 RTP/AVP 8 0 101
            c=IN IP4 203.0.113.9
            b=TIAS:64000
            a=rtcp:40117 IN IP4 203.0.113.10
            a=sendrecv
            a=rtpmap:8 PCMA/8000
            a=rtpmap:0 PCMU/8000
            a=rtpmap:101 telephone-event/8000
            a=fmtp:101 0-16
            a=ssrc:1234 cname:50a1",
            "Pcma/8 events=101 20ms 203.0.113.9:4006 rtcp=203.0.113.10:40117 sendrecv",
        ),
        (
            "dynamic numbers for what has static ones, one port, long packets",
            "v=0
            o=x 1 1 IN IP4 10.0.0.1
            s=-
            c=IN IP4 10.0.0.1
            t=0 0
            m=audio 9000 RTP/AVP 118 119
            a=rtpmap:118 pcmu/8000/1
            a=rtpmap:119 TELEPHONE-EVENT/8000
            a=ptime:30
            a=rtcp-mux",
            "Pcmu/118 events=119 30ms 10.0.0.1:9000 mux sendrecv",
        ),
        (
            "a number whose static meaning is overruled",
            "v=0
            o=x 1 1 IN IP4 10.0.0.1
            s=-
            c=IN IP4 10.0.0.1
            t=0 0
            m=audio 9000 RTP/AVP 8 0
            a=rtpmap:8 iLBC/8000",
            "Pcmu/0 events=- 20ms 10.0.0.1:9000 sendrecv",
        ),
        (
            "a packet time that exceeds what the peer can take",
            "v=0
            c=IN IP4 10.0.0.1
            m=audio 9000 RTP/AVP 8
            a=ptime:100
            a=maxptime:45",
            "Pcma/8 events=- 40ms 10.0.0.1:9000 sendrecv",
        ),
        (
            "a hold",
            "v=0
            o=x 1 2 IN IP4 10.0.0.1
            s=-
            c=IN IP4 10.0.0.1
            t=0 0
            a=sendonly
            m=audio 9000 RTP/AVP 8",
            "Pcma/8 events=- 20ms 10.0.0.1:9000 recvonly",
        ),
        (
            "a hold of RFC 2543",
            "v=0
            o=x 1 2 IN IP4 10.0.0.1
            s=-
            c=IN IP4 0.0.0.0
            t=0 0
            m=audio 9000 RTP/AVP 8",
            "Pcma/8 events=- 20ms 0.0.0.0:9000 recvonly",
        ),
        (
            "a stream's own direction overrules the session's",
            "v=0
            c=IN IP4 10.0.0.1
            a=inactive
            m=audio 9000 RTP/AVP 8
            a=recvonly",
            "Pcma/8 events=- 20ms 10.0.0.1:9000 sendonly",
        ),
    ];
    for (name, body, wanted) in table {
        let (agreed, _) = met(&wire(body)).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(summary(&agreed), wanted, "{name}");
    }
}

#[test]
fn offers_that_cannot_be_met() {
    let head = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n";
    let table = [
        ("no stream", String::new(), Refusal::NoUsableAudio, 488),
        ("video only", "m=video 9000 RTP/AVP 96\r\n".into(), Refusal::NoUsableAudio, 488),
        ("fax only", "m=image 9000 udptl t38\r\n".into(), Refusal::NoUsableAudio, 488),
        ("encryption only", "m=audio 9000 RTP/SAVP 8\r\n".into(), Refusal::NoUsableAudio, 488),
        ("a browser", "m=audio 9 UDP/TLS/RTP/SAVPF 111 8\r\n".into(), Refusal::NoUsableAudio, 488),
        ("a stream that is gone", "m=audio 0 RTP/AVP 8\r\n".into(), Refusal::NoUsableAudio, 488),
        ("no codec of ours", "m=audio 9000 RTP/AVP 18 4 101\r\n".into(), Refusal::NoCommonCodec, 488),
        (
            "a host name",
            "m=audio 9000 RTP/AVP 8\r\nc=IN IP4 sbc.example.cn\r\n".into(),
            Refusal::Address,
            488,
        ),
        (
            "the other family",
            "m=audio 9000 RTP/AVP 8\r\nc=IN IP6 2001:db8::1\r\n".into(),
            Refusal::Address,
            488,
        ),
        ("a group", "m=audio 9000 RTP/AVP 8\r\nc=IN IP4 224.2.1.1/127\r\n".into(), Refusal::Address, 488),
        ("a bad stream", "m=audio\r\n".into(), Refusal::Malformed(ParseError::MediaLine), 400),
    ];
    for (name, rest, why, status) in table {
        let refusal = met((head.to_string() + &rest).as_bytes()).expect_err(name);
        assert_eq!((refusal, refusal.status()), (why, status), "{name}");
    }
    let nowhere = met(b"v=0\r\nm=audio 9000 RTP/AVP 8\r\n").expect_err("no address at all");
    assert_eq!(nowhere, Refusal::Address);
}

#[test]
fn bodies_that_are_not_sdp() {
    let many = |line: &str, count| format!("v=0\r\n{}", line.repeat(count));
    let formats = |count| format!("v=0\r\nm=audio 9 RTP/AVP{}\r\n", " 8".repeat(count));
    let table = [
        (String::new(), ParseError::Version),
        ("\r\n\r\n".into(), ParseError::Version),
        ("v=1\r\n".into(), ParseError::Version),
        ("hello".into(), ParseError::Version),
        ("v=0\r\nhello\r\n".into(), ParseError::Line),
        ("v=0\r\nm\r\n".into(), ParseError::Line),
        ("v=0\r\nm=\r\n".into(), ParseError::MediaLine),
        ("v=0\r\nm=audio 9 RTP/AVP\r\n".into(), ParseError::MediaLine),
        ("v=0\r\nm=audio 70000 RTP/AVP 8\r\n".into(), ParseError::MediaLine),
        ("v=0\r\nm=audio -1 RTP/AVP 8\r\n".into(), ParseError::MediaLine),
        ("v=0\r\nm=audio +9 RTP/AVP 8\r\n".into(), ParseError::MediaLine),
        ("v=0\r\nm=audio 9 RTP/AVP 8 x\r\n".into(), ParseError::PayloadType),
        ("v=0\r\nm=audio 9 RTP/AVP 128\r\n".into(), ParseError::PayloadType),
        ("v=0\r\nm=au\0dio 9 RTP/AVP 8\r\n".into(), ParseError::MediaLine),
        ("v=0\r\nc=IN IP4\r\n".into(), ParseError::ConnectionLine),
        ("v=0\r\nc=IN IP4 1.2.3\r\n".into(), ParseError::ConnectionLine),
        ("v=0\r\nc=IN IP4 ::1\r\n".into(), ParseError::ConnectionLine),
        ("v=0\r\nc=IN IP4 1.2.3.4.5\r\n".into(), ParseError::ConnectionLine),
        (many("m=audio 9 RTP/AVP 8\r\n", 33), ParseError::TooManyMedia),
        (formats(65), ParseError::TooManyFormats),
        (many("a=x\r\n", 2000), ParseError::TooLong),
    ];
    for (body, why) in table {
        assert_eq!(Session::parse(body.as_bytes()), Err(why), "{:?}", &body[..body.len().min(60)]);
    }
    assert!(Session::parse(many("m=audio 9 RTP/AVP 8\r\n", 32).as_bytes()).is_ok());
    assert!(Session::parse(formats(64).as_bytes()).is_ok());
}

#[test]
fn what_is_forgiven() {
    // Bare line feeds, blank lines, white space at the end, a name in Latin-1, what is not known, no o= s= t=.
    let body = b"v=0\n\ns=caf\xe9\ni=\xff\na=unknown:\xff\nz=0 0\nc=IN IP4 10.0.0.1 \nm=audio 9/1 RTP/AVP  8 \na=ptime:x\na=rtcp:0\na=rtpmap:8\na=rtpmap:x PCMA/8000\n";
    let session = Session::parse(body).expect("readable");
    assert_eq!(session.connection, Connection::At(IpAddr::from([10, 0, 0, 1])));
    let media = &session.media[0];
    assert_eq!((media.port, media.formats[0].encoding), (9, Encoding::Pcma));
    assert_eq!((media.packet_time, media.rtcp), (None, None));
}

#[test]
fn every_other_stream_is_refused_in_its_place() {
    let (agreed, said) = met(&wire(
        "v=0
        o=- 5 5 IN IP4 10.0.0.1
        s=-
        c=IN IP4 10.0.0.1
        t=0 0
        m=video 5000 RTP/AVP 96 97
        a=rtpmap:96 H264/90000
        m=audio 5002 RTP/AVP 18
        m=audio 5004 RTP/AVP 0 8 101
        a=rtpmap:101 telephone-event/8000
        m=image 5006 udptl t38
        m=message 5008 TCP/MSRP *",
    ))
    .expect("audio is there");
    assert_eq!(agreed.line, 2);
    let wanted = wire(
        "v=0
        o=- 77 1 IN IP4 192.0.2.1
        s=-
        c=IN IP4 192.0.2.1
        t=0 0
        m=video 0 RTP/AVP 96
        m=audio 0 RTP/AVP 18
        m=audio 20000 RTP/AVP 8 101
        a=rtpmap:8 PCMA/8000
        a=rtpmap:101 telephone-event/8000
        a=fmtp:101 0-15
        a=ptime:20
        a=sendrecv
        m=image 0 udptl t38
        m=message 0 TCP/MSRP *",
    );
    assert_eq!(said.as_bytes(), wanted);
}

#[test]
fn ipv6_all_the_way() {
    let mut local = Local::new(9, "2001:db8::1".parse().unwrap());
    let ours = offer::write(&mut local, 20_002, CODECS, Duration::from_millis(20));
    let wanted = wire(
        "v=0
        o=- 9 1 IN IP6 2001:db8::1
        s=-
        c=IN IP6 2001:db8::1
        t=0 0
        m=audio 20002 RTP/AVP 8 0 9 101
        a=rtpmap:8 PCMA/8000
        a=rtpmap:0 PCMU/8000
        a=rtpmap:9 G722/8000
        a=rtpmap:101 telephone-event/8000
        a=fmtp:101 0-15
        a=ptime:20
        a=sendrecv",
    );
    assert_eq!(*ours, *wanted);
    let theirs = b"v=0\r\nc=IN IP6 2001:db8::9\r\nm=audio 9000 RTP/AVP 0\r\n";
    let session = Session::parse(theirs).unwrap();
    let terms = Terms { address: local.address, ..terms(CODECS) };
    let agreed = negotiate::accept(&session, &terms).unwrap();
    assert_eq!(summary(&agreed), "Pcmu/0 events=- 20ms [2001:db8::9]:9000 sendrecv");
}

#[test]
fn in_an_answer_their_order_decides_and_only_what_we_offered_counts() {
    let body = b"v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 9000 RTP/AVP 9 0 8\r\n";
    let theirs = Session::parse(body).unwrap();
    let chosen = |codecs| negotiate::accept(&theirs, &terms(codecs)).map(|agreed| agreed.audio.codec);
    assert_eq!(chosen(&[Pcma, Pcmu, G722]), Ok(G722));
    assert_eq!(chosen(&[Pcma, Pcmu]), Ok(Pcmu));
    assert_eq!(chosen(&[]), Err(Refusal::NoCommonCodec));
    let offered = negotiate::answer(&theirs, &terms(&[Pcma, Pcmu, G722])).map(|agreed| agreed.audio.codec);
    assert_eq!(offered, Ok(Pcma), "in an offer, ours");
}

#[test]
fn the_version_moves_with_the_description_and_only_then() {
    let mut local = local();
    let versions: Vec<u32> = [20_000, 20_000, 20_002, 20_002, 20_000]
        .into_iter()
        .map(|port| {
            offer::write(&mut local, port, CODECS, Duration::from_millis(20));
            local.version
        })
        .collect();
    assert_eq!(versions, [1, 1, 2, 2, 3]);
    assert!(String::from_utf8_lossy(local.said()).contains("o=- 77 3 "));
}

/// A stray byte anywhere must not break anything, and what we answer must never carry a line that the peer
/// smuggled in.
#[test]
fn broken_bodies_are_refused_or_answered_and_break_nothing() {
    let good = wire(
        "v=0
        o=- 1 1 IN IP4 10.20.30.40
        s=x
        c=IN IP4 10.20.30.40
        t=0 0
        m=video 5000 RTP/AVP 96
        m=audio 20494 RTP/AVP 8 0 101
        a=rtpmap:101 telephone-event/8000
        a=rtcp:20495 IN IP4 10.20.30.41
        a=ptime:20
        a=maxptime:40
        a=sendonly",
    );
    let seed = 20_260_101;
    let mut random = Random::seeded(seed);
    let (mut answered, mut refused) = (0, 0);
    for turn in 0..20_000 {
        let mut body = good.clone();
        for _ in 0..=random.below(4) {
            if body.len() < 2 {
                break;
            }
            let at = random.below(body.len() as u64) as usize;
            match random.below(5) {
                0 => body[at] = random.bits() as u8,
                1 => body.insert(at, random.bits() as u8),
                2 => drop(body.remove(at)),
                3 => body.truncate(at.max(1)),
                _ => {
                    let part = body[at..(at + random.below(40) as usize).min(body.len())].to_vec();
                    body.extend(part);
                }
            }
        }
        match met(&body) {
            Ok((_, said)) => {
                answered += 1;
                let lines_are_whole =
                    said.split("\r\n").all(|line| line.is_empty() || line.as_bytes()[1] == b'=');
                assert!(lines_are_whole, "seed {seed}, turn {turn}: {said}");
            }
            Err(_) => refused += 1,
        }
    }
    assert!(answered > 1_000 && refused > 1_000, "{answered} answered, {refused} refused");
}
