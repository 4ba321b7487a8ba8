//! Whole files, right and wrong: what people read when something is wrong is a golden file, reviewed in the diff.

use node::config::{Config, EXAMPLE};
use std::path::Path;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

fn compare(shown: &str, file: &str) {
    let path = Path::new(GOLDEN).join(file);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, shown).expect("written");
    }
    let wanted = std::fs::read_to_string(&path).expect("the golden file; UPDATE=1 writes it");
    assert!(shown == wanted, "{file} is no longer what is said; UPDATE=1 rewrites it. Now:\n{shown}");
}

#[test]
fn a_file_full_of_mistakes_has_each_of_them_named_with_place_and_remedy() {
    let path = Path::new(GOLDEN).join("mistakes.toml");
    let text = std::fs::read_to_string(path).expect("the file is there");
    let mistakes = Config::parse(&text, "mistakes.toml").expect_err("it is full of them");
    compare(&mistakes.to_string(), "mistakes.txt");
    for mistake in mistakes.iter() {
        assert!(!mistake.what.is_empty() && !mistake.remedy.is_empty(), "{mistake:?}");
    }
    let lines: Vec<_> = mistakes.iter().map(|mistake| mistake.place.as_ref().map(|at| at.start)).collect();
    assert!(lines.is_sorted(), "in order of place");
}

#[test]
fn each_contradiction_in_the_distribution_is_named() {
    let path = Path::new(GOLDEN).join("distribution.toml");
    let text = std::fs::read_to_string(path).expect("the file is there");
    let mistakes = Config::parse(&text, "distribution.toml").expect_err("it is full of them");
    compare(&mistakes.to_string(), "distribution.txt");
}

#[test]
fn whatever_would_strand_a_caller_in_a_flow_is_named() {
    let path = Path::new(GOLDEN).join("flows.toml");
    let text = std::fs::read_to_string(path).expect("the file is there");
    let mistakes = Config::parse(&text, "flows.toml").expect_err("it is full of them");
    compare(&mistakes.to_string(), "flows.txt");
}

#[test]
fn the_sample_is_summed_up_in_a_table() {
    let config = Config::parse(EXAMPLE, "centre.toml").expect("the sample is right");
    compare(&config.summary().to_string(), "summary.txt");
}

#[test]
fn a_file_that_is_no_text_or_not_there_is_a_mistake_like_any_other() {
    let folder = std::env::temp_dir().join(format!("sujie-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    let gbk = folder.join("gbk.toml");
    std::fs::write(&gbk, b"[groups.general]\ntitle = \"\xc3\xf1\xc9\xfa\"\n").expect("written");
    let said = Config::load(&gbk).expect_err("GBK").to_string();
    assert!(said.contains("gbk.toml: line 2 is not UTF-8; save the file as UTF-8 (not GBK)\n"), "{said}");
    let said = Config::load(&folder.join("none.toml")).expect_err("not there").to_string();
    assert!(said.contains("cannot be read: No such file") && said.contains("sujie config example"), "{said}");
    std::fs::remove_dir_all(&folder).expect("removed");
}

/// Cuts and garbles the sample in every way that is cheap to think of: whatever comes is either a centre or a list of
/// mistakes inside the text, never a panic.
#[test]
fn a_garbled_file_never_does_more_than_list_mistakes() {
    let mut random = base::Random::seeded(20_241_231);
    let pieces =
        ["\"", "[", "]", "{", "}", "=", "\n", "[[", "#", "'''", "é民", "9999999999999999999999", "\u{0}"];
    for round in 0..400 {
        let mut text = EXAMPLE.to_owned();
        for _ in 0..=random.below(4) {
            let at = text.floor_char_boundary(random.below(text.len() as u64) as usize);
            let end = text.floor_char_boundary((at + random.below(40) as usize).min(text.len()));
            let piece = pieces[random.below(pieces.len() as u64) as usize];
            text.replace_range(at..end, piece);
        }
        if let Err(mistakes) = Config::parse(&text, "garbled.toml") {
            assert!(mistakes.count() > 0, "round {round}");
            for mistake in mistakes.iter() {
                let end = mistake.place.as_ref().map_or(0, |place| place.end);
                assert!(end <= text.len(), "round {round}: {mistake:?}");
            }
            assert!(mistakes.to_string().lines().count() >= mistakes.count());
        }
    }
}
