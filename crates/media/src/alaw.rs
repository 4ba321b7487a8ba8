//! A-law (ITU-T G.711): 13-bit linear samples in 8 bits, as Europe and China speak it.
//!
//! ```text
//!   i16 ──encode──▶ A-law byte ──decode──▶ i16        DECODE, TO_ULAW: 256 entries each
//! ```
//!
//! The tables are computed at compile time from the segment rule of G.711 (as in the ITU's own software
//! library G.191, negative samples in one's complement). Encoding has no table: without one, compilers encode
//! eight samples at once. Never knows: packets, parties, clips.

use crate::ulaw;

/// The A-law byte of silence (the smallest positive value, even bits inverted).
pub const SILENCE: u8 = 0xD5;

/// Linear value of each A-law byte.
pub static DECODE: [i16; 256] = decode_table();

/// µ-law byte for each A-law byte: the nearest step of the other law. (G.711's own conversion tables may
/// choose the neighboring step, to make repeated conversion transparent; the difference is one step.)
pub static TO_ULAW: [u8; 256] = to_ulaw_table();

/// Compresses one sample.
///
/// The segment rule without a branch or a look-up, so that a loop over samples becomes vector instructions: a
/// segment is a power of two and a step a sixteenth of it, which is what exponent and upper four mantissa bits
/// of a floating-point number are. Below the second segment the law is linear, and flatter than the logarithm.
#[must_use]
#[inline]
pub fn encode(sample: i16) -> u8 {
    let sign = sample >> 15;
    let magnitude = (sample ^ sign) >> 4;
    let logarithm = (f32::from(magnitude.max(16)).to_bits() >> 19) as i16 - LOGARITHM_OF_8;
    (magnitude.min(logarithm) ^ sign & 0x80 ^ 0xD5) as u8
}

/// Exponent and upper four mantissa bits of 8.0, half of where the second segment begins: the logarithm's zero.
const LOGARITHM_OF_8: i16 = (8.0f32.to_bits() >> 19) as i16;

/// Expands one sample.
#[must_use]
#[inline]
pub fn decode(code: u8) -> i16 {
    DECODE[usize::from(code)]
}

/// The segment rule for one sample, word for word; for tables that are computed at compile time.
pub(crate) const fn compress(sample: i16) -> u8 {
    let magnitude = if sample < 0 { !sample >> 4 } else { sample >> 4 };
    let mut code = magnitude;
    if magnitude > 15 {
        let mut mantissa = magnitude;
        let mut exponent = 1;
        while mantissa > 31 {
            mantissa >>= 1;
            exponent += 1;
        }
        code = (mantissa - 16) | exponent << 4;
    }
    if sample >= 0 {
        code |= 0x80;
    }
    code as u8 ^ 0x55
}

/// The segment rule the other way, in a form that becomes vector instructions.
pub(crate) const fn expand(code: u8) -> i16 {
    let bits = (code ^ 0x55) as u16;
    let exponent = bits >> 4 & 7;
    let leading = if exponent > 0 { 0x100 } else { 0 };
    let magnitude = ((bits & 0x0F) << 4 | 8 | leading) << exponent.saturating_sub(1);
    let magnitude = magnitude.cast_signed();
    if bits & 0x80 != 0 { magnitude } else { -magnitude }
}

const fn decode_table() -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = expand(code as u8);
        code += 1;
    }
    table
}

const fn to_ulaw_table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = ulaw::compress(expand(code as u8));
        code += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_comes_back_within_half_a_step_of_its_segment() {
        for sample in i16::MIN..=i16::MAX {
            let back = i32::from(decode(encode(sample)));
            let magnitude = i32::from(sample).abs();
            // Segments double from 512 on; a step is 1/16 of its segment, at least 16.
            let step =
                (1..=7).rev().find(|e| magnitude >= 256 << (e - 1)).map_or(16, |e| 16 << (e - 1).max(0));
            let error = (back - i32::from(sample)).abs();
            assert!(error <= step / 2 + 8, "{sample} came back as {back}, step {step}");
            assert_eq!(encode(sample), compress(sample), "both say the same rule");
        }
    }

    #[test]
    fn every_code_is_its_own_image_and_the_law_is_monotonous() {
        for code in 0..=255 {
            assert_eq!(encode(decode(code)), code);
        }
        let mut last = i16::MIN;
        for sample in i16::MIN..=i16::MAX {
            let value = decode(encode(sample));
            assert!(value >= last);
            last = value;
        }
    }

    #[test]
    fn known_values_of_the_recommendation() {
        // G.711 table 1a: decoder outputs 1 and 4032 on the 13-bit scale, here times 8.
        assert_eq!((decode(0xD5), decode(0x55)), (8, -8));
        assert_eq!((decode(0xAA), decode(0x2A)), (32256, -32256));
        assert_eq!(encode(0), SILENCE);
        assert_eq!((encode(i16::MAX), encode(i16::MIN)), (0xAA, 0x2A));
    }

    #[test]
    fn crossing_to_the_other_law_and_back_moves_a_sample_by_at_most_one_step() {
        for code in 0..=255u8 {
            let there_and_back = ulaw::TO_ALAW[usize::from(TO_ULAW[usize::from(code)])];
            let (before, after) = (i32::from(decode(code)), i32::from(decode(there_and_back)));
            let step = (before.abs() / 16).max(16);
            assert!((before - after).abs() <= step, "{before} became {after}");
        }
    }
}
