//! What a desk has done since it began: plain numbers for the metrics.
//!
//! Never knows: names and units of metrics (the rim gives them).

use std::time::Duration;

/// Sums since the start; `sessions`, `parties` and `recordings` are as of now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Sessions open now.
    pub sessions: u64,
    /// Parties in them now.
    pub parties: u64,
    /// RTP packets accepted.
    pub received: u64,
    /// RTP packets passed on from one party to another.
    pub relayed: u64,
    /// RTP packets of clips sent.
    pub played: u64,
    /// RTP packets mixed of several parties sent.
    pub mixed: u64,
    /// Recordings that run now.
    pub recordings: u64,
    /// RTP packets kept for recordings.
    pub recorded: u64,
    /// RTP packets of recorded parties in a codec that is only passed through: silence in the recording.
    pub unrecordable: u64,
    /// Packets from addresses that are not the party's.
    pub strangers: u64,
    /// Packets to a port that is nobody's.
    pub unclaimed: u64,
    /// Packets that are not RTP or RTCP, or not whole.
    pub malformed: u64,
    /// RTP packets that came too late to be passed on or mixed.
    pub late: u64,
    /// RTP packets of a payload type that was not negotiated, or while the party may not send.
    pub unexpected: u64,
    /// Packets that could not be passed on or mixed because the codecs have no common ground.
    pub untranslatable: u64,
    /// Our own packets coming back, after the SSRC was changed once for it.
    pub looped: u64,
    /// SSRCs changed because the other side had chosen the same.
    pub collisions: u64,
    /// Sources that started over with a new SSRC or numbering.
    pub restarts: u64,
    /// Keys heard.
    pub keys: u64,
    /// Keys beyond what a party may press in that time.
    pub keys_flooded: u64,
    /// RTCP packets sent.
    pub reports_sent: u64,
    /// RTCP packets accepted.
    pub reports_received: u64,
    /// RTP packets that never came, added up at each report and at the end of each party.
    pub lost: u64,
    /// RTP packets of ours that others say never came, added up at their reports.
    pub lost_remote: u64,
    /// Interarrival jitter added up, one value a party a report: divide by `jitter_values`.
    pub jitter_sum: Duration,
    /// How many values `jitter_sum` has.
    pub jitter_values: u64,
    /// Ticks of 20 ms that were left out because the desk came too late.
    pub ticks_skipped: u64,
    /// Clips asked for that do not exist or that his codec cannot play.
    pub clips_unplayable: u64,
    /// Parties refused: slot or port taken or impossible, or the desk full.
    pub refused: u64,
    /// Ports that the rim could not open.
    pub ports_failed: u64,
}
