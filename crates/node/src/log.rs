//! The log: to standard error, for people or for programs, with persons' numbers masked.
//!
//! ```text
//!   tracing events ─▶ filter ([log] level, or SUJIE_LOG) ─▶ one line each, text or JSON ─▶ stderr
//!   Private numbers ─▶ shown(…) ─▶ 138******67, or whole when the centre has decided so
//! ```
//!
//! [`base::Private`] masks whatever formats it, so a number cannot slip into the log. Who logs one on purpose wraps
//! it in [`shown`], which obeys `[log] mask_numbers`.

use crate::config::{LogFormat, LogLevel, LogPlan};
use base::Private;
use std::fmt;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::SubscriberBuilder;

/// Overrides `[log] level`; takes `debug` as well as `info,sip=trace`.
pub const VARIABLE: &str = "SUJIE_LOG";

/// Whether numbers are masked; process-wide like the log itself.
static MASKED: AtomicBool = AtomicBool::new(true);

/// There is a log already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twice;

impl fmt::Display for Twice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the log has been set up already")
    }
}

impl std::error::Error for Twice {}

/// Deeds of supervisors ([`crate::deeds`]).
const AUDIT: &str = "audit=info";

/// Sets the log up for the whole process. A variable that is no filter is told, and the configured level holds: a slip
/// in the environment must not keep a centre from starting.
///
/// # Errors
/// When a log has been set up already; what is masked has changed all the same.
pub fn start(plan: LogPlan) -> Result<(), Twice> {
    MASKED.store(plan.mask_numbers, Ordering::Relaxed);
    let (filter, slip) = filter(plan.level, std::env::var(VARIABLE).ok().as_deref());
    // Who did what is written whatever else is.
    let filter = match AUDIT.parse() {
        Ok(audit) => filter.add_directive(audit),
        Err(_) => filter,
    };
    let log = SubscriberBuilder::default()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let set = match plan.format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).try_init(),
    };
    if let Some(slip) = slip {
        tracing::warn!("{slip}");
    }
    set.map_err(|_| Twice)
}

/// The filter, and what is wrong with the variable.
fn filter(level: LogLevel, variable: Option<&str>) -> (EnvFilter, Option<String>) {
    let level = match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    match variable.filter(|text| !text.trim().is_empty()).map(EnvFilter::try_new) {
        Some(Ok(filter)) => (filter, None),
        Some(Err(error)) => {
            let slip = format!(
                "{VARIABLE} is no filter ({error}), so {level} holds; write a level such as debug, or info,sip=trace"
            );
            (EnvFilter::new(level), Some(slip))
        }
        None => (EnvFilter::new(level), None),
    }
}

/// A number for a log line: masked unless the centre has decided otherwise.
#[must_use]
pub fn shown(number: &Private) -> Shown<'_> {
    Shown { number, masked: MASKED.load(Ordering::Relaxed) }
}

/// See [`shown`].
pub struct Shown<'n> {
    number: &'n Private,
    masked: bool,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.masked { fmt::Display::fmt(self.number, f) } else { f.write_str(self.number.reveal()) }
    }
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[test]
    fn numbers_are_masked_unless_the_centre_has_decided_otherwise() {
        let number = Private::new("13851234567".to_owned());
        assert_eq!(shown(&number).to_string(), "138******67");
        assert_eq!(Shown { number: &number, masked: false }.to_string(), "13851234567");
    }

    #[test]
    fn the_variable_overrides_the_level_and_a_bad_one_is_told() {
        for nothing in [None, Some(" ")] {
            let (filter, slip) = filter(LogLevel::Warn, nothing);
            assert_eq!((filter.to_string().as_str(), slip), ("warn", None));
        }
        let (own, slip) = filter(LogLevel::Warn, Some("info,sip=trace"));
        assert!(own.to_string().contains("sip=trace") && slip.is_none(), "{own}");
        let (usual, slip) = filter(LogLevel::Warn, Some("sip=loud"));
        assert_eq!(usual.to_string(), "warn");
        assert!(
            slip.is_some_and(|slip| slip.contains("SUJIE_LOG is no filter") && slip.contains("sip=trace"))
        );
    }

    /// Keeps what is logged.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("one thread").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_private_number_is_masked_however_it_is_logged() {
        let kept = Kept::default();
        let writer = kept.clone();
        let log = SubscriberBuilder::default().json().with_writer(move || writer.clone()).finish();
        let number = Private::new("13851234567".to_owned());
        tracing::subscriber::with_default(log, || {
            tracing::info!(caller = %number, again = ?number, third = %shown(&number), "a call");
        });
        let line = String::from_utf8(kept.0.lock().expect("one thread").clone()).expect("UTF-8");
        assert_eq!(line.matches("138******67").count(), 3, "{line}");
        assert!(!line.contains("13851234567"), "{line}");
    }
}
