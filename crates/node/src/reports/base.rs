//! The base table: published figures of the base period, staff and residents, in a small TOML file that is kept.
//!
//! ```text
//!   base.toml ──▶ Base { version, period, telephone, team } ── fingerprint ──▶ printed on every report
//! ```
//!
//! It is frozen by its version and by the fingerprint of its bytes: two reports that print the same fingerprint were
//! compared with the same base. Decimals are read digit by digit, so that 95.25 is 9525 hundredths and nothing near it.

use crate::config::nearest::nearest;
use anyhow::{Context, Result, anyhow};
use report::tables::annual::{Team, TeamItem, TelephoneBase};
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A complete base table with its meaning, as `--base example` prints it.
pub const EXAMPLE: &str = include_str!("base_example.toml");

/// Staff and units that a team table may have: key, Chinese, English.
const ITEMS: [(&str, &str, &str); 9] = [
    ("first_line", "接听员", "First-line agents"),
    ("on_phones", "话务岗", "Agents on the phones"),
    ("enterprise_specialists", "企业专员", "Enterprise specialists"),
    ("talent_specialists", "人才专员", "Talent specialists"),
    ("platforms", "平台数", "Platforms"),
    ("government_units", "政府部门", "Government units"),
    ("party_units", "党群部门", "Party units"),
    ("state_firms", "国有企业", "State firms"),
    ("incidents", "安全事件", "Security incidents"),
];

/// A base table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base {
    /// As its keeper numbers it.
    pub version: String,
    /// The base period, `2023` or `2023-02`.
    pub period: String,
    /// FNV-1a of the file's bytes.
    pub fingerprint: String,
    /// Published figures.
    pub telephone: TelephoneBase,
    /// Staff and residents.
    pub team: Team,
}

impl Base {
    /// Reads a file.
    ///
    /// # Errors
    /// The first mistake, with file, line and what would be right.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the base table {} cannot be read", path.display()))?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Reads a text; `file` names it in errors.
    ///
    /// # Errors
    /// The first mistake, with file, line and what would be right.
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        let document = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(1, |span| line(text, span.start));
            anyhow!("{file}:{at}: {}", error.message())
        })?;
        let reader = Reader { text, file };
        let mut base = Self { fingerprint: fingerprint(text), ..Self::default() };
        for (key, value) in document.get_ref() {
            match key.get_ref().as_ref() {
                "version" => base.version = reader.words(key.get_ref(), value)?,
                "period" => base.period = reader.words(key.get_ref(), value)?,
                "telephone" => reader.telephone(value, &mut base.telephone)?,
                "team" => reader.team(value, &mut base.team)?,
                other => {
                    return Err(reader.unknown(
                        other,
                        key.span().start,
                        &["version", "period", "telephone", "team"],
                    ));
                }
            }
        }
        for (what, text) in [("version", &base.version), ("period", &base.period)] {
            if text.is_empty() {
                return Err(anyhow!("{file}: {what} is missing; write {what} = \"2023\" above the tables"));
            }
        }
        Ok(base)
    }
}

struct Reader<'t> {
    text: &'t str,
    file: &'t str,
}

impl Reader<'_> {
    fn wrong(&self, at: usize, what: &str) -> anyhow::Error {
        anyhow!("{}:{}: {what}", self.file, line(self.text, at))
    }

    fn unknown(&self, key: &str, at: usize, known: &[&str]) -> anyhow::Error {
        let meant = nearest(key, known.iter().copied())
            .map(|word| format!("did you mean {word}? "))
            .unwrap_or_default();
        self.wrong(at, &format!("{key} is not known here; {meant}write one of {}", known.join(", ")))
    }

    fn words(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<String> {
        let text = value.get_ref().as_str();
        text.map(str::to_owned)
            .ok_or_else(|| self.wrong(value.span().start, &format!("{key}: write it in quotes")))
    }

    fn table<'v, 'd>(&self, key: &str, value: &'v Spanned<DeValue<'d>>) -> Result<&'v DeTable<'d>> {
        value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.wrong(value.span().start, &format!("{key} is a table: write [{key}]")))
    }

    fn whole(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<i64> {
        let number = value.get_ref().as_integer();
        let number = number.and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok());
        // Ten to the twelfth: products of it stay exact.
        number.filter(|number| number.abs() <= 1_000_000_000_000).ok_or_else(|| {
            self.wrong(value.span().start, &format!("{key}: write a whole number, without quotes"))
        })
    }

    /// Hundredths of a number with two decimals at most.
    fn decimal(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<i64> {
        let text = match value.get_ref() {
            DeValue::Float(float) => float.as_str().to_owned(),
            DeValue::Integer(integer) => integer.as_str().to_owned(),
            _ => String::new(),
        };
        hundredths(&text).ok_or_else(|| {
            let what =
                format!("{key}: write a number with at most two decimals, such as 95.25, without quotes");
            self.wrong(value.span().start, &what)
        })
    }

    fn telephone(&self, value: &Spanned<DeValue<'_>>, into: &mut TelephoneBase) -> Result<()> {
        const KEYS: [&str; 6] =
            ["answered", "rate_of_answered", "rate_of_offered", "wait_mean", "talk_mean", "long_share"];
        for (key, value) in self.table("telephone", value)? {
            let name = key.get_ref().as_ref();
            let place = match name {
                "answered" => {
                    into.answered = Some(self.whole("telephone.answered", value)?);
                    continue;
                }
                "rate_of_answered" => &mut into.rate_of_answered,
                "rate_of_offered" => &mut into.rate_of_offered,
                "wait_mean" => &mut into.wait_mean,
                "talk_mean" => &mut into.talk_mean,
                "long_share" => &mut into.long_share,
                other => return Err(self.unknown(other, key.span().start, &KEYS)),
            };
            *place = Some(self.decimal(&format!("telephone.{name}"), value)?);
        }
        Ok(())
    }

    fn team(&self, value: &Spanned<DeValue<'_>>, into: &mut Team) -> Result<()> {
        into.on_phones = "on_phones".to_owned();
        let mut found = Vec::new();
        for (key, value) in self.table("team", value)? {
            let name = key.get_ref().as_ref();
            match name {
                "population" => into.population = Some(self.whole("team.population", value)?),
                "base_population" => into.base_population = Some(self.whole("team.base_population", value)?),
                _ => {
                    let Some(at) = ITEMS.iter().position(|(item, _, _)| *item == name) else {
                        let known =
                            ITEMS.iter().map(|(item, _, _)| *item).chain(["population", "base_population"]);
                        return Err(self.unknown(name, key.span().start, &known.collect::<Vec<_>>()));
                    };
                    found.push((at, self.item(at, value)?));
                }
            }
        }
        found.sort_by_key(|(at, _)| *at);
        into.items = found.into_iter().map(|(_, item)| item).collect();
        Ok(())
    }

    fn item(&self, at: usize, value: &Spanned<DeValue<'_>>) -> Result<TeamItem> {
        let (item, zh, en) = ITEMS[at];
        let mut read =
            TeamItem { key: item.to_owned(), zh: zh.to_owned(), en: en.to_owned(), ..TeamItem::default() };
        for (key, value) in self.table(item, value)? {
            let name = key.get_ref().as_ref();
            let place = match name {
                "city" => &mut read.city,
                "all" => &mut read.all,
                "base_city" => &mut read.base_city,
                "base_all" => &mut read.base_all,
                other => {
                    return Err(self.unknown(
                        other,
                        key.span().start,
                        &["city", "all", "base_city", "base_all"],
                    ));
                }
            };
            *place = Some(self.whole(&format!("team.{item}.{name}"), value)?);
        }
        Ok(read)
    }
}

fn line(text: &str, byte: usize) -> usize {
    text.as_bytes()[..byte.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}

fn hundredths(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || part.len() > 2 || !plain(whole) || !plain(part) {
        return None;
    }
    Some(sign * format!("{whole}{part:0<2}").parse::<i64>().ok()?)
}

fn fingerprint(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_the_published_base() {
        let base = Base::parse(EXAMPLE, "base.toml").expect("the example is right");
        assert_eq!((base.period.as_str(), base.telephone.answered), ("2023", Some(1_470_205)));
        assert_eq!(base.telephone.rate_of_answered, Some(9525));
        assert_eq!(base.team.items.iter().map(|item| item.key.as_str()).next(), Some("first_line"));
    }

    #[test]
    fn a_mistake_has_its_line_and_what_would_be_right() {
        let head = "version = \"1\"\nperiod = \"2023\"\n";
        for (text, says) in [
            ("[telephone]\nanswerd = 5\n", "base.toml:4: answerd is not known here; did you mean answered?"),
            (
                "[telephone]\nwait_mean = 12.855\n",
                "base.toml:4: telephone.wait_mean: write a number with at most two decimals",
            ),
            ("[telephone]\nanswered = \"5\"\n", "base.toml:4: telephone.answered: write a whole number"),
            ("[team.on_phones]\nall = 1.5\n", "base.toml:4: team.on_phones.all: write a whole number"),
            ("[team]\nagents = { all = 3 }\n", "write one of first_line"),
            ("x = \n", "base.toml:3: "),
        ] {
            let said = Base::parse(&format!("{head}{text}"), "base.toml").expect_err(text).to_string();
            assert!(said.contains(says), "{text}: {said}");
        }
        let said = Base::parse("version = \"1\"", "base.toml").expect_err("no period").to_string();
        assert!(said.contains("period is missing"), "{said}");
    }
}
