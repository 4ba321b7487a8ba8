//! `sujie staff`: the table of a day, plans with mistakes, and what the command line says.

use clap::Parser;
use node::cli::{Cli, Command};
use node::config::staffing::{EXAMPLE, parse};
use node::staff::Plan;
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
fn the_sample_plan_staffs_a_day_of_a_city() {
    let plan = Plan::of(parse(EXAMPLE, "staff.toml").expect("the sample is right")).unwrap();
    compare(&plan.text(), "staff_day.txt");
    let json = plan.json();
    assert_eq!(json["workday"]["half_hours"].as_array().map(Vec::len), Some(48));
    assert_eq!((json["workdays"].as_u64(), json["days_off"].as_u64()), (Some(251), Some(115)));
    let page = plan.html();
    assert_eq!(page.matches("<rect").count(), 48);
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n") && !page.contains("http"));
}

#[test]
fn a_plan_full_of_mistakes_has_each_of_them_named_with_place_and_remedy() {
    let text = "calls_workday = \"many\"\nhandling = 179\npatience = \"0s\"\ntarget = \"80/20\"\nocupancy_max = 0.9\n\
                profile = [1, 2, 3]\nholidays = [\"2024-02-30\"]\nshrinkage = 30\n[sites]\ncity = 0.4\ncounty = 0.5\n";
    let mistakes = parse(text, "staff.toml").expect_err("it is full of them");
    compare(&mistakes.to_string(), "staff_mistakes.txt");
}

#[test]
fn the_command_line_says_what_would_be_right() {
    for (line, says) in [
        ("sujie staff --rate 690 --aht 179s", "690/h"),
        ("sujie staff --rate 690/h", "--aht <SPAN>"),
        ("sujie staff --rate 690/h --aht 179", "no unit"),
        ("sujie staff --rate 690/h --aht 179s --target 80", "sl2:80%/20s"),
        ("sujie staff --rate 690/h --aht 179s --occupancy-max 0%", "such as 85%"),
        ("sujie staff erlang c --agents 3", "--load <ERLANG>"),
        ("sujie staff erlang b --load -1 --agents 3", "unexpected argument"),
    ] {
        let said = Cli::try_parse_from(line.split_whitespace()).expect_err(line).to_string();
        assert!(said.contains(says), "{line}: {said}");
    }
    let line = "sujie staff --rate 690/h --aht 179.29s --patience 90s --target sl2:97.13%/30s --agents 38";
    assert!(matches!(
        Cli::try_parse_from(line.split_whitespace()).unwrap().command,
        Command::Staff(staff) if staff.agents == Some(38)
    ));
}
