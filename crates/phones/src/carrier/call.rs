//! One caller's call: what is kept of it, and what happens to it by its own clock.

use super::{CallRecord, Carrier, End, LineRef};
use crate::compose::{Request, request};
use crate::day::{HangsUp, Person, caller_number};
use crate::flights::{Curve, FlightRef};
use crate::outbox::{Local, Outbox, Sighting};
use crate::sdp;
use crate::voice::Heard;
use base::{TimerRef, Timestamp};
use std::net::SocketAddr;
use std::time::Duration;

/// After the agent has hung up, the engine has this long to end the caller's leg.
const FOLLOW_MAX: Duration = Duration::from_secs(10);

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// INVITE sent; `provisional` says whether anything came back, because CANCEL must wait for that (RFC
    /// 3261 9.1), and `cancel` that it is waiting.
    Calling {
        /// A 1xx has come.
        provisional: bool,
        /// He has given up already.
        cancel: bool,
    },
    /// CANCEL sent; the final answer to the INVITE is awaited.
    Canceling,
    /// 200 seen and acknowledged.
    Connected,
    /// BYE sent.
    Leaving {
        /// How the call will have ended.
        end: End,
    },
}

/// What a call does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// Patience or talk has ended.
    Move,
    /// The engine did not answer the CANCEL or did not follow the agent: give the call up.
    Abandon,
}

/// A call in progress.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) person: Person,
    pub(super) record: CallRecord,
    pub(super) stage: Stage,
    /// INVITE, CANCEL or BYE that waits for its answer.
    pub(super) flight: Option<FlightRef>,
    /// Our 200 to a re-INVITE that waits for its ACK.
    pub(super) accepted: Option<FlightRef>,
    pub(super) timer: Option<TimerRef>,
    pub(super) audio: Option<Local>,
    pub(super) call_id: Vec<u8>,
    pub(super) from: Vec<u8>,
    /// To with the engine's tag, once known.
    pub(super) to: Vec<u8>,
    /// Request-URI of the INVITE, then the engine's contact.
    pub(super) target: Vec<u8>,
    pub(super) routes: Vec<u8>,
    pub(super) peer: SocketAddr,
    pub(super) cseq: u32,
    pub(super) ack_lost: bool,
    pub(super) sdp_version: u32,
}

impl Carrier {
    /// A person calls.
    pub(super) fn invite(&mut self, now: Timestamp, scheduled: Timestamp, person: Person, out: &mut Outbox) {
        let (plan, places, day) = (&self.plan, &self.places, &self.day);
        let audio = self.free_audio.pop();
        let number = caller_number(person.n);
        let host = places.address(plan.local).ip();
        let called = &day.numbers[person.number].0;
        let record = CallRecord {
            n: person.n,
            number: person.number,
            scheduled,
            invited: now,
            trying: None,
            ringing: None,
            answered: None,
            met: None,
            ended: Timestamp::NEVER,
            end: End::NoAnswer,
            heard: Heard::default(),
        };
        let (engine, seed) = (plan.engine, day.seed);
        let line = self.calls.insert_with(|line: LineRef| Call {
            person,
            record,
            stage: Stage::Calling { provisional: false, cancel: false },
            flight: None,
            accepted: None,
            timer: None,
            audio,
            call_id: format!("{:x}-{seed:x}@{host}", line.bits()).into_bytes(),
            from: format!("<sip:{number}@{host};user=phone>;tag=c{:x}", line.bits()).into_bytes(),
            to: format!("<sip:{called}@{engine};user=phone>").into_bytes(),
            target: format!("sip:{called}@{engine};user=phone").into_bytes(),
            routes: Vec::new(),
            peer: engine,
            cseq: 1,
            ack_lost: person.ack_lost,
            sdp_version: 1,
        });
        self.persons.insert(person.n, line);
        self.stats.offered += 1;
        let Some(call) = self.calls.get_mut(line) else { return };
        let mut body = Vec::with_capacity(256);
        let address = self.places.address(audio.unwrap_or(self.plan.sink));
        sdp::write(&mut body, address, 1, sdp::Direction::SendRecv);
        let extra = format!(
            "Contact: <sip:{number}@{contact}>\r\nP-Asserted-Identity: <sip:{number}@{host};user=phone>\r\n\
             Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO\r\nUser-Agent: carrier\r\n",
            contact = self.places.text(self.plan.local),
        );
        out.send(self.plan.local, engine, |w| {
            write(w, call, self.places.text(self.plan.local), "INVITE", line, &extra, &body);
        });
        call.flight = self.flights.launch(now, line, Curve::Invite, out);
        if let Some(patience) = person.patience {
            call.timer = Some(self.deeds.schedule(scheduled.max(now) + patience, (line, Deed::Move)));
        }
    }

    /// The town says that an agent has answered this person.
    pub fn meets(&mut self, now: Timestamp, n: u64) {
        let Some(&line) = self.persons.get(&n) else { return };
        let Some(call) = self.calls.get_mut(line) else { return };
        if !matches!(call.stage, Stage::Connected | Stage::Calling { .. }) || call.record.met.is_some() {
            return;
        }
        call.record.met = Some(now);
        // Where the engine answers the caller only now, his 200 is still on its way.
        if call.stage == Stage::Connected {
            self.talk(now, line);
        }
    }

    /// A caller talks with an agent: no patience is needed any more, and he hangs up when all is said.
    pub(super) fn talk(&mut self, now: Timestamp, line: LineRef) {
        let Some(call) = self.calls.get_mut(line) else { return };
        if let Some(timer) = call.timer.take() {
            self.deeds.cancel(timer);
        }
        if let (HangsUp::Caller, Some(talk)) = (call.person.hangs_up, call.person.talk) {
            call.timer = Some(self.deeds.schedule(now + talk, (line, Deed::Move)));
        }
    }

    /// The town says that the agent of this person has left him: by hanging up, or (`by` is `None`) because he
    /// had answered too late and was released by the engine.
    pub fn left(&mut self, now: Timestamp, n: u64, by: Option<HangsUp>) {
        let Some(&line) = self.persons.get(&n) else { return };
        let Some(call) = self.calls.get_mut(line) else { return };
        if call.record.met.is_none() {
            return;
        }
        if matches!(call.stage, Stage::Calling { .. }) {
            call.record.met = None;
        }
        if call.stage != Stage::Connected {
            return;
        }
        if let Some(timer) = call.timer.take() {
            self.deeds.cancel(timer);
        }
        if by == Some(HangsUp::Agent) {
            call.timer = Some(self.deeds.schedule(now + FOLLOW_MAX, (line, Deed::Abandon)));
        } else {
            // He never talked: he waits on, with his patience drawn anew from now.
            call.record.met = None;
            if let Some(patience) = call.person.patience {
                call.timer = Some(self.deeds.schedule(now + patience, (line, Deed::Move)));
            }
        }
    }

    /// A call's own clock strikes.
    pub(super) fn deed(&mut self, now: Timestamp, line: LineRef, deed: Deed, out: &mut Outbox) {
        let Some(call) = self.calls.get_mut(line) else { return };
        call.timer = None;
        match (deed, call.stage) {
            (Deed::Abandon, _) => {
                if call.stage == Stage::Connected {
                    self.bye(now, line, End::NoAnswer, out);
                } else {
                    self.end(now, line, End::NoAnswer, out);
                }
            }
            (Deed::Move, Stage::Calling { provisional: true, .. }) => self.cancel(now, line, out),
            (Deed::Move, Stage::Calling { provisional: false, .. }) => {
                call.stage = Stage::Calling { provisional: false, cancel: true };
            }
            (Deed::Move, Stage::Connected) if call.record.met.is_none() => {
                self.bye(now, line, End::GaveUp, out);
            }
            (Deed::Move, Stage::Connected) if call.person.vanishing => {
                self.gone.insert(line.bits(), ());
                self.end(now, line, End::Vanished, out);
            }
            (Deed::Move, Stage::Connected) => self.bye(now, line, End::Talked(HangsUp::Caller), out),
            (Deed::Move, Stage::Canceling | Stage::Leaving { .. }) => {}
        }
    }

    /// Everybody who still calls gives up or hangs up now: the end of a demonstration.
    pub fn release_all(&mut self, now: Timestamp, out: &mut Outbox) {
        self.close();
        let lines: Vec<LineRef> = self.calls.iter().map(|(line, _)| line).collect();
        for line in lines {
            if let Some(timer) = self.calls.get_mut(line).and_then(|call| call.timer.take()) {
                self.deeds.cancel(timer);
            }
            self.deed(now, line, Deed::Move, out);
        }
    }

    pub(super) fn cancel(&mut self, now: Timestamp, line: LineRef, out: &mut Outbox) {
        let Some(call) = self.calls.get_mut(line) else { return };
        call.stage = Stage::Canceling;
        let via = self.places.text(self.plan.local);
        // RFC 3261 9.1: Request-URI, Call-ID, From, To, Via and CSeq number as in the INVITE.
        out.send(self.plan.local, self.plan.engine, |w| write(w, call, via, "CANCEL", line, "", b""));
        self.flights.land(call.flight.take());
        call.flight = self.flights.launch(now, line, Curve::Other, out);
        call.timer = Some(self.deeds.schedule(now + self.plan.timers.t1 * 64, (line, Deed::Abandon)));
    }

    pub(super) fn bye(&mut self, now: Timestamp, line: LineRef, end: End, out: &mut Outbox) {
        let Some(call) = self.calls.get_mut(line) else { return };
        if let Some(timer) = call.timer.take() {
            self.deeds.cancel(timer);
        }
        call.stage = Stage::Leaving { end };
        out.sight(Sighting::HungUp { caller: call.person.n, at: now });
        call.cseq += 1;
        let via = self.places.text(self.plan.local);
        out.send(self.plan.local, call.peer, |w| write(w, call, via, "BYE", line, "", b""));
        self.flights.land(call.flight.take());
        call.flight = self.flights.launch(now, line, Curve::Other, out);
        self.hush(line);
    }

    /// Stops a call's audio and notes what was heard.
    pub(super) fn hush(&mut self, line: LineRef) {
        let Some(call) = self.calls.get_mut(line) else { return };
        let Some(audio) = call.audio.take() else { return };
        call.record.heard = self.voices.stop(audio).unwrap_or_default();
        self.free_audio.push(audio);
    }

    /// A call is over.
    pub(super) fn end(&mut self, now: Timestamp, line: LineRef, end: End, out: &mut Outbox) {
        self.hush(line);
        let Some(call) = self.calls.remove(line) else { return };
        self.flights.land(call.flight);
        self.flights.land(call.accepted);
        if let Some(timer) = call.timer {
            self.deeds.cancel(timer);
        }
        self.persons.remove(&call.person.n);
        let record = CallRecord { ended: now, end, ..call.record };
        self.stats.clean += u64::from(end.is_clean());
        self.stats.failed += u64::from(!end.is_clean());
        self.stats.unavailable += u64::from(end == End::Refused(503));
        self.stats.met += u64::from(record.met.is_some());
        out.sight(Sighting::CallEnded(record));
    }
}

/// Writes a request of a call with its CSeq as it stands.
pub(super) fn write(
    w: &mut Vec<u8>,
    call: &Call,
    via: &str,
    method: &str,
    line: LineRef,
    extra: &str,
    body: &[u8],
) {
    request(
        w,
        &Request {
            method,
            uri: &call.target,
            via,
            branch: format_args!("{:x}.{}", line.bits(), call.cseq),
            routes: &call.routes,
            from: &call.from,
            to: &call.to,
            call_id: &call.call_id,
            cseq: call.cseq,
            extra,
            body,
        },
    );
}
