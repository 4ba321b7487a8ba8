//! What can be written in the file: one struct a section, each value with its place, defaults filled in.
//!
//! This is the list of all keys; those of groups are in `raw/group.rs`, those of flows in `raw/flow.rs`, those of
//! specialists in `raw/roster.rs`, those of studios in `raw/studio.rs`, those of dispositions in `raw/disposition.rs`,
//! those of time in `raw/time.rs`. What they mean
//! together is checked in `build`.

mod disposition;
mod flow;
mod group;
mod roster;
mod studio;
mod time;

pub(super) use disposition::Disposition;
pub(super) use flow::{Act, Flow, List, Menu, Prompts, Queue, Step, Survey, Way};
pub(super) use group::{Group, Stage, Target};
pub(super) use roster::{Person, Roster};
pub(super) use studio::Studio;
pub(super) use time::{Calendar, Hours, Order};

use super::mistake::Findings;
use super::section::Section;
use super::value::{Listen, Network, PortRange, UtcOffset};
use super::{Builtin, LogFormat, LogLevel, LogPlan};
use media::session::Codec;
use sip::digest::Algorithm;
use sip::leg::Transport;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::time::Duration;
use store::recordings::Format;
use toml::Spanned;
use toml::de::DeTable;

const MS: fn(u64) -> Duration = Duration::from_millis;
const S: fn(u64) -> Duration = Duration::from_secs;
/// A year: longer than anything that is a span of time in a centre.
const LONG: Duration = Duration::from_secs(366 * 86_400);

/// The whole file.
pub(super) struct File {
    pub(super) node: Node,
    pub(super) log: LogPlan,
    pub(super) journal: Journal,
    pub(super) recording: Recording,
    pub(super) sip: Sip,
    pub(super) audio: Audio,
    pub(super) calls: Calls,
    pub(super) outside: Option<Outside>,
    pub(super) specialists: Vec<Roster>,
    pub(super) liaisons: Vec<Roster>,
    pub(super) codes: Codes,
    pub(super) report: Report,
    pub(super) clips: Vec<Clip>,
    pub(super) prompts: Prompts,
    pub(super) lists: Vec<List>,
    pub(super) dispositions: Vec<Disposition>,
    pub(super) sites: Vec<Spanned<String>>,
    pub(super) abilities: Vec<Spanned<String>>,
    pub(super) calendar: Calendar,
    pub(super) hours: Vec<Hours>,
    pub(super) order: Order,
    pub(super) breaks_max: Option<Spanned<u32>>,
    pub(super) groups: Vec<Group>,
    pub(super) agents: Vec<Agent>,
    pub(super) trunks: Vec<Trunk>,
    pub(super) flows: Vec<Flow>,
    pub(super) entries: Vec<Entry>,
    pub(super) studios: Vec<Studio>,
}

/// `[node]`: the process.
pub(super) struct Node {
    pub(super) http: Spanned<SocketAddr>,
    pub(super) http_token: Option<Spanned<String>>,
    pub(super) directory: Spanned<String>,
    pub(super) database: Spanned<String>,
    pub(super) record_flush: Spanned<Duration>,
    pub(super) journal: Option<Spanned<String>>,
    pub(super) media_threads: Spanned<usize>,
    pub(super) drain_grace: Spanned<Duration>,
}

/// `[journal]`: how the journal is written that `[node] journal` asks for.
pub(super) struct Journal {
    pub(super) numbers: Spanned<JournalNumbers>,
    pub(super) file_mb_max: Spanned<u32>,
    pub(super) total_mb_max: Spanned<u32>,
    pub(super) keep: Spanned<Duration>,
    pub(super) utc_offset: Spanned<UtcOffset>,
}

/// `[recording]`: where recordings of talks go, and how long they stay.
pub(super) struct Recording {
    pub(super) folder: Spanned<String>,
    pub(super) keep: Spanned<Duration>,
    pub(super) format: Spanned<Format>,
}

/// How persons' numbers stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JournalNumbers {
    Plain,
    Pseudonyms,
}

/// `[sip]`: addresses and names; `[sip.limits]`, `[sip.timers]`.
pub(super) struct Sip {
    pub(super) listen: Vec<Spanned<Listen>>,
    pub(super) advertised: Option<Spanned<IpAddr>>,
    pub(super) realm: Spanned<String>,
    pub(super) digest: Vec<Spanned<Algorithm>>,
    pub(super) product: Spanned<String>,
    pub(super) limits: Limits,
    pub(super) timers: Timers,
}

/// `[sip.limits]`.
pub(super) struct Limits {
    pub(super) legs: Spanned<usize>,
    pub(super) transactions: Spanned<usize>,
    pub(super) invites_per_second: Spanned<u32>,
    pub(super) strangers_per_second: Spanned<u32>,
    pub(super) contacts: Spanned<usize>,
    pub(super) failures: Spanned<u32>,
    pub(super) ban: Spanned<Duration>,
    pub(super) retry_after: Spanned<Duration>,
}

/// `[sip.timers]`.
pub(super) struct Timers {
    pub(super) t1: Spanned<Duration>,
    pub(super) t2: Spanned<Duration>,
    pub(super) t4: Spanned<Duration>,
    pub(super) session_expires: Spanned<Duration>,
    pub(super) min_se: Spanned<Duration>,
    pub(super) register_min: Spanned<Duration>,
    pub(super) register_max: Spanned<Duration>,
    pub(super) nat_keep_alive: Spanned<Duration>,
    pub(super) nonce: Spanned<Duration>,
}

/// `[audio]`.
pub(super) struct Audio {
    pub(super) advertised: Option<Spanned<IpAddr>>,
    pub(super) ports: Spanned<PortRange>,
    pub(super) port_rest: Spanned<Duration>,
    pub(super) codecs: Vec<Spanned<Codec>>,
    pub(super) packet_time: Spanned<Duration>,
    pub(super) silence_max: Spanned<Duration>,
}

/// `[calls]`: bounds of all calls.
pub(super) struct Calls {
    pub(super) max: Spanned<usize>,
    pub(super) setup_max: Spanned<Duration>,
    pub(super) length_max: Spanned<Duration>,
    pub(super) anonymous: Spanned<String>,
    pub(super) register_signs_in: Spanned<bool>,
    pub(super) consult_ring: Spanned<Duration>,
}

/// `[outside]`: how agents reach numbers that are not ours.
pub(super) struct Outside {
    pub(super) place: Range<usize>,
    pub(super) trunk: Option<Spanned<String>>,
    pub(super) caller: Spanned<String>,
    pub(super) strip: Option<Spanned<String>>,
    pub(super) prefix: Option<Spanned<String>>,
    pub(super) ring: Spanned<Duration>,
    pub(super) allow: Vec<Spanned<String>>,
    pub(super) refuse: Vec<Spanned<String>>,
    pub(super) ring_back: Option<Spanned<String>>,
}

/// `[codes]`: what agents dial.
pub(super) struct Codes {
    pub(super) sign_in: Spanned<String>,
    pub(super) sign_out: Spanned<String>,
    pub(super) ready: Spanned<String>,
    pub(super) not_ready: Spanned<String>,
    pub(super) listen: Spanned<String>,
    pub(super) whisper: Spanned<String>,
    pub(super) barge: Spanned<String>,
    pub(super) disposition: Spanned<String>,
    pub(super) studio: Spanned<String>,
    pub(super) done: Option<Spanned<String>>,
    pub(super) refused: Option<Spanned<String>>,
    pub(super) wrap_up_end: Spanned<String>,
    pub(super) pick: Spanned<String>,
}

/// `[report]`: what is counted.
pub(super) struct Report {
    pub(super) thresholds: Vec<Spanned<Duration>>,
    pub(super) short_abandon: Spanned<Duration>,
    pub(super) long_talk: Spanned<Duration>,
    pub(super) target: Spanned<report::staffing::Target>,
    pub(super) satisfied: Vec<Spanned<u8>>,
    pub(super) low: Vec<Spanned<u8>>,
}

/// `[clips.KEY]`.
pub(super) struct Clip {
    pub(super) key: Spanned<String>,
    pub(super) file: Option<Spanned<String>>,
    pub(super) prompt: Option<Spanned<String>>,
    /// What it says, by language.
    pub(super) say: Vec<(Spanned<String>, Spanned<String>)>,
    pub(super) builtin: Option<Spanned<Builtin>>,
    pub(super) length: Option<Spanned<Duration>>,
}

/// `[agents.KEY]`.
pub(super) struct Agent {
    pub(super) key: Spanned<String>,
    pub(super) site: Option<Spanned<String>>,
    pub(super) phone: Spanned<String>,
    pub(super) password: Spanned<String>,
    pub(super) skills: Vec<(Spanned<String>, Spanned<u8>)>,
    /// Where they should be, when there are none.
    pub(super) unskilled: Option<Range<usize>>,
    pub(super) abilities: Vec<Spanned<String>>,
    pub(super) supervisor: Spanned<bool>,
}

/// `[trunks.KEY]`.
pub(super) struct Trunk {
    pub(super) key: Spanned<String>,
    pub(super) networks: Vec<Spanned<Network>>,
    pub(super) host: Spanned<String>,
    pub(super) port: Option<Spanned<u16>>,
    pub(super) transport: Option<Spanned<Transport>>,
    pub(super) inbound: Option<Credentials>,
    pub(super) outbound: Option<Credentials>,
    pub(super) register_as: Option<Spanned<String>>,
    pub(super) register_expires: Spanned<Duration>,
    pub(super) options_every: Spanned<Duration>,
    pub(super) trusted: Spanned<bool>,
    pub(super) numbers: Numbers,
}

/// User and password.
pub(super) struct Credentials {
    pub(super) place: Range<usize>,
    pub(super) user: Spanned<String>,
    pub(super) password: Spanned<String>,
}

/// `numbers` of a trunk; `[numbers]` for those that have none.
#[derive(Clone)]
pub(super) struct Numbers {
    pub(super) country: Spanned<String>,
    pub(super) area: Spanned<String>,
    pub(super) national_prefix: Spanned<String>,
    pub(super) international_prefix: Spanned<String>,
    pub(super) short: Vec<Spanned<String>>,
}

/// `[[entries]]`.
pub(super) struct Entry {
    pub(super) place: Range<usize>,
    pub(super) trunk: Option<Spanned<String>>,
    pub(super) called: Spanned<String>,
    pub(super) flow: Spanned<String>,
    pub(super) site: Option<Spanned<String>>,
}

impl File {
    /// Whether anything is recorded at all.
    pub(super) fn records(&self) -> bool {
        let studios = || self.studios.iter().any(|studio| *studio.record.get_ref());
        self.groups.iter().any(|group| *group.record.get_ref()) || studios()
    }

    pub(super) fn read<'f>(document: &'f Spanned<DeTable<'f>>, findings: &'f Findings) -> Self {
        let mut top = Section::new("", 0..0, document.get_ref(), findings);
        let numbers = Numbers::read(top.section_or_empty("numbers"), &Numbers::usual());
        let sip = Sip::read(top.section_or_empty("sip"));
        let file = Self {
            node: Node::read(top.section_or_empty("node")),
            log: log(top.section_or_empty("log")),
            journal: Journal::read(top.section_or_empty("journal")),
            recording: Recording::read(top.section_or_empty("recording")),
            sip,
            audio: Audio::read(top.section_or_empty("audio")),
            calls: Calls::read(top.section_or_empty("calls")),
            outside: top.section("outside").map(Outside::read),
            specialists: each(top.keyed("specialists"), Roster::specialists),
            liaisons: each(top.keyed("liaisons"), Roster::liaison),
            codes: Codes::read(top.section_or_empty("codes")),
            report: Report::read(top.section_or_empty("report")),
            clips: each(top.keyed("clips"), Clip::read),
            prompts: Prompts::read(top.section_or_empty("prompts")),
            lists: each(top.keyed("lists"), List::read),
            dispositions: each(top.keyed("dispositions"), Disposition::read),
            sites: each(top.keyed("sites"), titled),
            abilities: each(top.keyed("abilities"), titled),
            calendar: Calendar::read(top.section_or_empty("calendar")),
            hours: each(top.keyed("hours"), Hours::read),
            order: Order::read(top.section_or_empty("order")),
            breaks_max: breaks_max(top.section_or_empty("breaks")),
            groups: each(top.keyed("groups"), Group::read),
            agents: each(top.keyed("agents"), Agent::read),
            trunks: each(top.keyed("trunks"), |key, section| Trunk::read(key, section, &numbers)),
            flows: each(top.keyed("flows"), Flow::read),
            entries: top.tables("entries").into_iter().map(Entry::read).collect(),
            studios: each(top.keyed("studios"), Studio::read),
        };
        top.close();
        file
    }
}

fn each<'f, T>(
    sections: Vec<(Spanned<String>, Section<'f>)>,
    read: impl Fn(Spanned<String>, Section<'f>) -> T,
) -> Vec<T> {
    sections.into_iter().map(|(key, section)| read(key, section)).collect()
}

impl Node {
    fn read(mut s: Section<'_>) -> Self {
        let node = Self {
            http: s.or("http", SocketAddr::from(([127, 0, 0, 1], 8080))),
            http_token: s.get("http_token"),
            directory: s.or("directory", ".".into()),
            database: s.or("database", "sujie.db".into()),
            record_flush: s.within("record_flush", MS(200), MS(10)..=S(60)),
            journal: s.get("journal"),
            media_threads: s.within("media_threads", 1, 1..=64),
            drain_grace: s.within("drain_grace", S(60), S(0)..=S(86_400)),
        };
        s.close();
        node
    }
}

impl Journal {
    fn read(mut s: Section<'_>) -> Self {
        let usual = store::journal::Limits::default();
        let journal = Self {
            numbers: s.or("numbers", JournalNumbers::Plain),
            file_mb_max: s.within("file_mb_max", (usual.file_max >> 20) as u32, 1..=100_000),
            total_mb_max: s.within("total_mb_max", (usual.total_max >> 20) as u32, 1..=100_000_000),
            keep: s.within("keep", usual.keep, S(0)..=LONG * 10),
            utc_offset: s.or("utc_offset", UtcOffset(usual.east_s)),
        };
        s.close();
        journal
    }
}

impl Recording {
    fn read(mut s: Section<'_>) -> Self {
        let recording = Self {
            folder: s.or("folder", "recordings".into()),
            // Two years; 0s for ever.
            keep: s.within("keep", S(730 * 86_400), S(0)..=LONG * 100),
            format: s.or("format", Format::Wav),
        };
        s.close();
        recording
    }
}

fn log(mut s: Section<'_>) -> LogPlan {
    let usual = LogPlan::default();
    let log = LogPlan {
        level: s.or::<LogLevel>("level", usual.level).into_inner(),
        format: s.or::<LogFormat>("format", usual.format).into_inner(),
        mask_numbers: s.or("mask_numbers", usual.mask_numbers).into_inner(),
    };
    s.close();
    log
}

impl Sip {
    fn read(mut s: Section<'_>) -> Self {
        let usual = |transport| Listen(transport, SocketAddr::from(([127, 0, 0, 1], 5060)));
        let place = s.place();
        let sip = Self {
            listen: s.list("listen").unwrap_or_else(|| {
                [Transport::Udp, Transport::Tcp].map(|t| Spanned::new(place.clone(), usual(t))).into()
            }),
            advertised: s.get("advertised"),
            realm: s.or("realm", "sujie".into()),
            digest: s.list("digest").unwrap_or_else(|| {
                [Algorithm::Sha256, Algorithm::Md5].map(|a| Spanned::new(place.clone(), a)).into()
            }),
            product: s.or("product", "Sujie".into()),
            limits: Limits::read(s.section_or_empty("limits")),
            timers: Timers::read(s.section_or_empty("timers")),
        };
        s.close();
        sip
    }
}

impl Limits {
    fn read(mut s: Section<'_>) -> Self {
        let usual = sip::plan::Limits::default();
        let limits = Self {
            legs: s.within("legs", usual.legs, 2..=1_000_000),
            transactions: s.within("transactions", usual.transactions, 10..=10_000_000),
            invites_per_second: s.within("invites_per_second", usual.invites_per_second, 1..=1_000_000),
            strangers_per_second: s.within("strangers_per_second", usual.strangers_per_second, 1..=1_000_000),
            contacts: s.within("contacts", usual.contacts, 1..=64),
            failures: s.within("failures", usual.failures, 1..=10_000),
            ban: s.within("ban", usual.ban, S(0)..=LONG),
            retry_after: s.within("retry_after", usual.retry_after, S(1)..=S(3_600)),
        };
        s.close();
        limits
    }
}

impl Timers {
    fn read(mut s: Section<'_>) -> Self {
        let usual = sip::plan::Timers::default();
        let timers = Self {
            t1: s.within("t1", usual.t1, MS(10)..=S(10)),
            t2: s.within("t2", usual.t2, MS(10)..=S(60)),
            t4: s.within("t4", usual.t4, MS(10)..=S(60)),
            session_expires: s.within("session_expires", usual.session_expires, S(0)..=S(86_400)),
            // RFC 4028 4: no value below 90 s.
            min_se: s.within("min_se", usual.min_se, S(90)..=S(86_400)),
            register_min: s.within("register_min", usual.register_min, S(1)..=S(86_400)),
            register_max: s.within("register_max", usual.register_max, S(1)..=S(604_800)),
            nat_keep_alive: s.within("nat_keep_alive", usual.nat_keep_alive, S(0)..=S(3_600)),
            nonce: s.within("nonce", usual.nonce, S(10)..=S(86_400)),
        };
        s.close();
        timers
    }
}

impl Audio {
    fn read(mut s: Section<'_>) -> Self {
        let place = s.place();
        let usual = || [Codec::Pcma, Codec::Pcmu, Codec::G722].map(|c| Spanned::new(place.clone(), c)).into();
        let audio = Self {
            advertised: s.get("advertised"),
            ports: s.or("ports", PortRange(20_000..=29_999)),
            port_rest: s.within("port_rest", S(2), S(0)..=S(600)),
            codecs: s.list("codecs").unwrap_or_else(usual),
            packet_time: s.within("packet_time", MS(20), MS(10)..=MS(60)),
            silence_max: s.within("silence_max", S(60), S(0)..=S(86_400)),
        };
        s.close();
        audio
    }
}

impl Calls {
    fn read(mut s: Section<'_>) -> Self {
        let calls = Self {
            max: s.within("max", 1_000, 1..=500_000),
            // Below timer C of the carriers' proxies, three minutes (RFC 3261 16.6).
            setup_max: s.within("setup_max", S(150), S(1)..=S(3_600)),
            length_max: s.within("length_max", S(4 * 3_600), S(60)..=LONG),
            anonymous: s.or("anonymous", "anonymous".into()),
            register_signs_in: s.or("register_signs_in", true),
            consult_ring: s.within("consult_ring", S(15), S(1)..=S(180)),
        };
        s.close();
        calls
    }
}

impl Outside {
    fn read(mut s: Section<'_>) -> Self {
        let outside = Self {
            place: s.place(),
            trunk: s.get("trunk"),
            caller: s.must("caller", "\"12345\", the number of ours that is shown"),
            strip: s.get("strip"),
            prefix: s.get("prefix"),
            ring: s.within("ring", S(15), S(1)..=S(180)),
            allow: s.list("allow").unwrap_or_default(),
            refuse: s.list("refuse").unwrap_or_default(),
            ring_back: s.get("ring_back"),
        };
        s.close();
        outside
    }
}

impl Codes {
    fn read(mut s: Section<'_>) -> Self {
        let codes = Self {
            sign_in: s.or("sign_in", "*10".into()),
            sign_out: s.or("sign_out", "*11".into()),
            ready: s.or("ready", "*12".into()),
            not_ready: s.or("not_ready", "*13".into()),
            listen: s.or("listen", "*20".into()),
            whisper: s.or("whisper", "*21".into()),
            barge: s.or("barge", "*22".into()),
            disposition: s.or("disposition", "*3".into()),
            studio: s.or("studio", "*16".into()),
            done: s.get("done"),
            refused: s.get("refused"),
            wrap_up_end: s.or("wrap_up_end", "*15".into()),
            pick: s.or("pick", "*14".into()),
        };
        s.close();
        codes
    }
}

impl Report {
    fn read(mut s: Section<'_>) -> Self {
        let usual = report::Plan::default();
        let place = s.place();
        let thresholds = || usual.thresholds.iter().map(|t| Spanned::new(place.clone(), *t)).collect();
        let report = Self {
            thresholds: s.list("thresholds").unwrap_or_else(thresholds),
            short_abandon: s.within("short_abandon", usual.short_abandon, S(0)..=S(3_600)),
            long_talk: s.within("long_talk", usual.long_talk, S(1)..=S(86_400)),
            target: s.or("target", usual.target),
            satisfied: s.list("satisfied").unwrap_or_else(|| ratings(usual.satisfied, &place)),
            low: s.list("low").unwrap_or_else(|| ratings(usual.low, &place)),
        };
        s.close();
        report
    }
}

fn ratings(of: report::Ratings, place: &Range<usize>) -> Vec<Spanned<u8>> {
    let keys = (1..=report::surveys::RATINGS as u8).filter(|key| of.contains(*key));
    keys.map(|key| Spanned::new(place.clone(), key)).collect()
}

impl Clip {
    fn read(key: Spanned<String>, mut s: Section<'_>) -> Self {
        let sources = (s.has("file"), s.has("prompt"), s.has("builtin"));
        let what = match sources {
            (true, false, false) | (false, true, _) | (false, false, true) => None,
            (true, _, true) => Some("both a file and a builtin"),
            (true, true, _) => Some("both a file and a prompt"),
            (false, false, false) => Some("no source"),
        };
        if let Some(what) = what {
            s.findings().wrong(
                s.place(),
                format!("clip {} has {what}", key.get_ref()),
                "write prompt = \"name\" (a file for each language), file = \"prompts/name.wav\", or builtin = \"music\"",
            );
        }
        let clip = Self {
            key,
            file: s.get("file"),
            prompt: s.get("prompt"),
            say: s.pairs("say").unwrap_or_default(),
            builtin: s.get("builtin"),
            length: s.get_within("length", MS(20)..=S(600)),
        };
        s.close();
        clip
    }
}

fn breaks_max(mut s: Section<'_>) -> Option<Spanned<u32>> {
    let max = s.get_within("max", 1..=10_000);
    s.close();
    max
}

fn titled(key: Spanned<String>, mut s: Section<'_>) -> Spanned<String> {
    // For the reader of the file; screens show the key until there is a desk.
    let _: Option<Spanned<String>> = s.get("title");
    s.close();
    key
}

impl Agent {
    fn read(key: Spanned<String>, mut s: Section<'_>) -> Self {
        let missing = s.place();
        let skills = s.pairs("skills");
        let agent = Self {
            unskilled: skills.is_none().then_some(missing),
            site: s.get("site"),
            phone: s.or("phone", key.get_ref().clone()),
            password: s.must("password", "\"…\", which his phone registers with"),
            skills: skills.unwrap_or_default(),
            abilities: s.list("abilities").unwrap_or_default(),
            supervisor: s.or("supervisor", false),
            key,
        };
        s.close();
        agent
    }
}

impl Trunk {
    fn read(key: Spanned<String>, mut s: Section<'_>, numbers: &Numbers) -> Self {
        let trunk = Self {
            key,
            networks: s.list("networks").unwrap_or_default(),
            host: s.must("host", "\"sbc.carrier.example\", where calls to the carrier go"),
            port: s.get("port"),
            transport: s.get("transport"),
            inbound: s.section("inbound").map(Credentials::read),
            outbound: s.section("outbound").map(Credentials::read),
            register_as: s.get("register_as"),
            register_expires: s.within("register_expires", S(3_600), S(60)..=S(86_400)),
            options_every: s.within("options_every", S(30), S(0)..=S(3_600)),
            trusted: s.or("trusted", true),
            numbers: s.section("numbers").map_or_else(|| numbers.clone(), |own| Numbers::read(own, numbers)),
        };
        s.close();
        trunk
    }
}

impl Credentials {
    fn read(mut s: Section<'_>) -> Self {
        let credentials =
            Self {
                place: s.place(), user: s.must("user", "\"…\""), password: s.must("password", "\"…\"")
            };
        s.close();
        credentials
    }
}

impl Numbers {
    /// China; no area code, because that is the city's.
    fn usual() -> Self {
        let at = |text: &str| Spanned::new(0..0, text.to_owned());
        let short = ["110", "119", "120", "122", "12345"].map(at).into();
        Self {
            country: at("86"),
            area: at(""),
            national_prefix: at("0"),
            international_prefix: at("00"),
            short,
        }
    }

    fn read(mut s: Section<'_>, usual: &Self) -> Self {
        let numbers = Self {
            country: s.get("country").unwrap_or_else(|| usual.country.clone()),
            area: s.get("area").unwrap_or_else(|| usual.area.clone()),
            national_prefix: s.get("national_prefix").unwrap_or_else(|| usual.national_prefix.clone()),
            international_prefix: s
                .get("international_prefix")
                .unwrap_or_else(|| usual.international_prefix.clone()),
            short: s.list("short").unwrap_or_else(|| usual.short.clone()),
        };
        s.close();
        numbers
    }
}

impl Entry {
    fn read(mut s: Section<'_>) -> Self {
        let entry = Self {
            place: s.place(),
            trunk: s.get("trunk"),
            called: s.must("called", "\"12345\", or a prefix that ends in *"),
            flow: s.must("flow", "\"the flow that it takes\""),
            site: s.get("site"),
        };
        s.close();
        entry
    }
}
