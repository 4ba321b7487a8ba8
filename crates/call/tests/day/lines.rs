//! Commands and events as lines that can be read aloud.

use super::Day;
use acd::{AgentRef, AgentState, GroupRef};
use call::CallRef;
use call::call::With;
use call::event::Event;
use media::session::{self, Hear, Parties, Party, SessionRef};
use sip::leg::{Command, LegRef};

impl Day {
    pub(super) fn name(&self, call: CallRef) -> &str {
        self.calls.iter().rev().find(|(known, _)| *known == call).map_or("?", |(_, name)| name)
    }

    pub(super) fn leg_name(&self, leg: LegRef) -> String {
        if leg.is_ingress() {
            return self.ingress[(leg.0 & !LegRef::INGRESS) as usize].0.clone();
        }
        let rung = self.egress.iter().find(|rung| rung.leg == leg).expect("a leg that we minted");
        rung.name.clone()
    }

    fn callback_name(&self, from: CallRef) -> &str {
        if from.bits() as u32 == u32::MAX { "of a request" } else { self.name(from) }
    }

    pub(super) fn leg_line(&self, command: &Command) -> String {
        match command {
            Command::Invite { leg, caller, caller_name, offer, headers, .. } => format!(
                "          > invite {} from {} ({caller_name}) {}{}",
                self.leg_name(*leg),
                caller.reveal(),
                brief(offer),
                if headers.iter().any(|(name, _)| name == "Alert-Info") {
                    " and answer by yourself"
                } else {
                    ""
                },
            ),
            Command::Progress { leg, status, answer } => {
                format!(
                    "          > {status} {} {}",
                    self.leg_name(*leg),
                    answer.as_ref().map_or(String::new(), |sdp| brief(sdp))
                )
            }
            Command::Answer { leg, body } => {
                format!("          > 200 {} {}", self.leg_name(*leg), brief(body))
            }
            Command::Reject { leg, status, cause, retry_after, text } => {
                let retry = retry_after.map_or(String::new(), |after| format!(" retry {after:?}"));
                let text = if text.is_empty() { String::new() } else { format!(" ({text})") };
                format!("          > reject {} {status} cause={}{retry}{text}", self.leg_name(*leg), cause.0)
            }
            Command::Release { leg, cause } => {
                format!("          > release {} cause={}", self.leg_name(*leg), cause.0)
            }
            Command::Reoffer { leg, offer } => {
                format!("          > reoffer {} {}", self.leg_name(*leg), brief(offer))
            }
            Command::Accept { leg, body } => {
                format!("          > accept {} {}", self.leg_name(*leg), brief(body))
            }
            Command::Refuse { leg, status } => format!("          > refuse {} {status}", self.leg_name(*leg)),
            Command::AcceptRefer { leg } => format!("          > accept transfer {}", self.leg_name(*leg)),
            Command::ReferProgress { leg, status } => {
                format!("          > transfer {} {status}", self.leg_name(*leg))
            }
            Command::RefuseRefer { leg, status } => {
                format!("          > refuse transfer {} {status}", self.leg_name(*leg))
            }
        }
    }

    pub(super) fn party_name(&self, session: SessionRef, party: Party) -> String {
        format!("{}/{}", self.name(CallRef::from_bits(session.bits())), slot(party))
    }

    pub(super) fn media_line(&self, command: &session::Command) -> String {
        match *command {
            session::Command::Join { session, party, audio, .. } => {
                format!("          > join {} {:?}", self.party_name(session, party), audio.codec)
            }
            session::Command::Update { session, party, audio } => {
                let ways = (if audio.sends { "s" } else { "-" }, if audio.receives { "r" } else { "-" });
                format!(
                    "          > update {} {:?} {}{}",
                    self.party_name(session, party),
                    audio.codec,
                    ways.0,
                    ways.1
                )
            }
            session::Command::Hear { session, party, hear } => {
                let clip = super::centre::clip;
                let what = match hear {
                    Hear::Nothing => "nothing".into(),
                    Hear::Once(which) => format!("once {}", clip(which)),
                    Hear::Loop(which) => format!("loop {}", clip(which)),
                    Hear::Parties(parties) => slots(parties),
                };
                format!("          > hear {} {what}", self.party_name(session, party))
            }
            session::Command::Record { session, recording, right, .. } => {
                let others = slots(right);
                format!(
                    "          > record {} {recording} beside {others}",
                    self.party_name(session, Party(0))
                )
            }
            session::Command::Keep { recording, keeps, .. } => {
                format!("          > keep {recording} {keeps:?}")
            }
            session::Command::StopRecording { recording, .. } => {
                format!("          > stop {recording}")
            }
            session::Command::Leave { session, party } => {
                format!("          > leave {}", self.party_name(session, party))
            }
        }
    }

    pub(super) fn event_line(&self, event: &Event) -> String {
        let who = |agent: AgentRef| 8001 + agent.0;
        let group = |group: GroupRef| ["general", "enterprise"].get(group.index()).copied().unwrap_or("?");
        match event {
            Event::Arrived { call, called, flow, .. } => {
                let flow = flow.map_or("no flow".into(), |flow| flow.to_string());
                format!("          = arrived {} {called} {flow}", self.name(*call))
            }
            Event::Answered { call } => format!("          = answered {}", self.name(*call)),
            Event::Queued { call, group: g, position, .. } => {
                format!("          = queued {} {} {position}", self.name(*call), group(*g))
            }
            Event::Offered { call, agent, .. } => {
                format!("          = offered {} {}", self.name(*call), who(*agent))
            }
            Event::OfferEnded { call, agent, end, status, .. } => {
                format!("          = offer ended {} {} {end:?} {status}", self.name(*call), who(*agent))
            }
            Event::Overflowed { call, from, to } => {
                format!("          = overflowed {} {}>{}", self.name(*call), group(*from), group(*to))
            }
            Event::TurnedAway { call, group: g, why, to } => {
                let to = to.map_or("nowhere", group);
                format!("          = turned away {} {} {why:?} to {to}", self.name(*call), group(*g))
            }
            Event::Connected { call, agent, waited, .. } => {
                format!("          = connected {} {} waited={waited:?}", self.name(*call), who(*agent))
            }
            Event::Disconnected { call, agent, by } => {
                format!("          = disconnected {} {} by={by:?}", self.name(*call), who(*agent))
            }
            Event::LegEnded { call, side, .. } => {
                format!("          = leg ended {} {side:?}", self.name(*call))
            }
            Event::Ended { call, outcome, cause, by, .. } => {
                format!("          = ended {} {outcome:?} cause={} by={by:?}", self.name(*call), cause.0)
            }
            Event::Agent { agent, state } => {
                let state = match state {
                    AgentState::Offered(_) => "offered".into(),
                    AgentState::NotReady(reason) => format!("not ready {reason:?}"),
                    AgentState::WrapUp { until } => format!("wrap-up until {until}"),
                    AgentState::SignedOut => "signed out".into(),
                    AgentState::Ready => "ready".into(),
                    AgentState::Talking => "talking".into(),
                };
                format!("          = agent {} {state}", who(*agent))
            }
            Event::PhoneBound { aor, contacts } => {
                format!("          = phone bound {} {contacts}", 8001 + aor.0)
            }
            Event::PhoneLost { aor, why } => format!("          = phone lost {} {why:?}", 8001 + aor.0),
            Event::Trunk { trunk, up } => format!("          = {trunk} {}", if *up { "up" } else { "down" }),
            Event::CallbackOffered { call } => format!("          = callback offered {}", self.name(*call)),
            Event::CallbackKept { from, group: g, missed, after, attempt, .. } => {
                let missed = if *missed { " missed" } else { "" };
                let again = if *attempt > 0 { format!(" after attempt {attempt}") } else { String::new() };
                let name = self.callback_name(*from);
                format!("          = callback kept {name} {}{missed} not before {after}{again}", group(*g))
            }
            Event::CallbackBegun { call, from, .. } => {
                format!("          = {} is for {}", self.name(*call), self.callback_name(*from))
            }
            Event::CallbackDialed { call, attempt, .. } => {
                format!("          = dialed {} attempt {attempt}", self.name(*call))
            }
            Event::CallbackConnected { call, agent, waited, .. } => {
                format!(
                    "          = callback connected {} {} waited={waited:?}",
                    self.name(*call),
                    who(*agent)
                )
            }
            Event::CallbackEnded { from, end, .. } => {
                format!("          = callback ended {} {end:?}", self.callback_name(*from))
            }
            Event::PutThrough { call, trunk, .. } => {
                format!("          = put through {} {trunk}", self.name(*call))
            }
            Event::Relaxed { call, group: g, stage } => {
                format!("          = relaxed {} {} stage {stage}", self.name(*call), group(*g))
            }
            Event::Phase { call, agent, phase } => {
                format!("          = {} of {} {phase:?}", self.name(*call), who(*agent))
            }
            Event::Guest { call, with, step, .. } => {
                let with = match with {
                    With::Agent(agent) => who(*agent).to_string(),
                    With::Outside(trunk, _) => trunk.to_string(),
                };
                format!("          = guest of {} {with} {step:?}", self.name(*call))
            }
            Event::Roster { call, roster, exchange, reason, step } => {
                let reason = reason.map(|reason| format!(" for {reason}")).unwrap_or_default();
                format!("          = {roster} of {} {exchange:?} {step:?}{reason}", self.name(*call))
            }
            Event::Case { call, id } => format!("          = case of {} {id}", self.name(*call)),
            Event::RecordingBegun { call, recording, agent, group: g } => {
                format!("          = {recording} begun {} {} {}", self.name(*call), who(*agent), group(*g))
            }
            Event::RecordingKeeps { recording, keeps, .. } => {
                format!("          = {recording} keeps {keeps:?}")
            }
            Event::RecordingEnded { recording, .. } => format!("          = {recording} ended"),
            Event::Surveyed { call, agent, verdict } => {
                format!("          = surveyed {} {} {verdict:?}", self.name(*call), who(*agent))
            }
            Event::Disposed { call, agent, disposition, by, phone } => {
                let way = if *phone { " by phone" } else { "" };
                let name = self.name(*call);
                format!("          = disposed {name} {} {disposition} {by:?}{way}", who(*agent))
            }
            Event::Chose { call, step, key } => {
                format!("          = chose {} {key} at {step}", self.name(*call))
            }
            Event::Speaks { call, language } => {
                format!("          = speaks {} {language}", self.name(*call))
            }
            Event::OutgoingBegun { call, agent, group: g, colleague } => {
                let as_whose = g.map_or("nobody's", group);
                let to = colleague.map_or(String::new(), |colleague| format!(" to {}", who(colleague)));
                format!("          = {} is {}'s, for {as_whose}{to}", self.name(*call), who(*agent))
            }
            Event::OutgoingDialed { call } => format!("          = {} dialed", self.name(*call)),
            Event::OutgoingConnected { call, agent, .. } => {
                format!("          = outgoing connected {} {}", self.name(*call), who(*agent))
            }
            Event::OutgoingRefused { agent, number, why } => {
                format!("          = refused {} to call {}: {why}", who(*agent), number.reveal())
            }
            Event::Picked { call, agent } => {
                format!("          = picked {} {}", self.name(*call), who(*agent))
            }
            Event::Show { show, open, .. } => {
                format!("          = show {show} {}", if *open { "begins" } else { "is over" })
            }
            Event::Screened { call, number, agent, note, .. } => {
                let note = note.reveal();
                format!("          = screened {} {number} by {}: {note}", self.name(*call), who(*agent))
            }
            Event::Studio { call, step, .. } => {
                format!("          = in the studio {} {step:?}", self.name(*call))
            }
            Event::OnAir { call, recording, on, .. } => {
                let recording = recording.map_or("not recorded".into(), |recording| recording.to_string());
                let air = if *on { "on air" } else { "off air" };
                format!("          = {air} {} {recording}", self.name(*call))
            }
            Event::Alert(alert) => format!("          = alert {alert:?}"),
            Event::PlanChanged { agents, groups } => {
                format!("          = plan changed: {agents} agents, {groups} groups")
            }
            Event::Explained { id, why } => format!("          = explained {id} {why:?}"),
            Event::Unanswered { id, why } => format!("          = no answer to {id}: {why}"),
            Event::Previewed { id, preview } => format!("          = previewed {id} {preview:?}"),
            Event::RequestDone { id } => format!("          = done {id}"),
            Event::RequestRefused { id, why } => format!("          = refused {id} {why}"),
        }
    }
}

fn slots(parties: Parties) -> String {
    let all = (0..8).map(Party).filter(|party| parties.contains(*party));
    all.map(slot).collect::<Vec<_>>().join("+")
}

/// A slot by who is in it first.
fn slot(party: Party) -> String {
    match party.0 {
        0 => "caller".into(),
        1 => "agent".into(),
        slot => format!("party {slot}"),
    }
}

/// An SDP in a few words: payload types, direction unless both ways, version unless the first.
pub(super) fn brief(sdp: &[u8]) -> String {
    let text = String::from_utf8_lossy(sdp);
    let (mut words, mut edition) = (String::new(), String::new());
    for line in text.lines() {
        if let Some(media) = line.strip_prefix("m=") {
            let mut parts = media.split(' ');
            let (kind, port) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
            let formats: Vec<_> = parts.skip(1).collect();
            if port == "0" {
                words.push_str(&format!("{kind}:refused "));
            } else {
                words.push_str(&format!("[{}] ", formats.join(" ")));
            }
        }
        if let Some(direction) =
            ["sendonly", "recvonly", "inactive"].iter().find(|way| line == format!("a={way}"))
        {
            words.push_str(&format!("{direction} "));
        }
        if let Some(version) = line.strip_prefix("o=").and_then(|line| line.split(' ').nth(2))
            && version != "1"
        {
            edition = format!("v{version}");
        }
    }
    words.push_str(&edition);
    words.trim_end().to_string()
}
