//! `sujie prompts list`: every prompt of a centre, whether it is there, and what it says.

use super::shelf::{Shelf, State, of_centre};
use crate::config::Config;
use anyhow::{Context, Result};
use std::io::Write;
use std::process::ExitCode;

/// Shows the prompts of a configuration.
///
/// # Errors
/// A file cannot be read.
pub fn command(config: &Config) -> Result<ExitCode> {
    let shelf = Shelf::open(&config.prompts)
        .with_context(|| format!("the folder of prompts {} cannot be read", config.prompts.display()))?;
    let (mut lines, mut states) = (String::new(), Vec::new());
    for wanted in of_centre(config) {
        let file = shelf.file(&wanted);
        let state = shelf.state(&wanted).with_context(|| format!("{} cannot be read", file.display()))?;
        states.push(state);
        let words = wanted.words.as_deref().unwrap_or("(nobody has said what: add say = { … } to its clip)");
        lines += &format!("{:<4} {:<24} {:<16} {words}\n", wanted.language, wanted.name, state.words());
    }
    let count = |of| states.iter().filter(|state| **state == of).count();
    lines += &format!(
        "{}: {} recorded, {} synthesized, {} missing\n",
        config.prompts.display(),
        count(State::Recorded),
        count(State::Synthesized),
        count(State::Missing)
    );
    // Whoever reads the first lines only has seen enough.
    let _ = std::io::stdout().write_all(lines.as_bytes());
    Ok(ExitCode::SUCCESS)
}
