//! Lists of numbers that flows look into, from their files to the engine.
//!
//! ```text
//!   firms.txt ─▶ one number a line ─▶ normalized ─▶ Request::Enlist, a thousand at a time, before the first call
//! ```
//!
//! They are requests and no part of the plan, so that a journal with pseudonyms keeps their numbers as it keeps
//! callers', and a replay needs no file. Never knows: what a list is for.

use crate::config::Config;
use anyhow::{Context, Result, bail};
use base::Private;
use call::Request;
use call::plan::ListRef;
use sip::plan::NumberRules;
use std::path::Path;

/// Numbers of one request.
pub(crate) const AT_ONCE: usize = 1_000;

/// The requests that fill the lists of a centre.
///
/// # Errors
/// A file cannot be read, or a line of it is no number.
pub fn requests(config: &Config) -> Result<Vec<Request>> {
    let rules = config.sip.trunks.first().map(|trunk| trunk.numbers.clone()).unwrap_or_default();
    let mut all = Vec::new();
    for (at, file) in config.lists.iter().enumerate() {
        let Some(file) = file else { continue };
        let name = config.call.lists.get(at).map_or("?", |list| &list.name);
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("list {name}: {} cannot be read as UTF-8 text", file.display()))?;
        let numbers = numbers(&text, file, &rules)?;
        let request = |numbers: &[Private]| Request::Enlist {
            list: ListRef::at(at),
            numbers: numbers.to_vec(),
            on: true,
        };
        all.extend(numbers.chunks(AT_ONCE).map(request));
    }
    let total: usize = all.iter().map(count).sum();
    if total > call::requests::LISTED_MAX {
        bail!("the lists have {total} numbers; {} at most can be kept", call::requests::LISTED_MAX);
    }
    Ok(all)
}

/// Numbers in a request.
#[must_use]
pub fn count(request: &Request) -> usize {
    match request {
        Request::Enlist { numbers, .. } => numbers.len(),
        _ => 0,
    }
}

/// One number a line; blanks and hyphens in it are left out, and what follows a `#`.
fn numbers(text: &str, file: &Path, rules: &NumberRules) -> Result<Vec<Private>> {
    let mut numbers = Vec::new();
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let written = line.split('#').next().unwrap_or_default();
        let number: String = written.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        if number.is_empty() {
            continue;
        }
        if !number.strip_prefix('+').unwrap_or(&number).bytes().all(|byte| byte.is_ascii_digit()) {
            let line = at + 1;
            bail!(
                "{}:{line}: this is no number; write one number a line, and # before a note",
                file.display()
            );
        }
        numbers.push(Private::new(rules.normalize(&number)));
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_number_a_line_and_notes() {
        let rules = NumberRules::default();
        let text = "\u{feff}# 重点企业\n138 0000 0001  # 某公司\n\n0527-88001234\n";
        let read = numbers(text, Path::new("firms.txt"), &rules).expect("numbers");
        let wanted = ["13800000001", "052788001234"].map(|number| rules.normalize(number));
        assert_eq!(read.iter().map(|number| number.reveal().clone()).collect::<Vec<_>>(), wanted);
        let error = numbers("13800000001\n某公司\n", Path::new("firms.txt"), &rules).expect_err("no number");
        assert!(error.to_string().starts_with("firms.txt:2: this is no number"), "{error}");
    }
}
