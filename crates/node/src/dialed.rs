//! Dialed: what agents were refused at their phones stands in the audit, as what was refused over HTTP does.
//!
//! ```text
//!   OutgoingRefused ─▶ Dialed ─each look─▶ log (target "audit"), Register
//! ```
//!
//! **At the limit** ([`WAITING_MAX`]) further ones are counted and told by their number: a phone that redials all day
//! must not fill the disk. Never knows: which numbers may be dialed.

use crate::clock::Clock;
use crate::deeds::SharedRegister;
use call::event::{Event, Stamped};
use report::UnixMs;
use store::register::AuditRow;

/// Rows that wait for the disk; it is written ten times a second.
const WAITING_MAX: usize = 100;

/// What is new.
pub struct Dialed {
    agents: Vec<String>,
    clock: Clock,
    rows: Vec<AuditRow>,
    left_out: u64,
}

impl Dialed {
    /// Nothing new; agents by key.
    #[must_use]
    pub fn new(agents: &[String], clock: Clock) -> Self {
        Self { agents: agents.to_vec(), clock, rows: Vec::new(), left_out: 0 }
    }

    /// Takes an event.
    pub fn take(&mut self, stamped: &Stamped) {
        let Event::OutgoingRefused { agent, number, why } = &stamped.event else { return };
        if self.rows.len() >= WAITING_MAX {
            self.left_out += 1;
            return;
        }
        let operator = self.agents.get(agent.index()).cloned().unwrap_or_default();
        // The number is masked here as in every log.
        let (deed, outcome) = (format!("agent {operator}: calls {number}"), format!("refused: {why}"));
        let at = UnixMs(self.clock.epoch().unix_millis(stamped.at));
        self.rows.push(AuditRow { at, operator, deed, outcome });
    }

    /// Writes what is new.
    pub fn write(&mut self, register: &SharedRegister) {
        for row in self.rows.drain(..) {
            let AuditRow { operator, deed, outcome, .. } = &row;
            tracing::info!(target: "audit", operator, deed, outcome, "dialed");
            if let Err(error) = register.lock().audit(&row) {
                tracing::error!(%error, "a refused number could not be noted in the records");
            }
        }
        if self.left_out > 0 {
            tracing::warn!(target: "audit", left_out = self.left_out, "more numbers were refused than are noted");
            self.left_out = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use acd::AgentRef;
    use base::{Private, Timestamp};
    use parking_lot::Mutex;
    use std::sync::Arc;
    use store::Register;

    #[test]
    fn a_refused_number_stands_in_the_audit_masked_and_a_flood_of_them_is_bounded() {
        let folder = std::env::temp_dir().join(format!("sujie-dialed-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("made");
        let file = folder.join("records.db");
        drop(store::Records::open(&file).expect("opened"));
        let register = Arc::new(Mutex::new(Register::open(&file).expect("opened")));
        let mut dialed = Dialed::new(&["8001".into()], Clock::start());
        let refused = |number: &str| Stamped {
            at: Timestamp::from_secs(1),
            seq: 1,
            event: Event::OutgoingRefused {
                agent: AgentRef(0),
                number: Private::new(number.into()),
                why: "that number may not be dialed",
            },
        };
        for _ in 0..3 * WAITING_MAX {
            dialed.take(&refused("0013851234567"));
        }
        dialed.write(&register);
        let rows = register.lock().deeds(1_000).expect("read");
        std::fs::remove_dir_all(&folder).expect("removed");
        assert_eq!(rows.len(), WAITING_MAX);
        assert_eq!(
            (rows[0].operator.as_str(), rows[0].outcome.as_str()),
            ("8001", "refused: that number may not be dialed")
        );
        assert!(!rows[0].deed.contains("13851234567"), "{}", rows[0].deed);
    }
}
