//! Each kind of input there and back, the bytes as every version has written them, and damage of every sort.

mod events;

use super::bytes::{Cursor, Pen};
use super::writer::block;
use super::*;
use acd::input::Reason;
use acd::plan::{CallbackPlan, First, Grade, NoAnswer, SurgePlan};
use acd::{
    AgentRef, Alert, Because, CallbackEnd, GroupRef, Listing, OfferEnd, OfferRef, Prefer, Priority,
    Selection, SiteRef, Sites, SkillLevel, Stage, SurgeMode, Turned,
};
use base::{Epoch, Private, Random, Timestamp};
use call::call::{Part, Supervision, With};
use call::case::Case;
use call::event::{CallRef, Event, Exchange, GuestStep, Outcome, Phase, RosterStep, Side, Stamped, Verdict};
use call::plan::{DispositionRef, FlowRef, LanguageRef, StepRef};
use call::request::{Control, Whom};
use call::roster::{CaseWay, PersonRef, ReasonRef, RosterRef};
use call::show::{Exit, StudioDo, StudioRef, StudioStep};
use call::{Input, Request, RequestId, Resolver, Whose};
use media::session::{ClipRef, Fact as Audio, Keeps, Party, RecordingRef, Report, SessionRef};
use sip::leg::{AorLoss, AorRef, Fact, Invited, LegRef, Origin, Refer, ReleasedBy, Transport, TrunkRef};
use sip::message::Cause;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Holds a text against its file; `UPDATE=1` writes the file, to be read in the diff.
fn holds(name: &str, text: &str) {
    let path = golden(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, text).expect("written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(text, kept, "{name} has changed; a journal of an earlier version could not be read");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let value = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hex");
    digits.chunks_exact(2).map(value).collect()
}

fn invite(random: &mut Random) -> Box<Invited> {
    let v6 = random.chance(0.3);
    let ip = |last: u64| {
        if v6 { format!("[2001:db8::{last:x}]:5060") } else { format!("192.0.2.{last}:5060") }
    };
    let peer: std::net::SocketAddr = ip(random.below(200) + 1).parse().expect("an address");
    Box::new(Invited {
        origin: if random.chance(0.5) {
            Origin::Trunk(TrunkRef(random.below(3) as u32))
        } else {
            Origin::Aor(AorRef(random.below(300) as u32))
        },
        called: "12345".into(),
        caller: Private::new(format!("+86138{:08}", random.below(100_000_000))),
        caller_name: Private::new(if random.chance(0.2) { "张伟".into() } else { String::new() }),
        diverted_from: Private::new(if random.chance(0.2) { "12351".into() } else { String::new() }),
        call_id: format!("{:x}@192.0.2.1", random.bits()),
        offer: (!random.chance(0.2)).then(|| body(random)),
        local: peer.ip(),
        peer,
        transport: [Transport::Udp, Transport::Tcp, Transport::Tls, Transport::Ws, Transport::Wss]
            [random.below(5) as usize],
        nated: random.chance(0.5),
        replaces: None,
        carried: Vec::new(),
    })
}

fn body(random: &mut Random) -> Box<[u8]> {
    (0..random.below(400)).map(|_| random.bits() as u8).collect()
}

/// One input of a kind, with random values in it; as many kinds as there are.
const KINDS: u64 = 71;

fn input(kind: u64, random: &mut Random) -> Input {
    let session = SessionRef::from_bits(random.bits() & 0xF_0000_FFFF);
    let (party, call) = (Party(random.below(3) as u8), CallRef::from_bits(random.bits() & 0xF_0000_FFFF));
    let ingress = if random.chance(0.5) { LegRef::INGRESS } else { 0 };
    let leg = LegRef(random.below(1 << 40) | ingress);
    let (aor, trunk) = (AorRef(random.below(5000) as u32), TrunkRef(random.below(4) as u32));
    let agent = AgentRef(random.below(5000) as u32);
    let answer = (!random.chance(0.2)).then(|| body(random));
    let status = random.below(700) as u16;
    let small = |random: &mut Random| Duration::from_nanos(random.below(1 << 34));
    let id = RequestId::from_bits(random.below(1 << 20));
    let digit = char::from(b"0123456789*#ABCD"[random.below(16) as usize]);
    let fact = match kind {
        0 => Fact::Invited { leg, invite: invite(random) },
        59 => {
            let way = CaseWay { headers: true, url: String::new() };
            let carried = case(random).headers(&way, &Private::default());
            let carried = carried.into_iter().map(|(name, value)| (name, Private::new(value))).collect();
            Fact::Invited { leg, invite: Box::new(Invited { carried, ..*invite(random) }) }
        }
        1 => Fact::Confirmed { leg, answer },
        2 => Fact::Ringing { leg, status, answer },
        3 => Fact::Answered { leg, answer, peer: invite(random).peer, nated: random.chance(0.5) },
        4 => Fact::Offered { leg, offer: answer },
        5 => Fact::Reanswered { leg, answer: body(random) },
        6 => Fact::ReofferRefused { leg, status },
        7 => Fact::Key { leg, digit },
        8 => {
            let by = [ReleasedBy::Peer, ReleasedBy::Us, ReleasedBy::Timeout][random.below(3) as usize];
            Fact::Released { leg, cause: Cause(random.below(128) as u8), status, by }
        }
        9 => Fact::AorBound { aor, contacts: random.below(6) as u8, first: random.chance(0.5) },
        10 => {
            let why = [AorLoss::Expired, AorLoss::Unregistered, AorLoss::Unreachable];
            Fact::AorLost { aor, why: why[random.below(3) as usize] }
        }
        11 => Fact::TrunkUp { trunk },
        12 => Fact::TrunkDown { trunk, status },
        13 => {
            return Input::Media(Audio::ClipEnded { session, party, clip: ClipRef(random.below(40) as u32) });
        }
        14 => return Input::Media(Audio::Key { session, party, digit }),
        15 => return Input::Media(Audio::Silent { session, party }),
        16 => return Input::Media(Audio::PortFailed { session, party, port: random.bits() as u16 }),
        17 => {
            let report = Report {
                packets_received: random.below(100_000),
                packets_sent: random.below(100_000),
                lost: random.below(100),
                lost_remote: random.below(100),
                jitter: small(random),
                jitter_max: small(random),
                round_trip: small(random),
                strangers: random.below(2),
            };
            return Input::Media(Audio::Left { session, party, port: random.bits() as u16, report });
        }
        18 => return Input::Request(id, Request::SignIn(agent)),
        19 => return Input::Request(id, Request::SignOut(agent)),
        20 => return Input::Request(id, Request::Ready(agent)),
        21 => {
            // Those of the first version; later ones follow in a kind of their own.
            let reasons = [
                Reason::SignedIn,
                Reason::Rest,
                Reason::Meal,
                Reason::Meeting,
                Reason::Coaching,
                Reason::Training,
                Reason::Busy,
                Reason::RingNoAnswer,
                Reason::Declined,
                Reason::PhoneLost,
                Reason::Forced,
            ];
            let reason = reasons[random.below(reasons.len() as u64) as usize];
            return Input::Request(id, Request::NotReady(agent, reason));
        }
        22 => return Input::Request(id, Request::Release(call)),
        23 => return Input::Request(id, Request::Drain),
        24 => return Input::Request(id, Request::ReleaseAll),
        41 => {
            let referred_by = Private::new("<sip:1001@city.example>".into());
            let replaces = random.chance(0.5).then(|| LegRef(random.below(1 << 40)));
            Fact::Referred { leg, refer: Box::new(Refer { to: "8002".into(), replaces, referred_by }) }
        }
        42 => {
            let invite = Invited { replaces: Some(LegRef(random.below(1 << 40))), ..*invite(random) };
            Fact::Invited { leg, invite: Box::new(invite) }
        }
        _ => return Input::Request(id, later(kind, random)),
    };
    Input::Sip(fact)
}

/// Requests that the first version did not have.
fn later(kind: u64, random: &mut Random) -> Request {
    let (agent, group) = (AgentRef(random.below(5000) as u32), GroupRef(random.below(40) as u32));
    let call = CallRef::from_bits(random.bits() & 0xF_0000_FFFF);
    let number = Private::new(format!("+86138{:08}", random.below(100_000_000)));
    let (priority, site) = (Priority(random.below(256) as u8), SiteRef(random.below(4) as u32));
    let at = |random: &mut Random| Timestamp::from_nanos(random.below(1 << 50));
    let level = SkillLevel(1 + random.below(10) as u8);
    match kind {
        25 => Request::NotReady(agent, Reason::Study),
        26 => Request::ExtendWrapUp(agent, Duration::from_secs(random.below(300))),
        27 => Request::Skill(agent, group, random.chance(0.7).then_some(level)),
        28 => Request::Prioritize(call, priority),
        29 => Request::CallBack(call),
        30 => Request::CallBackNumber {
            number,
            group,
            priority,
            site,
            since: random.chance(0.5).then(|| at(random)),
            after: at(random),
            missed: random.chance(0.5),
        },
        31 => Request::CancelCallback(call),
        32 => {
            let alone = random.chance(0.5).then(|| Duration::from_secs(random.below(60)));
            Request::Prefer { number, agent: random.chance(0.8).then_some(Prefer { agent, alone }) }
        }
        33 => {
            let modes = [SurgeMode::Automatic, SurgeMode::Off, SurgeMode::On, SurgeMode::AnnounceOnly];
            Request::Surge(group, modes[random.below(4) as usize])
        }
        34 => Request::Help(site, random.chance(0.5)),
        35 => {
            let list = if random.chance(0.5) { Listing::Grey } else { Listing::Black };
            Request::List { number, listing: random.chance(0.8).then(|| (list, at(random))) }
        }
        36 => Request::Urgent { number, open: random.chance(0.5) },
        37 => Request::ChangePlan(Box::new(plan(random))),
        38 => Request::Preview(Box::new(plan(random))),
        39 => Request::WhyCaller(call),
        40 => Request::WhyAgent(agent),
        43 => Request::Control(agent, Control::Hold),
        44 => Request::Control(agent, Control::Retrieve),
        45 => Request::Control(agent, Control::Consult(Whom::Agent(agent))),
        46 => Request::Control(agent, Control::Alternate),
        47 => Request::Control(agent, Control::Conference),
        48 => Request::Control(agent, Control::Reconnect),
        49 => Request::Control(agent, Control::Transfer),
        50 => {
            let whom = if random.chance(0.5) { Whom::Group(group) } else { Whom::Number(number) };
            Request::Control(agent, Control::TransferTo(whom))
        }
        51 => {
            let ways =
                [None, Some(Supervision::Listen), Some(Supervision::Whisper), Some(Supervision::Barge)];
            let how = ways[random.below(4) as usize];
            Request::Supervise { supervisor: AgentRef(random.below(5000) as u32), agent, how }
        }
        52 => Request::TakeOver { supervisor: AgentRef(random.below(5000) as u32), agent },
        53 => {
            let whose = if random.chance(0.5) { Whose::Call(call) } else { Whose::Agent(agent) };
            let keeps = [Keeps::Speech, Keeps::Silence, Keeps::Tone];
            Request::Recording(whose, keeps[random.below(3) as usize])
        }
        57 => {
            let reason = random.chance(0.5).then(|| ReasonRef(random.below(9) as u32));
            Request::Control(agent, Control::Consult(Whom::Roster(RosterRef(random.below(9) as u32), reason)))
        }
        58 => Request::Control(agent, Control::Case(Box::new(case(random)))),
        60 => Request::ViewTalk(agent),
        61 => {
            let whom = if random.chance(0.5) { Whom::Agent(agent) } else { Whom::Number(number) };
            Request::Dial { agent, whom }
        }
        62 => Request::EndWrapUp(agent),
        63 => {
            let note = Private::new("路灯不亮 no lamp".into());
            Request::Screen { agent, studio: StudioRef(random.below(3) as u32), note }
        }
        64..=70 => {
            let all = [
                StudioDo::Open,
                StudioDo::Close,
                StudioDo::Pick(call),
                StudioDo::Air,
                StudioDo::OffAir,
                StudioDo::Return,
                StudioDo::Back(call),
            ];
            Request::Studio(StudioRef(random.below(3) as u32), all[(kind - 64) as usize])
        }
        54 => Request::Enlist {
            list: call::plan::ListRef(random.below(4) as u32),
            numbers: (0..random.below(4)).map(|_| number.clone()).collect(),
            on: random.chance(0.5),
        },
        55 => Request::Control(agent, Control::Survey),
        _ => Request::Dispose {
            agent,
            disposition: DispositionRef(random.below(16) as u32),
            by: if random.chance(0.5) { Resolver::Agent } else { Resolver::Specialist },
        },
    }
}

fn case(random: &mut Random) -> Case {
    Case {
        id: format!("SQ-{}", random.below(10_000)),
        place: Private::new("项王路".into()),
        text: Private::new(if random.chance(0.5) { "路面塌陷".into() } else { String::new() }),
        url: "https://cases.example/7".into(),
        reason: "danger".into(),
    }
}

/// A plan with every kind of value in it.
fn plan(random: &mut Random) -> acd::Plan {
    let span = |random: &mut Random| Duration::from_secs(random.below(600));
    let sites = [Sites::Own, Sites::All, Sites::Only(SiteRef(2))];
    let stage = |random: &mut Random| Stage {
        level_min: SkillLevel(1 + random.below(10) as u8),
        sites: sites[random.below(3) as usize],
        waives: random.chance(0.5),
        at_night: random.chance(0.5),
        on_help: random.chance(0.5),
        ..Stage::all(span(random), GroupRef(random.below(3) as u32))
    };
    let selections = [
        Selection::LongestIdle,
        Selection::LeastOccupied,
        Selection::RoundRobin,
        Selection::FewestCalls,
        Selection::HighestLevel,
    ];
    let group = acd::GroupPlan {
        timeline: (0..random.below(4)).map(|_| stage(random)).collect(),
        selection: selections[random.below(5) as usize],
        weight: random.below(10) as u8,
        parallel: 1 + random.below(8) as u8,
        auto_answer: random.chance(0.5),
        no_answer: vec![
            Grade { then: NoAnswer::Skip, tell: false },
            Grade { then: NoAnswer::CoolDown(span(random)), tell: true },
            Grade { then: NoAnswer::NotReady, tell: true },
        ],
        wait_max: random.chance(0.5).then(|| span(random)),
        needs_signed_in: random.chance(0.5),
        hours: random.chance(0.5).then_some(acd::HoursRef(0)),
        surge: SurgePlan { begins_at: Some(80), ends_at: 20, admit_max: 40 },
        callback: CallbackPlan {
            offer_after: Some(span(random)),
            first: if random.chance(0.5) { First::Agent } else { First::Caller },
            missed_after: random.chance(0.5).then(|| span(random)),
            ..CallbackPlan::default()
        },
        sticky: random.chance(0.5).then(|| span(random)),
        ..acd::GroupPlan::named("民生")
    };
    let agent = acd::AgentPlan {
        name: "8001".into(),
        site: SiteRef(1),
        skills: vec![(GroupRef(0), SkillLevel(7))],
        abilities: acd::Abilities(random.bits()),
    };
    let desk = acd::Hours { name: "desk".into(), workdays: vec![(510, 720), (840, 1080)], days_off: vec![] };
    let day = |text: &str| text.parse::<base::Date>().expect("a date");
    let calendar =
        base::Calendar::plain().with_holidays([day("2024-02-12")]).with_workdays([day("2024-02-04")]);
    let clock = acd::WallClock {
        epoch: Epoch::from_unix_nanos(1_706_850_000_000_000_000),
        calendar,
        ..Default::default()
    };
    acd::Plan {
        groups: vec![group],
        agents: vec![agent],
        hours: vec![desk],
        night: random.chance(0.5).then_some(acd::HoursRef(0)),
        clock,
        order: acd::plan::Order { grey_delay: span(random), ..Default::default() },
        breaks_max: random.chance(0.5).then_some(6),
    }
}

fn header() -> Header {
    Header {
        engine: "0.1.0".into(),
        epoch: Epoch::from_unix_nanos(1_706_835_600_000_000_123),
        run: 7,
        seed: 0x0123_4567_89AB_CDEF,
        plan: 42,
        part: 1,
        file: "centre.toml".into(),
        config: "[node]\n# 民生\n".into(),
        ..Header::default()
    }
}

/// A journal in memory: blocks of a few inputs, sometimes a tick; and what went into it.
fn journal(seed: u64, count: u64, numbers: Numbers) -> (Vec<u8>, Vec<Input>) {
    let mut random = Random::seeded(seed);
    let (mut recorder, mut now, mut inputs) = (Recorder::new(numbers), Timestamp::START, Vec::new());
    let mut bytes = header().bytes();
    for turn in 0..count {
        now += Duration::from_nanos(random.below(3_000_000_000));
        let input = input(turn % KINDS, &mut random);
        recorder.input(now, &input);
        inputs.push(input);
        if random.chance(0.1) {
            recorder.tick(now);
        }
        if random.chance(0.2) {
            bytes.extend(recorder.take(Vec::new()).iter().flat_map(block));
        }
    }
    bytes.extend(recorder.finish().iter().flat_map(block));
    (bytes, inputs)
}

/// All that can be read, and how it ends; or all before the error.
type Reading = Result<(Vec<Entry>, Option<Ending>), (Vec<Entry>, ReadError)>;

fn read(bytes: Vec<u8>) -> Reading {
    let mut journal = Journal::of(bytes).map_err(|error| (Vec::new(), error))?;
    let mut entries = Vec::new();
    loop {
        match journal.next_entry() {
            Ok(Some(entry)) => entries.push(entry),
            Ok(None) => return Ok((entries, journal.ending().cloned())),
            Err(error) => return Err((entries, error)),
        }
    }
}

fn inputs(entries: &[Entry]) -> Vec<Input> {
    let input = |entry: &Entry| match &entry.what {
        What::Input(input) => Some(input.clone()),
        _ => None,
    };
    entries.iter().filter_map(input).collect()
}

#[test]
fn every_kind_of_input_comes_back_as_it_was() {
    for seed in 1..=40 {
        let (bytes, wanted) = journal(seed, KINDS * 8, Numbers::Plain);
        let (entries, ending) = read(bytes).map_err(|(_, error)| error).expect("whole");
        assert_eq!(inputs(&entries), wanted, "seed {seed}");
        assert_eq!(ending, Some(Ending::Clean), "seed {seed}");
        let numbered = entries.iter().filter(|entry| matches!(entry.what, What::Input(_) | What::Tick));
        assert!(numbered.zip(0..).all(|(entry, seq)| entry.seq == seq), "seed {seed}: numbers without a gap");
    }
}

#[test]
fn the_bytes_of_each_kind_are_those_of_every_earlier_version() {
    let mut random = Random::seeded(12345);
    let mut text = String::new();
    for kind in 0..KINDS {
        let input = input(kind, &mut random);
        let mut payload = Vec::new();
        let tag = input::put(&input, &mut Pen { bytes: &mut payload, numbers: &Numbers::Plain });
        let _ = writeln!(text, "{input:?}\n  {tag:02x} {}", hex(&payload));
        assert_eq!(input::take(tag, &mut Cursor::new(&payload)), Ok(Some(input)));
    }
    holds("journal-inputs.txt", &text);
}

#[test]
fn a_journal_of_format_1_is_read_for_ever() {
    // The kinds of the first version; later ones have their bytes in the file above.
    let (bytes, wanted) = journal(1, 25, Numbers::Plain);
    let lines =
        |bytes: &[u8]| bytes.chunks(48).map(hex).fold(String::new(), |text, line| text + &line + "\n");
    holds("journal-format-1.hex", &lines(&bytes));
    let kept = unhex(&std::fs::read_to_string(golden("journal-format-1.hex")).expect("kept"));
    let (entries, ending) = read(kept.clone()).map_err(|(_, error)| error).expect("reads");
    assert_eq!((inputs(&entries), ending), (wanted, Some(Ending::Clean)));
    let head = Journal::of(kept).expect("reads").header().clone();
    assert_eq!(head, header());
}

#[test]
fn a_later_version_is_told_from_damage() {
    let (mut bytes, _) = journal(1, 3, Numbers::Plain);
    bytes[8] = 2;
    let Err((_, error)) = read(bytes) else { panic!("read") };
    assert!(error.to_string().contains("format 2, this program reads up to 1"), "{error}");

    // A frame of a kind that does not exist yet, in a block that is whole.
    let mut recorder = Recorder::new(Numbers::Plain);
    recorder.input(Timestamp::START, &Input::Request(RequestId::from_bits(1), Request::Drain));
    recorder.tick(Timestamp::START);
    let mut chunk = recorder.take(Vec::new()).expect("a chunk");
    let place = chunk.bytes.iter().position(|byte| *byte == 0x65).expect("the tag");
    chunk.bytes[place] = 0xEE;
    let Err((entries, error)) = read([header().bytes(), block(&chunk)].concat()) else { panic!("read") };
    assert!(entries.is_empty());
    assert!(error.to_string().contains("kind 0xee") && error.to_string().contains("sujie 0.1.0"), "{error}");
}

#[test]
fn what_a_killed_process_leaves_is_cut_off_wherever_it_ends() {
    let (bytes, wanted) = journal(5, 60, Numbers::Plain);
    let head = header().bytes().len();
    let mut most = 0;
    for length in head..bytes.len() {
        let (entries, ending) = read(bytes[..length].to_vec()).map_err(|(_, error)| error).expect("cut off");
        let got = inputs(&entries);
        assert_eq!(got, wanted[..got.len()]);
        assert!(got.len() >= most, "a longer file holds no less");
        most = got.len();
        match ending {
            Some(Ending::Torn { offset, bytes, .. }) => assert_eq!(offset + bytes, length as u64),
            other => assert_eq!(other, Some(Ending::Open), "between two blocks"),
        }
    }
    // A power cut may leave zeros where the system had made room.
    let zeros = [&bytes[..], &[0; 4096]].concat();
    let (entries, ending) = read(zeros).map_err(|(_, error)| error).expect("cut off");
    assert_eq!(inputs(&entries), wanted);
    assert!(matches!(ending, Some(Ending::Torn { bytes: 4096, .. })), "{ending:?}");
}

#[test]
fn damage_before_the_end_says_where_and_how_much_is_left() {
    let (mut bytes, wanted) = journal(6, 100, Numbers::Plain);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    let Err((entries, error)) = read(bytes) else { panic!("read") };
    let ReadError::Damaged { offset, good, after, .. } = &error else { panic!("{error}") };
    assert!(*offset as usize <= middle && *after > 0, "{error}");
    assert_eq!(
        entries.iter().filter(|e| matches!(e.what, What::Input(_) | What::Tick)).count() as u64,
        *good
    );
    assert!(error.to_string().contains("inputs before it can be replayed"), "{error}");
    assert_eq!(inputs(&entries), wanted[..inputs(&entries).len()]);
}

#[test]
fn mutated_bytes_never_panic_and_never_read_as_something_else() {
    let rounds = if std::env::var_os("SUJIE_NIGHTLY").is_some() { 200_000 } else { 4_000 };
    let (whole, wanted) = journal(8, 50, Numbers::Plain);
    let mut random = Random::seeded(99);
    for _ in 0..rounds {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len() as u64) as usize;
            match random.below(5) {
                0 => bytes[at] = random.bits() as u8,
                1 => bytes[at] ^= 1 << random.below(8),
                2 => bytes.truncate(at.max(1)),
                3 => bytes.insert(at, random.bits() as u8),
                _ => drop(bytes.remove(at)),
            }
        }
        // Whatever is read is a beginning of what was written.
        let entries = match read(bytes) {
            Ok((entries, _)) | Err((entries, _)) => entries,
        };
        let got = inputs(&entries);
        assert_eq!(got, wanted[..got.len()]);
    }
    // And behind the sum: payloads themselves.
    for round in 0..rounds {
        let mut payload = Vec::new();
        let tag = input::put(
            &input(round % KINDS, &mut random),
            &mut Pen { bytes: &mut payload, numbers: &Numbers::Plain },
        );
        if !payload.is_empty() {
            let at = random.below(payload.len() as u64) as usize;
            payload[at] = random.bits() as u8;
        }
        let tag = if random.chance(0.3) { random.bits() as u8 } else { tag };
        let _ = input::take(tag, &mut Cursor::new(&payload));
    }
}

#[test]
fn a_chunk_that_finds_no_room_becomes_a_gap() {
    let mut recorder = Recorder::new(Numbers::Plain);
    let (mut random, mut bytes) = (Random::seeded(3), header().bytes());
    for turn in 0..10u64 {
        recorder.input(Timestamp::from_secs(turn), &input(turn, &mut random));
        if turn % 2 == 1 {
            let chunk = recorder.take(Vec::new()).expect("two inputs");
            // The ring is full from 2 to 5, and again at 8.
            if (2..=5).contains(&turn) {
                drop(recorder.lost(chunk));
            } else {
                bytes.extend(block(&chunk));
            }
        }
    }
    let (entries, _) = read(bytes).map_err(|(_, error)| error).expect("whole");
    let brief: Vec<String> = entries
        .iter()
        .map(|entry| match entry.what {
            What::Gap(lost) => format!("{} lost {lost}", entry.seq),
            What::Checkpoint { .. } => "-".into(),
            _ => entry.seq.to_string(),
        })
        .collect();
    assert_eq!(brief.join(" "), "0 1 - 2 lost 4 6 7 - 8 9 -");
}

#[test]
fn pseudonyms_leave_nothing_of_a_number_and_the_same_callers_the_same() {
    let numbers = Numbers::Pseudonyms([5, 6]);
    let (bytes, wanted) = journal(9, KINDS * 4, numbers);
    let (entries, _) = read(bytes.clone()).map_err(|(_, error)| error).expect("whole");
    let callers = |inputs: &[Input]| -> Vec<String> {
        let caller = |input: &Input| match input {
            Input::Sip(Fact::Invited { invite, .. }) => Some(invite.caller.reveal().clone()),
            _ => None,
        };
        inputs.iter().filter_map(caller).collect()
    };
    let (was, is) = (callers(&wanted), callers(&inputs(&entries)));
    assert_eq!(was.len(), is.len());
    for (was, is) in was.iter().zip(&is) {
        assert_eq!(numbers.written(was), *is);
        assert!(!bytes.windows(was.len()).any(|window| window == was.as_bytes()));
    }
}
