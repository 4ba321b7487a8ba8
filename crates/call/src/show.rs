//! [`StudioPlan`]: a radio studio (政风热线, 12345民生在线), and what is known of a show and of a caller in it.
//!
//! ```text
//!   StudioPlan   what the configuration says
//!   Show         of each studio: whether a show (期) is on, which it is, who is in it
//!   Visit        of each caller whom an agent has sent there: his number in the show, till when he is held, on air or not
//! ```
//!
//! Plain values; [`studio`](crate::studio) changes them. Never knows: what is broadcast; the mixing desk is a telephone to
//! us.

use crate::event::CallRef;
use acd::{AgentRef, GroupRef};
use base::Timestamp;
use media::session::ClipRef;
use std::time::Duration;

base::index!(StudioRef, "studio", "A radio studio, by its place in the plan.");

/// Characters of a screener's note; a longer one is refused.
pub const NOTE_MAX: usize = 200;

/// A radio studio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StudioPlan {
    /// Key in the configuration.
    pub name: String,
    /// Its name on the console's phone.
    pub title: String,
    /// The agent whose phone is the mixing desk's telephone hybrid. Callers come to it by being picked only.
    pub console: AgentRef,
    /// Only agents of this group send callers there; `None`: whoever talks with one.
    pub screeners: Option<GroupRef>,
    /// What held callers hear.
    pub music: ClipRef,
    /// What they are told beside it, one clip after the other …
    pub comfort: Vec<ClipRef>,
    /// … so often; zero: never.
    pub comfort_every: Duration,
    /// Heard by who goes back into his line: held too long, or the show is over.
    pub back: Option<ClipRef>,
    /// Callers held at once; a further one is not taken. Who comes back from the console always is.
    pub held_max: usize,
    /// How long a caller is held; then he goes back to the head of his line.
    pub held_for: Duration,
    /// How long the console's phone rings.
    pub ring: Duration,
    /// Whoever comes to the console is on air at once.
    pub auto_air: bool,
    /// What is said at the console is recorded, whatever the caller's group says.
    pub record: bool,
}

/// What is asked of a studio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StudioDo {
    /// A show begins: callers may be sent there.
    Open,
    /// It is over: whoever is held goes back to the head of his line; who is at the console talks on, off air.
    Close,
    /// The console is rung with this caller.
    Pick(CallRef),
    /// Who is at the console is on air.
    Air,
    /// He is not any more.
    OffAir,
    /// He is held again.
    Return,
    /// A held caller goes back to the head of his line.
    Back(CallRef),
}

/// What happens to a caller in a studio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StudioStep {
    /// The console is rung with him; he is held meanwhile.
    Picked,
    /// He is at the console.
    AtConsole,
    /// He is held again: the console did not answer or was lost, or he was returned.
    Held,
    /// He is out of the studio.
    Left(Exit),
}

/// Why a caller is out of a studio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// His call is over, but for what he may be asked after it.
    Ended,
    /// Sent back into his line.
    SentBack,
    /// Held as long as may be: back into his line.
    TooLong,
    /// The show is over: back into his line.
    Closed,
    /// Somebody else has him, or another line.
    HandedOn,
}

/// A caller's stay in a studio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Where.
    pub studio: StudioRef,
    /// His number in the show, from 1.
    pub number: u32,
    /// Held till then at the latest.
    pub until: Timestamp,
    /// He has talked with the console since he was held last.
    pub met: bool,
    /// What he says is broadcast.
    pub on_air: bool,
}

/// A studio's present.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Show {
    /// A show is on.
    pub open: bool,
    /// Its number, or the last one's; counted since the start.
    pub number: u32,
    /// Callers who were sent there in it.
    pub screened: u32,
    /// Callers who are there, in the order in which they were sent.
    pub callers: Vec<CallRef>,
}
