//! A talk as a desk shows it: who is in it, and what is known of the caller's case. Keys and names, no references.

use serde::Serialize;

/// An agent's talk at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TalkRow {
    /// The call.
    pub call: u64,
    /// The caller's number; empty when withheld.
    pub number: String,
    /// Key of the group in whose line he waited.
    pub group: Option<String>,
    /// `talk`, `hold`, `consult` or `conference`.
    pub phase: &'static str,
    /// The caller is on hold.
    pub held: bool,
    /// Further parties.
    pub guests: Vec<GuestRow>,
    /// Key of the roster of which somebody is wanted.
    pub wanted: Option<String>,
    /// What is known of the case.
    pub case: Option<CaseRow>,
}

/// Somebody who was asked in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GuestRow {
    /// `agent`, `specialist` (another platform's people, too), `number`.
    pub kind: &'static str,
    /// Work number, or key of the roster; empty for a number.
    pub key: String,
    /// Name of somebody on a roster.
    pub name: String,
    /// `listen`, `whisper`, `barge`; absent for who is consulted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supervises: Option<&'static str>,
    /// He has picked up.
    pub there: bool,
    /// He is on hold.
    pub held: bool,
}

/// A case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseRow {
    /// Its number in the case system.
    pub id: String,
    /// Where.
    pub place: String,
    /// What.
    pub text: String,
    /// A page about it.
    pub url: String,
    /// Why another platform sent the caller.
    pub reason: String,
}
