//! Lists of numbers that flows look into, from their files to the engine.
//!
//! ```text
//!   firms.txt ─▶ one number a line ─▶ normalized ─▶ Request::Enlist, a thousand at a time, before the first call
//!   PUT /api/v1/numbers/firms/… ─▶ register ────────┘ at the next start
//! ```
//!
//! What is in a file is on its list at every start, whatever was said over HTTP; what was put there over HTTP stays until it
//! is deleted there. Together they may be as many as the engine holds; a further one is refused over HTTP, and at the
//! start.
//!
//! They are requests and no part of the plan, so that a journal with pseudonyms keeps their numbers as it keeps
//! callers', and a replay needs no file. Never knows: what a list is for.

use crate::config::Config;
use anyhow::{Context, Result, bail};
use base::Private;
use call::Request;
use call::plan::ListRef;
use sip::plan::NumberRules;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Numbers of one request.
pub(crate) const AT_ONCE: usize = 1_000;

/// The requests that fill the lists of a centre: from their files, then from what people have put on them.
///
/// # Errors
/// A file cannot be read, a line of it is no number, or there are more numbers than can be kept.
pub fn requests(config: &Config, put: Vec<(String, Private)>) -> Result<Vec<Request>> {
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
    let of_files = different(&all);
    all.extend(put_by_people(config, put));
    let total = different(&all);
    if total > call::requests::LISTED_MAX {
        let (put, most) = (total - of_files, call::requests::LISTED_MAX);
        bail!(
            "the lists have {total} numbers, {of_files} of their files and {put} that were put on them over HTTP; {most} at \
             most can be kept, so shorten a file"
        );
    }
    Ok(all)
}

/// What people have put on lists. A list that is not in the configuration any more keeps its numbers for the day on which
/// it is again.
fn put_by_people(config: &Config, put: Vec<(String, Private)>) -> Vec<Request> {
    let mut lists: BTreeMap<String, Vec<Private>> = BTreeMap::new();
    for (list, number) in put {
        lists.entry(list).or_default().push(number);
    }
    let mut all = Vec::new();
    for (key, numbers) in lists {
        let Some(at) = config.call.lists.iter().position(|list| list.name == key) else {
            let count = numbers.len();
            tracing::warn!(
                list = key,
                count,
                "numbers were put on a list that the configuration no longer has"
            );
            continue;
        };
        let request = |numbers: &[Private]| Request::Enlist {
            list: ListRef::at(at),
            numbers: numbers.to_vec(),
            on: true,
        };
        all.extend(numbers.chunks(AT_ONCE).map(request));
    }
    all
}

/// Different numbers in requests: one that is on several lists is one for the engine.
fn different(requests: &[Request]) -> usize {
    let numbers = requests.iter().flat_map(|request| match request {
        Request::Enlist { numbers, .. } => &numbers[..],
        _ => &[],
    });
    numbers.collect::<BTreeSet<_>>().len()
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

    #[test]
    fn what_people_have_put_on_lists_comes_behind_their_files_and_counts_with_them() {
        let config = Config::parse(crate::config::EXAMPLE, "centre.toml").expect("the sample is right");
        let put = |list: &str, count: usize| -> Vec<(String, Private)> {
            (0..count).map(|n| (list.to_owned(), Private::new(format!("+86{n:011}")))).collect()
        };
        let lists = [put("open_case", 2), put("firms", 1_001), put("gone", 5)].concat();
        let asked = requests(&config, lists).expect("room");
        let told = asked.iter().map(|request| match request {
            Request::Enlist { list, numbers, on } => (list.index(), numbers.len(), *on),
            other => panic!("{other:?}"),
        });
        let of = |name: &str| config.call.lists.iter().position(|list| list.name == name).expect("there");
        let (firms, open_case) = (of("firms"), of("open_case"));
        let wanted = [(firms, 1_000, true), (firms, 1, true), (open_case, 2, true)];
        assert_eq!(told.collect::<Vec<_>>(), wanted, "and a list that is gone waits for its return");
        let most = call::requests::LISTED_MAX;
        assert!(requests(&config, put("firms", most)).is_ok());
        let full = requests(&config, put("firms", most + 1)).expect_err("one too many").to_string();
        assert!(full.contains("0 of their files and 500001 that were put on them over HTTP"), "{full}");
    }
}
