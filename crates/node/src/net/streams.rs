//! SIP over streams: TCP connections, accepted and opened, each a pair of tokio tasks.
//!
//! ```text
//! accept / connect ─▶ read task ─▶ ring of Arrival ─▶ engine thread (framing is the endpoint's)
//! engine thread ─▶ ring of Departure ─▶ dispatcher ─▶ write task of the connection
//! ```
//!
//! A peer who does not read is closed when his queue is full: nothing waits for him. A flood of connections is
//! refused at [`CONNECTIONS_MAX`].

use super::doorbell::Doorbell;
use base::{Handle, Ring};
use sip::endpoint::{ConnectionRef, Path};
use sip::leg::Transport;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Connections at once.
pub const CONNECTIONS_MAX: usize = 4_096;
/// Messages that wait for one peer to read.
const QUEUE_MAX: usize = 256;
/// A connection that cannot be opened in this time has failed.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// A connection without a byte for this long is closed; keep-alives (RFC 5626) come more often.
const IDLE_MAX: Duration = Duration::from_secs(3_600);
/// Bytes read at a time.
const PIECE: usize = 16 * 1024;

/// For the engine.
#[derive(Debug)]
pub enum Arrival {
    /// A connection stands.
    Open(Path),
    /// A piece of the stream.
    Bytes(Path, Box<[u8]>),
    /// The connection is over, or could not be opened.
    Closed(Path),
    /// It could not be opened at all.
    Failed(SocketAddr),
}

/// From the engine.
#[derive(Debug)]
pub enum Departure {
    /// Send this; without a connection, over one to that peer, opened when there is none.
    Bytes(Path, Box<[u8]>),
    /// Close.
    Close(ConnectionRef),
}

/// Both rings, with the bells of their consumers.
#[derive(Clone)]
pub struct StreamRings {
    /// To the engine.
    pub arrivals: Ring<Arrival>,
    /// The engine's bell.
    pub engine: Doorbell,
    /// From the engine.
    pub departures: Ring<Departure>,
    /// The dispatcher's bell.
    pub dispatcher: Doorbell,
}

struct Connections {
    rings: StreamRings,
    writers: RefCell<HashMap<ConnectionRef, mpsc::Sender<Box<[u8]>>>>,
    by_peer: RefCell<HashMap<SocketAddr, ConnectionRef>>,
    minted: Cell<u32>,
}

/// Listens and dispatches until the process ends. Runs on a current-thread runtime's local set.
pub async fn run(listeners: Vec<std::net::TcpListener>, rings: StreamRings) -> io::Result<()> {
    let all = Rc::new(Connections {
        rings,
        writers: RefCell::default(),
        by_peer: RefCell::default(),
        minted: Cell::new(0),
    });
    for listener in listeners {
        let listener = TcpListener::from_std(listener)?;
        tokio::task::spawn_local(accept(Rc::clone(&all), listener));
    }
    dispatch(all).await
}

async fn accept(all: Rc<Connections>, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) if all.writers.borrow().len() < CONNECTIONS_MAX => {
                tokio::task::spawn_local(serve(Rc::clone(&all), stream));
            }
            Ok((stream, peer)) => {
                drop(stream);
                tracing::warn!(%peer, max = CONNECTIONS_MAX, "connection refused: too many");
            }
            Err(error) => {
                // Out of descriptors, most likely: try again rather than spin.
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

/// One connection, from open to close.
async fn serve(all: Rc<Connections>, stream: TcpStream) {
    let (Ok(local), Ok(peer)) = (stream.local_addr(), stream.peer_addr()) else { return };
    // SIP messages are whole and small: waiting for more only adds delay.
    let _ = stream.set_nodelay(true);
    let number = all.minted.get();
    all.minted.set(number.wrapping_add(1));
    let connection = ConnectionRef::from_parts(number, 0);
    let path = Path { transport: Transport::Tcp, local, peer, connection: Some(connection) };
    let (writer, mut queue) = mpsc::channel::<Box<[u8]>>(QUEUE_MAX);
    all.writers.borrow_mut().insert(connection, writer);
    all.by_peer.borrow_mut().insert(peer, connection);
    all.tell(Arrival::Open(path)).await;
    let (mut input, mut output) = stream.into_split();
    let mut piece = vec![0; PIECE];
    loop {
        tokio::select! {
            read = tokio::time::timeout(IDLE_MAX, input.read(&mut piece)) => match read {
                Ok(Ok(count)) if count > 0 => {
                    all.tell(Arrival::Bytes(path, piece[..count].into())).await;
                }
                _ => break,
            },
            bytes = queue.recv() => match bytes {
                Some(bytes) => if output.write_all(&bytes).await.is_err() { break },
                None => break,
            },
        }
    }
    all.writers.borrow_mut().remove(&connection);
    if all.by_peer.borrow().get(&peer) == Some(&connection) {
        all.by_peer.borrow_mut().remove(&peer);
    }
    all.tell(Arrival::Closed(path)).await;
}

impl Connections {
    /// Hands something to the engine; a full ring slows this connection's reading, as TCP then slows its peer.
    async fn tell(&self, mut arrival: Arrival) {
        while let Err(back) = self.rings.arrivals.push(arrival) {
            arrival = back;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.rings.engine.ring();
    }
}

async fn dispatch(all: Rc<Connections>) -> io::Result<()> {
    let bell = all.rings.dispatcher.for_tokio()?;
    loop {
        while let Some(departure) = all.rings.departures.pop() {
            depart(&all, departure);
        }
        all.rings.dispatcher.arm();
        if all.rings.departures.depth() == 0 {
            let mut ready = bell.readable().await?;
            ready.clear_ready();
        }
        all.rings.dispatcher.quiet();
    }
}

fn depart(all: &Rc<Connections>, departure: Departure) {
    match departure {
        Departure::Close(connection) => {
            all.writers.borrow_mut().remove(&connection);
        }
        Departure::Bytes(path, bytes) => {
            let known = path.connection.or_else(|| all.by_peer.borrow().get(&path.peer).copied());
            let writer = known.and_then(|connection| all.writers.borrow().get(&connection).cloned());
            match writer {
                Some(writer) => {
                    if writer.try_send(bytes).is_err() {
                        tracing::warn!(peer = %path.peer, "connection closed: its peer does not read");
                        all.writers.borrow_mut().retain(|c, _| Some(*c) != known);
                    }
                }
                None if all.writers.borrow().len() < CONNECTIONS_MAX => {
                    tokio::task::spawn_local(open(Rc::clone(all), path.peer, bytes));
                }
                None => {
                    let _ = all.rings.arrivals.push(Arrival::Failed(path.peer));
                    all.rings.engine.ring();
                }
            }
        }
    }
}

async fn open(all: Rc<Connections>, peer: SocketAddr, first: Box<[u8]>) {
    let opened = tokio::time::timeout(CONNECT_MAX, TcpStream::connect(peer)).await;
    match opened {
        Ok(Ok(stream)) => {
            let mut stream = stream;
            if stream.write_all(&first).await.is_ok() {
                serve(all, stream).await;
            } else {
                all.tell(Arrival::Failed(peer)).await;
            }
        }
        _ => all.tell(Arrival::Failed(peer)).await,
    }
}
