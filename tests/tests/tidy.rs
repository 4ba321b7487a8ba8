//! The house rules that a compiler does not check: ranks, bounds of files, heads of modules, no clocks in cores.

use std::fs;
use std::path::{Path, PathBuf};

/// Crates by rank: each may use lower ranks only (`crates/README.md`).
const RANKS: [(&str, u8); 11] = [
    ("base", 0),
    ("acd", 1),
    ("sip", 1),
    ("media", 1),
    ("call", 2),
    ("phones", 2),
    ("report", 3),
    ("store", 4),
    ("sim", 4),
    ("web", 5),
    ("node", 6),
];
/// Crates that compute only.
const CORES: [&str; 8] = ["base", "acd", "sip", "media", "call", "phones", "report", "sim"];
/// What a core must not reach for, and what it uses instead.
const FORBIDDEN: [(&str, &str); 9] = [
    ("Instant::now", "the `now` it is given"),
    ("SystemTime", "`base::Timestamp`"),
    ("std::thread", "nothing: threads are made in `node`"),
    ("std::net::UdpSocket", "an output"),
    ("std::fs", "an input"),
    ("Mutex<", "one owner"),
    ("RwLock<", "one owner"),
    ("HashMap<", "`base::Table`, which has no order"),
    ("tokio::", "nothing: it is called"),
];
/// Longest source file: one noun per file.
const LINES_MAX: usize = 800;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_path_buf()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for part in ["crates", "benches", "tests"] {
        sources(&root().join(part), &mut found);
    }
    found.sort();
    assert!(found.len() > 50, "the sources were not found under {}", root().display());
    found
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a source file is readable");
            (path, text)
        })
        .collect()
}

fn report(what: &str, mistakes: &[String]) {
    assert!(mistakes.is_empty(), "{what}:\n  {}", mistakes.join("\n  "));
}

#[test]
fn a_crate_uses_lower_ranks_only() {
    let rank = |name: &str| RANKS.iter().find(|(known, _)| *known == name).map(|(_, rank)| *rank);
    let mut mistakes = Vec::new();
    for entry in fs::read_dir(root().join("crates")).expect("crates/").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(manifest) = fs::read_to_string(entry.path().join("Cargo.toml")) else { continue };
        let Some(own) = rank(&name) else {
            mistakes.push(format!("crate {name} has no rank; give it one here and in crates/README.md"));
            continue;
        };
        let table = manifest.split("[dependencies]").nth(1).unwrap_or_default();
        for line in table.split("\n[").next().unwrap_or_default().lines() {
            let used = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if rank(used).is_some_and(|used| used >= own) {
                mistakes.push(format!("{name} (rank {own}) must not use {used}"));
            }
            if CORES.contains(&name.as_str()) && ["serde", "tokio", "axum", "rusqlite"].contains(&used) {
                mistakes.push(format!("{name} computes only and must not use {used}"));
            }
        }
    }
    report("ranks", &mistakes);
}

#[test]
fn cores_have_no_clock_thread_lock_file_or_hash_order() {
    let mut mistakes = Vec::new();
    for (path, text) in all_sources() {
        let place = path.strip_prefix(root()).expect("below the root").display().to_string();
        let in_core = CORES.iter().any(|core| place.starts_with(&format!("crates/{core}/src/")));
        // The one place that wraps a hash table, so that nobody else needs one.
        if !in_core || place == "crates/base/src/table.rs" {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for (word, instead) in FORBIDDEN {
                if line.contains(word) {
                    mistakes.push(format!("{place}:{}: {word}; use {instead}", number + 1));
                }
            }
        }
    }
    report("in a core", &mistakes);
}

#[test]
fn a_file_is_about_one_noun_and_says_what_it_is_for() {
    let mut mistakes = Vec::new();
    for (path, text) in all_sources() {
        let place = path.strip_prefix(root()).expect("below the root").display();
        let lines = text.lines().count();
        if lines > LINES_MAX {
            mistakes.push(format!("{place}: {lines} lines; split it by noun ({LINES_MAX} at most)"));
        }
        if !text.starts_with("//!") {
            mistakes.push(format!("{place}: has no head (`//!`) that says what it is for"));
        }
    }
    report("files", &mistakes);
}

#[test]
fn nothing_is_left_to_do_later() {
    // Put together at run time, so that this file does not find itself.
    let words = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["todo", "!("].concat()];
    let mut mistakes = Vec::new();
    for (path, text) in all_sources() {
        for (number, line) in text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word.as_str())) {
                mistakes.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    report("placeholders", &mistakes);
}
