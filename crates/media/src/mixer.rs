//! Mixing: what several parties say in one tick becomes what one party hears.
//!
//! ```text
//!   frames of 20 ms ─▶ sum, saturated ─▶ A-law or µ-law
//! ```
//!
//! Never knows: who they are, packets.

use crate::beat::TICK_SAMPLES;
use crate::jitter::Frame;
use crate::session::{Codec, Parties};
use crate::{alaw, ulaw};

/// A frame for each party of a session.
pub(crate) type Frames = [Frame; 8];

/// The sum of the frames of `parties`, clipped to what a sample can hold.
pub(crate) fn sum(frames: &Frames, parties: Parties) -> Frame {
    let mut spoken = frames.iter().enumerate().filter(|(party, _)| parties.0 & (1 << party) != 0);
    let mut next = || spoken.next().map(|(_, frame)| frame);
    let (Some(first), second, third) = (next(), next(), next()) else { return [0; TICK_SAMPLES] };
    let Some(second) = second else { return *first };
    let Some(third) = third else {
        // Three in a call, the usual case: one vector instruction for eight samples.
        return std::array::from_fn(|n| first[n].saturating_add(second[n]));
    };
    // Clipping must come last: what the third says can bring the sum back into range.
    let mut wide: [i32; TICK_SAMPLES] =
        std::array::from_fn(|n| i32::from(first[n]) + i32::from(second[n]) + i32::from(third[n]));
    for (_, frame) in spoken {
        for (sum, &sample) in wide.iter_mut().zip(frame) {
            *sum += i32::from(sample);
        }
    }
    wide.map(|sum| sum.clamp(i16::MIN.into(), i16::MAX.into()) as i16)
}

/// Appends a frame in a codec's law; nothing for a codec that is only passed through.
pub(crate) fn encode(frame: &Frame, codec: Codec, bytes: &mut Vec<u8>) {
    match codec {
        Codec::Pcma => bytes.extend(frame.iter().map(|&sample| alaw::encode(sample))),
        Codec::Pcmu => bytes.extend(frame.iter().map(|&sample| ulaw::encode(sample))),
        Codec::G722 => (),
    }
}

/// The decoding table of a codec; none for a codec that is only passed through.
pub(crate) fn decoding(codec: Codec) -> Option<&'static [i16; 256]> {
    match codec {
        Codec::Pcma => Some(&alaw::DECODE),
        Codec::Pcmu => Some(&ulaw::DECODE),
        Codec::G722 => None,
    }
}

/// The byte of silence of a codec.
pub(crate) fn silence(codec: Codec) -> u8 {
    match codec {
        Codec::Pcma => alaw::SILENCE,
        Codec::Pcmu => ulaw::SILENCE,
        Codec::G722 => 0,
    }
}

/// How payload becomes another codec's without changing its length.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Translation {
    /// As it is.
    Same,
    /// Byte by byte.
    Table(&'static [u8; 256]),
    /// Not at all: no common ground.
    Impossible,
}

/// From one party's codec to another's.
#[inline]
pub(crate) fn translation(from: Codec, to: Codec) -> Translation {
    match (from, to) {
        (Codec::Pcma, Codec::Pcmu) => Translation::Table(&alaw::TO_ULAW),
        (Codec::Pcmu, Codec::Pcma) => Translation::Table(&ulaw::TO_ALAW),
        (from, to) if from == to => Translation::Same,
        _ => Translation::Impossible,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hears_the_sum_of_those_he_hears_and_loud_ones_do_not_wrap() {
        let mut frames = [[0; TICK_SAMPLES]; 8];
        for (party, value) in [(0, 30_000), (1, 20_000), (2, -5)] {
            frames[party] = [value; TICK_SAMPLES];
        }
        assert_eq!(sum(&frames, Parties(0b011))[7], i16::MAX);
        assert_eq!(sum(&frames, Parties(0b110))[7], 19_995);
        assert_eq!(sum(&frames, Parties(0b100))[7], -5);
        assert_eq!(sum(&frames, Parties::NONE)[7], 0);
        frames[2] = [-30_000; TICK_SAMPLES];
        assert_eq!(sum(&frames, Parties(0b111))[7], 20_000, "clipped at the end, not on the way");
    }

    #[test]
    fn codecs_meet_or_do_not() {
        assert!(matches!(translation(Codec::G722, Codec::G722), Translation::Same));
        assert!(matches!(translation(Codec::Pcma, Codec::Pcmu), Translation::Table(_)));
        assert!(matches!(translation(Codec::G722, Codec::Pcma), Translation::Impossible));
    }
}
