//! A WAV file of two channels in G.711 A-law, as every player reads it: 16 kB a second, a header of 58 bytes.
//!
//! ```text
//!   RIFF · WAVE · fmt (format 6, 18 bytes) · fact (samples a channel) · data
//! ```
//!
//! Source: RFC 2361 (WAVE_FORMAT_ALAW, 0x0006); a format other than PCM has the longer `fmt ` and a `fact` chunk.

/// Bytes before the sound.
pub const HEADER: u64 = 58;
/// Channels.
pub const CHANNELS: u64 = 2;
/// Samples of a channel in a second; a sample is a byte.
pub const RATE: u64 = 8_000;

/// The header of a file with so many samples of each channel.
#[must_use]
pub fn header(samples: u64) -> [u8; HEADER as usize] {
    let data = u32::try_from(samples * CHANNELS).unwrap_or(u32::MAX - HEADER as u32);
    let mut bytes = [0; HEADER as usize];
    let mut at = 0;
    let mut put = |part: &[u8]| {
        bytes[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    };
    put(b"RIFF");
    put(&(data + HEADER as u32 - 8).to_le_bytes());
    put(b"WAVEfmt ");
    put(&18_u32.to_le_bytes());
    put(&6_u16.to_le_bytes());
    put(&(CHANNELS as u16).to_le_bytes());
    put(&(RATE as u32).to_le_bytes());
    put(&((RATE * CHANNELS) as u32).to_le_bytes());
    put(&(CHANNELS as u16).to_le_bytes());
    put(&8_u16.to_le_bytes());
    put(&0_u16.to_le_bytes());
    put(b"fact");
    put(&4_u32.to_le_bytes());
    put(&(data / CHANNELS as u32).to_le_bytes());
    put(b"data");
    put(&data.to_le_bytes());
    bytes
}

/// Samples of each channel in a file of that size.
#[must_use]
pub const fn samples(bytes: u64) -> u64 {
    bytes.saturating_sub(HEADER) / CHANNELS
}

/// How long so many samples of each channel are heard, in milliseconds.
#[must_use]
pub const fn millis(samples: u64) -> u64 {
    samples * 1_000 / RATE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_says_what_follows() {
        let header = header(80_000);
        let word = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("four bytes"));
        assert_eq!((&header[..4], &header[8..16], word(4)), (&b"RIFF"[..], &b"WAVEfmt "[..], 160_050));
        assert_eq!((word(24), word(28), word(46), word(54)), (8_000, 16_000, 80_000, 160_000));
        assert_eq!(samples(HEADER + 160_000), 80_000);
        assert_eq!(samples(HEADER + 160_001), 80_000, "half a pair is no sample");
        assert_eq!(samples(3), 0);
    }
}
