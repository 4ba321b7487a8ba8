//! Mixing: what several parties say in one tick becomes what one party hears.
//!
//! ```text
//!   frames of 20 ms, one for each who speaks ─▶ sum, saturated ─▶ A-law or µ-law
//! ```
//!
//! Never knows: who they are, packets.

use crate::beat::TICK_SAMPLES;
use crate::jitter::{Decoder, Frame};
use crate::room::SEATS;
use crate::session::{Codec, Parties};
use crate::wide::{self, Loop, widest};
use crate::{alaw, ulaw};

/// What each party of a session said in a tick, if anything.
pub(crate) type Frames<'a> = [Option<&'a Frame>; SEATS];

/// Appends what `parties` say together, clipped to what a sample can hold, in a codec's law; nothing for a codec
/// that is only passed through.
pub(crate) fn mix(frames: &Frames<'_>, parties: Parties, codec: Codec, bytes: &mut Vec<u8>) {
    match codec {
        Codec::Pcma => widest(Together { frames, parties, law: alaw::encode, bytes }),
        Codec::Pcmu => widest(Together { frames, parties, law: ulaw::encode, bytes }),
        Codec::G722 => (),
    }
}

/// Sum and law in one pass, without a branch or a look-up for a sample.
struct Together<'a, L> {
    frames: &'a Frames<'a>,
    parties: Parties,
    law: L,
    bytes: &'a mut Vec<u8>,
}

impl<L: Fn(i16) -> u8> Loop for Together<'_, L> {
    #[inline(always)]
    fn run(self) {
        let Self { frames, parties, law, bytes } = self;
        let heard = |party: usize| parties.0 & (1 << party) != 0;
        let mut spoken =
            frames.iter().enumerate().filter(|&(party, _)| heard(party)).filter_map(|(_, frame)| *frame);
        match (spoken.next(), spoken.next(), spoken.next()) {
            (None, ..) => bytes.extend([law(0); TICK_SAMPLES]),
            (Some(one), None, _) => bytes.extend(one.iter().map(|&sample| law(sample))),
            // Three in a call, the usual case.
            (Some(one), Some(other), None) => {
                bytes.extend(one.iter().zip(other).map(|(one, &other)| law(one.saturating_add(other))));
            }
            (Some(one), Some(other), Some(third)) => {
                // Clipping must come last: what the third says can bring the sum back into range.
                let mut sum = one.map(i32::from);
                for frame in [other, third].into_iter().chain(spoken) {
                    sum.iter_mut().zip(frame).for_each(|(sum, &sample)| *sum += i32::from(sample));
                }
                bytes.extend(sum.map(|sum| law(sum.clamp(i16::MIN.into(), i16::MAX.into()) as i16)));
            }
        }
    }
}

/// How a codec is decoded, many samples at once; not at all for a codec that is only passed through.
pub(crate) fn decoder(codec: Codec) -> Option<Decoder> {
    match codec {
        Codec::Pcma => Some(|samples, codes| decode(samples, codes, alaw::expand, &alaw::DECODE)),
        Codec::Pcmu => Some(|samples, codes| decode(samples, codes, ulaw::expand, &ulaw::DECODE)),
        Codec::G722 => None,
    }
}

/// By the rule where lanes can be shifted each by its own count, else by the table, which is then the quicker one.
#[inline]
fn decode(samples: &mut [i16], codes: &[u8], rule: impl Fn(u8) -> i16, table: &[i16; 256]) {
    if wide::available() {
        widest(Expand { samples, codes, rule });
    } else {
        look_up(samples, codes, table);
    }
}

struct Expand<'a, R> {
    samples: &'a mut [i16],
    codes: &'a [u8],
    rule: R,
}

impl<R: Fn(u8) -> i16> Loop for Expand<'_, R> {
    #[inline(always)]
    fn run(self) {
        for (sample, &code) in self.samples.iter_mut().zip(self.codes) {
            *sample = (self.rule)(code);
        }
    }
}

/// Eight codes are read at once: as many loads less.
fn look_up(samples: &mut [i16], codes: &[u8], table: &[i16; 256]) {
    let (eights, rest) = codes.as_chunks::<8>();
    let (decoded, decoded_rest) = samples.as_chunks_mut::<8>();
    for (samples, codes) in decoded.iter_mut().zip(eights) {
        let codes = u64::from_le_bytes(*codes);
        for (n, sample) in samples.iter_mut().enumerate() {
            *sample = table[usize::from((codes >> (8 * n)) as u8)];
        }
    }
    for (sample, &code) in decoded_rest.iter_mut().zip(rest) {
        *sample = table[usize::from(code)];
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
    use base::Random;

    /// What one sample of the mix sounds like.
    fn heard(frames: &[Frame; SEATS], parties: u8) -> i16 {
        let mut bytes = Vec::new();
        mix(&frames.each_ref().map(Some), Parties(parties), Codec::Pcma, &mut bytes);
        assert_eq!(bytes.len(), TICK_SAMPLES);
        assert!(bytes.iter().all(|&byte| byte == bytes[0]));
        alaw::decode(bytes[0])
    }

    fn as_a_law(sample: i16) -> i16 {
        alaw::decode(alaw::compress(sample))
    }

    #[test]
    fn each_hears_the_sum_of_those_he_hears_and_loud_ones_do_not_wrap() {
        let mut frames = [[0; TICK_SAMPLES]; SEATS];
        for (party, value) in [(0, 30_000), (1, 20_000), (2, -5)] {
            frames[party] = [value; TICK_SAMPLES];
        }
        assert_eq!(heard(&frames, 0b011), as_a_law(i16::MAX));
        assert_eq!(heard(&frames, 0b110), as_a_law(19_995));
        assert_eq!(heard(&frames, 0b100), as_a_law(-5));
        assert_eq!(heard(&frames, 0), as_a_law(0));
        frames[2] = [-30_000; TICK_SAMPLES];
        assert_eq!(heard(&frames, 0b111), as_a_law(20_000), "clipped at the end, not on the way");
    }

    #[test]
    fn a_mix_is_the_clipped_sum_to_the_last_sample_for_any_parties() {
        let mut random = Random::seeded(711);
        for parties in 0..=255u8 {
            // Whispered and shouted: sums of up to eight clip often, and often come back.
            let loudness = random.below(15);
            let frames: [Frame; SEATS] = std::array::from_fn(|_| {
                std::array::from_fn(|_| (random.bits() as u16).cast_signed() >> loudness)
            });
            let sums: Vec<i16> = (0..TICK_SAMPLES)
                .map(|n| {
                    let those = (0..8).filter(|party| parties & (1 << party) != 0);
                    let sum: i32 = those.map(|party| i32::from(frames[party][n])).sum();
                    sum.clamp(i16::MIN.into(), i16::MAX.into()) as i16
                })
                .collect();
            for (codec, law) in
                [(Codec::Pcma, alaw::compress as fn(i16) -> u8), (Codec::Pcmu, ulaw::compress)]
            {
                let mut bytes = Vec::new();
                mix(&frames.each_ref().map(Some), Parties(parties), codec, &mut bytes);
                let mut wanted: Vec<u8> = sums.iter().map(|&sum| law(sum)).collect();
                assert_eq!(bytes, wanted, "{parties:08b} in {codec:?}");
                // What processors without the wide instructions do.
                let law = if codec == Codec::Pcma { alaw::encode } else { ulaw::encode };
                let frames = &frames.each_ref().map(Some);
                Together { frames, parties: Parties(parties), law, bytes: &mut bytes }.run();
                wanted.extend_from_within(..);
                assert_eq!(bytes, wanted, "{parties:08b} in {codec:?}");
            }
        }
    }

    #[test]
    fn every_code_is_decoded_alike_by_rule_by_table_and_wherever_it_lies() {
        for (codec, table) in [(Codec::Pcma, &alaw::DECODE), (Codec::Pcmu, &ulaw::DECODE)] {
            let decode = decoder(codec).expect("G.711");
            for length in [0, 1, 7, 8, 31, 160, 256] {
                for first in 0..=255u8 {
                    let codes: Vec<u8> = (0..length).map(|n| first.wrapping_add(n as u8)).collect();
                    let wanted: Vec<i16> = codes.iter().map(|&code| table[usize::from(code)]).collect();
                    let (mut samples, mut looked_up) = (vec![0; length], vec![0; length]);
                    decode(&mut samples, &codes);
                    look_up(&mut looked_up, &codes, table);
                    assert_eq!((samples, looked_up), (wanted.clone(), wanted), "{length} from {first}");
                }
            }
        }
        assert!(decoder(Codec::G722).is_none());
    }

    #[test]
    fn codecs_meet_or_do_not() {
        assert!(matches!(translation(Codec::G722, Codec::G722), Translation::Same));
        assert!(matches!(translation(Codec::Pcma, Codec::Pcmu), Translation::Table(_)));
        assert!(matches!(translation(Codec::G722, Codec::Pcma), Translation::Impossible));
    }
}
