//! Replay: what one input of a journal costs to read, to run, and to count. One thread, one core.
//!
//! ```sh
//! cargo run --release -p sujie-benches --bin replay              # an invented day, 100,000 calls
//! cargo run --release -p sujie-benches --bin replay -- 1000000   # more
//! cargo run --release -p sujie-benches --bin replay -- day/      # a recorded one (sujie demo --journal day)
//! ```
//!
//! The exit code is 1 when less than a million inputs a second are replayed, or an event differs.

use anyhow::{Context, Result};
use node::config::Config;
use report::{Out, Report};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use store::journal::{Header, Journal, Numbers, Recorder, Replay, What};
use sujie_benches::invented::{Day, centre};

/// Inputs a second.
const BAR: f64 = 1e6;
/// Each is measured so often, and the best counts: the others had a neighbor on the machine.
const TIMES: usize = 5;

fn main() -> Result<ExitCode> {
    let word = std::env::args().nth(1).unwrap_or_else(|| "100000".into());
    let (paths, scratch) = match word.parse::<u64>() {
        Ok(calls) => {
            let path = std::env::temp_dir().join(format!("sujie-invented-{}.journal", std::process::id()));
            let begun = Instant::now();
            std::fs::write(&path, invented(calls)?)?;
            println!("invented {calls} calls in {:.1} s", begun.elapsed().as_secs_f64());
            (vec![path.clone()], Some(path))
        }
        Err(_) => (vec![PathBuf::from(word)], None),
    };
    let done = measure(&paths);
    if let Some(path) = scratch {
        std::fs::remove_file(path)?;
    }
    done
}

/// A journal of four calls a second for 600 agents.
fn invented(calls: u64) -> Result<Vec<u8>> {
    let text = centre(700);
    let config = Config::parse(&text, "invented.toml").map_err(|mistakes| anyhow::anyhow!("{mistakes}"))?;
    let plan = Header::fingerprint(&config.call);
    let engine = env!("CARGO_PKG_VERSION").into();
    let head = Header {
        engine,
        run: 1,
        seed: 7,
        plan,
        part: 1,
        file: "invented.toml".into(),
        config: text,
        ..Header::default()
    };
    Ok(Day::record(&config.call, &head, calls, Duration::from_millis(250)))
}

fn measure(paths: &[PathBuf]) -> Result<ExitCode> {
    let open = || Journal::open(paths, None);
    let header = open()?.header().clone();
    let config =
        Config::parse(&header.config, &header.file).map_err(|mistakes| anyhow::anyhow!("{mistakes}"))?;
    let size = open()?.progress().1;
    let mut inputs = 0;
    let read = best(|| {
        let mut journal = open()?;
        while journal.next_entry()?.is_some() {}
        inputs = journal.inputs();
        Ok(())
    })?;
    let mut told = None;
    let run = best(|| {
        let mut journal = open()?;
        let mut replay = Replay::new(config.call.clone(), header.seed);
        while let Some(entry) = journal.next_entry()? {
            replay.step(entry);
        }
        told = Some((replay.told(), replay.checked(), replay.difference().copied()));
        Ok(())
    })?;
    let mut offered = 0;
    let counted = best(|| {
        let mut journal = open()?;
        let mut replay = Replay::new(config.call.clone(), header.seed);
        let (mut report, mut out) = (Report::new(config.report.clone()), Out::default());
        while let Some(entry) = journal.next_entry()? {
            for stamped in replay.step(entry) {
                report.fold(stamped, &mut out);
            }
            out.clear();
        }
        offered = report.total().counters.offered;
        Ok(())
    })?;
    let recorded = best(|| {
        let mut journal = open()?;
        let mut replay = Replay::new(config.call.clone(), header.seed);
        let (mut recorder, mut spare) = (Recorder::new(Numbers::Plain), Vec::new());
        while let Some(entry) = journal.next_entry()? {
            match &entry.what {
                What::Input(input) => recorder.input(entry.at, input),
                What::Tick => recorder.tick(entry.at),
                _ => {}
            }
            recorder.events(replay.step(entry));
            if recorder.is_full() {
                spare = recorder.take(std::mem::take(&mut spare)).map_or_else(Vec::new, |chunk| chunk.bytes);
            }
        }
        Ok(())
    })?;
    let ((events, sum), checked, difference) = told.context("it was run")?;
    println!("{inputs} inputs, {offered} calls offered, {events} events, {:.1} MB", size as f64 / 1e6);
    let line = |what: &str, took: Duration| {
        let nanos = took.as_secs_f64() * 1e9 / inputs as f64;
        println!("{what:<34}{nanos:>6.0} ns an input {:>8.2} million inputs a second", 1e3 / nanos);
        1e9 / nanos
    };
    line("read", read);
    line("read, run, events summed", run);
    let rate = line("read, run, events summed, counted", counted);
    let recording = recorded.saturating_sub(run).as_secs_f64() * 1e9 / inputs as f64;
    println!("{:<34}{recording:>6.0} ns an input, on the engine's thread", "recording it");
    println!("sum {sum:016x}, {checked} checkpoints");
    if let Some(difference) = difference {
        println!("NOT the same: {difference}");
    }
    Ok(ExitCode::from(u8::from(rate < BAR || difference.is_some())))
}

fn best(mut run: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..TIMES {
        let begun = Instant::now();
        run()?;
        best = best.min(begun.elapsed());
    }
    Ok(best)
}
