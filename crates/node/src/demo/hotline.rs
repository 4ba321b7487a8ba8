//! The hotline that is played: a city's 12345 with its groups, its hall of agents and its day.

use crate::cli::Demo;
use phones::day::{Arrivals, Day, Share, Span};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

/// Domain of the accounts.
pub(super) const DOMAIN: &str = "sujie.demo";
/// Agents without a played phone: for softphones of the audience.
pub(super) const FREE: [&str; 3] = ["8991", "8992", "8993"];
/// A person at a softphone needs so long to lift it, however fast the hotline's clock goes.
const RING_MIN: Duration = Duration::from_secs(10);

/// A group: key, title, called number, share of the calls, wrap-up, priority, who helps after how long.
struct Group {
    key: &'static str,
    title: &'static str,
    called: &'static str,
    weight: u32,
    wrap_up: u64,
    priority: u8,
    overflow: &'static [(u64, &'static str)],
}

/// The centre of `deploy/centre.toml` in small.
const GROUPS: [Group; 8] = [
    Group {
        key: "general",
        title: "民生",
        called: "12345",
        weight: 70,
        wrap_up: 30,
        priority: 0,
        overflow: &[],
    },
    Group {
        key: "enterprise",
        title: "一企来办",
        called: "123451",
        weight: 9,
        wrap_up: 45,
        priority: 0,
        overflow: &[(20, "general")],
    },
    Group {
        key: "talent",
        title: "尚贤",
        called: "123452",
        weight: 2,
        wrap_up: 45,
        priority: 0,
        overflow: &[(15, "enterprise"), (30, "general")],
    },
    Group {
        key: "liaison110",
        title: "110联动",
        called: "123453",
        weight: 3,
        wrap_up: 15,
        priority: 9,
        overflow: &[(5, "general")],
    },
    Group {
        key: "assistance",
        title: "社会救助",
        called: "123454",
        weight: 3,
        wrap_up: 45,
        priority: 5,
        overflow: &[(15, "general")],
    },
    Group {
        key: "medical",
        title: "医保专区",
        called: "123455",
        weight: 5,
        wrap_up: 30,
        priority: 0,
        overflow: &[(30, "general")],
    },
    Group {
        key: "social",
        title: "人社专区",
        called: "123456",
        weight: 5,
        wrap_up: 30,
        priority: 0,
        overflow: &[(30, "general")],
    },
    Group {
        key: "housing",
        title: "公积金专区",
        called: "123457",
        weight: 3,
        wrap_up: 30,
        priority: 0,
        overflow: &[(30, "general")],
    },
];

/// What the agents can do; the hall is filled with these in turn. Everybody can take 民生.
const SKILLS: [&str; 20] = [
    "general = 8, medical = 5",
    "general = 8, enterprise = 5",
    "general = 8, social = 5",
    "enterprise = 9, general = 5",
    "general = 8, housing = 5",
    "medical = 9, general = 5",
    "general = 8",
    "liaison110 = 9, general = 5",
    "general = 8",
    "social = 9, general = 5",
    "general = 8",
    "assistance = 9, social = 6, general = 5",
    "general = 8",
    "enterprise = 9, talent = 6, general = 4",
    "general = 8",
    "housing = 9, general = 5",
    "general = 8",
    "talent = 9, enterprise = 6, general = 3",
    "general = 8",
    "general = 8, assistance = 5",
];

/// Who is there and what happens.
pub(super) struct Hotline {
    /// Who calls when.
    pub(super) day: Day,
    /// Accounts and passwords of the agents who are played.
    pub(super) agents: Vec<(String, String)>,
    /// Calls a second on our clock.
    pub(super) calls_per_second: f64,
    speed: f64,
}

impl Hotline {
    pub(super) fn new(options: &Demo) -> Self {
        let numbers = GROUPS.iter().map(|group| (group.called.to_owned(), group.weight)).collect();
        let day = Day {
            seed: options.seed,
            speed: options.speed,
            arrivals: Arrivals::Poisson(Duration::from_secs_f64(1.0 / options.calls_per_second)),
            numbers,
            agent_hangs_up: Share(300),
            talk: Span::LogNormal { mu: 4.4113, sigma: 0.9887 },
            ..Day::default()
        };
        let agents = (0..options.agents as usize).map(|place| {
            let name = if place < 900 { format!("{}", 8001 + place) } else { format!("{}", 80_000 + place) };
            let password = password(&name);
            (name, password)
        });
        let calls_per_second = options.calls_per_second * options.speed;
        Self { day, agents: agents.collect(), calls_per_second, speed: options.speed }
    }

    /// Password of one of the free agents.
    pub(super) fn free_password(name: &str) -> String {
        password(name)
    }

    /// The centre as text, as somebody would write it.
    #[allow(clippy::too_many_arguments, reason = "each is one value of the text")]
    pub(super) fn configuration(
        &self,
        sip: SocketAddr,
        http: SocketAddr,
        trunk: SocketAddr,
        ports: &RangeInclusive<u16>,
        directory: &Path,
        database: &Path,
        journal: Option<&Path>,
        record: Option<(&Path, &str)>,
    ) -> String {
        let short: Vec<String> = GROUPS.iter().map(|group| format!("{:?}", group.called)).collect();
        let mut text = format!(
            r#"[node]
http = "{http}"
directory = {directory:?}
database = {database:?}
{journal}
[log]
level = "warn"
{recording}
[sip]
listen = ["udp:{sip}", "tcp:{sip}"]
realm = "{DOMAIN}"
digest = ["md5"] # so that every softphone at hand can join in: some give up at a SHA-256 challenge

[sip.limits] # the whole city calls from one address here
legs = 20000
transactions = 100000
invites_per_second = 100000
strangers_per_second = 100000

[audio]
ports = "{first}-{last}" # below those that the system gives to the phones
silence_max = "0s" # beyond the parties that have a voice, callers are silent

[calls]
max = {calls_max}

[numbers]
short = [{short}]

[report]
thresholds = ["{t15}", "{t20}", "{t30}"] # 15, 20 and 30 s of the hotline's clock
short_abandon = "{short_abandon}"
long_talk = "{long_talk}"

[clips]
welcome = {{ builtin = "beep", length = "{welcome}" }}
music = {{ builtin = "music" }}

[trunks.carrier]
networks = ["{trunk_ip}"]
host = "{trunk_ip}"
port = {trunk_port}
"#,
            journal = journal.map_or_else(String::new, |folder| format!("journal = {folder:?}\n")),
            recording = record.map_or_else(String::new, |(folder, format)| format!(
                "\n[recording]\nfolder = {folder:?}\nformat = {format:?}\n"
            )),
            short = short.join(", "),
            t15 = self.span(15),
            t20 = self.span(20),
            t30 = self.span(30),
            short_abandon = self.span(5),
            long_talk = self.at_least(600, Duration::from_secs(1)),
            welcome = self.welcome(),
            first = ports.start(),
            last = ports.end(),
            calls_max = ports.len() / 4,
            trunk_ip = trunk.ip(),
            trunk_port = trunk.port(),
        );
        self.groups(&mut text, record.is_some());
        self.hall(&mut text);
        text
    }

    fn groups(&self, text: &mut String, record: bool) {
        for group in &GROUPS {
            let Group { key, title, called, priority, .. } = group;
            let overflow: Vec<String> = group
                .overflow
                .iter()
                .map(|(after, to)| format!("{{ after = \"{}\", to = \"{to}\" }}", self.span(*after)))
                .collect();
            let _ = write!(
                text,
                r#"
[groups.{key}]
title = "{title}"
ring = "{ring}"
wrap_up = "{wrap_up}"
line_max = 500
wait_max = "{wait_max}"
overflow = [{overflow}]
music = "music"
record = {record}

[flows.{key}]
group = "{key}"
greeting = ["welcome"]
priority = {priority}

[[entries]]
trunk = "carrier"
called = "{called}"
flow = "{key}"
"#,
                ring = self.at_least(20, RING_MIN),
                wrap_up = self.span(group.wrap_up),
                wait_max = self.at_least(600, RING_MIN * 2),
                overflow = overflow.join(", "),
            );
        }
    }

    fn hall(&self, text: &mut String) {
        let sites = [("city", "市本级"), ("east", "东县"), ("west", "西县"), ("south", "南县")];
        text.push_str("\n[sites]\n");
        for (key, title) in sites {
            let _ = writeln!(text, "{key} = {{ title = \"{title}\" }}");
        }
        text.push_str("\n[agents]\n");
        let played = self.agents.iter().map(|(name, password)| (name.as_str(), password.clone()));
        let free = FREE.iter().map(|name| (*name, password(name)));
        for (place, (name, password)) in played.chain(free).enumerate() {
            let (site, skills) = (sites[place % sites.len()].0, SKILLS[place % SKILLS.len()]);
            let skills = if FREE.contains(&name) { "general = 9" } else { skills };
            let _ = writeln!(
                text,
                "{name} = {{ site = \"{site}\", password = \"{password}\", skills = {{ {skills} }} }}"
            );
        }
    }

    /// Three seconds of greeting, or as long as one tone is.
    fn welcome(&self) -> String {
        let span = Duration::from_secs_f64(3.0 / self.speed);
        format!("{}ms", span.clamp(Duration::from_millis(20), Duration::from_millis(300)).as_millis())
    }

    /// A span of the hotline's clock on ours, as the configuration writes it.
    fn span(&self, seconds: u64) -> String {
        self.at_least(seconds, Duration::from_millis(1))
    }

    fn at_least(&self, seconds: u64, least: Duration) -> String {
        let span = Duration::from_secs_f64(seconds as f64 / self.speed).max(least);
        format!("{}ms", span.as_millis())
    }
}

fn password(name: &str) -> String {
    format!("demo-{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use crate::config::Config;
    use clap::Parser;

    fn options(line: &str) -> Demo {
        match Cli::parse_from(format!("sujie demo {line}").split_whitespace()).command {
            Command::Demo(demo) => demo,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_configuration_is_right_at_any_size_and_speed() {
        let address = |text: &str| text.parse::<SocketAddr>().expect("address");
        for line in ["", "--agents 1 --speed 0.1", "--agents 5000 --speed 1000", "--agents 950 --speed 7.3"] {
            let options = options(line);
            let hotline = Hotline::new(&options);
            let text = hotline.configuration(
                address("127.0.0.1:5060"),
                address("127.0.0.1:8080"),
                address("127.0.0.2:5080"),
                &(20_000..=32_767),
                Path::new("/tmp/a \"strange\" place"),
                Path::new("/tmp/x.db"),
                Some(Path::new("/tmp/a \"strange\" journal")),
                Some((Path::new("/tmp/talks"), "opus")),
            );
            let config =
                Config::parse(&text, "demo.toml").unwrap_or_else(|mistakes| panic!("{line}: {mistakes}"));
            assert_eq!(config.call.acd.agents.len(), options.agents as usize + FREE.len(), "{line}");
            assert_eq!(config.call.groups[7].title, "公积金专区");
            assert_eq!(config.report.thresholds.len(), 3);
        }
    }

    #[test]
    fn spans_are_those_of_the_hotline_divided_by_speed() {
        let hotline = Hotline::new(&options("--speed 10 --calls-per-second 2"));
        assert_eq!((hotline.span(30), hotline.at_least(20, RING_MIN)), ("3000ms".into(), "10000ms".into()));
        assert!((hotline.calls_per_second - 20.0).abs() < 1e-9);
    }
}
