//! Recording: which talks are kept, and what is left out of them.
//!
//! ```text
//!   Connected, the group records ─▶ Record ─▶ RecordingBegun      caller on the first channel, all others on the second
//!   who is in the talk changes   ─▶ Record                        whoever is asked into it is on the second, too
//!   request (agent, supervisor)  ─▶ Keep   ─▶ RecordingKeeps      speech, silence or a tone
//!   Disconnected                 ─▶ Stop   ─▶ RecordingEnded
//! ```
//!
//! A recording is a talk with one agent: whoever takes the call over begins the next one. What a supervisor says whom the
//! caller does not hear is no part of it.
//! Never knows: files, formats, how long anything is kept.

use crate::call::{Guest, Part, Supervision, Talk};
use crate::engine::{Engine, Out, session_of};
use crate::event::{CallRef, Event};
use crate::leg;
use crate::request::Whose;
use acd::{AgentRef, GroupRef};
use base::{Handle, Timestamp};
use media::session::{Command, Keeps, Parties, RecordingRef};

/// The recording of a call that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) recording: RecordingRef,
    pub(crate) agent: AgentRef,
    keeps: Keeps,
    /// Who is on the second channel.
    right: Parties,
}

/// Everybody in a talk whose words belong to it, but the caller.
fn others(talk: &Talk) -> Parties {
    let aside =
        |guest: &&Guest| matches!(guest.part, Part::Supervisor(Supervision::Listen | Supervision::Whisper));
    let guests = talk.guests.iter().filter(|guest| !aside(guest)).map(|guest| guest.leg.slot);
    let line = talk.line.iter().map(|line| line.slot);
    guests.chain(line).fold(Parties::one(talk.leg.slot), Parties::with)
}

impl Engine {
    /// Begins the recording of a talk, where its group records.
    pub(crate) fn begin_recording(
        &mut self,
        now: Timestamp,
        call: CallRef,
        agent: AgentRef,
        group: GroupRef,
        out: &mut Out,
    ) {
        self.end_recording(now, call, out);
        let records = self.plan.groups.get(group.index()).is_some_and(|group| group.record);
        if !records && !self.studio_records(call) {
            return;
        }
        let recording = RecordingRef::from_parts(self.recordings_minted, 0);
        self.recordings_minted = self.recordings_minted.wrapping_add(1);
        let right = self.talk(call).map_or(Parties::NONE, others);
        self.recordings.insert(call, Running { recording, agent, keeps: Keeps::Speech, right });
        let left = Parties::one(leg::CALLER);
        out.media.push(Command::Record { session: session_of(call), recording, left, right });
        self.tell(now, Event::RecordingBegun { call, recording, agent, group }, out);
    }

    /// Somebody came into a recorded talk, or is heard otherwise.
    pub(crate) fn record_others(&mut self, call: CallRef, out: &mut Out) {
        let Some(right) = self.talk(call).map(others) else { return };
        let Some(running) = self.recordings.get_mut(&call) else { return };
        if std::mem::replace(&mut running.right, right) != right {
            let (recording, left) = (running.recording, Parties::one(leg::CALLER));
            out.media.push(Command::Record { session: session_of(call), recording, left, right });
        }
    }

    /// Ends the recording of a call, if one runs.
    pub(crate) fn end_recording(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        let Some(Running { recording, .. }) = self.recordings.remove(&call) else { return };
        out.media.push(Command::StopRecording { session: session_of(call), recording });
        self.tell(now, Event::RecordingEnded { call, recording }, out);
    }

    /// Keeps something else from now on. Asked for twice it is done once.
    pub(crate) fn keep(
        &mut self,
        now: Timestamp,
        whose: Whose,
        keeps: Keeps,
        out: &mut Out,
    ) -> Result<(), &'static str> {
        let call = match whose {
            Whose::Call(call) => self.recordings.contains(&call).then_some(call),
            Whose::Agent(agent) => {
                self.agent_state(agent).ok_or("no such agent")?;
                let running = self.recordings.sorted();
                running.into_iter().find(|(_, running)| running.agent == agent).map(|(call, _)| *call)
            }
        };
        let call = call.ok_or("nothing is recorded there now")?;
        let Some(running) = self.recordings.get_mut(&call) else { return Ok(()) };
        let recording = running.recording;
        if std::mem::replace(&mut running.keeps, keeps) != keeps {
            out.media.push(Command::Keep { session: session_of(call), recording, keeps });
            self.tell(now, Event::RecordingKeeps { call, recording, keeps }, out);
        }
        Ok(())
    }
}
