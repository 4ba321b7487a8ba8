//! Prompts: each clip of the configuration, computed or read from its WAV file, ready for the desks.
//!
//! ```text
//!   Builtin ─▶ media::tone ──────────────┐
//!   File ─▶ hound ─▶ 16 bit ─────────────┼─▶ media::Clip (8 kHz, A-law and µ-law) ─▶ Clips, in the plan's order
//!   Prompt ─▶ its file in the language, ─┤
//!   │         else in the usual one,     │
//!   │         else a tone ───────────────┤
//!   Piece ─▶ its file, when the language has them all; else nothing is heard, because half a number misleads
//! ```
//!
//! A centre starts without a single file: callers hear tones then, and `sujie check` and the log say what to do
//! ([`wanting`]). Prompts are not synthesized at the start: a service has no business writing beside its
//! configuration, and what citizens hear should have been heard by somebody first (`sujie prompts build`).
//!
//! Any PCM file that a studio or a text-to-speech program gives will do: 8, 16, 24 or 32 bit, whole or floating
//! point, any rate, mono or stereo. All clips that cannot be had are named at once. Never knows: who hears them.

pub mod build;
pub mod catalogue;
pub mod list;
pub mod shelf;

use crate::config::{Builtin, ClipOrigin, ClipSource};
use hound::{SampleFormat, WavReader};
use media::resample::TELEPHONE_RATE;
use media::tone::{Amplitude, Hertz};
use media::{Clip, Clips, PcmRefused, tone};
use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Largest file: an hour at 16 bit, 16 kHz stereo, and still no danger to the machine's memory.
const FILE_MAX: u64 = 256 << 20;
/// In place of a piece that is not said.
const NOTHING: Duration = Duration::from_millis(20);
/// Below this nobody hears anything on a telephone line: -48 dBm0, where the idle noise of a network is.
const QUIET: i16 = 90;
/// How a file is made right; ffmpeg reads whatever a studio has.
const CONVERT: &str = "convert it: ffmpeg -i FILE -ac 1 -ar 8000 -c:a pcm_s16le prompt.wav";

/// One clip that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its key.
    pub name: String,
    /// Its file; `None` when it is computed.
    pub file: Option<PathBuf>,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub remedy: String,
}

/// All clips that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingClips(pub Vec<Missing>);

impl fmt::Display for MissingClips {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Missing { name, file, what, remedy }) in self.0.iter().enumerate() {
            let line = if at > 0 { "\n" } else { "" };
            match file {
                Some(file) => write!(f, "{line}clip {name}: {}: {what}; {remedy}", file.display())?,
                None => write!(f, "{line}clip {name}: {what}; {remedy}")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for MissingClips {}

/// Loads all clips, in order.
///
/// # Errors
/// Every clip that cannot be had, with what would be right.
pub fn load(sources: &[ClipSource]) -> Result<Clips, MissingClips> {
    let (mut clips, mut missing) = (Vec::with_capacity(sources.len()), Vec::new());
    let mute = mute(sources);
    for source in sources {
        let (loaded, file) = match &source.origin {
            ClipOrigin::Prompt { files, instead, length, .. } => {
                match files.iter().find(|file| file.exists()) {
                    Some(file) => (read(&source.name, file), Some(file.clone())),
                    None => (computed(&source.name, *instead, *length), None),
                }
            }
            ClipOrigin::Piece { language, .. } if mute.contains(language.as_str()) => {
                (computed(&source.name, Builtin::Silence, Some(NOTHING)), None)
            }
            ClipOrigin::Piece { file, .. } => (read(&source.name, file), Some(file.clone())),
            ClipOrigin::Builtin { kind, length } => (computed(&source.name, *kind, *length), None),
            ClipOrigin::File(path) => (read(&source.name, path), Some(path.clone())),
        };
        match loaded {
            Ok(clip) => clips.push(clip),
            Err(Wrong { what, remedy }) => {
                missing.push(Missing { name: source.name.clone(), file, what, remedy });
            }
        }
    }
    if missing.is_empty() { Ok(clips.into()) } else { Err(MissingClips(missing)) }
}

/// Languages in which a piece is missing.
fn mute(sources: &[ClipSource]) -> BTreeSet<&str> {
    let missing = sources.iter().filter_map(|source| match &source.origin {
        ClipOrigin::Piece { language, file } if !file.exists() => Some(language.as_str()),
        _ => None,
    });
    missing.collect()
}

/// What callers do not hear, because its file is not there: a line for each prompt, and one for the numbers of each
/// language.
#[must_use]
pub fn wanting(sources: &[ClipSource]) -> Vec<String> {
    let mut lines = Vec::new();
    for source in sources {
        if let ClipOrigin::Prompt { files, instead, .. } = &source.origin
            && let Some(first) = files.first().filter(|first| !first.exists())
        {
            let (name, first) = (&source.name, first.display());
            lines.push(match files.iter().find(|file| file.exists()) {
                Some(other) => format!("clip {name}: there is no {first}; callers hear {}", other.display()),
                None => format!("clip {name}: there is no {first}; callers hear a tone ({instead:?})"),
            });
        }
    }
    for language in mute(sources) {
        let file = |source: &ClipSource| match &source.origin {
            ClipOrigin::Piece { language: of, file } if of == language => Some(!file.exists()),
            _ => None,
        };
        let files: Vec<bool> = sources.iter().filter_map(file).collect();
        let missing = files.iter().filter(|missing| **missing).count();
        lines.push(format!(
            "numbers in {language}: {missing} of {} pieces are missing; places, waits and work numbers are not said",
            files.len()
        ));
    }
    lines
}

/// The longest stretch of a clip in which there is nothing to hear.
#[must_use]
pub fn silence(clip: &Clip) -> Duration {
    let quiet = |byte: &u8| media::alaw::decode(*byte).abs() < QUIET;
    let stretches = clip.pcma.split(|byte| !quiet(byte));
    let longest = stretches.map(<[u8]>::len).max().unwrap_or_default();
    Duration::from_millis(longest as u64 * 1_000 / u64::from(TELEPHONE_RATE))
}

/// Why one clip cannot be had.
struct Wrong {
    what: String,
    remedy: String,
}

impl Wrong {
    fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: remedy.into() }
    }
}

impl From<PcmRefused> for Wrong {
    fn from(refused: PcmRefused) -> Self {
        let remedy = match refused {
            PcmRefused::Empty => "record something, or use builtin = \"silence\"",
            PcmRefused::TooLong => "cut it; music is looped",
            PcmRefused::Rate(_) | PcmRefused::Channels(_) => CONVERT,
        };
        Self::new(refused.to_string(), remedy)
    }
}

fn computed(name: &str, kind: Builtin, length: Option<Duration>) -> Result<Clip, Wrong> {
    let pcm = match kind {
        Builtin::Beep => tone::sine(Hertz(880), Duration::from_millis(200), Amplitude::TONE),
        Builtin::Busy => tone::busy(),
        Builtin::Congestion => tone::congestion(),
        Builtin::Music => tone::hold_music(),
        Builtin::RingBack => tone::ring_back(),
        Builtin::Silence => vec![0; TELEPHONE_RATE as usize],
    };
    let pcm = match length {
        Some(length) => {
            let count = length.as_millis() as usize * (TELEPHONE_RATE as usize / 1_000);
            pcm.into_iter().cycle().take(count).collect()
        }
        None => pcm,
    };
    Ok(Clip::from_pcm(name, &pcm, TELEPHONE_RATE, 1)?)
}

fn read(name: &str, path: &Path) -> Result<Clip, Wrong> {
    let unreadable = |error: std::io::Error| {
        Wrong::new(error.to_string(), "give the path of a WAV file, relative to the configuration's folder")
    };
    let file = File::open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    if !about.is_file() {
        return Err(Wrong::new("it is not a file", "give the path of a WAV file"));
    }
    if about.len() > FILE_MAX {
        let what = format!("it has {} MB, more than {} MB", about.len() >> 20, FILE_MAX >> 20);
        return Err(Wrong::new(what, CONVERT));
    }
    let reader = WavReader::new(BufReader::new(file)).map_err(wave_error)?;
    let spec = reader.spec();
    let pcm = sixteen_bit(reader).map_err(wave_error)?;
    Ok(Clip::from_pcm(name, &pcm, spec.sample_rate, spec.channels)?)
}

/// All samples as 16 bit, whatever the file has.
fn sixteen_bit(reader: WavReader<BufReader<File>>) -> Result<Vec<i16>, hound::Error> {
    let spec = reader.spec();
    match spec.sample_format {
        SampleFormat::Float => reader
            .into_samples::<f32>()
            .map(|sample| sample.map(|s| (s.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round() as i16))
            .collect(),
        SampleFormat::Int => {
            let shift = i32::from(spec.bits_per_sample) - 16;
            let scale = |s: i32| if shift >= 0 { (s >> shift) as i16 } else { (s << -shift) as i16 };
            reader.into_samples::<i32>().map(|sample| sample.map(scale)).collect()
        }
    }
}

fn wave_error(error: hound::Error) -> Wrong {
    match error {
        // hound's own reading says `Other` where the file ends; the system's errors have kinds.
        hound::Error::IoError(error)
            if matches!(error.kind(), std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::Other) =>
        {
            Wrong::new("it ends before its samples do", "export it again; the copy is cut off")
        }
        hound::Error::IoError(error) => Wrong::new(error.to_string(), "can the file be read with `file`?"),
        hound::Error::FormatError(why) => Wrong::new(format!("it is not a WAV file ({why})"), CONVERT),
        // A-law, µ-law and compressed WAV files end here.
        _ => Wrong::new("its samples are not 8, 16, 24 or 32 bit PCM", CONVERT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hound::{WavSpec, WavWriter};

    /// A folder of this test's own, gone at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("sujie-prompts-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).expect("a temporary folder");
            Self(path)
        }

        fn file(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn from_file(path: PathBuf) -> Result<Clips, MissingClips> {
        load(&[ClipSource { name: "welcome".into(), origin: ClipOrigin::File(path) }])
    }

    fn builtin(kind: Builtin, length: Option<Duration>) -> Clip {
        let source = ClipSource { name: "b".into(), origin: ClipOrigin::Builtin { kind, length } };
        load(&[source]).expect("builtins are always there")[0].clone()
    }

    #[test]
    fn every_builtin_can_be_had_at_its_own_length_or_another() {
        for kind in [
            Builtin::Beep,
            Builtin::Busy,
            Builtin::Congestion,
            Builtin::Music,
            Builtin::RingBack,
            Builtin::Silence,
        ] {
            assert!(!builtin(kind, None).pcma.is_empty(), "{kind:?}");
            let six = builtin(kind, Some(Duration::from_secs(6)));
            assert_eq!((six.pcma.len(), six.pcmu.len()), (48_000, 48_000), "{kind:?}");
        }
        assert_eq!(builtin(Builtin::RingBack, None).pcma.len(), 40_000, "1 s on, 4 s off");
    }

    #[test]
    fn a_second_of_any_pcm_format_becomes_a_second_of_telephone_audio() {
        let folder = Folder::new("formats");
        let formats = [
            (8_000, 1, 8, SampleFormat::Int),
            (8_000, 1, 16, SampleFormat::Int),
            (16_000, 1, 16, SampleFormat::Int),
            (22_050, 2, 24, SampleFormat::Int),
            (44_100, 2, 16, SampleFormat::Int),
            (48_000, 1, 32, SampleFormat::Int),
            (48_000, 2, 32, SampleFormat::Float),
        ];
        for (sample_rate, channels, bits_per_sample, sample_format) in formats {
            let spec = WavSpec { channels, sample_rate, bits_per_sample, sample_format };
            let path =
                folder.file(&format!("{sample_rate}-{channels}-{bits_per_sample}-{sample_format:?}.wav"));
            let mut writer = WavWriter::create(&path, spec).expect("a WAV file");
            for n in 0..sample_rate {
                let sine =
                    (f64::from(n) * 440.0 * std::f64::consts::TAU / f64::from(sample_rate)).sin() * 0.5;
                for _ in 0..channels {
                    match sample_format {
                        SampleFormat::Float => writer.write_sample(sine as f32),
                        SampleFormat::Int => {
                            let full = f64::from(1u32 << (bits_per_sample - 1)) - 1.0;
                            writer.write_sample((sine * full) as i32)
                        }
                    }
                    .expect("a sample");
                }
            }
            writer.finalize().expect("a whole file");
            let clip = from_file(path).unwrap_or_else(|error| panic!("{spec:?}: {error}"))[0].clone();
            assert!((7_900..=8_100).contains(&clip.pcma.len()), "{spec:?}: {} samples", clip.pcma.len());
            let pcm: Vec<i16> = clip.pcma.iter().map(|&byte| media::alaw::decode(byte)).collect();
            let power: f64 =
                pcm.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / pcm.len() as f64;
            assert!((9_000.0..14_000.0).contains(&power.sqrt()), "{spec:?}: level {}", power.sqrt());
        }
    }

    #[test]
    fn all_clips_that_cannot_be_had_are_named_with_reason_and_remedy() {
        let folder = Folder::new("bad");
        std::fs::write(folder.file("text.wav"), "您好").expect("written");
        std::fs::write(folder.file("cut.wav"), cut_off()).expect("written");
        std::fs::write(folder.file("alaw.wav"), a_law()).expect("written");
        let spec = WavSpec {
            channels: 1,
            sample_rate: 8_000,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        WavWriter::create(folder.file("empty.wav"), spec).and_then(WavWriter::finalize).expect("written");
        let huge = File::create(folder.file("huge.wav")).expect("a file");
        huge.set_len(FILE_MAX + (1 << 20)).expect("a sparse file");
        let names = ["missing.wav", "text.wav", "cut.wav", "alaw.wav", "empty.wav", "huge.wav", "."];
        let sources: Vec<_> = names
            .iter()
            .map(|name| ClipSource { name: "c".into(), origin: ClipOrigin::File(folder.file(name)) })
            .collect();
        let all = load(&sources).expect_err("none can be had");
        let whats: Vec<&str> = all.0.iter().map(|missing| missing.what.as_str()).collect();
        assert_eq!(
            whats,
            [
                "No such file or directory (os error 2)",
                "it is not a WAV file (no RIFF tag found)",
                "it ends before its samples do",
                "its samples are not 8, 16, 24 or 32 bit PCM",
                "the clip has no samples",
                "it has 257 MB, more than 256 MB",
                "it is not a file",
            ]
        );
        assert_eq!(all.to_string().lines().count(), names.len());
        assert!(all.to_string().contains("ffmpeg -i FILE"));
    }

    /// A header that promises a thousand samples, and ten of them.
    fn cut_off() -> Vec<u8> {
        let mut bytes = header(1, 8_000, 16, 2_000);
        bytes.extend([0; 20]);
        bytes
    }

    /// WAVE_FORMAT_ALAW.
    fn a_law() -> Vec<u8> {
        let mut bytes = header(6, 8_000, 8, 8);
        bytes.extend([0xd5; 8]);
        bytes
    }

    fn header(format: u16, rate: u32, bits: u16, data: u32) -> Vec<u8> {
        let mut bytes = b"RIFF".to_vec();
        bytes.extend((36 + data).to_le_bytes());
        bytes.extend(b"WAVEfmt ");
        bytes.extend(16u32.to_le_bytes());
        bytes.extend(format.to_le_bytes());
        bytes.extend(1u16.to_le_bytes());
        bytes.extend(rate.to_le_bytes());
        bytes.extend((rate * u32::from(bits / 8)).to_le_bytes());
        bytes.extend((bits / 8).to_le_bytes());
        bytes.extend(bits.to_le_bytes());
        bytes.extend(b"data");
        bytes.extend(data.to_le_bytes());
        bytes
    }
}
