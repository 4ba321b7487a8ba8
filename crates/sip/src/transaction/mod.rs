//! Transactions (RFC 3261 17): who waits for which answer, and what is sent again meanwhile.
//!
//! ```text
//!   request ──key──▶ Server ◀─answer── leg, registrar        leg, trunk ──request──▶ Client ◀─branch── response
//!                      └─ last answer, again                                           └─ request, again
//! ```
//!
//! Four state machines, each one table beside the standard's drawing: [`invite_client`], [`invite_server`],
//! [`plain_client`], [`plain_server`]. This file only keeps them: by handle, by key, and with one timer each.
//!
//! Our branches carry the handle of their transaction, so a response finds it without a table; what a
//! foreign branch names is found by a keyed 128-bit hash, so nothing of an incoming message is copied.
//!
//! Never knows: legs, headers, what a body means.

pub(crate) mod invite_client;
pub(crate) mod invite_server;
pub(crate) mod plain_client;
pub(crate) mod plain_server;

use crate::endpoint::Path;
use crate::leg::{AorRef, LegRef, Transport, TrunkRef};
use crate::plan::Timers;
use base::{Arena, Table, TimerRef, Timestamp};
use invite_client::InviteClient;
use invite_server::InviteServer;
use plain_client::PlainClient;
use plain_server::PlainServer;
use std::net::SocketAddr;
use std::time::Duration;

base::handle!(ClientRef, "client", "A client transaction.");
base::handle!(ServerRef, "server", "A server transaction.");
base::handle!(LegSlot, "slot", "Where a leg is kept.");

/// The timers of RFC 3261 table 4 for one transport.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    pub(crate) t1: Duration,
    pub(crate) t2: Duration,
    pub(crate) t4: Duration,
    /// A stream: nothing is resent, nothing needs absorbing.
    pub(crate) reliable: bool,
}

impl Clock {
    /// For messages over `transport`.
    pub(crate) fn of(timers: &Timers, transport: Transport) -> Self {
        Self { t1: timers.t1, t2: timers.t2, t4: timers.t4, reliable: transport != Transport::Udp }
    }
}

/// Whom a response is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A branch of an egress leg's first INVITE.
    Branch(LegSlot),
    /// A re-INVITE of a leg.
    Reinvite(LegSlot),
    /// An UPDATE of a leg (session refresh).
    Update(LegSlot),
    /// A PRACK of a leg: its answer changes nothing.
    Prack(LegSlot),
    /// A NOTIFY of a leg: how a transfer goes.
    Notify(LegSlot),
    /// The BYE of a leg, or of a dialog that nobody wanted (then there is no leg).
    Bye(Option<LegSlot>),
    /// OPTIONS to a trunk.
    TrunkPing(TrunkRef),
    /// REGISTER to a carrier.
    TrunkRegister(TrunkRef),
    /// OPTIONS to a phone's contact, named by its place in the registrar's order.
    PhonePing(AorRef, u64),
    /// Nobody wants to know any more (the leg is over): only the protocol is completed.
    Nobody,
}

impl Owner {
    /// It keeps a trunk or a phone alive and belongs to no call.
    pub(crate) fn keeps(self) -> bool {
        matches!(self, Self::TrunkPing(_) | Self::TrunkRegister(_) | Self::PhonePing(..))
    }
}

/// A CANCEL under way. It shares branch and fate of its INVITE, so it needs no transaction of its own: it is
/// resent until it is answered or the INVITE is (RFC 3261 9.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cancel {
    /// Nobody asked for one.
    None,
    /// Waits for the first provisional response (RFC 3261 9.1).
    Wanted {
        /// Value of its Reason header.
        cause: u8,
    },
    /// Sent.
    Sent {
        /// For retransmission.
        bytes: Box<[u8]>,
        /// Timer E of the CANCEL; `NEVER` once it is answered, and on streams.
        resend_at: Timestamp,
        /// How long timer E ran this time.
        interval: Duration,
        /// When an INVITE that answers nothing is given up (64 × T1 after the CANCEL, RFC 3261 9.1).
        give_up: Timestamp,
    },
}

/// The machine of a client transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ClientMachine {
    /// INVITE.
    Invite {
        /// Where it is.
        state: InviteClient,
        /// Its CANCEL.
        cancel: Cancel,
        /// Remote tag of the 2xx that `bytes` acknowledges (hashed), once there is one.
        acknowledged: Option<u64>,
    },
    /// All others.
    Plain(PlainClient),
}

/// One client transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) machine: ClientMachine,
    pub(crate) owner: Owner,
    /// Second half of the branch: guards against guessed responses.
    pub(crate) guard: u64,
    pub(crate) path: Path,
    /// The request; after the final response to an INVITE its ACK.
    pub(crate) bytes: Box<[u8]>,
    /// Trunk whose digest may be asked for.
    pub(crate) trunk: Option<TrunkRef>,
    /// How often it was challenged.
    pub(crate) challenges: u8,
    pub(crate) timer: Option<TimerRef>,
}

impl Client {
    /// When it wants to be woken.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        match &self.machine {
            ClientMachine::Plain(state) => state.deadline(),
            ClientMachine::Invite { state, cancel, .. } => match cancel {
                Cancel::Sent { resend_at, give_up, .. } if matches!(state, InviteClient::Proceeding) => {
                    Some((*resend_at).min(*give_up))
                }
                _ => state.deadline(),
            },
        }
    }

    /// Whether it is over.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(
            self.machine,
            ClientMachine::Plain(PlainClient::Gone) | ClientMachine::Invite { state: InviteClient::Gone, .. }
        )
    }
}

/// The machine of a server transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerMachine {
    /// INVITE.
    Invite(InviteServer),
    /// All others.
    Plain(PlainServer),
}

/// One server transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) machine: ServerMachine,
    /// What the peer's branch hashes to.
    pub(crate) key: u128,
    /// Where answers go (RFC 3261 18.2.2, RFC 3581).
    pub(crate) path: Path,
    /// It belongs to no call (a REGISTER).
    pub(crate) keeps: bool,
    /// The leg that answers, for CANCEL; `None` when it is over or was never one.
    pub(crate) leg: Option<LegSlot>,
    /// Via, Record-Route, From, To with our tag, Call-ID, CSeq: the lines every answer repeats. Once the
    /// final answer is out it is empty, or for an INVITE its To line: what a late CANCEL still needs.
    pub(crate) head: Box<[u8]>,
    /// The last answer, while it may have to be sent again.
    pub(crate) last: Box<[u8]>,
    pub(crate) timer: Option<TimerRef>,
}

impl Server {
    /// When it wants to be woken.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        match &self.machine {
            ServerMachine::Invite(state) => state.deadline(),
            ServerMachine::Plain(state) => state.deadline(),
        }
    }

    /// Whether it is over.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(
            self.machine,
            ServerMachine::Invite(InviteServer::Gone) | ServerMachine::Plain(PlainServer::Gone)
        )
    }
}

/// All transactions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transactions {
    pub(crate) clients: Arena<ClientRef, Client>,
    pub(crate) servers: Arena<ServerRef, Server>,
    by_key: Table<u128, ServerRef>,
}

impl Transactions {
    /// None yet; `seed` keys the table.
    pub(crate) fn new(seed: u64) -> Self {
        Self { by_key: Table::seeded(seed), ..Self::default() }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.clients.len() + self.servers.len()
    }

    /// The server transaction a request belongs to.
    pub(crate) fn server_of(&self, key: u128) -> Option<ServerRef> {
        self.by_key.get(&key).copied()
    }

    /// Opens a server transaction.
    pub(crate) fn open_server(&mut self, server: Server) -> ServerRef {
        let key = server.key;
        let name = self.servers.insert(server);
        self.by_key.insert(key, name);
        name
    }

    /// Forgets a server transaction.
    pub(crate) fn close_server(&mut self, name: ServerRef) -> Option<Server> {
        let server = self.servers.remove(name)?;
        self.by_key.remove(&server.key);
        Some(server)
    }

    /// The client transaction that a branch of ours names.
    pub(crate) fn client_of(&self, branch: &[u8]) -> Option<ClientRef> {
        let (bits, guard) = read_branch(branch)?;
        let name = ClientRef::from_bits(bits);
        self.clients.get(name).filter(|client| client.guard == guard).map(|_| name)
    }

    /// Client transactions that wait for an answer from an address.
    pub(crate) fn clients_to(&self, peer: SocketAddr, transport: Transport) -> Vec<ClientRef> {
        let to = |client: &Client| client.path.peer == peer && client.path.transport == transport;
        self.clients.iter().filter(|(_, client)| to(client)).map(|(name, _)| name).collect()
    }

    /// # Panics
    /// When a table and an arena disagree: for tests.
    pub(crate) fn check(&self) {
        assert_eq!(self.by_key.len(), self.servers.len(), "each server transaction has one key");
        for (name, server) in self.servers.iter() {
            assert_eq!(self.by_key.get(&server.key), Some(&name), "a key leads to its transaction");
            assert!(!server.is_gone(), "{name} is over but kept");
            assert_eq!(server.timer.map(TimerRef::at), server.deadline(), "{name} sleeps past its deadline");
        }
        for (name, client) in self.clients.iter() {
            assert!(!client.is_gone(), "{name} is over but kept");
            assert_eq!(client.timer.map(TimerRef::at), client.deadline(), "{name} sleeps past its deadline");
        }
    }

    /// How many timers should be running.
    pub(crate) fn timers(&self) -> usize {
        self.servers.iter().filter(|(_, server)| server.timer.is_some()).count()
            + self.clients.iter().filter(|(_, client)| client.timer.is_some()).count()
    }
}

/// RFC 3261 8.1.1.7.
pub(crate) const COOKIE: &[u8] = b"z9hG4bK";

/// Appends the branch of a client transaction: cookie, handle, guard.
pub(crate) fn write_branch(to: &mut Vec<u8>, name: ClientRef, guard: u64) {
    to.extend_from_slice(COOKIE);
    write_hex(to, name.bits());
    write_hex(to, guard);
}

/// Reads a branch of ours back.
fn read_branch(branch: &[u8]) -> Option<(u64, u64)> {
    read_pair(branch.strip_prefix(COOKIE)?)
}

/// Appends a tag of ours: the slot of its leg and a guard.
pub(crate) fn write_tag(to: &mut Vec<u8>, slot: LegSlot, guard: u64) {
    write_hex(to, slot.bits());
    write_hex(to, guard);
}

/// The To line of a head, with its line end.
pub(crate) fn to_line(head: &[u8]) -> &[u8] {
    let line = head.split_inclusive(|&byte| byte == b'\n').find(|line| line.starts_with(b"To: "));
    line.unwrap_or_default()
}

/// Our tag in a head: the last parameter of its To, since we put it there.
pub(crate) fn tag_of(head: &[u8]) -> &[u8] {
    let (line, mark) = (to_line(head).trim_ascii_end(), b";tag=");
    let at = line.windows(mark.len()).rposition(|window| window == mark);
    at.map_or(&b""[..], |at| &line[at + mark.len()..])
}

/// Reads a tag of ours back: which leg a request inside a dialog is for.
pub(crate) fn read_tag(tag: &[u8]) -> Option<(LegSlot, u64)> {
    read_pair(tag).map(|(bits, guard)| (LegSlot::from_bits(bits), guard))
}

/// The slot of a leg that came to us, out of its reference. The generation gives one bit to the direction.
pub(crate) fn ingress_name(slot: LegSlot) -> LegRef {
    LegRef(slot.bits() | LegRef::INGRESS)
}

/// 16 lower-case hex digits.
pub(crate) fn write_hex(to: &mut Vec<u8>, bits: u64) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 16];
    for (at, digit) in text.iter_mut().enumerate() {
        *digit = DIGITS[(bits >> (60 - 4 * at) & 15) as usize];
    }
    to.extend_from_slice(&text);
}

fn read_pair(text: &[u8]) -> Option<(u64, u64)> {
    if text.len() != 32 {
        return None;
    }
    Some((read_hex(&text[..16])?, read_hex(&text[16..])?))
}

/// 16 hex digits back.
pub(crate) fn read_hex(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0, |bits: u64, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        Some(bits << 4 | u64::from(digit))
    })
}
