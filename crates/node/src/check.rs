//! `sujie check`: what the configuration makes, and what in it is allowed but odd.

use crate::config::{ClipOrigin, Config, SILENCE_MAX};
use crate::prompts;
use anyhow::Result;
use media::Clips;
use std::io::Write;
use std::process::ExitCode;

/// Shows a configuration that can be run; mistakes have been told before this.
///
/// # Errors
/// When a prompt cannot be loaded.
#[allow(clippy::needless_pass_by_value, reason = "all commands on a configuration take it over")]
pub fn command(config: Config) -> Result<ExitCode> {
    let clips = prompts::load(&config.clips)?;
    let numbers = crate::lists::requests(&config, Vec::new())?;
    if !config.warnings.is_empty() {
        eprint!("{}", config.warnings);
    }
    for line in prompts(&config, &clips) {
        eprintln!("{line}");
    }
    if !config.call.lists.is_empty() {
        let count: usize = numbers.iter().map(crate::lists::count).sum();
        eprintln!("lists: {count} numbers in {} lists", config.call.lists.len());
    }
    // Whoever reads the first lines only has seen enough.
    let _ = std::io::stdout().write_all(config.summary().to_string().as_bytes());
    Ok(ExitCode::SUCCESS)
}

/// What is odd about prompts: files that are not there, and silence in those that are.
fn prompts(config: &Config, clips: &Clips) -> Vec<String> {
    let mut lines = prompts::wanting(&config.clips);
    if !lines.is_empty() {
        lines.push("prompts: `sujie prompts build --config FILE` synthesizes what is missing".into());
    }
    for (source, clip) in config.clips.iter().zip(clips.iter()) {
        let meant = matches!(source.origin, ClipOrigin::Builtin { .. } | ClipOrigin::Piece { .. });
        let silence = prompts::silence(clip);
        if !meant && silence > SILENCE_MAX {
            lines.push(format!(
                "clip {}: {} s of it are silence; cut them out, callers hang up after three seconds of nothing",
                source.name,
                silence.as_secs()
            ));
        }
    }
    lines
}
