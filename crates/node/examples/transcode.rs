//! What it costs to make Opus of recordings: CPU for an hour of talk, and bytes of it.
//!
//! ```text
//!   sujie demo --seconds 60 --record talks
//!   cargo run --release -p node --example transcode -- talks/*/*.wav
//! ```

use anyhow::{Context, Result, ensure};
use node::recording::{ogg_opus, wav};
use std::fs;

fn main() -> Result<()> {
    let (mut samples, mut before, mut after) = (0, 0, 0);
    let started = cpu()?;
    for file in std::env::args().skip(1) {
        let wav = fs::read(&file).with_context(|| format!("reading {file}"))?;
        let mut opus = Vec::new();
        let source = ogg_opus::transcode(&mut &wav[..], &mut opus, 1, || true)?.context("to its end")?;
        samples += source.samples;
        before += wav.len();
        after += opus.len();
    }
    ensure!(samples > 0, "name recordings of `sujie demo --record` or of a centre");
    let hours = samples as f64 / wav::RATE as f64 / 3_600.0;
    let megabytes = |bytes: usize| bytes as f64 / 1e6 / hours;
    println!("{hours:.2} h of talk on two channels");
    println!("CPU for an hour of talk   {:.1} s", (cpu()? - started) / hours);
    println!("an hour as WAV            {:.1} MB", megabytes(before));
    println!("an hour as Opus           {:.1} MB", megabytes(after));
    Ok(())
}

/// Seconds of CPU that this thread has had.
fn cpu() -> Result<f64> {
    let stat =
        fs::read_to_string("/proc/thread-self/schedstat").context("Linux tells a thread's CPU time")?;
    let nanos: f64 = stat.split(' ').next().unwrap_or_default().parse()?;
    Ok(nanos / 1e9)
}
