//! The street: sockets for carrier, phones and voices, and the thread that plays them.
//!
//! ```text
//!   epoll ─▶ recv ─▶ Town ─▶ Outbox ─▶ send        main ─ close, end ─▶ flags ─▶ thread
//!                      └── seen ─▶ Progress ─▶ screen, summary
//! ```
//!
//! Every party that has a voice has a socket of its own, as telephones have. Beyond [`VOICES_MAX`] callers or
//! agents the others are silent: their calls are made all the same, and their audio goes to a port that nobody
//! reads.

use super::hotline::{DOMAIN, Hotline};
use crate::clock::Clock;
use crate::net::mmsg::buffers;
use anyhow::{Context, Result};
use base::Timestamp;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use parking_lot::Mutex;
use phones::digest::Algorithm;
use phones::{
    AgentStats, Carrier, CarrierPlan, Desk, DeskPlan, Directory, Heard, Local, Outbox, Phone, Share, Sound,
    Timers, Town,
};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Callers, and agents, that have a voice.
const VOICES_MAX: u32 = 400;
/// Callers say 400 Hz, agents 500 Hz.
const CALLER: Sound = Sound::Tone(8);
const AGENT: Sound = Sound::Tone(10);
const LOOK: Duration = Duration::from_millis(20);
/// Time for the last BYEs and un-REGISTERs.
const LEAVE_MAX: Duration = Duration::from_secs(3);

/// Open sockets, not yet played on.
pub(super) struct Street {
    sockets: Vec<UdpSocket>,
    directory: Directory,
    trunk: Local,
    desk: Local,
    sink: Local,
    callers: (Local, u32),
    agents: (Local, u32),
}

/// What has been seen so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// Phones registered.
    pub(super) registered: usize,
    /// Calls made and how they ended.
    pub(super) carrier: phones::carrier::CarrierStats,
    /// Calls in progress.
    pub(super) in_progress: usize,
    /// What agents did.
    pub(super) agents: AgentStats,
    /// What callers heard.
    pub(super) caller_heard: Heard,
    /// What agents heard.
    pub(super) agent_heard: Heard,
}

/// A street with its thread.
pub(super) struct Playing {
    shared: Arc<Shared>,
    thread: JoinHandle<Result<()>>,
}

#[derive(Default)]
struct Shared {
    close: AtomicBool,
    end: AtomicBool,
    over: AtomicBool,
    progress: Mutex<Progress>,
}

impl Street {
    /// Opens all sockets on ports that the system chooses.
    pub(super) fn open(hotline: &Hotline) -> Result<Self> {
        let (mut sockets, mut directory) = (Vec::new(), Directory::default());
        let mut open = |ip: Ipv4Addr| -> Result<Local> {
            let socket = UdpSocket::bind((ip, 0)).with_context(|| format!("no UDP port is free on {ip}"))?;
            socket.set_nonblocking(true)?;
            let local = directory.add(socket.local_addr()?);
            sockets.push(socket);
            Ok(local)
        };
        // An address of its own: the engine knows a trunk by its address, and phones are not trunks.
        let trunk = open(Ipv4Addr::new(127, 0, 0, 2))?;
        let desk = open(Ipv4Addr::LOCALHOST)?;
        let sink = open(Ipv4Addr::LOCALHOST)?;
        let agents = (hotline.agents.len() as u32).min(VOICES_MAX);
        let mut many = |count: u32| -> Result<(Local, u32)> {
            let mut first = None;
            for _ in 0..count {
                let local = open(Ipv4Addr::LOCALHOST)?;
                first.get_or_insert(local);
            }
            Ok((first.unwrap_or(sink), count))
        };
        let (callers, agents) = (many(VOICES_MAX)?, many(agents)?);
        for local in [trunk, desk] {
            buffers(sockets[local.index()].as_fd(), 8 << 20);
        }
        Ok(Self { sockets, directory, trunk, desk, sink, callers, agents })
    }

    /// The carrier's address.
    pub(super) fn trunk(&self) -> SocketAddr {
        self.directory.address(self.trunk)
    }

    /// Lets everybody register and call.
    pub(super) fn play(self, hotline: &Hotline, engine: SocketAddr) -> Result<Playing> {
        let (clock, shared) = (Clock::start(), Arc::<Shared>::default());
        let player = Player {
            town: self.town(hotline, engine, clock.now()),
            epoll: self.poll()?,
            sockets: self.sockets,
            sink: self.sink,
            clock,
            shared: Arc::clone(&shared),
        };
        let thread = std::thread::Builder::new().name("demo-street".into()).spawn(move || player.run())?;
        Ok(Playing { shared, thread })
    }

    fn town(&self, hotline: &Hotline, engine: SocketAddr, now: Timestamp) -> Town {
        let (day, places) = (Arc::new(hotline.day.clone()), Arc::new(self.directory.clone()));
        let register_gap = Duration::from_millis(1);
        // The first caller finds the hall manned.
        let opens = now + Duration::from_millis(500) + register_gap * (hotline.agents.len() as u32 * 3 / 2);
        let phones = hotline.agents.iter().map(|(user, password)| Phone {
            user: user.clone(),
            password: password.clone(),
            local: self.desk,
        });
        let desk = DeskPlan {
            phones: phones.collect(),
            engine,
            domain: DOMAIN.to_owned(),
            algorithm: Algorithm::Sha256,
            expires: Duration::from_secs(600),
            register_gap,
            audio: self.agents,
            sink: self.sink,
            says: AGENT,
            hears: CALLER,
            timers: Timers::default(),
            declines: Share::NONE,
            busy: Share::NONE,
            ring_outs: Share::NONE,
            late_answers: Share::NONE,
        };
        let carrier = CarrierPlan {
            local: self.trunk,
            engine,
            audio: self.callers,
            sink: self.sink,
            says: CALLER,
            hears: AGENT,
            calls_max: 10_000,
            timers: Timers::default(),
            opens,
        };
        Town {
            carrier: Carrier::new(carrier, day.clone(), places.clone()),
            desk: Desk::new(desk, day, places, now),
        }
    }

    fn poll(&self) -> Result<Epoll> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        for (local, socket) in self.sockets.iter().enumerate() {
            if local != self.sink.index() {
                epoll.add(socket, EpollEvent::new(EpollFlags::EPOLLIN, local as u64))?;
            }
        }
        Ok(epoll)
    }
}

impl Playing {
    /// Nobody calls any more; those who have called go on.
    pub(super) fn close(&self) {
        self.shared.close.store(true, Ordering::Relaxed);
    }

    /// Everything has been played.
    pub(super) fn is_over(&self) -> bool {
        self.shared.over.load(Ordering::Relaxed) || self.thread.is_finished()
    }

    /// What has been seen.
    pub(super) fn seen(&self) -> Progress {
        *self.shared.progress.lock()
    }

    /// Callers hang up, phones leave; what was seen in all.
    pub(super) fn end(self) -> Result<Progress> {
        self.shared.end.store(true, Ordering::Relaxed);
        let result = self.thread.join().map_err(|_| anyhow::anyhow!("the phones' thread has panicked"))?;
        result.context("the phones' sockets have failed")?;
        Ok(*self.shared.progress.lock())
    }
}

struct Player {
    town: Town,
    sockets: Vec<UdpSocket>,
    sink: Local,
    epoll: Epoll,
    clock: Clock,
    shared: Arc<Shared>,
}

impl Player {
    fn run(mut self) -> Result<()> {
        while !self.shared.end.load(Ordering::Relaxed) {
            if self.shared.close.load(Ordering::Relaxed) {
                self.town.carrier.close();
            }
            self.step()?;
            self.shared.over.store(self.town.carrier.is_done(), Ordering::Relaxed);
        }
        let mut out = Outbox::default();
        self.town.carrier.release_all(self.clock.now(), &mut out);
        self.send(&mut out);
        self.step_until(|town| town.carrier.is_done() && town.desk.busy() == 0)?;
        self.town.desk.unregister_all(self.clock.now(), &mut out);
        self.send(&mut out);
        self.step_until(|town| town.desk.registered() == 0)
    }

    fn step_until(&mut self, done: impl Fn(&Town) -> bool) -> Result<()> {
        let end = self.clock.now() + LEAVE_MAX;
        while !done(&self.town) && self.clock.now() < end {
            self.step()?;
        }
        Ok(())
    }

    /// Does what is due, then waits for something to come and takes it.
    fn step(&mut self) -> Result<()> {
        let mut out = Outbox::default();
        self.town.tick(self.clock.now(), &mut out);
        self.send(&mut out);
        let now = self.clock.now();
        let most = self.town.next_deadline().map_or(LOOK, |due| due.since(now)).min(LOOK);
        let mut events = [EpollEvent::empty(); 128];
        // Rounded up to the millisecond that epoll can wait: rounding down would spin through the last one.
        let most = EpollTimeout::try_from(most + Duration::from_micros(999)).unwrap_or(EpollTimeout::ZERO);
        let count = match self.epoll.wait(&mut events, most) {
            Err(nix::errno::Errno::EINTR) => 0,
            other => other?,
        };
        let mut bytes = [0; 4096];
        for event in &events[..count] {
            let local = Local::at(event.data() as usize);
            // A few at a time, so that one busy socket does not starve the others.
            for _ in 0..32 {
                // An error is "nothing more", or an ICMP answer to something sent before: both mean go on.
                let Ok((length, from)) = self.sockets[local.index()].recv_from(&mut bytes) else { break };
                self.town.receive(self.clock.now(), local, from, &bytes[..length], &mut out);
            }
        }
        self.send(&mut out);
        self.note();
        Ok(())
    }

    fn send(&self, out: &mut Outbox) {
        for datagram in out.datagrams() {
            debug_assert_ne!(datagram.local, self.sink);
            // Lost, as on a wire, when the kernel will not take it: the players repeat what matters.
            let _ = self.sockets[datagram.local.index()]
                .send_to(&out.bytes()[datagram.range.clone()], datagram.peer);
        }
        out.clear();
    }

    fn note(&self) {
        let (carrier, desk) = (&self.town.carrier, &self.town.desk);
        *self.shared.progress.lock() = Progress {
            registered: desk.registered(),
            carrier: carrier.stats(),
            in_progress: carrier.in_progress(),
            agents: desk.total(),
            caller_heard: carrier.heard(),
            agent_heard: desk.heard(),
        };
    }
}
