//! `sujie serve`: a centre until a signal ends it, gracefully.
//!
//! The first SIGTERM or SIGINT stops new calls (503) and waits for the running ones, at most the configured
//! grace; a second one ends at once.

use crate::centre::Centre;
use crate::config::Config;
use anyhow::{Result, bail};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How often the signals are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Counts the ending signals that have come.
pub struct Signals(Arc<AtomicUsize>);

impl Signals {
    /// Listens for SIGINT and SIGTERM from now on.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen() -> Result<Self> {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("sujie-signals".into()).spawn(move || {
            runtime.block_on(async {
                use tokio::signal::unix::{SignalKind, signal};
                let (Ok(mut interrupt), Ok(mut terminate)) =
                    (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
                else {
                    tracing::error!("signals cannot be heard; end the process with SIGKILL");
                    return;
                };
                loop {
                    tokio::select! {
                        _ = interrupt.recv() => {}
                        _ = terminate.recv() => {}
                    }
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            });
        })?;
        Ok(Self(count))
    }

    /// How many have come.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Runs a centre.
///
/// # Errors
/// When it cannot start, or breaks.
pub fn command(config: Config) -> Result<ExitCode> {
    crate::log::start(config.node.log)?;
    let signals = Signals::listen()?;
    let grace = config.node.drain_grace;
    let centre = Centre::start(config)?;
    tracing::info!(
        sip = %centre.sip_address(),
        http = ?centre.http_address(),
        database = %centre.database().display(),
        "sujie is up"
    );
    while signals.count() == 0 {
        if centre.broken() {
            bail!("a thread of the centre has ended; see the log above");
        }
        std::thread::sleep(LOOK_EVERY);
    }
    tracing::info!(calls = centre.calls(), ?grace, "stopping: no new calls; a second signal ends at once");
    let stopped = centre.stop(grace, || signals.count() > 1);
    if stopped > 0 {
        tracing::warn!(calls = stopped, "calls were cut off");
    }
    tracing::info!("sujie has stopped");
    Ok(ExitCode::SUCCESS)
}
