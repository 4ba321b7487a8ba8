//! Clips: prompts, music and tones, ready to be copied into packets.
//!
//! ```text
//!   PCM of any rate ─▶ 8 kHz mono ─▶ A-law and µ-law, once at load      play(position) ─▶ slice of it
//! ```
//!
//! A clip is stored in each law that can play it, so that a packet of music costs a copy and nothing else.
//! Who loops a clip hears it like a broadcast: its place is a function of time alone, the same for all who
//! listen, and there is no player to start, stop or keep.
//! Never knows: files, parties, packets.

use crate::session::Codec;
use crate::{alaw, resample, ulaw};
use std::fmt;
use std::sync::Arc;

/// Clips as loaded: one list, shared by all desks, replaced whole.
pub type Clips = Arc<[Clip]>;

/// Longest clip: an hour (28.8 MB in each law).
const SAMPLES_MAX: usize = 3_600 * resample::TELEPHONE_RATE as usize;
const RATES: std::ops::RangeInclusive<u32> = 1_000..=384_000;
const CHANNELS: std::ops::RangeInclusive<u16> = 1..=16;

/// A clip converted at load for each codec that can play it: 8 kHz mono, A-law and µ-law.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clip {
    /// Name in the configuration.
    pub name: String,
    /// A-law samples.
    pub pcma: Vec<u8>,
    /// µ-law samples.
    pub pcmu: Vec<u8>,
}

/// Why samples cannot become a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PcmRefused {
    /// No samples.
    Empty,
    /// Sampling rate below 1 kHz or above 384 kHz.
    Rate(u32),
    /// No channel, or more than 16.
    Channels(u16),
    /// Longer than an hour.
    TooLong,
}

impl fmt::Display for PcmRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "the clip has no samples"),
            Self::Rate(rate) => write!(f, "a sampling rate of {rate} Hz is not between 1 and 384 kHz"),
            Self::Channels(count) => write!(f, "{count} channels are not between 1 and 16"),
            Self::TooLong => write!(f, "the clip is longer than an hour"),
        }
    }
}

impl std::error::Error for PcmRefused {}

impl Clip {
    /// A clip from interleaved 16-bit samples of any usual rate.
    ///
    /// # Errors
    ///
    /// When there is nothing to hear in them, or they are not audio: see [`PcmRefused`].
    pub fn from_pcm(
        name: impl Into<String>,
        samples: &[i16],
        rate: u32,
        channels: u16,
    ) -> Result<Self, PcmRefused> {
        if !RATES.contains(&rate) {
            return Err(PcmRefused::Rate(rate));
        }
        if !CHANNELS.contains(&channels) {
            return Err(PcmRefused::Channels(channels));
        }
        let frames = (samples.len() / usize::from(channels)) as u64;
        if frames * u64::from(resample::TELEPHONE_RATE) / u64::from(rate) > SAMPLES_MAX as u64 {
            return Err(PcmRefused::TooLong);
        }
        let pcm = resample::to_telephone(samples, rate, channels);
        if pcm.is_empty() {
            return Err(PcmRefused::Empty);
        }
        Ok(Self {
            name: name.into(),
            pcma: pcm.iter().map(|&sample| alaw::encode(sample)).collect(),
            pcmu: pcm.iter().map(|&sample| ulaw::encode(sample)).collect(),
        })
    }

    /// The samples in the law of a codec; nothing for a codec that no clip is kept in.
    pub(crate) fn samples(&self, codec: Codec) -> &[u8] {
        match codec {
            Codec::Pcma => &self.pcma,
            Codec::Pcmu => &self.pcmu,
            Codec::G722 => &[],
        }
    }

    /// How long it is, in samples, whoever listens with whatever codec.
    pub(crate) fn length(&self) -> usize {
        self.pcma.len().max(self.pcmu.len())
    }
}

/// Appends `count` samples from `position` on, going round at the end. `clip` must not be empty.
#[inline]
pub(crate) fn append_looped(clip: &[u8], position: u64, mut count: usize, bytes: &mut Vec<u8>) {
    let mut from = (position % clip.len() as u64) as usize;
    while count > 0 {
        let part = count.min(clip.len() - from);
        bytes.extend_from_slice(&clip[from..from + part]);
        (count, from) = (count - part, 0);
    }
}

/// Appends `count` samples from `position` on, silence after the end.
#[inline]
pub(crate) fn append_once(clip: &[u8], position: usize, count: usize, silence: u8, bytes: &mut Vec<u8>) {
    let rest = clip.get(position..).unwrap_or_default();
    let part = count.min(rest.len());
    bytes.extend_from_slice(&rest[..part]);
    bytes.resize(bytes.len() + count - part, silence);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_become_a_clip_in_both_laws() {
        let clip = Clip::from_pcm("greeting", &[0, 0, 1_000, 1_000], 8_000, 2).expect("audio");
        assert_eq!(clip.pcma, [alaw::SILENCE, alaw::encode(1_000)]);
        assert_eq!(clip.pcmu, [ulaw::SILENCE, ulaw::encode(1_000)]);
    }

    #[test]
    fn what_is_no_audio_is_refused_with_its_reason() {
        assert_eq!(Clip::from_pcm("a", &[], 8_000, 1), Err(PcmRefused::Empty));
        assert_eq!(Clip::from_pcm("a", &[1], 0, 1), Err(PcmRefused::Rate(0)));
        assert_eq!(Clip::from_pcm("a", &[1], 8_000, 0), Err(PcmRefused::Channels(0)));
        let hour = vec![0; 1_000 * 3_601];
        assert_eq!(Clip::from_pcm("a", &hour, 1_000, 1), Err(PcmRefused::TooLong));
    }

    #[test]
    fn a_loop_goes_round_and_a_prompt_ends_in_silence() {
        let mut bytes = Vec::new();
        append_looped(&[1, 2, 3], 4, 8, &mut bytes);
        assert_eq!(bytes, [2, 3, 1, 2, 3, 1, 2, 3]);
        bytes.clear();
        append_once(&[1, 2, 3], 1, 4, 9, &mut bytes);
        append_once(&[1, 2, 3], 7, 1, 9, &mut bytes);
        assert_eq!(bytes, [2, 3, 9, 9, 9]);
    }
}
