//! How far a long reading is: one line on a terminal's standard error, nothing anywhere else.

use std::io::{IsTerminal, Write};

/// Told how many are done.
pub(super) struct Progress {
    what: &'static str,
    whole: u64,
    done: u64,
    shown: Option<u64>,
    terminal: bool,
}

impl Progress {
    /// Nothing is done yet.
    pub(super) fn new(what: &'static str, whole: u64) -> Self {
        Self { what, whole, done: 0, shown: None, terminal: std::io::stderr().is_terminal() }
    }

    /// One more is done; the line changes with each per cent.
    pub(super) fn step(&mut self) {
        self.done += 1;
        let percent = self.done.min(self.whole) * 100 / self.whole.max(1);
        // What is read in a moment needs no line.
        if self.terminal && self.whole > 50_000 && self.shown != Some(percent) {
            self.shown = Some(percent);
            let bar = "█".repeat((percent / 4) as usize);
            let _ = write!(std::io::stderr(), "\r{} {bar:<25} {percent:>3} %  {}", self.what, self.done);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}
