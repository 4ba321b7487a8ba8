//! Setup: what a centre is like, who calls it and what the network does, with the plans of everybody in it.
//!
//! ```text
//!                ┌─▶ sip::Plan, call::Plan, report::Plan, clips ─▶ the centre at 10.0.0.1
//!   Setup ───────┼─▶ CarrierPlan ─▶ the carrier at 10.1.0.1, audio of callers at 10.3.*.*
//!   (one seed)   └─▶ DeskPlan ────▶ agent n's phone at 10.2.n, his audio at 10.4.n
//! ```
//!
//! Two numbers: 12345 for the group `general`, which all agents serve, and 96345 for `enterprise`, which every
//! fourth agent serves too and which `general` helps after ten seconds. A test changes what it is about and takes
//! the rest from [`Setup::quiet`].

use crate::wire::Faults;
use acd::plan::{Grade, NoAnswer};
use acd::{Abilities, AgentPlan, GroupPlan, GroupRef, SiteRef, SkillLevel, Stage};
use base::{Epoch, Timestamp};
use call::flow::Queue;
use call::plan::{AgentPhone, AudioPlan, Entry, Flow, FlowRef, GroupFlow, Language, ServiceCodes, Target};
use call::spoken::{Grammar, Piece};
use media::session::{ClipRef, Codec};
use media::{Clip, tone};
use phones::digest::Algorithm;
use phones::{Arrivals, CarrierPlan, Day, DeskPlan, Directory, Local, Phone, Share, Sound, Span, Timers};
use sip::leg::{AorRef, Transport};
use sip::plan::{Account, Limits, NumberRules, Secret, TrunkPlan};
use std::net::{IpAddr, SocketAddr};
use std::sync::LazyLock;
use std::time::Duration;

/// Domain of the agents' accounts.
const REALM: &str = "hotline.example";
/// Distance of two phones' first registrations.
const REGISTER_GAP: Duration = Duration::from_millis(5);
/// The group behind 12345.
pub const GENERAL: GroupRef = GroupRef(0);
/// The group behind 96345.
pub const ENTERPRISE: GroupRef = GroupRef(1);

/// See the module's head.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Everything is drawn from it.
    pub seed: u64,
    /// Agents with a phone each.
    pub agents: usize,
    /// Who calls when.
    pub day: Day,
    /// What the network does.
    pub faults: Faults,
    /// Callers and agents speak and hear; off, their audio goes nowhere and costs nothing.
    pub audio: bool,
    /// Length of the greeting.
    pub greeting: Duration,
    /// Music for those who wait.
    pub music: bool,
    /// An agent's phone rings this long.
    pub ring: Duration,
    /// An agent who let it ring is not ready afterwards.
    pub ring_no_answer_not_ready: bool,
    /// Wrap-up after each talk.
    pub wrap_up: Duration,
    /// Callers in a line.
    pub line_max: usize,
    /// Longest wait in a line.
    pub wait_max: Option<Duration>,
    /// The engine's calls at once.
    pub calls_max: usize,
    /// SIP's bounds.
    pub limits: Limits,
    /// RTP ports.
    pub ports: std::ops::RangeInclusive<u16>,
    /// Silence of a party for this long releases the call; zero for never.
    pub silence_max: Duration,
    /// Longest call.
    pub call_max: Duration,
    /// Session timer that we ask for; zero for none.
    pub session_expires: Duration,
    /// Phones register for this long.
    pub register_expires: Duration,
    /// OPTIONS to the trunk; zero for none.
    pub options_every: Duration,
    /// Calls that the carrier makes at once.
    pub callers_max: usize,
    /// Offers declined.
    pub declines: Share,
    /// Offers that find the phone busy.
    pub busy: Share,
    /// Offers that nobody answers.
    pub ring_outs: Share,
    /// Withdrawn offers whose answer crosses the CANCEL.
    pub late_answers: Share,
    /// An agent who is not ready because he declined, did not answer or was not reached is ready again when this
    /// comes round; zero for never.
    pub returns: Duration,
    /// Callers in a line are comforted each three seconds and told their place each five; both sides hear the agent's
    /// work number.
    pub comforted: bool,
    /// Media threads hear and are heard this much later, as over a ring.
    pub media_lag: Duration,
    /// The journal of the engine's inputs is kept, with numbers written so.
    pub recorded: Option<store::journal::Numbers>,
}

impl Setup {
    /// A few agents, a good network, and a caller every two seconds who talks for some seconds.
    #[must_use]
    pub fn quiet(seed: u64) -> Self {
        Self {
            recorded: None,
            comforted: false,
            seed,
            agents: 12,
            day: Day {
                seed,
                arrivals: Arrivals::Poisson(Duration::from_secs(2)),
                calls: 100,
                numbers: vec![("12345".to_owned(), 3), ("96345".to_owned(), 1)],
                talk: Span::Exponential { mean: Duration::from_secs(6) },
                patience: Span::Exponential { mean: Duration::from_secs(30) },
                ring: Span::Uniform(Duration::from_millis(300), Duration::from_secs(3)),
                ..Day::default()
            },
            faults: Faults::NONE,
            audio: false,
            greeting: Duration::from_millis(400),
            music: false,
            ring: Duration::from_secs(8),
            ring_no_answer_not_ready: true,
            wrap_up: Duration::from_secs(2),
            line_max: 1_000,
            wait_max: None,
            calls_max: 10_000,
            limits: Limits::default(),
            ports: 20_000..=29_999,
            silence_max: Duration::ZERO,
            call_max: Duration::from_secs(7_200),
            session_expires: Duration::from_secs(1_800),
            register_expires: Duration::from_secs(300),
            options_every: Duration::from_secs(30),
            callers_max: 10_000,
            declines: Share::NONE,
            busy: Share::NONE,
            ring_outs: Share::NONE,
            late_answers: Share::NONE,
            returns: Duration::ZERO,
            media_lag: Duration::from_micros(200),
        }
    }

    /// One agent, one caller who calls 12345 at [`opens`](Self::opens).
    #[must_use]
    pub fn one_call(seed: u64) -> Self {
        let quiet = Self::quiet(seed);
        let day = Day {
            arrivals: Arrivals::Spaced(Duration::ZERO),
            calls: 1,
            numbers: vec![("12345".to_owned(), 1)],
            talk: Span::Fixed(Duration::from_secs(2)),
            patience: Span::Never,
            ring: Span::Fixed(Duration::from_millis(600)),
            agent_hangs_up: Share::NONE,
            ..quiet.day
        };
        Self { agents: 1, day, ..quiet }
    }

    /// Where the centre's SIP listens.
    #[must_use]
    pub fn engine(&self) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, 1], 5060))
    }

    /// The carrier's host.
    #[must_use]
    pub fn trunk_host(&self) -> IpAddr {
        IpAddr::from([10, 1, 0, 1])
    }

    /// The host of an agent's phone; his audio has another, so that one of the two can be lost alone.
    #[must_use]
    pub fn phone_host(&self, agent: usize) -> IpAddr {
        spread(2, agent)
    }

    /// The host of an agent's audio.
    #[must_use]
    pub fn audio_host(&self, agent: usize) -> IpAddr {
        spread(4, agent)
    }

    /// When the first caller may call: all phones have registered by then on a good network.
    #[must_use]
    pub fn opens(&self) -> Timestamp {
        Timestamp::from_secs(2) + REGISTER_GAP * u32::try_from(self.agents).unwrap_or(u32::MAX)
    }

    /// Addresses of everybody around the centre: carrier, sink, phones, callers' audio, agents' audio.
    #[must_use]
    pub fn directory(&self) -> Directory {
        let mut places = Directory::default();
        places.add(SocketAddr::new(self.trunk_host(), 5060));
        places.add(self.sink());
        for agent in 0..self.agents {
            places.add(SocketAddr::new(self.phone_host(agent), 5060));
        }
        for voice in 0..self.voices() {
            places.add(SocketAddr::new(spread(3, voice), 4_000));
        }
        for agent in 0..if self.audio { self.agents } else { 0 } {
            places.add(SocketAddr::new(self.audio_host(agent), 4_000));
        }
        places
    }

    /// Where audio goes that nobody listens to.
    #[must_use]
    pub fn sink(&self) -> SocketAddr {
        SocketAddr::from(([10, 9, 0, 1], 9_000))
    }

    fn voices(&self) -> usize {
        if self.audio { self.callers_max } else { 0 }
    }

    /// What the carrier is told.
    #[must_use]
    pub fn carrier(&self) -> CarrierPlan {
        let (says, hears) = self.sounds();
        CarrierPlan {
            local: Local(0),
            engine: self.engine(),
            audio: (Local::at(2 + self.agents), self.voices() as u32),
            sink: Local(1),
            says,
            hears,
            calls_max: self.callers_max,
            timers: Timers::default(),
            opens: self.opens(),
        }
    }

    /// What the agents are told.
    #[must_use]
    pub fn desk(&self) -> DeskPlan {
        let (hears, says) = self.sounds();
        let phone = |agent: usize| Phone {
            user: user(agent),
            password: format!("{}-secret", user(agent)),
            local: Local::at(2 + agent),
        };
        DeskPlan {
            phones: (0..self.agents).map(phone).collect(),
            engine: self.engine(),
            domain: REALM.to_owned(),
            algorithm: if self.seed.is_multiple_of(2) { Algorithm::Md5 } else { Algorithm::Sha256 },
            expires: self.register_expires,
            register_gap: REGISTER_GAP,
            audio: (
                Local::at(2 + self.agents + self.voices()),
                if self.audio { self.agents as u32 } else { 0 },
            ),
            sink: Local(1),
            says,
            hears,
            timers: Timers::default(),
            declines: self.declines,
            busy: self.busy,
            ring_outs: self.ring_outs,
            late_answers: self.late_answers,
        }
    }

    /// What callers say, and what agents say.
    fn sounds(&self) -> (Sound, Sound) {
        if self.audio { (Sound::Tone(8), Sound::Tone(20)) } else { (Sound::Nothing, Sound::Nothing) }
    }

    /// What SIP is configured with.
    #[must_use]
    pub fn sip(&self) -> sip::plan::Plan {
        let account = |agent: usize| Account {
            user: user(agent),
            secret: Secret { user: user(agent), password: format!("{}-secret", user(agent)) },
        };
        sip::plan::Plan {
            listen: vec![(Transport::Udp, self.engine()), (Transport::Tcp, self.engine())],
            advertised: None,
            realm: REALM.to_owned(),
            digests: vec![sip::digest::Algorithm::Sha256, sip::digest::Algorithm::Md5],
            trunks: vec![TrunkPlan {
                name: "telecom".to_owned(),
                networks: vec![(self.trunk_host(), 32)],
                host: self.trunk_host().to_string(),
                port: Some(5060),
                transport: Some(Transport::Udp),
                inbound_digest: None,
                outbound_digest: None,
                register_as: None,
                register_expires: Duration::from_secs(300),
                options_every: self.options_every,
                numbers: NumberRules::default(),
                trusted: true,
            }],
            accounts: (0..self.agents).map(account).collect(),
            limits: self.limits.clone(),
            timers: sip::plan::Timers { session_expires: self.session_expires, ..Default::default() },
            carries: Vec::new(),
            product: "Sujie".to_owned(),
        }
    }

    /// What the engine is configured with.
    #[must_use]
    pub fn call(&self) -> call::Plan {
        let then = if self.ring_no_answer_not_ready { NoAnswer::NotReady } else { NoAnswer::Skip };
        let group = |name: &str, timeline| GroupPlan {
            ring: self.ring,
            wrap_up: self.wrap_up,
            timeline,
            line_max: self.line_max,
            wait_max: self.wait_max,
            no_answer: vec![Grade { then, tell: false }],
            ..GroupPlan::named(name)
        };
        let agent = |agent: usize| {
            let mut skills = vec![(GENERAL, SkillLevel(5))];
            if agent % 4 == 3 {
                skills.push((ENTERPRISE, SkillLevel(5)));
            }
            AgentPlan { name: user(agent), site: SiteRef(0), skills, abilities: Abilities::NONE }
        };
        let belongs = |title: &str| GroupFlow {
            title: title.to_owned(),
            music: self.music.then_some(ClipRef(1)),
            on_full: Target::Busy,
            on_wait_max: Target::Announce(ClipRef(2)),
            on_nobody: Target::Announce(ClipRef(2)),
            on_closed: Target::Announce(ClipRef(2)),
            on_surge: Target::Announce(ClipRef(2)),
            record: false,
            callback: None,
            caller: None,
        };
        let line = |group| match self.comforted {
            false => Queue::of(group),
            true => Queue {
                comfort: vec![ClipRef(2)],
                comfort_every: Duration::from_secs(3),
                place_every: Duration::from_secs(5),
                ..Queue::of(group)
            },
        };
        let flow = |name: &str, group| Flow {
            tells_agent: self.comforted,
            ..Flow::plain(name, vec![ClipRef(0)], line(group))
        };
        let mandarin = Language {
            name: "zh".to_owned(),
            grammar: Grammar::Mandarin,
            clips: Vec::new(),
            pieces: vec![Some(ClipRef(2)); Piece::ALL.len()],
        };
        let entry = |called: &str, flow| Entry {
            trunk: None,
            called: called.to_owned(),
            flow: FlowRef(flow),
            site: SiteRef(0),
        };
        call::Plan {
            acd: acd::Plan {
                groups: vec![
                    group("general", vec![]),
                    group(
                        "enterprise",
                        vec![
                            Stage::all(Duration::ZERO, ENTERPRISE),
                            Stage::all(Duration::from_secs(10), GENERAL),
                        ],
                    ),
                ],
                agents: (0..self.agents).map(agent).collect(),
                ..acd::Plan::default()
            },
            groups: vec![belongs("民生"), belongs("一企来办")],
            phones: (0..self.agents)
                .map(|agent| AgentPhone { aor: AorRef::at(agent), supervisor: false })
                .collect(),
            flows: vec![flow("hotline", GENERAL), flow("enterprise", ENTERPRISE)],
            entries: vec![entry("12345", 0), entry("96345", 1)],
            languages: vec![mandarin],
            lists: Vec::new(),
            dispositions: Vec::new(),
            audio: AudioPlan {
                advertised: None,
                ports: self.ports.clone(),
                port_rest: Duration::from_secs(2),
                codecs: vec![Codec::Pcma, Codec::Pcmu],
                packet_time: Duration::from_millis(20),
                silence_max: self.silence_max,
            },
            codes: ServiceCodes {
                sign_in: "*10".to_owned(),
                sign_out: "*11".to_owned(),
                ready: "*12".to_owned(),
                not_ready: "*13".to_owned(),
                listen: "*20".to_owned(),
                whisper: "*21".to_owned(),
                barge: "*22".to_owned(),
                disposition: "*3".to_owned(),
                studio: String::new(),
                done: None,
                refused: None,
                wrap_up_end: "*15".to_owned(),
                pick: "*14".to_owned(),
            },
            anonymous: "anonymous".to_owned(),
            calls_max: self.calls_max,
            setup_max: Duration::from_secs(120),
            call_max: self.call_max,
            outside: None,
            rosters: Vec::new(),
            consult_ring: Duration::from_secs(15),
            register_signs_in: true,
            studios: Vec::new(),
        }
    }

    /// What the report is configured with.
    #[must_use]
    pub fn report(&self) -> report::Plan {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        report::Plan {
            groups: names(&["general", "enterprise"]),
            titles: names(&["民生", "一企来办"]),
            agents: (0..self.agents).map(user).collect(),
            agent_sites: vec![0; self.agents],
            agent_groups: vec![vec![GENERAL]; self.agents],
            sites: names(&["city"]),
            trunks: names(&["telecom"]),
            flows: names(&["hotline", "enterprise"]),
            epoch: Epoch::from_unix_nanos(1_706_835_600_000_000_000),
            run: 1,
            ..report::Plan::default()
        }
    }

    /// Greeting, music and an announcement.
    ///
    /// # Panics
    /// When the greeting has no length.
    #[must_use]
    pub fn clips(&self) -> Vec<Clip> {
        static TUNE: LazyLock<Vec<i16>> = LazyLock::new(|| tone::hold_music()[..16_000].to_vec());
        let length = (self.greeting.as_millis() * 8) as usize;
        let greeting: Vec<i16> = TUNE.iter().copied().cycle().take(length).collect();
        let clip =
            |name: &str, samples: &[i16]| Clip::from_pcm(name, samples, 8_000, 1).expect("a clip of sound");
        // Converting what nobody will hear would cost more than a short day.
        let music = if self.music { &TUNE[..] } else { &TUNE[..160] };
        vec![clip("greeting", &greeting), clip("music", music), clip("sorry", &TUNE[..2_400])]
    }
}

/// Work number and phone account of an agent.
fn user(agent: usize) -> String {
    format!("{}", 8_001 + agent)
}

/// The `n`th host of a network.
fn spread(network: u8, n: usize) -> IpAddr {
    IpAddr::from([10, network, (n / 250) as u8, (n % 250 + 1) as u8])
}
