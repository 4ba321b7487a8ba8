//! `sujie prompts build`: the prompts that have no file, made by a synthesizer.
//!
//! ```text
//!   Wanted ─▶ espeak-ng (a process each) ─▶ WAV ─▶ 8 kHz, cut to its sound, one loudness ─▶ shelf
//! ```
//!
//! The synthesizer is a program that distributions package, called for each file and no part of the engine: eSpeak NG
//! speaks both languages with a few megabytes and no model. Whoever has a better voice names it with `--with`, or
//! records the files; neither is ever written over.

use super::catalogue;
use super::shelf::{Shelf, State, Wanted, of_centre, usual};
use crate::cli::BuildPrompts;
use crate::config::Config;
use anyhow::{Context, Result, anyhow, bail};
use call::spoken::Grammar;
use hound::{SampleFormat, WavSpec, WavWriter};
use media::resample::TELEPHONE_RATE;
use std::io::Cursor;
use std::path::Path;
use std::process::{Command, ExitCode};

/// Quieter than this is not yet speech, of a full scale of 32,767.
const SOUND: i16 = 200;
/// Left before and after the sound of a prompt, and of a piece, which others follow at once.
const PAUSE_MS: usize = 120;
const PIECE_PAUSE_MS: usize = 25;
/// The loudest sample afterwards: 6 dB below full scale, so that no law clips.
const PEAK: f64 = 16_400.0;

/// Synthesizes what is missing.
///
/// # Errors
/// There is no synthesizer, it fails, or a file cannot be written.
pub fn command(options: &BuildPrompts) -> Result<ExitCode> {
    let config = match &options.config {
        Some(path) => Some(Config::load(path).map_err(|mistakes| anyhow!("{mistakes}"))?),
        None => None,
    };
    let folder = match (&options.out, &config) {
        (Some(folder), _) => folder.clone(),
        (None, Some(config)) => config.prompts.clone(),
        (None, None) => bail!("say where: --out DIR, or --config FILE"),
    };
    let wanted = config.as_ref().map_or_else(usual, of_centre);
    let mut shelf = Shelf::open(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let scratch = std::env::temp_dir().join(format!("sujie-speech-{}.wav", std::process::id()));
    let (mut made, mut kept, mut silent) = (0, 0, Vec::new());
    for wanted in wanted {
        let file = shelf.file(&wanted);
        let state = shelf.state(&wanted).with_context(|| format!("{} cannot be read", file.display()))?;
        if state == State::Recorded || (state == State::Synthesized && !options.renew) {
            kept += 1;
            continue;
        }
        let Some(words) = &wanted.words else {
            silent.push(format!("{}/{}", wanted.language, wanted.name));
            continue;
        };
        let spoken = speak(options.with.as_deref(), &wanted.language, words, &scratch);
        let samples = spoken.and_then(|()| read(&scratch));
        let _ = std::fs::remove_file(&scratch);
        let samples = samples.with_context(|| format!("{} in {}", wanted.name, wanted.language))?;
        let bytes = wave(&finished(&samples, &wanted))?;
        shelf.put(&wanted, &bytes).with_context(|| format!("{} cannot be written", file.display()))?;
        made += 1;
    }
    println!("{}: {made} synthesized, {kept} kept", folder.display());
    if !silent.is_empty() {
        println!(
            "without words, so not made: {}; add say = {{ zh = \"…\" }} to their clips",
            silent.join(", ")
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Lets the synthesizer write a WAV file.
fn speak(with: Option<&str>, language: &str, words: &str, file: &Path) -> Result<()> {
    let mut command = match with {
        Some(with) => custom(with, language, words, file)?,
        None => {
            let mut command = Command::new("espeak-ng");
            let voice = match catalogue::grammar(language) {
                Some(Grammar::Mandarin) => "cmn",
                Some(Grammar::English) => "en",
                None => language,
            };
            command.args(["-v", voice, "-s", "150", "-w"]).arg(file).arg("--").arg(words);
            command
        }
    };
    let program = command.get_program().to_string_lossy().into_owned();
    let done = command.output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => anyhow!(
            "the synthesizer {program} is not installed; install it (Debian, Ubuntu, openEuler: \
             apt install espeak-ng, or dnf install espeak-ng), or name another one with --with"
        ),
        _ => anyhow!("the synthesizer {program} cannot be started: {error}"),
    })?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        bail!("the synthesizer {program} failed ({}): {}", done.status, said.trim());
    }
    Ok(())
}

/// Another synthesizer, as words with places to fill in.
fn custom(with: &str, language: &str, words: &str, file: &Path) -> Result<Command> {
    if !with.contains("{text}") || !with.contains("{file}") {
        bail!("--with needs {{text}} and {{file}}: what is said, and the WAV file to write");
    }
    let fill = |word: &str| {
        let file = file.to_string_lossy();
        word.replace("{language}", language).replace("{file}", &file).replace("{text}", words)
    };
    let mut parts = with.split_whitespace();
    let mut command = Command::new(fill(parts.next().unwrap_or_default()));
    command.args(parts.map(fill));
    Ok(command)
}

/// What the synthesizer has written, as telephone audio.
fn read(file: &Path) -> Result<Vec<i16>> {
    let reader = hound::WavReader::open(file).context("the synthesizer has written no WAV file")?;
    let spec = reader.spec();
    let samples = super::sixteen_bit(reader).context("what the synthesizer has written ends too early")?;
    Ok(media::resample::to_telephone(&samples, spec.sample_rate, spec.channels))
}

/// Cut to its sound and brought to one loudness.
fn finished(samples: &[i16], wanted: &Wanted) -> Vec<i16> {
    let sound = |sample: &i16| sample.unsigned_abs() > SOUND.unsigned_abs();
    let pause = if wanted.name.starts_with("pieces/") { PIECE_PAUSE_MS } else { PAUSE_MS };
    let pause = pause * TELEPHONE_RATE as usize / 1_000;
    let from = samples.iter().position(sound).unwrap_or(0).saturating_sub(pause);
    let to =
        samples.iter().rposition(sound).map_or(samples.len(), |last| (last + 1 + pause).min(samples.len()));
    let cut = samples.get(from..to).unwrap_or_default();
    let peak = cut.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0).max(1);
    let gain = PEAK / f64::from(peak);
    cut.iter().map(|sample| (f64::from(*sample) * gain).round() as i16).collect()
}

fn wave(samples: &[i16]) -> Result<Vec<u8>> {
    if samples.is_empty() {
        bail!("the synthesizer has said nothing");
    }
    let spec = WavSpec {
        channels: 1,
        sample_rate: TELEPHONE_RATE,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, spec)?;
    for sample in samples {
        writer.write_sample(*sample)?;
    }
    writer.finalize()?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(name: &str) -> Wanted {
        Wanted { language: "zh".into(), name: name.into(), words: None }
    }

    #[test]
    fn speech_is_cut_to_its_sound_and_made_as_loud_as_the_rest() {
        let mut samples = vec![5; 8_000];
        samples.extend([1_000, -2_000, 1_500].repeat(800));
        samples.extend([-3; 4_000]);
        let prompt = finished(&samples, &wanted("welcome"));
        let piece = finished(&samples, &wanted("pieces/pair"));
        assert_eq!((prompt.len(), piece.len()), (2_400 + 2 * 960, 2_400 + 2 * 200));
        assert_eq!(prompt.iter().map(|sample| sample.unsigned_abs()).max(), Some(16_400));
        assert!(wave(&[]).is_err());
    }

    #[test]
    fn a_synthesizer_that_is_not_there_or_fails_is_said_with_its_remedy() {
        let file = Path::new("/nonexistent/speech.wav");
        let said = |with| speak(Some(with), "zh", "您好", file).expect_err(with).to_string();
        assert!(said("no-such-synthesizer {text} {file}").contains("apt install espeak-ng"));
        assert!(said("false {text} {file}").contains("failed (exit status: 1)"));
        assert!(said("espeak-ng {text}").contains("--with needs {text} and {file}"));
    }

    #[test]
    fn another_synthesizer_gets_text_language_and_file() {
        let command = custom("tts --lang={language} {file} {text}", "zh", "您 好", Path::new("a b.wav"));
        let command = command.expect("a command");
        let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
        assert_eq!(args, ["--lang=zh", "a b.wav", "您 好"]);
    }
}
