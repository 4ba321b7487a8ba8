//! Recorded talks: CPU of the engine's whole process, beside the same talks that nobody records.
//!
//! ```text
//! caller k ══ 50 packets/s ══▶ engine ══▶ agent     the same voices, with `record = true` and without
//!                                └─▶ two channels, A-law, a file each; and meanwhile earlier ones become Opus
//! ```

use super::Options;
use super::relay::engine;
use crate::backlog::MINUTES;
use crate::engine::CentreOptions;
use crate::report::{Bar, Report};
use anyhow::Result;

/// Earlier talks that wait to become Opus: more than can be made while this is measured.
const BACKLOG: u32 = 60;

/// CPU with and without recordings at 250 and 500 bridged calls.
///
/// # Errors
/// When something cannot be run.
pub fn record(options: &Options) -> Result<Report> {
    let span = options.span(20.0);
    let seconds = span.as_secs_f64();
    let mut report = Report::new(
        "record",
        format!("A-law both ways, two channels into a file a call, {seconds:.0} s each"),
    );
    for calls in [250u32, 500] {
        let plain = engine(options, calls, span, CentreOptions::default())?;
        let recorded =
            engine(options, calls, span, CentreOptions { record: true, ..CentreOptions::default() })?;
        let label = format!("{calls} calls");
        report.figure(format!("{label}: relayed, CPU for a packet"), plain.micros, "µs", None);
        report.figure(format!("{label}: relayed and recorded"), recorded.micros, "µs", None);
        let ratio = recorded.micros / plain.micros;
        report.figure(format!("{label}: ratio"), ratio, "×", Some(Bar::Most(1.5)));
        // What a longer talk costs at its end, the hash above all, grows with its length like the rest.
        let closing =
            recorded.closing.saturating_sub(plain.closing).as_secs_f64() * 1_000.0 / f64::from(calls);
        report.figure(format!("{label}: to make a file whole"), closing, "ms", None);
        let most = Some(Bar::Most(100.0));
        report.figure(format!("{label}: engine's processor"), recorded.processor, "% of one", most);
        let least = Some(Bar::Least(99.9));
        report.figure(format!("{label}: packets that came through"), recorded.through, "%", least);
        report.figure(format!("{label}: … of the unrecorded"), plain.through, "%", None);
        let none = Some(Bar::Most(0.0));
        report.figure(format!("{label}: blocks that are missing in files"), recorded.missed, "blocks", none);
        let offered = plain.offered.min(recorded.offered);
        let bar = Some(Bar::Least(99.0));
        report.figure(format!("{label}: packets offered, least of both"), offered, "% of 50/s each", bar);
    }
    // The same talks while Opus is made of earlier ones, which takes whatever they leave of the core.
    let busy = CentreOptions { record: true, backlog: BACKLOG, ..CentreOptions::default() };
    let busy = engine(options, 500, span, busy)?;
    let label = "500 calls while Opus is made";
    let made = busy.made * MINUTES as f64 * 60.0 / seconds;
    report.figure(format!("{label}: of it a minute"), made, "min of talk", Some(Bar::Least(30.0)));
    report.figure(format!("{label}: packets that came through"), busy.through, "%", Some(Bar::Least(99.9)));
    report.figure(format!("{label}: blocks that are missing"), busy.missed, "blocks", Some(Bar::Most(0.0)));
    report.figure(
        format!("{label}: packets offered"),
        busy.offered,
        "% of 50/s each",
        Some(Bar::Least(99.0)),
    );
    Ok(report)
}
