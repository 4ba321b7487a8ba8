//! Forking: one INVITE rings at all contacts of an address of record, or tries a trunk's addresses in turn.
//!
//! ```text
//!             ┌──▶ Branch (contact 1) ──486──┐
//!   egress ───┼──▶ Branch (contact 2) ──2xx──┼──▶ first 2xx wins, the others are cancelled
//!             └──▶ Branch (contact 3) ──408──┘    all refused: the best refusal; any 6xx ends all at once
//! ```
//!
//! Never knows: how an INVITE is written or cancelled.

use crate::dialog::Dialog;
use crate::leg::ReleasedBy;
use crate::message::Cause;
use crate::transaction::ClientRef;

/// Early dialogs kept for one branch (a proxy behind it may fork again); further ones only ring.
pub(crate) const EARLY: usize = 4;

/// One way the INVITE went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Branch {
    /// Its transaction.
    pub(crate) client: ClientRef,
    /// Dialogs that its reliable provisional responses began.
    pub(crate) early: Vec<Early>,
    /// Its peer is reached at its source only.
    pub(crate) nated: bool,
}

/// An early dialog with reliable provisional responses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Early {
    pub(crate) dialog: Dialog,
    /// The last RSeq that was acknowledged.
    pub(crate) rseq: u32,
}

/// The refusal to report when all branches have refused: RFC 3261 16.7 step 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Best {
    /// Status, zero before the first.
    pub(crate) status: u16,
    /// Q.850 cause of its Reason header, when it had one.
    pub(crate) cause: Option<Cause>,
    /// Who decided.
    pub(crate) by: ReleasedBy,
    /// The last provisional status that was told.
    pub(crate) heard: u16,
}

impl Default for Best {
    fn default() -> Self {
        Self { status: 0, cause: None, by: ReleasedBy::Peer, heard: 0 }
    }
}

impl Best {
    /// Hears one more refusal.
    pub(crate) fn hear(&mut self, status: u16, cause: Option<Cause>, by: ReleasedBy) {
        if self.status == 0 || rank(status) < rank(self.status) {
            (self.status, self.cause, self.by) = (status, cause, by);
        }
    }
}

/// Lower is better. 6xx decides for all; then the lowest class; within a class what a person said (busy,
/// declined) before what a machine noticed (not found, time-out).
fn rank(status: u16) -> u32 {
    let class = u32::from(status / 100);
    let class = if class == 6 { 0 } else { class };
    let within = match status {
        486 => 0,
        480 => 1,
        484 | 415 | 488 => 2,
        401 | 407 | 420 => 3,
        404 | 410 => 5,
        408 => 8,
        // A merged request says nothing about the person: the same phone rings on another branch.
        482 => 9,
        // 16.7: a 503 is not passed on while there is anything else.
        503 => 9,
        _ => 4,
    };
    class * 10 + within
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best_of(statuses: &[u16]) -> u16 {
        let mut best = Best::default();
        for &status in statuses {
            best.hear(status, None, ReleasedBy::Peer);
        }
        best.status
    }

    #[test]
    fn what_a_person_said_beats_what_a_machine_noticed() {
        assert_eq!(best_of(&[408, 486, 404]), 486);
        assert_eq!(best_of(&[503, 500]), 500);
        assert_eq!(best_of(&[503, 404]), 404);
        assert_eq!(best_of(&[486, 603]), 603);
        assert_eq!(best_of(&[482, 480]), 480);
    }
}
