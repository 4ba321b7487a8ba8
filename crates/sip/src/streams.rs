//! Streams: connections that are open, what has arrived on them, and which one leads to a peer.
//!
//! A connection is found by (transport, peer), so that answers and later requests use the one that is there
//! (RFC 3261 18, RFC 5923 for those that the peer opened). The oldest use wins nothing: the newest connection
//! to a peer is the one that is used.
//!
//! Bound: the node limits how many connections it accepts; a message's size bounds what is kept for each.

use crate::endpoint::{ConnectionRef, Path};
use crate::leg::Transport;
use crate::message::frame::{Frame, Stream};
use crate::message::{Limits, Malformed};
use base::Table;
use std::net::SocketAddr;

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Streams {
    open: Table<ConnectionRef, Stream>,
    to: Table<(Transport, SocketAddr), ConnectionRef>,
}

impl Streams {
    pub(crate) fn new(seed: u64) -> Self {
        Self { open: Table::seeded(seed), to: Table::seeded(seed ^ 1) }
    }

    /// A connection is there.
    pub(crate) fn opened(&mut self, path: &Path) {
        let Some(connection) = path.connection else { return };
        self.to.insert((path.transport, path.peer), connection);
        self.open.or_insert_with(connection, Stream::default);
    }

    /// A connection is gone.
    pub(crate) fn closed(&mut self, path: &Path) {
        let Some(connection) = path.connection else { return };
        self.open.remove(&connection);
        let key = (path.transport, path.peer);
        if self.to.get(&key) == Some(&connection) {
            self.to.remove(&key);
        }
    }

    /// Picks the connection a message goes over: the one it came on while that lives, else one to the same
    /// peer, else none (the node opens one).
    pub(crate) fn route(&self, path: &mut Path) {
        let alive = path.connection.filter(|connection| self.open.contains(connection));
        path.connection = alive.or_else(|| self.to.get(&(path.transport, path.peer)).copied());
    }

    /// Bytes have arrived.
    pub(crate) fn push(&mut self, path: &Path, bytes: &[u8]) {
        let Some(connection) = path.connection else { return };
        if !self.open.contains(&connection) {
            self.opened(path);
        }
        if let Some(stream) = self.open.get_mut(&connection) {
            stream.push(bytes);
        }
    }

    /// The next whole message, copied out; `Some(None)` is a keep-alive that wants its answer.
    pub(crate) fn next(&mut self, connection: ConnectionRef) -> Result<Option<Option<Vec<u8>>>, Malformed> {
        let Some(stream) = self.open.get_mut(&connection) else { return Ok(None) };
        Ok(stream.next_frame(&Limits::STREAM)?.map(|frame| match frame {
            Frame::Message(bytes) => Some(bytes.to_vec()),
            Frame::Ping => None,
        }))
    }
}
