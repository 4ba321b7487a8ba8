//! The plan: what the configuration says about calls, as plain values.

use crate::roster::Roster;
use crate::spoken::{Grammar, Piece};
use acd::{GroupRef, SiteRef};
use media::session::{ClipRef, Codec};
use sip::leg::{AorRef, TrunkRef};
use sip::plan::NumberRules;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

pub use crate::disposition::{Disposition, DispositionRef};
pub use crate::flow::{Flow, LanguageRef, ListRef, StepRef};
pub use crate::show::{StudioPlan, StudioRef};

base::index!(FlowRef, "flow", "A flow, by its place in the plan.");

/// Everything the engine is configured with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Groups and agents, for the distributor.
    pub acd: acd::Plan,
    /// What else belongs to a group; same order as `acd.groups`.
    pub groups: Vec<GroupFlow>,
    /// The phone of each agent; same order as `acd.agents`.
    pub phones: Vec<AgentPhone>,
    /// Ways of a call.
    pub flows: Vec<Flow>,
    /// Which call takes which flow; the first that fits wins, none refuses with 404.
    pub entries: Vec<Entry>,
    /// Languages in which callers hear what is said to them; the first is the usual one. None: clips are heard as
    /// they are, and nothing is told in numbers.
    pub languages: Vec<Language>,
    /// Lists of numbers that flows look into; at most 64.
    pub lists: Vec<List>,
    /// What agents may say came of a call; at most [`DISPOSITIONS_MAX`](crate::disposition::DISPOSITIONS_MAX).
    pub dispositions: Vec<Disposition>,
    /// Audio.
    pub audio: AudioPlan,
    /// Codes that agents dial.
    pub codes: ServiceCodes,
    /// Number shown to agents' phones when the caller withheld his.
    pub anonymous: String,
    /// Calls at once; one more is refused with 503.
    pub calls_max: usize,
    /// Answer an ingress call at the latest after this (a guard against flows that never answer).
    pub setup_max: Duration,
    /// Longest call; then it is released.
    pub call_max: Duration,
    /// How numbers outside are dialed for agents; `None`: not.
    pub outside: Option<OutsideLine>,
    /// People outside who answer for a matter: specialists, other platforms.
    pub rosters: Vec<Roster>,
    /// How long the phone of somebody who is consulted rings.
    pub consult_ring: Duration,
    /// Agents who register are signed in and ready at once (false: they dial the code).
    pub register_signs_in: bool,
    /// Radio studios.
    pub studios: Vec<StudioPlan>,
}

/// What belongs to a group beside distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupFlow {
    /// Name on screens, Chinese (民生).
    pub title: String,
    /// Music while waiting; `None` is silence.
    pub music: Option<ClipRef>,
    /// What becomes of a caller who is turned away: line full.
    pub on_full: Target,
    /// Waited too long.
    pub on_wait_max: Target,
    /// Nobody signed in.
    pub on_nobody: Target,
    /// Outside the group's hours.
    pub on_closed: Target,
    /// Too many callers, and a surge is on.
    pub on_surge: Target,
    /// Talks of its callers are recorded.
    pub record: bool,
    /// How its callers are called back; `None`: not, and whoever should be is not kept.
    pub callback: Option<CallbackFlow>,
    /// The number of ours that is shown when its agents call somebody by themselves; `None`: that of
    /// [`Plan::outside`].
    pub caller: Option<String>,
}

/// How a group's callers are called back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackFlow {
    /// How they are dialed.
    pub outbound: Outbound,
    /// Where callers are dialed before their agents: so many at most are being dialed or wait for an agent at once;
    /// the next one is dialed when one of them has his agent or could not be reached. At least 1.
    pub at_once: u32,
    /// The key by which a caller in the line asks to be called back; `None`: by nobody but a request.
    pub key: Option<char>,
    /// Heard by a caller who waited long enough to be asked; `None`: he is not.
    pub prompt: Option<ClipRef>,
    /// Heard when he is taken down; `None` releases him at once.
    pub confirm: Option<ClipRef>,
    /// Heard first by a caller who is on the phone before an agent is.
    pub greeting: Option<ClipRef>,
    /// Heard by an agent while his caller is dialed; `None`: the group's music.
    pub ring_back: Option<ClipRef>,
}

/// How a number outside is dialed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbound {
    /// Through this trunk.
    pub trunk: TrunkRef,
    /// The number that is shown there: one of ours.
    pub caller: String,
    /// Taken off the beginning of a normalized number that has it (`+86`), before it is dialed …
    pub strip: String,
    /// … and put before what is left (`0`).
    pub prefix: String,
    /// How long it may ring.
    pub ring: Duration,
}

impl Outbound {
    /// A normalized number as the trunk wants it.
    #[must_use]
    pub fn dialed(&self, number: &str) -> String {
        let rest = number.strip_prefix(self.strip.as_str()).unwrap_or(number);
        format!("{}{rest}", self.prefix)
    }
}

/// Numbers outside that agents may reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideLine {
    /// How they are dialed.
    pub outbound: Outbound,
    /// Numbers that may be dialed: exact, or a beginning when it ends in `*`. Empty: all.
    pub allow: Vec<String>,
    /// Numbers that may not, whatever is allowed.
    pub refuse: Vec<String>,
    /// How numbers are written here: what a phone dials becomes the number that the patterns are of, so that no way of
    /// writing it leads around them.
    pub numbers: NumberRules,
    /// Heard by an agent who calls somebody while that one's phone rings; `None`: his own phone makes the tone.
    pub ring_back: Option<ClipRef>,
}

impl OutsideLine {
    /// Whether a normalized number may be dialed.
    ///
    /// # Errors
    /// Why not.
    pub fn allows(&self, number: &str) -> Result<(), &'static str> {
        if !is_number(number) {
            return Err("that is no number: digits, with a + before them or without");
        }
        let fits = |patterns: &[String]| patterns.iter().any(|pattern| fits(pattern, number));
        if fits(&self.refuse) || !(self.allow.is_empty() || fits(&self.allow)) {
            return Err("that number may not be dialed");
        }
        Ok(())
    }
}

/// Whether it can be dialed at all.
#[must_use]
pub fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (1..=32).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
}

/// Whether a number is the pattern, or begins with what stands before its `*` — which a dialed `*` (service codes) is
/// not confused with, since codes are compared elsewhere.
#[must_use]
pub fn fits(pattern: &str, number: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == number, |beginning| number.starts_with(beginning))
}

/// What becomes of a caller who is turned away by a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Another group, keeping the original clock. At most four in a row; then busy.
    Group(GroupRef),
    /// An announcement, then release.
    Announce(ClipRef),
    /// He is called back, by his group's [`CallbackFlow`]: he hears this first. Busy when he cannot be: his number
    /// is withheld, the line is full (a callback stands in it, too), the group has no such flow.
    Callback {
        /// What he hears.
        announce: Option<ClipRef>,
        /// As a missed call (漏话): it holds no place, and is over when he calls again.
        missed: bool,
    },
    /// He is put through to a number outside; busy when nobody answers there.
    Number(Outside),
    /// Released with cause 17 (486 when not yet answered).
    Busy,
}

/// A number outside to which callers are put through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// Through this trunk.
    pub trunk: TrunkRef,
    /// The number as the trunk wants it.
    pub number: String,
    /// The number that is shown there; empty: the caller's own.
    pub caller: String,
    /// How long it may ring.
    pub ring: Duration,
}

/// An agent's phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentPhone {
    /// Its account.
    pub aor: AorRef,
    /// He may supervise others.
    pub supervisor: bool,
}

/// A list of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// Key in the configuration.
    pub name: String,
    /// What agents see beside the name of a caller who is on it (重点企业, 未结诉求); empty: nothing.
    pub title: String,
}

/// A language in which callers hear what is said to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language {
    /// Key in the configuration (`zh`, `en`).
    pub name: String,
    /// How numbers are spoken in it.
    pub grammar: Grammar,
    /// In place of each clip of the plan: the one that says it in this language, or else that clip.
    pub clips: Vec<ClipRef>,
    /// Pieces of which numbers and counts are put together, by [`Piece::place`]; what needs one that is not there is
    /// not said.
    pub pieces: Vec<Option<ClipRef>>,
}

impl Language {
    /// A clip in this language.
    #[must_use]
    pub fn clip(&self, clip: ClipRef) -> ClipRef {
        self.clips.get(clip.index()).copied().unwrap_or(clip)
    }

    /// The clips that say these pieces; none when one is missing, because half a number misleads.
    #[must_use]
    pub fn say(&self, pieces: &[Piece]) -> Vec<ClipRef> {
        let clips = pieces.iter().map(|piece| self.pieces.get(piece.place()).copied().flatten());
        clips.collect::<Option<_>>().unwrap_or_default()
    }
}

/// Which calls take a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From this trunk; `None` from any.
    pub trunk: Option<TrunkRef>,
    /// Called number: exact, or a prefix when it ends in `*`.
    pub called: String,
    /// The flow.
    pub flow: FlowRef,
    /// The site whose call it is: its agents are asked first, where the group says so.
    pub site: SiteRef,
}

/// Audio settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioPlan {
    /// Address in our SDP; `None` uses the address on which the leg's signalling arrived.
    pub advertised: Option<IpAddr>,
    /// RTP ports (even; RTCP is on the next odd one).
    pub ports: RangeInclusive<u16>,
    /// A freed port rests this long before it is used again.
    pub port_rest: Duration,
    /// Codecs in order of preference.
    pub codecs: Vec<Codec>,
    /// Packet time we ask for.
    pub packet_time: Duration,
    /// No audio from a party for this long releases the call; zero for never.
    pub silence_max: Duration,
}

/// Codes that agents dial on their phones until there is a desk. Empty: not offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceCodes {
    /// Sign in (`*10`).
    pub sign_in: String,
    /// Sign out (`*11`).
    pub sign_out: String,
    /// Ready (`*12`).
    pub ready: String,
    /// Not ready (`*13`), followed by the reason's digit (1 rest, 2 meal, 3 meeting, 4 coaching, 5 training;
    /// none: busy).
    pub not_ready: String,
    /// Listen to a talk (`*20`), followed by the agent's work number.
    pub listen: String,
    /// Whisper to the agent (`*21`), followed by it.
    pub whisper: String,
    /// Barge in (`*22`), followed by it.
    pub barge: String,
    /// What came of the last call (`*3`), followed by the code of a disposition, and by `*` when a specialist resolved
    /// it: `*31`, `*31*`.
    pub disposition: String,
    /// Send the caller of the talk that is on to a radio studio (`*16`), dialed on a second line.
    pub studio: String,
    /// Heard after a code was taken; `None` releases at once.
    pub done: Option<ClipRef>,
    /// Heard after a code was refused, and by an agent who dialed a number that he may not dial.
    pub refused: Option<ClipRef>,
    /// End the wrap-up (`*15`, 话后结束).
    pub wrap_up_end: String,
    /// Take the call that rings at a colleague (`*14`, 代接), or, followed by a work number, at that one.
    pub pick: String,
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn entries_match_exactly_or_by_prefix() {
        assert!(fits("12345", "12345") && !fits("12345", "123456") && !fits("12345", "1234"));
        assert!(fits("0527*", "052712345") && fits("*", "") && !fits("0527*", "051012345"));
    }
}
