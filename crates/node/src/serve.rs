//! `sujie serve`: a centre until a signal ends it, gracefully.
//!
//! The first SIGTERM or SIGINT stops new calls (503) and waits for the running ones, at most the configured
//! grace; a second one ends at once. SIGHUP reads the configuration again and applies what can change live.

use crate::centre::Centre;
use crate::config::Config;
use anyhow::{Result, bail};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How often the signals are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Counts the signals that have come.
pub struct Signals {
    ending: Arc<AtomicUsize>,
    reload: Arc<AtomicUsize>,
}

impl Signals {
    /// Listens for SIGINT, SIGTERM and SIGHUP from now on.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen() -> Result<Self> {
        let (ending, reload) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (ended, reloaded) = (Arc::clone(&ending), Arc::clone(&reload));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("sujie-signals".into()).spawn(move || {
            runtime.block_on(async {
                use tokio::signal::unix::{SignalKind, signal};
                let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) = (
                    signal(SignalKind::interrupt()),
                    signal(SignalKind::terminate()),
                    signal(SignalKind::hangup()),
                ) else {
                    tracing::error!("signals cannot be heard; end the process with SIGKILL");
                    return;
                };
                loop {
                    let counter = tokio::select! {
                        _ = interrupt.recv() => &ended,
                        _ = terminate.recv() => &ended,
                        _ = hangup.recv() => &reloaded,
                    };
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            });
        })?;
        Ok(Self { ending, reload })
    }

    /// How many ending ones have come.
    #[must_use]
    pub fn count(&self) -> usize {
        self.ending.load(Ordering::Relaxed)
    }

    /// Whether the configuration is to be read again; asked for twice in a moment is once.
    #[must_use]
    pub fn take_reload(&self) -> bool {
        self.reload.swap(0, Ordering::Relaxed) > 0
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
        if signals.take_reload() {
            centre.reload();
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
