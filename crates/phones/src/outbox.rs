//! What comes out of the players: datagrams for the driver to send and sightings for whoever counts.
//!
//! ```text
//! receive / tick ─▶ Outbox ─┬─ datagrams: (local, peer, range of one byte buffer) ─▶ sendmmsg
//!                           └─ sightings: registered, offered, answered, freed, call ended
//! ```
//!
//! One flat buffer, so that a driver can hand a whole batch to the kernel without copying. The driver clears
//! it after each step; a step fills it with a few datagrams a message, and one for each voice that is due.

use crate::carrier::CallRecord;
use crate::day::HangsUp;
use base::Timestamp;
use std::net::SocketAddr;
use std::ops::Range;

base::index!(Local, "local", "A local address, by its place in the driver's [`Directory`].");
base::index!(AgentNo, "agent", "An agent, by his place in the desk's plan.");

/// The addresses that the players use, as the engine sees them. Each [`Local`] is one of them.
///
/// How a driver makes them is its own business: a socket each, or one socket on a wildcard address for many
/// addresses of one port. Every talking party needs an address (or port) of its own.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    places: Vec<Place>,
}

#[derive(Clone, Debug)]
struct Place {
    address: SocketAddr,
    text: String,
}

impl Directory {
    /// Adds an address.
    pub fn add(&mut self, address: SocketAddr) -> Local {
        self.places.push(Place { address, text: address.to_string() });
        Local::at(self.places.len() - 1)
    }

    /// The address.
    ///
    /// # Panics
    /// When the local is not of this directory.
    #[must_use]
    pub fn address(&self, local: Local) -> SocketAddr {
        self.places[local.index()].address
    }

    /// The address as it is written in SIP (`192.0.2.1:5060`).
    ///
    /// # Panics
    /// When the local is not of this directory.
    #[must_use]
    pub fn text(&self, local: Local) -> &str {
        &self.places[local.index()].text
    }

    /// How many addresses.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

/// A datagram to send: a range of [`Outbox::bytes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// From where.
    pub local: Local,
    /// To whom.
    pub peer: SocketAddr,
    /// Which bytes.
    pub range: Range<usize>,
}

/// What a player has seen or done that somebody may want to count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// An agent's registration stands (first time or again after a loss).
    Registered {
        /// Who.
        agent: AgentNo,
        /// When.
        at: Timestamp,
    },
    /// An agent's registration was refused or not answered; he tries again later.
    RegisterFailed {
        /// Who.
        agent: AgentNo,
        /// Status, 0 for no answer.
        status: u16,
    },
    /// An INVITE reached an agent's phone.
    Offered {
        /// Who.
        agent: AgentNo,
        /// Which person of the day calls, told from the caller's number.
        caller: Option<u64>,
        /// When.
        at: Timestamp,
    },
    /// An INVITE reached a phone that is already in a call: it was refused with 486.
    DoubleOffer {
        /// Who.
        agent: AgentNo,
        /// Who called.
        caller: Option<u64>,
        /// When.
        at: Timestamp,
    },
    /// The agent has answered.
    Answered {
        /// Who.
        agent: AgentNo,
        /// Whom.
        caller: Option<u64>,
        /// When.
        at: Timestamp,
    },
    /// The agent's phone is free again: his talk has ended, or an offer ended without a talk.
    Freed {
        /// Who.
        agent: AgentNo,
        /// Of whom.
        caller: Option<u64>,
        /// When.
        at: Timestamp,
        /// He had answered.
        talked: bool,
        /// Who ended it; `None` when an offer was withdrawn, declined or never confirmed.
        by: Option<HangsUp>,
    },
    /// Something that an agent's phone asked for in its call was finally answered (hold, key, transfer).
    Asked {
        /// Who.
        agent: AgentNo,
        /// By which method.
        method: crate::scan::Method,
        /// The answer.
        status: u16,
    },
    /// A NOTIFY has told how the transfer that an agent asked for goes.
    Transfer {
        /// Who.
        agent: AgentNo,
        /// What the new call got.
        status: u16,
        /// Nothing more will be told.
        ended: bool,
    },
    /// A caller has sent his BYE.
    HungUp {
        /// Who.
        caller: u64,
        /// When.
        at: Timestamp,
    },
    /// A caller's call is over.
    CallEnded(CallRecord),
}

/// Datagrams and sightings of one step.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    bytes: Vec<u8>,
    datagrams: Vec<Datagram>,
    sightings: Vec<Sighting>,
}

impl Outbox {
    /// Writes and queues a datagram.
    pub fn send(&mut self, local: Local, peer: SocketAddr, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        self.datagrams.push(Datagram { local, peer, range: start..self.bytes.len() });
    }

    /// Says what was seen.
    pub fn sight(&mut self, sighting: Sighting) {
        self.sightings.push(sighting);
    }

    /// The datagrams to send, in order.
    #[must_use]
    pub fn datagrams(&self) -> &[Datagram] {
        &self.datagrams
    }

    /// What the ranges of the datagrams mean.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of the datagram queued last.
    #[must_use]
    pub fn last(&self) -> Option<(&Datagram, &[u8])> {
        self.datagrams.last().map(|datagram| (datagram, &self.bytes[datagram.range.clone()]))
    }

    /// What was seen, in order.
    #[must_use]
    pub fn sightings(&self) -> &[Sighting] {
        &self.sightings
    }

    /// Takes the sightings out.
    pub fn take_sightings(&mut self) -> Vec<Sighting> {
        std::mem::take(&mut self.sightings)
    }

    /// Empties it for the next step; keeps its memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.datagrams.clear();
        self.sightings.clear();
    }
}
