//! What a peer said it can do, read once from its INVITE or 2xx.

use crate::message::{Name, Refresher, SessionExpires};
use crate::received::Received;
use crate::session_timer::Asked;
use std::time::Duration;

/// See the module's head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Peer {
    /// `Allow: UPDATE`.
    pub(crate) update: bool,
    /// `Supported: 100rel`.
    pub(crate) reliable: bool,
    /// `Require: 100rel`.
    pub(crate) demands_reliable: bool,
    /// `Supported: timer`.
    pub(crate) timer: bool,
    /// Session-Expires.
    pub(crate) session: Option<Asked>,
    /// It sent a description.
    pub(crate) described: bool,
}

impl Peer {
    /// Reads a message.
    pub(crate) fn of(received: &Received<'_>) -> Self {
        let has = |name: Name, word: &str| received.message.has_token(name, word);
        let demands_reliable = has(Name::Require, "100rel");
        Self {
            update: has(Name::Allow, "UPDATE"),
            reliable: demands_reliable || has(Name::Supported, "100rel"),
            demands_reliable,
            timer: has(Name::Supported, "timer") || has(Name::Require, "timer"),
            session: received.value(Name::SessionExpires).and_then(SessionExpires::parse).map(|session| {
                Asked {
                    expires: Duration::from_secs(u64::from(session.seconds)),
                    uac_refreshes: session.refresher.map(|side| side == Refresher::Uac),
                }
            }),
            described: !received.body().is_empty(),
        }
    }
}
