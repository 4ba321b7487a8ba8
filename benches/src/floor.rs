//! The floor: what the datagrams of a call cost when a program does nothing but receive and send them.
//!
//! ```text
//! one call through the engine ─tap─▶ Trace: steps of (pause, bytes we send, bytes of each answer)
//! Trace, same arrivals ─▶ play ═══▶ floor program: each datagram says how many answers of what size it wants
//! ```
//!
//! The same generator, sockets, sizes, counts and order as in the engine's run; the floor program (`bin/floor`)
//! receives with recvmmsg, sends with sendmmsg, and keeps nothing.

use crate::machine::{command_on, cpu_time};
use crate::rig::histogram;
use crate::wire::{Clock, Wire};
use anyhow::{Context, Result};
use base::{Arena, Timestamp, Wheel};
use hdrhistogram::Histogram;
use phones::{Local, Outbox};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

/// Bytes that a datagram to the floor needs for its wish: id, count, and a size each.
const HEAD: usize = 9;
/// Most answers that one datagram can ask for.
pub const ANSWERS_MAX: usize = 16;

base::handle!(PlayRef, "play", "A call that is played against the floor.");

/// What one call is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// In order.
    pub steps: Vec<Step>,
}

/// One datagram of ours and what it brings forth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Pause before it: talk, ringing.
    pub pause: Duration,
    /// Its bytes.
    pub size: u16,
    /// Bytes of each answer.
    pub answers: Vec<u16>,
}

/// Shorter pauses are the engine's own time, which the floor does not have.
const PAUSE_MIN: Duration = Duration::from_millis(5);

impl Trace {
    /// From what a tap saw of one call.
    #[must_use]
    pub fn from_tap(tap: &[(Timestamp, bool, u16)]) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        let mut last = tap.first().map_or(Timestamp::START, |(at, ..)| *at);
        for &(at, ours, size) in tap {
            let pause = at.since(last);
            let pause = if pause < PAUSE_MIN { Duration::ZERO } else { pause };
            last = at;
            match steps.last_mut() {
                Some(step) if !ours && step.answers.len() < ANSWERS_MAX => step.answers.push(size),
                _ => steps.push(Step { pause, size, answers: Vec::new() }),
            }
        }
        Self { steps }
    }

    /// Datagrams that the program under test receives and sends for a call.
    #[must_use]
    pub fn datagrams(&self) -> (usize, usize) {
        (self.steps.len(), self.steps.iter().map(|step| step.answers.len()).sum())
    }
}

/// A floor program at work.
pub struct Floor {
    child: Child,
    /// Where it listens, one address a line it printed.
    pub addresses: Vec<SocketAddr>,
}

impl Floor {
    /// Starts `floor <mode>` on processor 0.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(program: &Path, arguments: &[&str]) -> Result<Self> {
        let mut child = command_on(0, program)
            .args(arguments)
            .stdin(Stdio::piped()) // it ends when this closes
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let addresses: Vec<_> = line.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect();
        anyhow::ensure!(!addresses.is_empty(), "the floor program did not say where it listens");
        Ok(Self { child, addresses })
    }

    /// CPU time it has used.
    ///
    /// # Errors
    /// When it has ended.
    pub fn cpu(&self) -> Result<Duration> {
        cpu_time(self.child.id())
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// What playing against the floor gave.
pub struct Played {
    /// Calls begun and finished.
    pub calls: (u64, u64),
    /// CPU of the floor program.
    pub cpu: Duration,
    /// From a call's scheduled moment to the first answer, µs.
    pub first_answer: Histogram<u64>,
}

/// Plays `calls` calls, one every `gap`, against the floor.
///
/// # Errors
/// When it cannot be started or the sockets fail.
pub fn play(program: &Path, trace: &Trace, calls: u64, gap: Duration) -> Result<Played> {
    let floor = Floor::start(program, &["signalling"])?;
    let (clock, mut wire) = (Clock::start(), Wire::default());
    let local = wire.add_socket()?;
    let mut player = Player {
        trace,
        peer: floor.addresses[0],
        local,
        running: Arena::default(),
        due: Wheel::default(),
        out: Outbox::default(),
        first_answer: histogram(),
        finished: 0,
    };
    let before = floor.cpu()?;
    let opens = clock.now() + Duration::from_millis(100);
    let (mut begun, mut next) = (0, opens);
    let end = opens + gap * u32::try_from(calls).unwrap_or(u32::MAX) + Duration::from_secs(3);
    loop {
        let now = clock.now();
        while begun < calls && next <= now {
            player.begin(next);
            begun += 1;
            next += gap;
        }
        while let Some((at, play)) = player.due.pop_due(now) {
            player.step(at, play);
        }
        wire.send(&player.out);
        player.out.clear();
        if player.finished == calls || now > end {
            break;
        }
        if wire.receive(|_, _, bytes| player.answer(clock.now(), bytes))? == 0 {
            let due =
                [(begun < calls).then_some(next), player.due.next_deadline()].into_iter().flatten().min();
            let now = clock.now();
            let most = due.map_or(Duration::from_millis(50), |due| due.since(now));
            if player.out.datagrams().is_empty() {
                wire.wait(most.min(Duration::from_millis(50)));
            }
        }
    }
    Ok(Played {
        calls: (begun, player.finished),
        cpu: floor.cpu()? - before,
        first_answer: player.first_answer,
    })
}

struct Playing {
    scheduled: Timestamp,
    step: usize,
    awaited: usize,
}

struct Player<'a> {
    trace: &'a Trace,
    peer: SocketAddr,
    local: Local,
    running: Arena<PlayRef, Playing>,
    due: Wheel<PlayRef>,
    out: Outbox,
    first_answer: Histogram<u64>,
    finished: u64,
}

impl Player<'_> {
    fn begin(&mut self, scheduled: Timestamp) {
        let play = self.running.insert(Playing { scheduled, step: 0, awaited: 0 });
        self.step(scheduled, play);
    }

    /// Sends steps until one has answers to wait for or a pause before the next.
    fn step(&mut self, now: Timestamp, play: PlayRef) {
        let Some(playing) = self.running.get_mut(play) else { return };
        while let Some(step) = self.trace.steps.get(playing.step) {
            playing.step += 1;
            playing.awaited = step.answers.len();
            self.out.send(self.local, self.peer, |w| write_wish(w, play.bits(), step));
            if playing.awaited > 0 {
                return;
            }
            if let Some(next) = self.trace.steps.get(playing.step)
                && !next.pause.is_zero()
            {
                self.due.schedule(now + next.pause, play);
                return;
            }
        }
        self.running.remove(play);
        self.finished += 1;
    }

    fn answer(&mut self, now: Timestamp, bytes: &[u8]) {
        let Some(id) = bytes.first_chunk::<8>() else { return };
        let play = PlayRef::from_bits(u64::from_le_bytes(*id));
        let Some(playing) = self.running.get_mut(play) else { return };
        if playing.step == 1 && playing.awaited == self.trace.steps[0].answers.len() {
            let waited = now.since(playing.scheduled).as_micros();
            self.first_answer.saturating_record(u64::try_from(waited).unwrap_or(u64::MAX));
        }
        playing.awaited -= 1;
        if playing.awaited > 0 {
            return;
        }
        match self.trace.steps.get(playing.step) {
            Some(next) if !next.pause.is_zero() => {
                self.due.schedule(now + next.pause, play);
            }
            _ => self.step(now, play),
        }
    }
}

fn write_wish(w: &mut Vec<u8>, id: u64, step: &Step) {
    let start = w.len();
    w.extend_from_slice(&id.to_le_bytes());
    w.push(step.answers.len() as u8);
    for size in &step.answers {
        w.extend_from_slice(&size.to_le_bytes());
    }
    let whole = start + usize::from(step.size).max(w.len() - start);
    w.resize(whole, b' ');
}

/// The id and the sizes that a datagram asks for.
#[must_use]
pub fn read_wish(bytes: &[u8]) -> Option<([u8; 8], impl Iterator<Item = usize>)> {
    let id = *bytes.first_chunk::<8>()?;
    let count = usize::from(*bytes.get(8)?).min(ANSWERS_MAX);
    let sizes = bytes.get(HEAD..HEAD + 2 * count)?;
    Some((id, sizes.chunks_exact(2).map(|pair| usize::from(u16::from_le_bytes([pair[0], pair[1]])).max(8))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tap_becomes_steps_and_a_wish_reads_back() {
        let at = Timestamp::from_millis;
        let tap = [
            (at(10), true, 700),
            (at(10), false, 300),
            (at(11), false, 800),
            (at(11), true, 400),
            (at(11), true, 650),
            (at(12), false, 420),
            (at(150), true, 380),
            (at(151), false, 320),
        ];
        let trace = Trace::from_tap(&tap);
        assert_eq!(trace.datagrams(), (4, 4));
        let pauses: Vec<u64> = trace.steps.iter().map(|step| step.pause.as_millis() as u64).collect();
        assert_eq!(pauses, [0, 0, 0, 138]);
        let mut wish = Vec::new();
        write_wish(&mut wish, 77, &trace.steps[0]);
        assert_eq!(wish.len(), 700);
        let (id, sizes) = read_wish(&wish).unwrap();
        assert_eq!((u64::from_le_bytes(id), sizes.collect::<Vec<_>>()), (77, vec![300, 800]));
        assert!(read_wish(&wish[..10]).is_none() && read_wish(b"").is_none());
    }
}
