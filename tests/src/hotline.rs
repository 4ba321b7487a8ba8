//! The hotline: a centre and everybody around it on one wire, with one clock.
//!
//! ```text
//!   loop: the earliest of   wire: a datagram lands ─▶ centre or town
//!                           centre: a deadline ─────▶ centre.tick     (after each: every core's check)
//!                           town: a deadline ───────▶ town.tick
//! ```
//!
//! At the same instant datagrams come before the centre's deadlines and those before the town's, so a day is a
//! function of its setup. When a test fails, the seed and the last datagrams are printed.

use crate::centre::VirtualCentre;
use crate::ledger::Ledger;
use crate::setup::Setup;
use crate::wire::Wire;
use base::{Table, Timestamp};
use call::Request;
use phones::{Carrier, Desk, Directory, Local, Outbox, Town};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// RFC 3261: after 64·T1 everybody has given up waiting for anything.
pub const SILENCE: Duration = Duration::from_secs(32);
/// The longest day that is played.
const DAY_MAX: Duration = Duration::from_secs(4 * 3_600);
/// A whole look at everything costs what is there, so it is taken less often where there is much: with up to
/// this many calls after each step, with `n` times as many after each `n`th.
const CHECKED_AT_ONCE: usize = 16;
/// The look at the audio's tables costs more, whatever is in them.
const AUDIO_CHECKED_EACH: u64 = 512;

/// The town may have this much to do in one instant.
const AT_ONCE_MAX: u32 = 10_000;

/// See the module's head.
pub struct Hotline {
    /// What it is like.
    pub setup: Setup,
    /// The clock.
    pub now: Timestamp,
    /// The engine.
    pub centre: VirtualCentre,
    /// Carrier and phones.
    pub town: Town,
    /// Between them.
    pub wire: Wire,
    /// What both say.
    pub ledger: Ledger,
    /// Steps so far.
    pub steps: u64,
    at_once: u32,
    /// When agents who are not ready are ready again.
    returns: Timestamp,
    places: Arc<Directory>,
    homes: Table<SocketAddr, Local>,
    outbox: Outbox,
}

impl Hotline {
    /// Opens the hotline: nothing has happened, the phones are about to register.
    #[must_use]
    pub fn open(setup: Setup) -> Self {
        let (places, day) = (Arc::new(setup.directory()), Arc::new(setup.day.clone()));
        let mut homes = Table::default();
        for place in (0..places.len()).map(Local::at) {
            homes.insert(places.address(place), place);
        }
        let opens = Timestamp::from_secs(1);
        let town = Town {
            carrier: Carrier::new(setup.carrier(), day.clone(), places.clone()),
            desk: Desk::new(setup.desk(), day, places.clone(), opens),
        };
        let mut hotline = Self {
            now: Timestamp::START,
            centre: VirtualCentre::new(&setup),
            town,
            wire: Wire::new(setup.faults, setup.seed),
            ledger: Ledger::default(),
            steps: 0,
            at_once: 0,
            returns: if setup.returns.is_zero() { Timestamp::NEVER } else { opens + setup.returns },
            places,
            homes,
            outbox: Outbox::default(),
            setup,
        };
        hotline.centre.tick(Timestamp::START);
        hotline.flush(true);
        hotline
    }

    /// Plays a day from a setup to the last caller, waits for silence and closes the books.
    pub fn play(setup: Setup) -> Self {
        let mut hotline = Self::open(setup);
        hotline.run_day();
        hotline.close();
        hotline
    }

    /// Lets time pass until then.
    pub fn run_until(&mut self, until: Timestamp) {
        while self.step(until) {}
        self.now = self.now.max(until);
    }

    /// Lets some time pass.
    pub fn run(&mut self, span: Duration) {
        self.run_until(self.now + span);
    }

    /// Runs until nobody calls any more and the last call is over at the carrier.
    ///
    /// # Panics
    /// When the day does not end.
    pub fn run_day(&mut self) {
        let end = Timestamp::START + DAY_MAX;
        while !(self.town.carrier.is_done() && self.town.desk.busy() == 0) {
            assert!(self.step(end), "the day does not end: {} calls", self.town.carrier.in_progress());
        }
    }

    /// Waits until nothing of a call has been on the wire for 64·T1, and nothing can be left.
    ///
    /// # Panics
    /// When somebody never falls silent.
    pub fn fall_silent(&mut self) {
        let end = self.now + DAY_MAX;
        loop {
            let silent = self.wire.last_of_calls + SILENCE + Duration::from_secs(6);
            if self.now >= silent {
                return;
            }
            assert!(silent < end, "calls are still on the wire");
            self.run_until(silent);
        }
    }

    /// After the day: silence, nothing left, and books that agree.
    pub fn close(&mut self) {
        self.fall_silent();
        self.centre.check();
        self.centre.check_audio();
        self.centre.check_empty(self.now);
        let delay = self.setup.faults.is_none() && self.wire.outages.is_empty();
        let delay = delay.then_some(self.setup.faults.delay);
        self.ledger.close(&self.town, &self.centre.report, delay);
    }

    /// Asks something of the engine.
    pub fn request(&mut self, request: Request) {
        self.centre.request(self.now, request);
        self.flush(true);
    }

    /// The next thing happens, if it happens by then.
    ///
    /// # Panics
    /// When an invariant of any core does not hold.
    pub fn step(&mut self, until: Timestamp) -> bool {
        let (landing, centre, town) =
            (self.wire.next(), self.centre.next_deadline(), self.town.next_deadline());
        let next = [landing, centre, town].into_iter().flatten().min();
        let Some(at) = next.filter(|at| *at <= until) else { return false };
        self.now = self.now.max(at);
        self.steps += 1;
        if self.returns <= self.now {
            self.returns = self.now + self.setup.returns;
            for agent in std::mem::take(&mut self.ledger.not_ready) {
                self.request(Request::Ready(agent));
            }
            return true;
        }
        if landing == Some(at) {
            self.land();
        } else if centre == Some(at) {
            let more = self.centre.tick(self.now);
            self.flush(more);
        } else {
            self.town.tick(self.now, &mut self.outbox);
            self.carry();
            // What happens in one instant may make something else due in it, a few times over.
            self.at_once = if self.town.next_deadline() == Some(self.now) { self.at_once + 1 } else { 0 };
            assert!(self.at_once < AT_ONCE_MAX, "the town does not get on");
        }
        true
    }

    fn land(&mut self) {
        let Some(flight) = self.wire.land() else { return };
        if flight.to.ip() == self.setup.engine().ip() {
            let signalling = self.centre.receive(self.now, flight.to, flight.from, &flight.bytes);
            self.flush(signalling);
        } else if let Some(&home) = self.homes.get(&flight.to) {
            self.town.receive(self.now, home, flight.from, &flight.bytes, &mut self.outbox);
            self.carry();
        }
        self.wire.recycle(flight);
    }

    /// What the centre produced goes out, and what it is now is looked at.
    fn flush(&mut self, more: bool) {
        self.centre.flush(self.now, &mut self.wire, self.setup.sink(), &mut self.ledger);
        let rest = 1 + self.centre.engine.calls() / CHECKED_AT_ONCE;
        if more && self.steps.is_multiple_of(rest as u64) {
            self.centre.check();
        }
        if self.steps.is_multiple_of(AUDIO_CHECKED_EACH) {
            self.centre.check_audio();
        }
    }

    /// What the town produced goes out.
    fn carry(&mut self) {
        for datagram in self.outbox.datagrams() {
            let bytes = &self.outbox.bytes()[datagram.range.clone()];
            self.wire.launch(self.now, self.places.address(datagram.local), datagram.peer, bytes);
        }
        for sighting in self.outbox.sightings() {
            self.ledger.sighting(sighting);
        }
        self.outbox.clear();
    }
}

impl Drop for Hotline {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "seed {}, at {}, step {}; the last datagrams:\n{}",
                self.setup.seed, self.now, self.steps, self.wire
            );
        }
    }
}
