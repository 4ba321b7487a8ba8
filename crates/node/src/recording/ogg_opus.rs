//! A recording as Opus in Ogg (RFC 6716, RFC 7845), made of its WAV: each channel a stream of its own.
//!
//! ```text
//!   WAV, A-law ─▶ 20 ms of each channel ─▶ libopus, two mono streams ─▶ one packet ─▶ Ogg, a page a second
//!                                          (SILK at 8 kHz, 12 kbit/s each)
//! ```
//!
//! Stereo as RFC 7845's family 0 has it is one coupled stream: the encoder codes what both channels have in common, and
//! a caller is faintly heard on the agent's side. Family 1 with two uncoupled streams keeps them apart bit by bit, and
//! players take it as stereo all the same, left and right. The length is exact to the sample: the last page says where
//! sound ends. The same WAV gives the same bytes, so a file made again is the same file.
//!
//! Never knows: the index, who talks.

use super::wav;
use anyhow::{Context, Result, bail, ensure};
use media::alaw;
use ogg::writing::PacketWriteEndInfo::{EndPage, EndStream, NormalPacket};
use ogg::{PacketReader, PacketWriter};
use opus::{Application, Bitrate, MSEncoder};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufReader, Read, Seek, Write};
use std::path::Path;

/// Both channels together, bits a second: the 8–12 kbit/s that RFC 7587 3.1.1 has for narrow-band speech, for each.
const BITRATE: i32 = 24_000;
/// Of 0 to 10: from 2 on, encoding takes twice as long and the files are no smaller.
const COMPLEXITY: i32 = 1;
/// Samples of each channel in a packet: 20 ms.
const FRAME: u64 = wav::RATE / 50;
/// Ogg counts in samples of 48 kHz, whatever was encoded (RFC 7845 4).
const TICKS: u64 = 48_000 / wav::RATE;
/// Packets of a page: a second, which is what a player can seek to.
const PAGE: u64 = 50;
/// Larger than any packet of two channels can be (RFC 6716 3.4).
const PACKET_MAX: usize = 2 * 1_275 + 4;

/// What a WAV was that has been read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Samples of each channel.
    pub samples: u64,
    /// SHA-256 of all of it, in hexadecimal.
    pub sha256: String,
}

/// Makes Opus of a WAV of ours; `None` when `go_on`, asked each second of sound, said no.
///
/// # Errors
/// The WAV cannot be read, the Opus file cannot be written, or libopus refuses.
pub fn transcode(
    wav: &mut impl Read,
    opus: &mut impl Write,
    serial: u32,
    mut go_on: impl FnMut() -> bool,
) -> Result<Option<Source>> {
    let mut encoder = MSEncoder::new(wav::RATE as u32, 2, 0, &[0, 1], Application::Voip)?;
    encoder.set_bitrate(Bitrate::Bits(BITRATE))?;
    encoder.set_complexity(COMPLEXITY)?;
    encoder.set_vbr(true)?;
    // What the encoder puts before the sound, and players leave out.
    let ahead = u64::from(encoder.get_lookahead()?.unsigned_abs());
    let mut sum = Sha256::new();
    let mut header = Vec::with_capacity(wav::HEADER as usize);
    wav.by_ref().take(wav::HEADER).read_to_end(&mut header)?;
    ensure!(header.len() as u64 == wav::HEADER && header.starts_with(b"RIFF"), "it is no recording");
    sum.update(&header);

    let mut pages = PacketWriter::new(opus);
    pages.write_packet(head(ahead * TICKS), serial, EndPage, 0)?;
    pages.write_packet(tags(), serial, EndPage, 0)?;
    let mut codes = Vec::with_capacity((FRAME * wav::CHANNELS) as usize);
    let (mut sound, mut packet) = ([0; (FRAME * wav::CHANNELS) as usize], [0; PACKET_MAX]);
    let (mut samples, mut ended) = (0, false);
    for number in 1.. {
        if number % PAGE == 0 && !go_on() {
            return Ok(None);
        }
        codes.clear();
        if !ended {
            wav.by_ref().take(FRAME * wav::CHANNELS).read_to_end(&mut codes)?;
            sum.update(&codes);
            samples += codes.len() as u64 / wav::CHANNELS;
            ended = (codes.len() as u64) < FRAME * wav::CHANNELS;
        }
        let heard = codes.iter().map(|&code| alaw::decode(code));
        sound.iter_mut().zip(heard.chain(std::iter::repeat(0))).for_each(|(to, from)| *to = from);
        let size = encoder.encode(&sound, &mut packet)?;
        // All sound has come out when the encoder is as far as the sound's end and its own delay.
        let last = ended && number * FRAME >= samples + ahead;
        let end = if last {
            EndStream
        } else if number % PAGE == 0 {
            EndPage
        } else {
            NormalPacket
        };
        let until = if last { samples + ahead } else { number * FRAME };
        pages.write_packet(packet[..size].to_vec(), serial, end, until * TICKS)?;
        if last {
            break;
        }
    }
    let sha256 = sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Some(Source { samples, sha256 }))
}

/// Samples of each channel, at 8 kHz, in an Opus file of ours that is whole: each page's CRC is right, and the last one
/// says that it is the last.
///
/// # Errors
/// It cannot be read, or is not whole.
pub fn samples(path: &Path) -> Result<u64> {
    let read = || -> Result<u64> { length(BufReader::new(File::open(path)?)) };
    read().with_context(|| format!("reading {}", path.display()))
}

fn length(file: impl Read + Seek) -> Result<u64> {
    let mut pages = PacketReader::new(file);
    let head = pages.read_packet()?.context("it is empty")?;
    ensure!(head.data.starts_with(b"OpusHead") && head.data.len() >= 19, "it is no Opus file");
    let ahead = u64::from(u16::from_le_bytes([head.data[10], head.data[11]]));
    while let Some(packet) = pages.read_packet()? {
        if packet.last_in_stream() {
            let ticks = packet.absgp_page().checked_sub(ahead).context("it ends before it begins")?;
            return Ok(ticks / TICKS);
        }
    }
    bail!("it ends in the middle")
}

/// RFC 7845 5.1.
fn head(ahead: u64) -> Vec<u8> {
    let mut head = b"OpusHead\x01".to_vec();
    head.push(wav::CHANNELS as u8);
    head.extend((ahead as u16).to_le_bytes());
    head.extend((wav::RATE as u32).to_le_bytes());
    head.extend(0_u16.to_le_bytes());
    // Family 1: left and right; two streams, none of them coupled; the first is left, the second right.
    head.extend([1, 2, 0, 0, 1]);
    head
}

/// RFC 7845 5.2.
fn tags() -> Vec<u8> {
    let comments = [
        concat!("ENCODER=sujie ", env!("CARGO_PKG_VERSION")),
        "DESCRIPTION=左声道：来电人；右声道：坐席 / left: the caller, right: who talks with him",
    ];
    let sized = |text: &str| [&(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat();
    let mut tags = b"OpusTags".to_vec();
    tags.extend(sized(opus::version()));
    tags.extend((comments.len() as u32).to_le_bytes());
    comments.iter().for_each(|comment| tags.extend(sized(comment)));
    tags
}

#[cfg(test)]
mod tests {
    use super::*;
    use opus::MSDecoder;
    use std::io::Cursor;

    /// A tone a channel, in hertz and in half scale; 0 Hz is silence.
    fn wav(samples: u64, tones: [f64; 2]) -> Vec<u8> {
        let mut bytes = wav::header(samples).to_vec();
        for at in 0..samples {
            for tone in tones {
                let phase = at as f64 / wav::RATE as f64 * tone * std::f64::consts::TAU;
                bytes.push(alaw::encode((phase.sin() * 16_000.0) as i16));
            }
        }
        bytes
    }

    fn opus_of(wav: &[u8]) -> (Source, Vec<u8>) {
        let mut opus = Vec::new();
        let source = transcode(&mut &wav[..], &mut opus, 7, || true).expect("made").expect("to its end");
        (source, opus)
    }

    /// Both channels at 8 kHz, without what the header says to leave out.
    fn heard(opus: &[u8]) -> [Vec<f64>; 2] {
        let mut pages = PacketReader::new(Cursor::new(opus));
        let head = pages.read_packet().expect("read").expect("a head");
        assert_eq!((&head.data[..9], &head.data[18..]), (&b"OpusHead\x01"[..], &[1, 2, 0, 0, 1][..]));
        assert!(pages.read_packet().expect("read").expect("tags").data.starts_with(b"OpusTags"));
        let mut decoder = MSDecoder::new(wav::RATE as u32, 2, 0, &[0, 1]).expect("a decoder");
        let mut both = Vec::new();
        while let Some(packet) = pages.read_packet().expect("read") {
            let mut sound = [0_i16; 2 * 960];
            let count = decoder.decode(&packet.data, &mut sound, false).expect("decoded");
            both.extend_from_slice(&sound[..2 * count]);
        }
        let ahead = usize::from(u16::from_le_bytes([head.data[10], head.data[11]])) / TICKS as usize;
        let channel =
            |at: usize| both.iter().skip(2 * ahead + at).step_by(2).map(|&s| f64::from(s)).collect();
        [channel(0), channel(1)]
    }

    /// Power of one frequency, and of everything, in decibels of an arbitrary scale.
    fn decibels(sound: &[f64], hertz: f64) -> (f64, f64) {
        let turn = hertz / wav::RATE as f64 * std::f64::consts::TAU;
        let part = |wave: fn(f64) -> f64| -> f64 {
            sound.iter().enumerate().map(|(at, s)| s * wave(at as f64 * turn)).sum::<f64>()
        };
        let count = sound.len() as f64;
        let tone = 2.0 * (part(f64::sin).powi(2) + part(f64::cos).powi(2)) / count / count;
        let all = sound.iter().map(|s| s * s).sum::<f64>() / count;
        (10.0 * (tone + 1e-9).log10(), 10.0 * (all + 1e-9).log10())
    }

    #[test]
    fn each_side_is_heard_on_its_channel_only() {
        let (_, opus) = opus_of(&wav(24_000, [440.0, 1_000.0]));
        let [left, right] = heard(&opus);
        for (name, channel, own, other) in
            [("caller", left, 440.0, 1_000.0), ("agent", right, 1_000.0, 440.0)]
        {
            let said = &channel[4_000..20_000];
            let ((own, all), (other, _)) = (decibels(said, own), decibels(said, other));
            assert!(all - own < 1.0, "the {name}'s tone is what is heard: {own} of {all} dB");
            assert!(own - other > 40.0, "crosstalk at the {name}: {other} below {own} dB");
        }
        // Where one side is silent, nothing at all of the other is there.
        let (_, opus) = opus_of(&wav(24_000, [440.0, 0.0]));
        let [left, right] = heard(&opus);
        let ((_, loud), (_, quiet)) =
            (decibels(&left[4_000..20_000], 440.0), decibels(&right[4_000..20_000], 440.0));
        assert!(loud - quiet > 60.0, "{quiet} beside {loud} dB");
    }

    #[test]
    fn the_length_is_exact_and_the_same_talk_gives_the_same_bytes() {
        for count in [0, 1, 107, 108, 109, 159, 160, 161, 7_999, 8_000, 8_001, 12_345] {
            let wav = wav(count, [440.0, 1_000.0]);
            let (source, opus) = opus_of(&wav);
            assert_eq!(source.samples, count);
            assert_eq!(length(Cursor::new(&opus)).expect("whole"), count);
            assert!(heard(&opus)[0].len() as u64 >= count, "all of {count} comes out");
            assert_eq!(opus_of(&wav).1, opus);
        }
    }

    #[test]
    fn speech_takes_a_sixth_of_its_wav() {
        let wav = wav(80_000, [440.0, 0.0]);
        let (_, opus) = opus_of(&wav);
        assert!(opus.len() * 5 < wav.len(), "{} of {}", opus.len(), wav.len());
    }

    #[test]
    fn what_is_cut_or_changed_is_not_whole() {
        let (_, opus) = opus_of(&wav(24_000, [440.0, 1_000.0]));
        for cut in [0, 20, 100, opus.len() / 2, opus.len() - 1] {
            assert!(length(Cursor::new(&opus[..cut])).is_err(), "{cut} bytes");
        }
        let mut changed = opus.clone();
        changed[opus.len() / 2] ^= 1;
        assert!(length(Cursor::new(&changed)).is_err(), "a bit that has flipped");
        for no_wav in [&b""[..], b"RIFF", &[0; 100]] {
            assert!(transcode(&mut &no_wav[..], &mut Vec::new(), 1, || true).is_err());
        }
        let stopped = transcode(&mut &wav(24_000, [440.0, 0.0])[..], &mut Vec::new(), 1, || false);
        assert_eq!(stopped.expect("no mistake"), None);
    }
}
