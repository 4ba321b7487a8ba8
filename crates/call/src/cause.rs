//! The release causes that the engine itself gives (ITU-T Q.850), and the SIP status that says the same to a
//! caller who has not been answered (RFC 3398 section 8.2.6.1 names the pairs).

use sip::message::Cause;

/// The number leads nowhere here.
pub const UNALLOCATED: Cause = Cause(1);
/// Everything went as it should.
pub const NORMAL: Cause = Cause(16);
/// All agents are busy and the line is full or closed.
pub const BUSY: Cause = Cause(17);
/// Nobody is there who could answer.
pub const NO_RESPONSE: Cause = Cause(20);
/// An agent's phone may not call that.
pub const REJECTED: Cause = Cause(21);
/// No audio came for too long, or an answer never did: not the caller's fault, and trying again may help.
pub const TEMPORARY_FAILURE: Cause = Cause(41);
/// Too many calls.
pub const CONGESTION: Cause = Cause(42);
/// No port for the audio.
pub const NO_RESOURCE: Cause = Cause(47);
/// The two sides share no codec.
pub const NO_CODEC: Cause = Cause(65);
/// The peer's SDP cannot be used.
pub const INCOMPATIBLE: Cause = Cause(88);
/// The call lasted as long as it may.
pub const TIMER: Cause = Cause(102);

/// The final status for a caller who has not been answered.
#[must_use]
pub const fn status(cause: Cause) -> u16 {
    match cause.0 {
        1 => 404,
        16 | 18..=20 | 31 => 480,
        17 => 486,
        21 => 403,
        65 | 88 => 488,
        102 => 504,
        _ => 503,
    }
}

/// The final status for a phone that dialed, from that of whoever it has dialed. What speaks of our own standing there
/// (401, 402, 407), of another place (3xx), or of our own patience (408, 487) it cannot use.
#[must_use]
pub const fn passed_on(status: u16, cause: Cause) -> u16 {
    match status {
        401 | 402 | 407 => 403,
        408 | 487 => 480,
        400..=699 => status,
        _ => self::status(cause),
    }
}
