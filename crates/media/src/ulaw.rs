//! µ-law (ITU-T G.711): 14-bit linear samples in 8 bits, as North America and Japan speak it.
//!
//! ```text
//!   i16 ──encode──▶ µ-law byte ──decode──▶ i16        DECODE, TO_ALAW: 256 entries each
//! ```
//!
//! The tables are computed at compile time from the segment rule of G.711 (as in the ITU's own software
//! library G.191, negative samples in one's complement). Encoding has no table: without one, compilers encode
//! eight samples at once. Never knows: packets, parties, clips.

use crate::alaw;

/// The µ-law byte of silence (positive zero).
pub const SILENCE: u8 = 0xFF;

/// Linear value of each µ-law byte.
pub static DECODE: [i16; 256] = decode_table();

/// A-law byte for each µ-law byte: the nearest step of the other law.
pub static TO_ALAW: [u8; 256] = to_alaw_table();

/// Compresses one sample.
///
/// Without a branch or a look-up, as in A-law ([`alaw::encode`]); the bias of this law makes it a logarithm
/// everywhere.
#[must_use]
#[inline]
pub fn encode(sample: i16) -> u8 {
    let sign = sample >> 15;
    let biased = (((sample ^ sign) >> 2) + 33).min(0x1FFF);
    let logarithm = (f32::from(biased).to_bits() >> 19) as i16 - LOGARITHM_OF_32;
    (logarithm ^ sign & 0x80 ^ 0xFF) as u8
}

/// Exponent and upper four mantissa bits of 32.0, where the first segment begins: the logarithm's zero.
const LOGARITHM_OF_32: i16 = (32.0f32.to_bits() >> 19) as i16;

/// Expands one sample.
#[must_use]
#[inline]
pub fn decode(code: u8) -> i16 {
    DECODE[usize::from(code)]
}

/// The segment rule for one sample, word for word; for tables that are computed at compile time.
pub(crate) const fn compress(sample: i16) -> u8 {
    let magnitude = if sample < 0 { !sample >> 2 } else { sample >> 2 };
    let mut biased = magnitude + 33;
    if biased > 0x1FFF {
        biased = 0x1FFF;
    }
    let mut segment = 1;
    let mut rest = biased >> 6;
    while rest != 0 {
        segment += 1;
        rest >>= 1;
    }
    let code = (8 - segment) << 4 | (0x0F - (biased >> segment & 0x0F));
    code as u8 | if sample >= 0 { 0x80 } else { 0 }
}

/// The segment rule the other way, in a form that becomes vector instructions.
pub(crate) const fn expand(code: u8) -> i16 {
    let bits = !code as u16;
    let magnitude = ((((bits & 0x0F) << 3) + 0x84) << (bits >> 4 & 7)) - 0x84;
    let magnitude = magnitude.cast_signed();
    if bits & 0x80 == 0 { magnitude } else { -magnitude }
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

const fn to_alaw_table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = alaw::compress(expand(code as u8));
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
            // Beyond the largest decision value everything is the largest output value.
            let wanted = i32::from(sample).clamp(-32124, 32124);
            let biased = wanted.abs() + 132;
            let step = 8 << (biased.ilog2().saturating_sub(7));
            assert!((back - wanted).abs() <= step / 2 + 4, "{sample} came back as {back}, step {step}");
            assert_eq!(encode(sample), compress(sample), "both say the same rule");
        }
    }

    #[test]
    fn every_code_is_its_own_image_but_negative_zero() {
        for code in 0..=255 {
            let image = encode(decode(code));
            // 0x7F is negative zero: linear zero has one sign only.
            assert_eq!(image, if code == 0x7F { SILENCE } else { code });
        }
        let mut last = i16::MIN;
        for sample in i16::MIN..=i16::MAX {
            let value = decode(encode(sample));
            assert!(value >= last, "the law is monotonous");
            last = value;
        }
    }

    #[test]
    fn known_values_of_the_recommendation() {
        // G.711 table 2a: decoder outputs 0 and 8031 on the 14-bit scale, here times 4.
        assert_eq!((decode(0xFF), decode(0x7F)), (0, 0));
        assert_eq!((decode(0x80), decode(0x00)), (32124, -32124));
        assert_eq!(encode(0), SILENCE);
        assert_eq!((encode(i16::MAX), encode(i16::MIN)), (0x80, 0x00));
    }
}
