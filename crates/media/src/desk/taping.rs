//! Recordings: they begin, keep something else for a while, hand on their blocks, end.
//!
//! ```text
//!   Record ─▶ Tape ─ a timer each half second ─▶ Taped::Sound … ─▶ StopRecording, last one left ─▶ Taped::Ended
//! ```
//!
//! Never knows: where blocks go, what is done when nobody takes them.

use super::{Desk, Out, Timer};
use crate::reception::{CLOCK_NANOS, clock};
use crate::room::NOBODY;
use crate::session::{Keeps, Parties, RecordingRef, SessionRef, Taped};
use crate::tape::{BLOCK, Tape, TapeRef};
use base::Timestamp;
use std::time::Duration;

/// How often blocks are looked for.
const EACH: Duration = Duration::from_nanos(BLOCK as u64 * CLOCK_NANOS);

impl Desk {
    pub(super) fn record(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        recording: RecordingRef,
        (left, right): (Parties, Parties),
        out: &mut Out,
    ) {
        let Some(&at) = self.sessions.get(&session) else { return };
        let running = self.rooms.get(at).and_then(|room| room.tape);
        if let Some(tape) = running.and_then(|tape| self.tapes.get_mut(tape))
            && tape.recording == recording
        {
            (tape.left, tape.right) = (left, right);
            return self.rewire(now, at, out);
        }
        if let Some(tape) = running {
            self.end_tape(now, tape, out);
        }
        let tape = self.tapes.insert(Tape::new(recording, clock(now), left, right));
        if let Some(room) = self.rooms.get_mut(at) {
            room.tape = Some(tape);
        }
        self.look_again(now, tape);
        out.taped.push(Taped::Begun { recording, at: now });
        self.rewire(now, at, out);
    }

    pub(super) fn keep(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        recording: RecordingRef,
        keeps: Keeps,
    ) {
        let tape = self.tape_of(session, recording).and_then(|tape| self.tapes.get_mut(tape));
        if let Some(tape) = tape {
            tape.keep(clock(now), keeps);
        }
    }

    pub(super) fn stop_recording(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        recording: RecordingRef,
        out: &mut Out,
    ) {
        let Some(tape) = self.tape_of(session, recording) else { return };
        self.end_tape(now, tape, out);
        let Some(&at) = self.sessions.get(&session) else { return };
        if let Some(room) = self.rooms.get_mut(at) {
            room.tape = None;
        }
        self.rewire(now, at, out);
    }

    /// The timer of a recording: what is due of it, until it has ended.
    pub(super) fn blocks(&mut self, now: Timestamp, at: TapeRef, out: &mut Out) {
        let Some(tape) = self.tapes.get_mut(at) else { return };
        let recording = tape.recording;
        while let Some((from, sound)) = tape.block(clock(now)) {
            out.taped.push(Taped::Sound { recording, from, sound });
        }
        self.look_again(now, at);
    }

    fn look_again(&mut self, now: Timestamp, at: TapeRef) {
        let timer = self.timers.schedule(now + EACH, (NOBODY, Timer::Tape(at)));
        if let Some(tape) = self.tapes.get_mut(at) {
            tape.timer = Some(timer);
        }
    }

    pub(super) fn end_tape(&mut self, now: Timestamp, tape: TapeRef, out: &mut Out) {
        let Some(mut tape) = self.tapes.remove(tape) else { return };
        if let Some(timer) = tape.timer.take() {
            self.timers.cancel(timer);
        }
        let recording = tape.recording;
        let (blocks, length) = tape.rest(clock(now));
        out.taped.extend(blocks.into_iter().map(|(from, sound)| Taped::Sound { recording, from, sound }));
        out.taped.push(Taped::Ended { recording, length });
    }

    fn tape_of(&self, session: SessionRef, recording: RecordingRef) -> Option<TapeRef> {
        let tape = self.rooms.get(*self.sessions.get(&session)?)?.tape?;
        self.tapes.get(tape).filter(|running| running.recording == recording).map(|_| tape)
    }
}
