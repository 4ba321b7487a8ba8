//! Events as lines of text: one a line, the same in every version, for people, `grep` and `diff`.
//!
//! ```text
//!   00:00:12.345678901 #17 queued call#0 group=general position=1 expected=-
//! ```
//!
//! Time since the engine's start, number, word, then what the event carries. Groups, agents, trunks and flows
//! have their keys. Numbers are masked (`138******67`): a line is shown to people.

use acd::{Alert, Because};
use base::Timestamp;
use call::call::{Part, With};
use call::event::{Event, GuestStep, Outcome, Stamped};
use report::{Survey, words};
use sip::leg::Origin;
use std::fmt::{self, Display};
use std::time::Duration;

/// The keys of a plan.
#[derive(Clone, Copy, Debug)]
pub struct Names<'n>(pub &'n report::Plan);

impl Names<'_> {
    /// An event as a line, without its end.
    #[must_use]
    pub fn line(self, stamped: &Stamped) -> impl Display {
        Line(self, stamped.clone())
    }

    fn group(self, group: acd::GroupRef) -> String {
        named(&self.0.groups, group.index(), &group)
    }

    fn agent(self, agent: acd::AgentRef) -> String {
        named(&self.0.agents, agent.index(), &agent)
    }

    fn studio(self, studio: call::plan::StudioRef) -> String {
        named(&self.0.studios, studio.index(), &studio)
    }

    fn trunk(self, trunk: sip::leg::TrunkRef) -> String {
        named(&self.0.trunks, trunk.index(), &trunk)
    }
}

fn named(keys: &[String], index: usize, otherwise: &impl Display) -> String {
    keys.get(index).cloned().unwrap_or_else(|| otherwise.to_string())
}

fn or_dash<T: Display>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn millis(span: Duration) -> String {
    format!("{}ms", span.as_millis())
}

/// `hh:mm:ss` and nanoseconds.
fn clock(at: Timestamp) -> String {
    let (seconds, nanos) = (at.as_nanos() / 1_000_000_000, at.as_nanos() % 1_000_000_000);
    format!("{:02}:{:02}:{:02}.{nanos:09}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

struct Line<'n>(Names<'n>, Stamped);

impl Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(names, Stamped { at, seq, event }) = self;
        write!(f, "{} #{seq} ", clock(*at))?;
        match event {
            Event::Arrived { call, origin, caller, called, call_id, flow } => {
                let from = match origin {
                    Origin::Trunk(trunk) => names.trunk(*trunk),
                    Origin::Aor(aor) => aor.to_string(),
                };
                let flow = or_dash(flow.map(|flow| named(&names.0.flows, flow.index(), &flow)));
                let caller = or_dash(Some(caller).filter(|caller| !caller.reveal().is_empty()));
                write!(
                    f,
                    "arrived {call} from={from} caller={caller} called={called} flow={flow} id={call_id}"
                )
            }
            Event::Answered { call } => write!(f, "answered {call}"),
            Event::Queued { call, group, position, expected } => {
                let (group, expected) = (names.group(*group), or_dash(expected.map(millis)));
                write!(f, "queued {call} group={group} position={position} expected={expected}")
            }
            Event::Offered { call, offer, agent, group, because } => {
                let (agent, group) = (names.agent(*agent), names.group(*group));
                write!(f, "offered {call} {offer} agent={agent} group={group} ")?;
                match because {
                    Because::Selected { stage, by, among, passed } => {
                        let stage = or_dash(*stage);
                        let by = words::selection(*by);
                        write!(f, "because={by} stage={stage} among={among} passed={passed}")
                    }
                    Because::FirstInOrder { among, passed } => {
                        write!(f, "because=first_in_order among={among} passed={passed}")
                    }
                }
            }
            Event::OfferEnded { call, offer, agent, end, status } => {
                let (agent, end) = (names.agent(*agent), words::offer_end(*end));
                write!(f, "offer_ended {call} {offer} agent={agent} end={end} status={status}")
            }
            Event::Overflowed { call, from, to } => {
                write!(f, "overflowed {call} from={} to={}", names.group(*from), names.group(*to))
            }
            Event::TurnedAway { call, group, why, to } => {
                let (group, to) = (names.group(*group), or_dash(to.map(|to| names.group(to))));
                write!(f, "turned_away {call} group={group} why={} to={to}", words::turned(*why))
            }
            Event::Connected { call, agent, group, waited } => {
                let (agent, group, waited) = (names.agent(*agent), names.group(*group), millis(*waited));
                write!(f, "connected {call} agent={agent} group={group} waited={waited}")
            }
            Event::Disconnected { call, agent, by } => {
                write!(f, "disconnected {call} agent={} by={}", names.agent(*agent), words::side(*by))
            }
            Event::LegEnded { call, leg, side, report: r } => write!(
                f,
                "leg_ended {call} {leg:?} side={} received={} sent={} lost={} lost_remote={} jitter={}us \
                 jitter_max={}us round_trip={}us strangers={}",
                words::side(*side),
                r.packets_received,
                r.packets_sent,
                r.lost,
                r.lost_remote,
                r.jitter.as_micros(),
                r.jitter_max.as_micros(),
                r.round_trip.as_micros(),
                r.strangers
            ),
            Event::Ended { call, outcome, group, cause, by } => {
                let (group, by) = (or_dash(group.map(|group| names.group(group))), words::side(*by));
                let why = match outcome {
                    Outcome::TurnedAway(why) => format!(" why={}", words::turned(*why)),
                    _ => String::new(),
                };
                let outcome = words::outcome(*outcome);
                write!(f, "ended {call} outcome={outcome}{why} group={group} cause={} by={by}", cause.0)
            }
            Event::Agent { agent, state } => {
                write!(f, "agent {} state={}", names.agent(*agent), words::state(state))?;
                match state {
                    acd::AgentState::NotReady(reason) => write!(f, " reason={}", words::reason(*reason)),
                    acd::AgentState::Offered(offer) => write!(f, " {offer}"),
                    acd::AgentState::WrapUp { until } => write!(f, " until={}", clock(*until)),
                    _ => Ok(()),
                }
            }
            Event::PhoneBound { aor, contacts } => write!(f, "phone_bound {aor} contacts={contacts}"),
            Event::PhoneLost { aor, why } => write!(f, "phone_lost {aor} why={why:?}"),
            Event::Trunk { trunk, up } => {
                write!(f, "trunk {} {}", names.trunk(*trunk), if *up { "up" } else { "down" })
            }
            Event::Relaxed { call, group, stage } => {
                write!(f, "relaxed {call} group={} stage={stage}", names.group(*group))
            }
            Event::CallbackOffered { call } => write!(f, "callback_offered {call}"),
            Event::CallbackKept { from, caller, group, missed, after, attempt } => {
                let (group, after) = (names.group(*group), clock(*after));
                write!(
                    f,
                    "callback_kept {from} caller={caller} group={group} missed={missed} after={after} \
                     attempt={attempt}"
                )
            }
            Event::CallbackBegun { call, from, group } => {
                write!(f, "callback_begun {call} from={from} group={}", names.group(*group))
            }
            Event::CallbackDialed { call, from, group, attempt } => {
                let group = names.group(*group);
                write!(f, "callback_dialed {call} from={from} group={group} attempt={attempt}")
            }
            Event::CallbackConnected { call, from, agent, group, waited } => {
                let (agent, group, waited) = (names.agent(*agent), names.group(*group), millis(*waited));
                write!(f, "callback_connected {call} from={from} agent={agent} group={group} waited={waited}")
            }
            Event::CallbackEnded { from, group, end } => {
                let end = words::callback_end(*end);
                write!(f, "callback_ended {from} group={} end={end}", names.group(*group))
            }
            Event::PutThrough { call, group, trunk } => {
                let (group, trunk) = (names.group(*group), names.trunk(*trunk));
                write!(f, "put_through {call} group={group} trunk={trunk}")
            }
            Event::Phase { call, agent, phase } => {
                write!(f, "phase {call} agent={} phase={}", names.agent(*agent), words::phase(*phase))
            }
            Event::Guest { call, leg, with, step } => {
                let who = match with {
                    With::Agent(agent) => format!("agent={}", names.agent(*agent)),
                    With::Outside(trunk, _) => format!("trunk={}", names.trunk(*trunk)),
                };
                let step = match step {
                    GuestStep::Rung(Part::Consulted { .. }) => "consulted",
                    GuestStep::Rung(Part::Supervisor(how)) | GuestStep::Supervises(how) => {
                        words::supervision(*how)
                    }
                    GuestStep::Answered => "answered",
                    GuestStep::SecondLine => "second_line",
                    GuestStep::OtherPhone => "other_phone",
                    GuestStep::TookOver => "took_over",
                    GuestStep::Left => "left",
                };
                write!(f, "guest {call} {leg:?} {who} step={step}")
            }
            Event::Roster { call, roster, exchange, reason, step } => {
                let own = names.0.rosters.get(roster.index());
                let key = own.map_or_else(|| roster.to_string(), |own| own.key.clone());
                let reason = or_dash(own.map(|own| own.reason(*reason)).filter(|reason| !reason.is_empty()));
                let person = words::roster_person(*step);
                let person = own.map(|own| own.person(person)).filter(|person| !person.is_empty());
                let (way, step, person) =
                    (words::exchange(*exchange), words::roster_step(*step), or_dash(person));
                write!(f, "roster {call} roster={key} way={way} step={step} person={person} reason={reason}")
            }
            Event::Case { call, id } => write!(f, "case {call} id={id}"),
            Event::OutgoingBegun { call, agent, group, colleague } => {
                let group = or_dash(group.map(|group| names.group(group)));
                let to = or_dash(colleague.map(|colleague| names.agent(colleague)));
                write!(f, "outgoing_begun {call} agent={} group={group} to={to}", names.agent(*agent))
            }
            Event::OutgoingDialed { call } => write!(f, "outgoing_dialed {call}"),
            Event::OutgoingConnected { call, agent, group } => {
                let group = or_dash(group.map(|group| names.group(group)));
                write!(f, "outgoing_connected {call} agent={} group={group}", names.agent(*agent))
            }
            Event::OutgoingRefused { agent, number, why } => {
                write!(f, "outgoing_refused agent={} number={number} why={why:?}", names.agent(*agent))
            }
            Event::Picked { call, agent } => write!(f, "picked {call} agent={}", names.agent(*agent)),
            Event::RecordingBegun { call, recording, agent, group } => {
                let (agent, group) = (names.agent(*agent), names.group(*group));
                write!(f, "recording_begun {call} {recording} agent={agent} group={group}")
            }
            Event::RecordingKeeps { call, recording, keeps } => {
                write!(f, "recording_keeps {call} {recording} {}", words::keeps(*keeps))
            }
            Event::RecordingEnded { call, recording } => write!(f, "recording_ended {call} {recording}"),
            Event::Surveyed { call, agent, verdict } => {
                let survey = Survey::of(*verdict);
                let (agent, rating) = (names.agent(*agent), or_dash(survey.rating()));
                write!(f, "surveyed {call} agent={agent} {} rating={rating}", survey.key())
            }
            Event::Disposed { call, agent, disposition, by, phone } => {
                let result = named(&names.0.dispositions, disposition.index(), disposition);
                let (agent, by) = (names.agent(*agent), words::resolver(*by));
                write!(f, "disposed {call} agent={agent} result={result} by={by} phone={phone}")
            }
            Event::Chose { call, step, key } => write!(f, "chose {call} {step} key={key}"),
            Event::Speaks { call, language } => {
                write!(f, "speaks {call} {}", named(&names.0.languages, language.index(), language))
            }
            Event::Show { studio, show, open } => {
                let open = if *open { "begins" } else { "ends" };
                write!(f, "show {} {show} {open}", names.studio(*studio))
            }
            // The note is about a person: it is in the journal, and in no line.
            Event::Screened { call, studio, number, agent, .. } => {
                let (studio, agent) = (names.studio(*studio), names.agent(*agent));
                write!(f, "screened {call} studio={studio} number={number} agent={agent}")
            }
            Event::Studio { call, studio, step } => {
                let step = words::studio_step(*step);
                write!(f, "studio {call} studio={} step={step}", names.studio(*studio))
            }
            Event::OnAir { call, studio, recording, on } => {
                let (studio, recording) = (names.studio(*studio), or_dash(*recording));
                write!(f, "on_air {call} studio={studio} {recording} on={on}")
            }
            Event::Alert(Alert::RingNoAnswer { agent, in_a_row }) => {
                write!(f, "alert ring_no_answer agent={} in_a_row={in_a_row}", names.agent(*agent))
            }
            Event::Alert(Alert::Surge { group, on, mode }) => {
                let mode = words::surge_mode(*mode);
                write!(f, "alert surge group={} on={on} mode={mode}", names.group(*group))
            }
            Event::PlanChanged { agents, groups } => {
                write!(f, "plan_changed agents={agents} groups={groups}")
            }
            Event::Explained { id, .. } => write!(f, "explained {id}"),
            Event::Previewed { id, preview } => {
                write!(f, "previewed {id} callers={}", preview.callers.len())
            }
            Event::RequestDone { id } => write!(f, "request_done {id}"),
            Event::Unanswered { id, why } => write!(f, "unanswered {id} why={why:?}"),
            Event::RequestRefused { id, why } => write!(f, "request_refused {id} why={why:?}"),
        }
    }
}
