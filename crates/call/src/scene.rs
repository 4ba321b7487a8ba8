//! The scene: who hears whom in a talk.
//!
//! ```text
//!   the round     agent (or who has his place), the caller unless he is on hold, the consulted unless he is on hold,
//!                 a supervisor who has barged in: all hear each other
//!   on hold       hears music
//!   alone         hears music: he waits for somebody
//!   second line   the agent and the consulted hear each other over it, apart from the round
//!   supervisor    hears the round, and what is said over the second line; heard by nobody (listen), by the agent only,
//!                 on whichever line (whisper), by all (barge)
//! ```
//!
//! Who has put the call on hold at his own phone does not listen (RFC 3264 section 8.4) and is no company: whoever has
//! nobody else hears music until he listens again.
//!
//! Never knows: why somebody is where he is.

use crate::call::{Call, Guest, Part, Supervision, Talk};
use crate::leg::Leg;
use media::session::{Hear, Parties, Party};

/// Everybody in a talk with what he hears. Who has no audio with us is left out.
pub(crate) fn scene(call: &Call, talk: &Talk, music: Hear) -> Vec<(Party, Hear)> {
    let mut round = Vec::with_capacity(4);
    let mut heard = Vec::with_capacity(4);
    let whispers =
        |guest: &&Guest| guest.part == Part::Supervisor(Supervision::Whisper) && guest.leg.audio().is_some();
    let agent_only = talk.guests.iter().filter(whispers);
    let agent_only = agent_only.fold(Parties::NONE, |all, guest| all.with(guest.leg.slot));
    let mut place = |leg: &Leg, there: bool| {
        if leg.audio().is_none() {
            return;
        }
        if there {
            round.push((leg.slot, listens(leg)));
        } else {
            heard.push((leg.slot, music));
        }
    };
    place(&talk.leg, true);
    place(&call.caller, !talk.held);
    for guest in &talk.guests {
        match guest.part {
            Part::Consulted { held: false } if talk.line.is_some() => {}
            Part::Consulted { held } => place(&guest.leg, !held),
            Part::Supervisor(Supervision::Barge) => place(&guest.leg, true),
            Part::Supervisor(_) => {}
        }
    }
    let mut aside = Parties::NONE;
    if let Some(line) = talk.line.as_ref().filter(|line| line.audio().is_some()) {
        let asked = talk.guests.iter().filter(|guest| guest.part == Part::Consulted { held: false });
        let asked = asked.map(|guest| &guest.leg).filter(|leg| leg.audio().is_some());
        let heard_over_it = |leg: &Leg| if listens(leg) { Parties::one(leg.slot) } else { Parties::NONE };
        let all = asked.clone().fold(Parties::NONE, |all, leg| all.and(heard_over_it(leg)));
        aside = all.and(heard_over_it(line));
        heard.push((line.slot, hear(all.and(agent_only), music)));
        heard.extend(asked.map(|leg| (leg.slot, hear(heard_over_it(line), music))));
    }
    let speakers = round.iter().filter(|(_, listens)| *listens);
    let speakers = speakers.fold(Parties::NONE, |all, (slot, _)| all.with(*slot));
    for guest in &talk.guests {
        let apart = matches!(guest.part, Part::Supervisor(Supervision::Listen | Supervision::Whisper));
        if apart && guest.leg.audio().is_some() {
            heard.push((guest.leg.slot, hear(speakers.and(aside), music)));
        }
    }
    for (slot, _) in round {
        let whispers = if slot == talk.leg.slot { agent_only } else { Parties::NONE };
        heard.push((slot, hear(speakers.without(slot).and(whispers), music)));
    }
    heard
}

fn listens(leg: &Leg) -> bool {
    leg.audio().is_some_and(|audio| audio.sends)
}

/// These, or music while there is nobody.
fn hear(parties: Parties, music: Hear) -> Hear {
    if parties == Parties::NONE { music } else { Hear::Parties(parties) }
}
