//! Agents' own calls, on the board.

use super::{Mean, ms};
use report::board::Line as ReportLine;
use serde::Serialize;

/// Calls that agents made to numbers outside; never among the offered.
#[derive(Serialize)]
pub struct Outgoing {
    /// Made.
    pub made: u64,
    /// Answered there.
    pub reached: u64,
    /// Over without that.
    pub unreached: u64,
    /// Neither yet.
    pub open: u64,
    /// How long phones rang of those who were reached.
    pub ring: Mean,
    /// Talks, once the call is over.
    pub talk: Mean,
    /// The longest of them.
    pub longest_talk_ms: u64,
}

impl Outgoing {
    pub(super) fn of(line: &ReportLine) -> Self {
        let outgoing = &line.counters.outgoing;
        Self {
            made: outgoing.made,
            reached: outgoing.reached,
            unreached: outgoing.unreached,
            open: outgoing.open,
            ring: Mean::of(&line.ring_out),
            talk: Mean::of(&line.talk_out),
            longest_talk_ms: ms(line.longest_out),
        }
    }
}
