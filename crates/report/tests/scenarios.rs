//! Scenarios of a hotline's day, as an operations manager would tell them, and what is counted of them.

mod script;

use std::path::Path;

#[test]
fn the_days_are_counted_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .expect("the scenarios are there")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "scn"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 9, "scenarios are missing in {}", folder.display());
    for path in paths {
        script::run(&path);
    }
}
