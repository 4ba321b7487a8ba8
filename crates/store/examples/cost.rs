//! What counting and keeping a call costs: `cargo run --release -p store --example cost [folder] [calls]`.
//!
//! One thread folds the events of a made-up day and writes a batch for each simulated second of 1,000 calls.
//! CPU time is the thread's own, from the operating system (Linux); the disk's waiting is in the wall time.

#[path = "../../report/tests/day/mod.rs"]
mod day;

use report::counters::Limits;
use report::{Out, Report, UnixMs};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use store::{Backlog, Durability, Numbers, Records};

/// Nanoseconds that this thread has run.
fn cpu() -> u64 {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split_whitespace().next()?.parse().ok())
        .expect("Linux tells the CPU time of a thread")
}

fn main() {
    let mut words = std::env::args().skip(1);
    let folder = words.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let calls: u64 = words.next().and_then(|text| text.parse().ok()).unwrap_or(200_000);
    let events = day::events(1, calls, 200);
    println!("{calls} calls, {:.1} events each", events.len() as f64 / calls as f64);

    let (mut report, mut out) = (Report::new(day::plan(200)), Out::default());
    let start = cpu();
    for stamped in &events {
        report.fold(stamped, &mut out);
        if out.closed.len() > 1000 {
            out.clear();
        }
    }
    println!("fold: {:.0} ns an event", (cpu() - start) as f64 / events.len() as f64);
    let start = cpu();
    let boards = 200;
    for _ in 0..boards {
        std::hint::black_box(report.board(events[events.len() - 1].at));
    }
    println!("board of 200 agents: {:.1} µs", (cpu() - start) as f64 / 1000.0 / f64::from(boards));

    for (durability, legs, split) in [
        (Durability::Kill, false, false),
        (Durability::Kill, true, false),
        (Durability::Kill, true, true),
        (Durability::Power, true, true),
    ] {
        keep(&folder, &events, calls, durability, legs, split);
    }
}

/// `legs`: audio rows and agents' rows too. `split`: begun by one batch and completed by the next.
fn keep(
    folder: &std::path::Path,
    events: &[call::event::Stamped],
    calls: u64,
    durability: Durability,
    legs: bool,
    split: bool,
) {
    let path = folder.join(format!("sujie-cost-{}.db", std::process::id()));
    let remove = || {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
        }
    };
    remove();
    let mut records = Records::open_with(&path, durability).expect("opens");
    let run = records.begin_run(UnixMs(1)).expect("begins");
    let plan = report::Plan { run, ..day::plan(200) };
    let limits = Limits::of(&plan);
    let mut writer = records.writer(&plan, Numbers::Plain).expect("names");
    let (mut report, mut out, mut backlog) = (Report::new(plan), Out::default(), Backlog::default());
    let (mut spent, mut wall, mut rows, mut worst) = (0, Duration::ZERO, 0usize, Duration::ZERO);
    let mut late = Vec::new();
    for stamped in events {
        report.fold(stamped, &mut out);
        if out.closed.len() < 1000 {
            continue;
        }
        if !legs {
            out.agent_spans.clear();
            for record in &mut out.closed {
                record.legs.clear();
                record.segments.truncate(3);
            }
        }
        if split {
            // What was begun now is completed with the next batch, as at a thousand calls a second.
            let ended = std::mem::replace(&mut late, std::mem::take(&mut out.closed));
            out.closed = ended;
        }
        backlog.take(&mut out);
        let (start, begun) = (cpu(), Instant::now());
        let written = backlog.flush(&mut writer).expect("is written");
        spent += cpu() - start;
        wall += begun.elapsed();
        worst = worst.max(begun.elapsed());
        rows += written.closed;
    }
    let rate = rows as f64 / wall.as_secs_f64();
    println!(
        "{durability:?}, {}, {}: {:.1} µs CPU a call, {rate:.0} calls/s, longest batch {worst:?}",
        if legs { "4 segments, 2 legs, agents' rows" } else { "3 segments" },
        if split { "begun, then completed" } else { "written once" },
        spent as f64 / 1000.0 / rows as f64,
    );
    let start = Instant::now();
    let totals = writer.records().summary(run, &limits).expect("reads");
    let arrived = totals.total.counters.arrived;
    println!(
        "  recount of {arrived} calls: {:?}; {calls} calls a file of {} MB",
        start.elapsed(),
        size(&path)
    );
    drop(writer);
    remove();
}

fn size(path: &std::path::Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len() / 1_000_000)
}
