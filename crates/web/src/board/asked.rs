//! Who was asked, on the board: specialists, and exchanges with other platforms.

use super::ms;
use report::board::AskedLine;
use report::words;
use serde::Serialize;

/// Those of a roster who were asked, and callers exchanged with another platform, one way and for one reason.
#[derive(Serialize)]
pub struct Asked {
    /// Key of the roster.
    pub roster: String,
    /// `out`: from us, `in`: to us.
    pub way: &'static str,
    /// Key of the reason; empty for none.
    pub reason: String,
    /// How often.
    pub asked: u64,
    /// Somebody came.
    pub answered: u64,
    /// Of these, he had the caller without an agent.
    pub took_over: u64,
    /// Everybody was rung, nobody came.
    pub nobody: u64,
    /// Not wanted any more.
    pub called_off: u64,
    /// Of the answered, until somebody came.
    pub wait_ms: u64,
    /// Of the answered, from then on.
    pub talk_ms: u64,
}

impl Asked {
    pub(super) fn of(line: &AskedLine) -> Self {
        let AskedLine { roster, exchange, reason, counts } = line;
        Self {
            roster: roster.clone(),
            way: words::exchange(*exchange),
            reason: reason.clone(),
            asked: counts.asked(),
            answered: counts.answered,
            took_over: counts.took_over,
            nobody: counts.nobody,
            called_off: counts.called_off,
            wait_ms: ms(counts.waited),
            talk_ms: ms(counts.talked),
        }
    }
}
