//! Ingress: a call arrives and is admitted or refused.
//!
//! ```text
//!   Invited ─▶ whose? ─┬─ in another leg's place ──▶ replace.rs
//!                      ├─ a trunk's ──▶ entry (trunk + called number) ─▶ flow      none: 404
//!                      └─ a phone's ──▶ service code                               none: 403
//!                      │              agent's: second_line.rs, outgoing.rs, pick.rs
//!           ─▶ room? (drain, calls_max, port)                                      none: 503 + Retry-After
//!           ─▶ SDP ──▶ 200 or 183 with our answer, audio opened ─▶ first step      unusable: 488
//!                 └─ no offer: 200 with our offer ─▶ Opening ─ Confirmed(answer) ─▶ first step
//! ```
//!
//! A late offer is always answered by 200, even where the flow greets early: an offer in a 183 would need
//! the caller's PRACK for its answer, and few who offer late send one.

use crate::call::{Call, Stage, Way};
use crate::case::Case;
use crate::cause;
use crate::engine::{Engine, Out, Owner, Timer, session_of};
use crate::event::{CallRef, Event, Outcome, Side};
use crate::leg::{CALLER, Dialog, Leg, Preference, Role, Sound};
use crate::plan::{FlowRef, LanguageRef, StepRef, fits};

use crate::sdp::{self, Local};
use crate::steps::Course;
use acd::SiteRef;
use base::Timestamp;
use media::session::{self, Codec};
use sip::leg::{Command, Invited, LegRef, Origin};
use sip::message::Cause;
use std::time::Duration;

/// When a refused caller may try again.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// Why a call is not admitted.
pub(crate) struct Denied {
    pub(crate) status: u16,
    pub(crate) cause: Cause,
    pub(crate) retry_after: Option<Duration>,
}

impl Denied {
    pub(crate) const fn with(cause: Cause) -> Self {
        Self { status: cause::status(cause), cause, retry_after: None }
    }

    const fn full(cause: Cause) -> Self {
        Self { retry_after: Some(RETRY_AFTER), ..Self::with(cause) }
    }
}

impl Engine {
    pub(crate) fn invited(&mut self, now: Timestamp, leg: LegRef, invite: Invited, out: &mut Out) {
        if self.legs.contains(&leg) {
            return;
        }
        match invite.origin {
            Origin::Trunk(_) => self.here = Some(invite.local),
            // Better than no address at all, until a carrier has called.
            Origin::Aor(_) => self.here = self.here.or(Some(invite.local)),
        }
        if let Some(old) = invite.replaces {
            return self.replace(now, (old, leg), &invite, out);
        }
        if let Some(whom) = self.supervises_by_phone(&invite) {
            return self.dial_in(now, whom, leg, &invite, out);
        }
        if let Some(talk) = self.consults_by_phone(&invite) {
            return self.dial_second(now, talk, leg, &invite, out);
        }
        if let Some(whose) = self.picks_by_phone(&invite) {
            return self.pick(now, whose, leg, &invite, out);
        }
        if let Some(whose) = self.dials_out(&invite) {
            return self.dial_out(now, whose, leg, &invite, out);
        }
        let admitted = self.admit(now, &invite, out);
        let local = Local::new(self.random.bits() as u32, self.address(invite.local));
        let ((way, site), denied) = match admitted {
            Ok(way) => (way, None),
            Err(denied) => ((Way::Refused, SiteRef(0)), Some(denied)),
        };
        let language = match way {
            Way::Flow(flow) => self.plan.flows[flow.index()].language,
            _ => LanguageRef::default(),
        };
        let caller = Leg::new(leg, CALLER, local, invite.nated);
        let course = Course { language, ..Course::default() };
        let call = Call { course, ..Call::new(caller, invite.caller.clone(), way, site) };
        let call = self.calls.insert(call);
        self.live += 1;
        self.legs.insert(leg, Owner { call, role: Role::Caller });
        let flow = match way {
            Way::Flow(flow) => Some(flow),
            _ => None,
        };
        let case = Case::read(&invite.carried);
        let Invited { origin, called, caller, call_id, offer, .. } = invite;
        self.tell(now, Event::Arrived { call, origin, caller, called, call_id, flow }, out);
        self.exchanged(now, call, case, out);
        let opened = match denied {
            Some(denied) => Err(denied),
            None => self.open(now, call, offer.as_deref(), out),
        };
        match opened {
            Ok(()) => {
                let limit = self.timers.schedule(now + self.plan.call_max, Timer::Limit(call));
                if let Some(call) = self.calls.get_mut(call) {
                    call.limit = Some(limit);
                }
            }
            Err(denied) => self.deny(now, call, &denied, out),
        }
    }

    /// The ACK to our 200; after a late offer it brings the caller's answer.
    pub(crate) fn confirmed(&mut self, now: Timestamp, leg: LegRef, answer: Option<&[u8]>, out: &mut Out) {
        let Some(&Owner { call, role }) = self.legs.get(&leg) else { return };
        let Some(this) = self.calls.get_mut(call) else { return };
        if matches!(role, Role::Line | Role::Guest | Role::Agent)
            && let Some(own) = this.leg_mut(leg)
            && own.dialog == Dialog::Answered
        {
            own.dialog = Dialog::Confirmed;
        }
        if role == Role::Agent {
            return self.align(now, call, Side::Caller, out);
        }
        if role != Role::Caller || this.caller.dialog != Dialog::Answered {
            return;
        }
        this.caller.dialog = Dialog::Confirmed;
        if this.stage == Stage::Opening {
            let agreed = answer
                .ok_or(sdp::Refusal::NoUsableAudio)
                .and_then(|answer| self.accept_answer(call, leg, answer));
            let Ok(audio) = agreed else {
                self.end(now, call, Outcome::Lost, cause::INCOMPATIBLE, Side::System, out);
                return;
            };
            self.join(call, CALLER, audio, out);
            self.begin(now, call, out);
        }
        // A code without a reply: the phone has learned that it was taken.
        if let Some(Way::Service { reply: None, .. }) = self.calls.get(call).map(|this| this.way) {
            self.end(now, call, Outcome::Service, cause::NORMAL, Side::System, out);
        }
        self.align(now, call, Side::Agent, out);
    }

    /// The caller's way and his site, if there is room for him.
    fn admit(&mut self, now: Timestamp, invite: &Invited, out: &mut Out) -> Result<(Way, SiteRef), Denied> {
        let way = match invite.origin {
            Origin::Trunk(trunk) => {
                let entry = self.plan.entries.iter().find(|entry| {
                    entry.trunk.is_none_or(|wanted| wanted == trunk) && fits(&entry.called, &invite.called)
                });
                let entry = entry.filter(|entry| entry.flow.index() < self.plan.flows.len());
                let entry = entry.ok_or(Denied::with(cause::UNALLOCATED))?;
                (Way::Flow(entry.flow), entry.site)
            }
            // Served even when there is no room for callers: that is when agents must be able to sign in.
            Origin::Aor(aor) => {
                return self.service_code(now, aor, &invite.called, out).map(|way| (way, SiteRef(0)));
            }
        };
        if self.draining || self.live >= self.plan.calls_max {
            return Err(Denied::full(cause::CONGESTION));
        }
        Ok(way)
    }

    /// Negotiates with the caller, answers him, opens his audio.
    pub(crate) fn open(
        &mut self,
        now: Timestamp,
        call: CallRef,
        offer: Option<&[u8]>,
        out: &mut Out,
    ) -> Result<(), Denied> {
        let offer = offer.map(sdp::Session::parse).transpose().map_err(|error| refused(error.into()))?;
        let port = self.ports.take(now).ok_or(Denied::full(cause::NO_RESOURCE))?;
        let packet_time = self.plan.audio.packet_time;
        let Some(this) = self.calls.get(call) else { return Ok(()) };
        let (early, preference) = match this.way {
            Way::Flow(flow) => (self.plan.flows[flow.index()].early_media, self.caller_codecs(flow)),
            // He hears why before he is refused.
            Way::Denied { .. } => (true, self.clip_codecs()),
            _ => (false, self.codecs()),
        };
        let Some(leg) = self.calls.get_mut(call).map(|this| &mut this.caller) else { return Ok(()) };
        leg.sound = Sound::Reserved(port);

        let Some(offer) = offer else {
            let body = sdp::offer::write(&mut leg.local, port, preference.as_slice(), packet_time);
            leg.asked = Some(preference);
            leg.dialog = Dialog::Answered;
            out.legs.push(Command::Answer { leg: leg.leg, body });
            self.tell(now, Event::Answered { call }, out);
            return Ok(());
        };
        let agreed = sdp::negotiate::answer(&offer, &leg.terms(port, preference.as_slice(), packet_time))
            .map_err(refused)?;
        let body = sdp::answer::write(&mut leg.local, &offer, &agreed);
        let audio = leg.keep(&agreed);
        let leg_ref = leg.leg;
        if early {
            out.legs.push(Command::Progress { leg: leg_ref, status: 183, answer: Some(body) });
            let setup = self.timers.schedule(now + self.plan.setup_max, Timer::Setup(call));
            if let Some(this) = self.calls.get_mut(call) {
                this.setup = Some(setup);
            }
        } else {
            leg.dialog = Dialog::Answered;
            out.legs.push(Command::Answer { leg: leg_ref, body });
        }
        self.join(call, CALLER, audio, out);
        self.tell(now, Event::Answered { call }, out);
        self.begin(now, call, out);
        Ok(())
    }

    /// What comes first once the caller can hear.
    fn begin(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        match self.calls.get(call).map(|this| this.way) {
            Some(Way::Flow(_)) => self.walk(now, call, StepRef::FIRST, out),
            Some(Way::Service { reply, .. }) => self.reply(call, reply, out),
            Some(Way::Callback(_) | Way::Outgoing(_) | Way::Denied { .. } | Way::Refused) | None => {}
        }
    }

    /// Answers a caller who is still in early media; what he hears goes on.
    pub(crate) fn pick_up(&mut self, call: CallRef, out: &mut Out) {
        let Some(this) = self.calls.get_mut(call) else { return };
        if let Some(setup) = this.setup.take() {
            self.timers.cancel(setup);
        }
        if this.caller.dialog == Dialog::Early {
            this.caller.dialog = Dialog::Answered;
            if let (true, Sound::Open(audio)) = (std::mem::take(&mut this.caller.quiet), this.caller.sound) {
                // He need not have sent before; from now on he is expected to, and watched anew.
                out.media.push(session::Command::Update { session: session_of(call), party: CALLER, audio });
            }
            let body = this.caller.local.said().into();
            out.legs.push(Command::Answer { leg: this.caller.leg, body });
        }
    }

    /// The guard of early media: carriers cut what is not answered (RFC 3261 section 16.6, timer C).
    pub(crate) fn setup_is_over(&mut self, call: CallRef, out: &mut Out) {
        if self.calls.get(call).is_some_and(|this| !this.is_ending()) {
            self.pick_up(call, out);
        }
    }

    /// Codecs for a caller. Clips exist in A-law and µ-law only, so G.722 comes last where he will hear any;
    /// it can still be chosen for the talk (see [`renegotiate`](crate::renegotiate)).
    fn caller_codecs(&self, flow: FlowRef) -> Preference {
        let flow = &self.plan.flows[flow.index()];
        if !flow.speaks() && flow.groups().all(|group| self.music(group).is_none()) {
            return self.codecs();
        }
        self.clip_codecs()
    }

    /// The configured codecs for somebody who will hear clips: G.722 last.
    pub(crate) fn clip_codecs(&self) -> Preference {
        let codecs = &self.plan.audio.codecs;
        let narrow = codecs.iter().copied().filter(|&codec| codec != Codec::G722);
        Preference::of(narrow.chain(codecs.iter().copied()))
    }
}

fn refused(why: sdp::Refusal) -> Denied {
    Denied { status: why.status(), ..Denied::with(cause::INCOMPATIBLE) }
}
