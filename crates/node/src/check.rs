//! `sujie check`: what the configuration makes, and what in it is allowed but odd.

use crate::config::Config;
use anyhow::Result;
use std::io::Write;
use std::process::ExitCode;

/// Shows a configuration that can be run; mistakes have been told before this.
///
/// # Errors
/// When a prompt cannot be loaded.
#[allow(clippy::needless_pass_by_value, reason = "all commands on a configuration take it over")]
pub fn command(config: Config) -> Result<ExitCode> {
    crate::prompts::load(&config.clips)?;
    if !config.warnings.is_empty() {
        eprint!("{}", config.warnings);
    }
    // Whoever reads the first lines only has seen enough.
    let _ = std::io::stdout().write_all(config.summary().to_string().as_bytes());
    Ok(ExitCode::SUCCESS)
}
