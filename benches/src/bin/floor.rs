//! The floor programs: what receiving and sending alone cost. Started by `load`; ends when its input closes.
//!
//! * `floor signalling`: answers each datagram with as many of the sizes that it names;
//! * `floor relay-shared <parties>`: one socket; a packet of party `p` goes to party `p ^ 1`;
//! * `floor relay-epoll <parties>`: a socket for each party, one packet a system call.
//!
//! Prints its addresses in one line.

use phones::{Local, Outbox};
use std::io::{Read, Write};
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;
use sujie_benches::floor::read_wish;
use sujie_benches::wire::{Poller, Wire};

fn main() -> anyhow::Result<()> {
    // The parent holds the other end: when it is gone, so are we.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let parties = arguments.get(1).map_or(Ok(0), |count| count.parse())?;
    match arguments.first().map(String::as_str) {
        Some("signalling") => signalling(),
        Some("relay-shared") => relay_shared(parties),
        Some("relay-epoll") => relay_epoll(parties),
        _ => anyhow::bail!("floor signalling | relay-shared <parties> | relay-epoll <parties>"),
    }
}

fn say(addresses: &[SocketAddr]) -> anyhow::Result<()> {
    let line: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
    writeln!(std::io::stdout(), "{}", line.join(" "))?;
    Ok(())
}

fn signalling() -> anyhow::Result<()> {
    let mut wire = Wire::default();
    let local = wire.add_socket()?;
    say(&[wire.directory().address(local)])?;
    let mut out = Outbox::default();
    loop {
        let count = wire.receive(|local, from, bytes| {
            let Some((id, sizes)) = read_wish(bytes) else { return };
            for size in sizes {
                out.send(local, from, |w| {
                    let start = w.len();
                    w.extend_from_slice(&id);
                    w.resize(start + size, b' ');
                });
            }
        })?;
        wire.send(&out);
        out.clear();
        if count == 0 {
            wire.wait(Duration::from_secs(1));
        }
    }
}

fn relay_shared(parties: usize) -> anyhow::Result<()> {
    let mut wire = Wire::default();
    let local = wire.add_socket()?;
    say(&[wire.directory().address(local)])?;
    // Parties are told apart by the low bits of their address, the cheapest table there is.
    let mut peers: Vec<Option<SocketAddr>> = vec![None; parties];
    let mut out = Outbox::default();
    loop {
        let count = wire.receive(|_, from, bytes| {
            let party = party_of(from);
            let Some(place) = peers.get_mut(party) else { return };
            *place = Some(from);
            if let Some(Some(peer)) = peers.get(party ^ 1) {
                out.send(Local(local.0), *peer, |w| w.extend_from_slice(bytes));
            }
        })?;
        wire.send(&out);
        out.clear();
        if count == 0 {
            wire.wait(Duration::from_secs(1));
        }
    }
}

/// `127.64.0.1` is party 0.
fn party_of(from: SocketAddr) -> usize {
    let SocketAddr::V4(from) = from else { return usize::MAX };
    (u32::from(*from.ip()) & 0xF_FFFF).wrapping_sub(1) as usize
}

fn relay_epoll(parties: usize) -> anyhow::Result<()> {
    let mut sockets = Vec::with_capacity(parties);
    let poller = Poller::new()?;
    for party in 0..parties {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_nonblocking(true)?;
        poller.add(&socket, party as u64)?;
        sockets.push((socket, None::<SocketAddr>));
    }
    let addresses: Result<Vec<_>, _> = sockets.iter().map(|(socket, _)| socket.local_addr()).collect();
    say(&addresses?)?;
    let mut packet = [0; 2048];
    let mut ready = Vec::new();
    loop {
        poller.wait(&mut ready);
        for &party in &ready {
            let party = party as usize;
            // One packet a wake-up is the rule at 50 a second; trying for a second one would cost a call.
            if let Ok((length, from)) = sockets[party].0.recv_from(&mut packet) {
                sockets[party].1 = Some(from);
                let (socket, peer) = &sockets[party ^ 1];
                if let Some(peer) = peer {
                    let _ = socket.send_to(&packet[..length], peer);
                }
            }
        }
    }
}
