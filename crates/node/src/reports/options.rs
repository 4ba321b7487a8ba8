//! The flags of `sujie report`, and what they mean together: a period, a [`Setup`], a format.

use crate::config::Config;
use crate::config::nearest::nearest;
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use report::counters::Limits;
use report::plan::THRESHOLDS_MAX;
use report::surveys::RATINGS;
use report::tables::{By, Date, Every, Period, Zone};
use report::{Ratings, UnixMs};
use std::path::PathBuf;
use std::time::Duration;

/// Shown below the help of `sujie report`.
pub const EXAMPLES: &str = "\
Periods: --year 2024 | --month 2024-02 | --day 2024-02-02 [--shift day|swing|night] | --from … --to …
         (dates, or \"2024-02-02 09:30\"; --to is not part of it). Without any: all that the file holds.

Examples:
  sujie report --database sujie.db --day 2024-02-02 --by group --interval 30m
  sujie report --database sujie.db --year 2024 --base 2023.toml --interval 1mo --format xlsx --output 2024.xlsx
  sujie report --database sujie.db --month 2024-02 --by agent --threshold 15s,30s --format html --output feb.html
  sujie report --database sujie.db --day 2024-02-02 --by group=general --list answered_within_30s
  sujie report --database sujie.db --day 2024-02-02 --list rated_low          (or undisposed)

A figure is opened with --list FIGURE and --by group=KEY (agent=, site=, trunk=; all callers without): the calls that
make it, each with its share. `--list help` names all figures.

Exit code 0; 1 when a row does not reconcile (it is marked) or something cannot be read; 2 for a wrong flag.";

/// `sujie report`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The database that a centre has written
    #[arg(long, short, value_name = "FILE")]
    pub database: Option<PathBuf>,
    /// From this date or time on
    #[arg(long, value_name = "DATE", conflicts_with_all = ["year", "month", "day"])]
    pub from: Option<String>,
    /// To before this date or time
    #[arg(long, value_name = "DATE", conflicts_with_all = ["year", "month", "day"])]
    pub to: Option<String>,
    /// A year
    #[arg(long, value_name = "YYYY", conflicts_with_all = ["month", "day"])]
    pub year: Option<i64>,
    /// A month
    #[arg(long, value_name = "YYYY-MM", conflicts_with = "day")]
    pub month: Option<String>,
    /// A day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub day: Option<String>,
    /// Of the day, one shift
    #[arg(long, value_name = "NAME", requires = "day")]
    pub shift: Option<String>,
    /// Shifts and their hours; one that ends at or before its beginning ends the next day
    #[arg(
        long,
        value_name = "NAME=HH:MM-HH:MM,…",
        default_value = "day=08:00-16:00,swing=16:00-00:00,night=00:00-08:00"
    )]
    pub shifts: String,
    /// Local time's distance from UTC
    #[arg(long, value_name = "±HH:MM", default_value = "+08:00", allow_hyphen_values = true, value_parser = zone)]
    pub zone: Zone,
    /// Rows: group, agent, site or trunk; `group=general` for one of them
    #[arg(long, value_name = "WHAT[=KEY]", value_parser = rows)]
    pub by: Option<Rows>,
    /// Cut the period: 5m, 15m, 30m, 1h, 1d, 1w, 1mo, 1y
    #[arg(long, value_name = "SPAN", value_parser = every)]
    pub interval: Option<Every>,
    /// Thresholds T of the service levels, inclusive; the last one is that of the annual table
    #[arg(long, value_name = "SPAN,…", value_delimiter = ',', default_value = "15s,20s,30s", value_parser = span)]
    pub threshold: Vec<Duration>,
    /// Who hangs up sooner is a short abandon
    #[arg(long, value_name = "SPAN", default_value = "5s", value_parser = span)]
    pub short: Duration,
    /// Longer talks are long ones (超10分钟)
    #[arg(long, value_name = "SPAN", default_value = "10m", value_parser = span)]
    pub long: Duration,
    /// Ratings that count as satisfied (满意率) [default: those of --config, else 1,2]
    #[arg(long, value_name = "KEY,…", value_delimiter = ',', value_parser = rating)]
    pub satisfied: Option<Vec<u8>>,
    /// Ratings that somebody should look at, --list rated_low [default: those of --config, else 4,5]
    #[arg(long, value_name = "KEY,…", value_delimiter = ',', value_parser = rating)]
    pub low: Option<Vec<u8>>,
    /// Base table: published figures of the base period, staff, residents; `--base example` prints one
    #[arg(long, value_name = "FILE")]
    pub base: Option<PathBuf>,
    /// The centre's configuration, for titles of groups and sites of agents
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How it is written [default: by the name of --output, else md]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Write here [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Language of labels
    #[arg(long, value_enum, default_value_t = Lang::Both)]
    pub lang: Lang,
    /// CSV: begin with a byte order mark, as Excel wants it for Chinese
    #[arg(long)]
    pub bom: bool,
    /// Open a figure down to the calls that make it
    #[arg(long, value_name = "FIGURE")]
    pub list: Option<String>,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Markdown, aligned for reading as it is
    Md,
    /// One page with charts, no network needed
    Html,
    /// RFC 4180: one line a row and interval, all figures
    Csv,
    /// Excel workbook
    Xlsx,
    /// For programs
    Json,
}

/// Language of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// 中文
    Zh,
    /// English
    En,
    /// Both
    Both,
}

impl Lang {
    /// A label in this language.
    #[must_use]
    pub fn label(self, zh: &str, en: &str) -> String {
        match self {
            Self::Zh => zh.to_owned(),
            Self::En => en.to_owned(),
            Self::Both => format!("{zh} {en}"),
        }
    }
}

/// What the rows are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Kind.
    pub by: By,
    /// Only this one.
    pub key: Option<String>,
}

/// A period with the name it is printed under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The stretch of time.
    pub period: Period,
    /// `2024`, `2024-02`, `2024-02-02 night`, …
    pub name: String,
}

impl Options {
    /// The period that was asked for; of the whole file when none was.
    ///
    /// # Errors
    /// What is wrong with a date, and what would be right.
    pub fn period(&self, extent: Option<(UnixMs, UnixMs)>) -> Result<Asked> {
        let zone = self.zone;
        if let Some(year) = self.year {
            let period = Period::year(year, zone).context("--year: write one such as 2024")?;
            return Ok(Asked { period, name: format!("{year:04}") });
        }
        if let Some(month) = &self.month {
            let wrong = || format!("--month {month}: write one such as 2024-02");
            let (year, number) = month.split_once('-').with_context(wrong)?;
            let period =
                digits(year).zip(digits(number)).and_then(|(year, month)| Period::month(year, month, zone));
            return Ok(Asked { period: period.with_context(wrong)?, name: month.clone() });
        }
        if let Some(day) = &self.day {
            let date = date(day).with_context(|| {
                format!("--day {day}: there is no such day; write one such as 2024-02-02")
            })?;
            let Some(shift) = &self.shift else {
                return Ok(Asked { period: Period::days(date, 1, zone), name: day.clone() });
            };
            let (from, to) = self.shift_hours(shift)?;
            let period = Period { from: date.at(zone, from), to: date.at(zone, to) };
            return Ok(Asked { period, name: format!("{day} {shift}") });
        }
        let moment = |flag: &str, text: &str| {
            moment(text, zone).with_context(|| {
                format!(
                    "{flag} {text}: write a date such as 2024-02-02, or a time such as \"2024-02-02 09:30\""
                )
            })
        };
        let (first, last) = extent.unwrap_or((UnixMs(0), UnixMs(0)));
        let from = match &self.from {
            Some(text) => moment("--from", text)?,
            None => zone.date(first).at(zone, 0),
        };
        let to = match &self.to {
            Some(text) => moment("--to", text)?,
            // Whoever arrives just before midnight may enter the line after it.
            None => zone.date(UnixMs(last.0 + 3_600_000)).plus_days(1).at(zone, 0),
        };
        if to <= from {
            bail!(
                "the period ends at {}, which is not after its beginning {}",
                zone.shown(to),
                zone.shown(from)
            );
        }
        Ok(Asked {
            period: Period { from, to }, name: format!("{} – {}", zone.shown(from), zone.shown(to))
        })
    }

    /// Minutes after midnight at which a shift begins and ends.
    fn shift_hours(&self, wanted: &str) -> Result<(i64, i64)> {
        let mut names = Vec::new();
        for part in self.shifts.split(',') {
            let wrong = || format!("--shifts {part:?}: write one such as night=00:00-08:00");
            let (name, hours) = part.split_once('=').with_context(wrong)?;
            let (from, to) = hours.split_once('-').with_context(wrong)?;
            let (from, to) = clock(from).zip(clock(to)).with_context(wrong)?;
            if name.trim() == wanted {
                return Ok((from, if to <= from { to + 24 * 60 } else { to }));
            }
            names.push(name.trim());
        }
        bail!("--shift {wanted}: there is no such shift; there are {} (--shifts sets them)", names.join(", "))
    }

    /// Thresholds and limits; what no flag says is as in the centre's configuration.
    ///
    /// # Errors
    /// Too many thresholds.
    pub fn limits(&self, centre: Option<&Config>) -> Result<Limits> {
        if self.threshold.len() > THRESHOLDS_MAX {
            bail!("--threshold: {} are given, at most {THRESHOLDS_MAX} fit one report", self.threshold.len());
        }
        Ok(Limits {
            thresholds: self.threshold.clone(),
            short_abandon: self.short,
            long_talk: self.long,
            satisfied: chosen(
                &self.satisfied,
                centre.map(|config| config.report.satisfied),
                Ratings::SATISFIED,
            ),
            low: chosen(&self.low, centre.map(|config| config.report.low), Ratings::LOW),
        })
    }

    /// How it is written.
    ///
    /// # Errors
    /// The file's name says no format.
    pub fn format(&self) -> Result<Format> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        let Some(output) = &self.output else { return Ok(Format::Md) };
        let extension = output.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        Format::from_str(extension, true).ok().with_context(|| {
            format!("{}: add --format md|html|csv|xlsx|json, or let the name end so", output.display())
        })
    }

    /// The centre's configuration, when it was named.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn centre(&self) -> Result<Option<Config>> {
        let Some(path) = &self.config else { return Ok(None) };
        Config::load(path).map(Some).map_err(|mistakes| anyhow::anyhow!("{mistakes}"))
    }
}

fn chosen(flag: &Option<Vec<u8>>, centre: Option<Ratings>, usual: Ratings) -> Ratings {
    flag.as_ref().map(|keys| Ratings::of(keys.iter().copied())).or(centre).unwrap_or(usual)
}

fn rating(text: &str) -> Result<u8, String> {
    let rating = text.trim().parse().ok().filter(|key| (1..=RATINGS as u8).contains(key));
    rating.ok_or_else(|| format!("{text:?} is no rating; write keys from 1 to {RATINGS}, such as 1,2"))
}

fn digits(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn date(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-').map(digits);
    Date::new(parts.next()??, parts.next()??, parts.next()??)
}

/// Minutes after midnight.
fn clock(text: &str) -> Option<i64> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    (hours < 24 && minutes < 60 || (hours, minutes) == (24, 0)).then_some(hours * 60 + minutes)
}

fn moment(text: &str, zone: Zone) -> Option<UnixMs> {
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
    Some(date(day)?.at(zone, clock(time)?))
}

fn zone(text: &str) -> Result<Zone, String> {
    let wrong = || format!("{text:?} is no distance from UTC; write one such as +08:00");
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
    let (hours, minutes) =
        digits(hours).zip(digits(minutes)).filter(|(_, minutes)| *minutes < 60).ok_or_else(wrong)?;
    i16::try_from(sign * (hours * 60 + minutes)).ok().and_then(Zone::minutes).ok_or_else(wrong)
}

fn rows(text: &str) -> Result<Rows, String> {
    let (kind, key) = match text.split_once('=') {
        Some((kind, key)) => (kind, Some(key.to_owned())),
        None => (text, None),
    };
    let by = match kind {
        "group" => By::Group,
        "agent" => By::Agent,
        "site" => By::Site,
        "trunk" => By::Trunk,
        _ => {
            return Err(format!(
                "there are no rows by {kind:?}; write group, agent, site or trunk, or group=KEY"
            ));
        }
    };
    Ok(Rows { by, key })
}

fn every(text: &str) -> Result<Every, String> {
    Every::ALL.into_iter().find(|every| every.key() == text).ok_or_else(|| {
        let keys = Every::ALL.map(Every::key);
        let meant = nearest(text, keys).map(|word| format!("did you mean {word}? ")).unwrap_or_default();
        format!("{meant}write one of {}", keys.join(", "))
    })
}

/// A span with its unit: `500ms`, `30s`, `10m`, `1h`.
fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a span; write one such as 30s, 1500ms or 10m");
    let at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let number: u64 = text[..at].parse().map_err(|_| wrong())?;
    let unit = match &text[at..] {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    number
        .checked_mul(unit)
        .filter(|ms| *ms <= 7_200_000)
        .map(Duration::from_millis)
        .ok_or_else(|| format!("{text}: two hours at most"))
}
