//! Prompts: every clip with its source, in each language; and the pieces of which numbers are put together.
//!
//! ```text
//!   clips of the file · music for groups without any · the same prompts in the other languages · pieces
//!   └─ positions that the file gives                   └─ Language::clips                        └─ Language::pieces
//! ```
//!
//! What the engine decides must not depend on the files that happen to be there: a journal is replayed where there are
//! none. So the plan has every piece of a language that can speak numbers, and what is heard in place of a missing
//! file is the loader's business.

use super::Keys;
use crate::config::mistake::Findings;
use crate::config::raw::{Clip, File, Flow};
use crate::config::{Builtin, ClipOrigin, ClipSource};
use crate::prompts::catalogue;
use call::plan::Language;
use call::spoken::Piece;
use media::session::ClipRef;
use std::path::Path;

/// Languages of one centre.
const LANGUAGES_MAX: usize = 16;

/// The music of groups for which none is written, if there is such a group.
pub(super) fn usual_music(raw: &File) -> Option<ClipRef> {
    raw.groups.iter().any(|group| group.music.is_none()).then(|| ClipRef::at(raw.clips.len()))
}

/// All clips, and the languages they are in.
pub(super) fn build(raw: &File, beside: &Path, findings: &Findings) -> (Vec<ClipSource>, Vec<Language>) {
    let languages: Vec<&str> =
        raw.prompts.languages.iter().map(|language| language.get_ref().as_str()).collect();
    check(raw, findings);
    let directory = beside.join(raw.prompts.directory.get_ref());
    let mut clips: Vec<ClipSource> =
        raw.clips.iter().map(|clip| source(clip, &languages, beside, &directory, findings)).collect();
    if usual_music(raw).is_some() {
        let origin = ClipOrigin::Builtin { kind: Builtin::Music, length: None };
        clips.push(ClipSource { name: "music".into(), origin });
    }
    let plain: Vec<ClipRef> = (0..clips.len()).map(ClipRef::at).collect();
    let numbers = speaks_numbers(raw);
    let mut all = Vec::new();
    for (at, language) in languages.iter().enumerate() {
        let mut own = plain.clone();
        for (clip, raw) in raw.clips.iter().enumerate().filter(|(_, raw)| at > 0 && raw.prompt.is_some()) {
            own[clip] = ClipRef::at(clips.len());
            // Its own language first, then the usual one.
            let chain = [language, languages[0]];
            clips.push(source(raw, &chain, beside, &directory, findings));
        }
        let grammar = catalogue::grammar(language);
        let mut pieces = vec![None; Piece::ALL.len()];
        for piece in Piece::ALL.iter().filter(|_| numbers) {
            let Some((name, _)) = grammar.and_then(|grammar| catalogue::piece(grammar, *piece)) else {
                continue;
            };
            pieces[piece.place()] = Some(ClipRef::at(clips.len()));
            let file = directory.join(language).join("pieces").join(format!("{name}.wav"));
            let origin = ClipOrigin::Piece { language: (*language).to_owned(), file };
            clips.push(ClipSource { name: format!("{language}/pieces/{name}"), origin });
        }
        all.push(Language {
            name: (*language).to_owned(),
            grammar: grammar.unwrap_or(call::spoken::Grammar::English),
            clips: own,
            pieces,
        });
    }
    (clips, all)
}

/// Whether anything is said in numbers.
fn speaks_numbers(raw: &File) -> bool {
    let tells =
        |flow: &Flow| *flow.tell_agent.get_ref() || flow.queues().any(|queue| queue.place_every.is_some());
    raw.flows.iter().any(tells)
}

fn source(
    clip: &Clip,
    languages: &[&str],
    beside: &Path,
    directory: &Path,
    findings: &Findings,
) -> ClipSource {
    let name = clip.key.get_ref();
    let length = clip.length.as_ref().map(|length| *length.get_ref());
    let origin = match (&clip.file, &clip.prompt, &clip.builtin) {
        (Some(file), None, None) => {
            if let Some(length) = &clip.length {
                findings.wrong(
                    length.span(),
                    format!("clip {name} has a length, but a file is as long as it is"),
                    "remove length, or cut the file",
                );
            }
            ClipOrigin::File(beside.join(file.get_ref()))
        }
        (None, Some(prompt), builtin) => {
            let file = format!("{}.wav", prompt.get_ref());
            let usual = catalogue::named(prompt.get_ref()).map_or(Builtin::Beep, |usual| usual.instead);
            ClipOrigin::Prompt {
                prompt: prompt.get_ref().clone(),
                files: languages.iter().map(|language| directory.join(language).join(&file)).collect(),
                say: clip.say.iter().map(|(of, say)| (of.get_ref().clone(), say.get_ref().clone())).collect(),
                instead: builtin.as_ref().map_or(usual, |builtin| *builtin.get_ref()),
                length,
            }
        }
        (None, None, Some(builtin)) => ClipOrigin::Builtin { kind: *builtin.get_ref(), length },
        // Noted where it was read.
        _ => ClipOrigin::File(beside.into()),
    };
    ClipSource { name: name.clone(), origin }
}

/// Languages and names of files; names of prompts are names of files, too.
fn check(raw: &File, findings: &Findings) {
    let plain = |text: &str| {
        (1..=64).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let languages = &raw.prompts.languages;
    for (at, language) in languages.iter().enumerate() {
        let name = language.get_ref();
        if !plain(name) {
            findings.wrong(
                language.span(),
                format!("language {name:?} cannot be the name of a folder"),
                "write letters, digits, - and _, such as \"zh\", \"en\" or \"zh-suqian\"",
            );
        }
        if languages[..at].iter().any(|earlier| earlier.get_ref() == name) {
            findings.wrong(language.span(), format!("language {name} is written twice"), "write each once");
        }
    }
    match languages.get(LANGUAGES_MAX) {
        Some(beyond) => {
            let what = format!("there are {} languages", languages.len());
            findings.wrong(beyond.span(), what, format!("write at most {LANGUAGES_MAX}"));
        }
        None if languages.is_empty() => findings.wrong(
            raw.prompts.directory.span(),
            "there is no language",
            "write languages = [\"zh\"], or leave it out",
        ),
        None => {}
    }
    for clip in &raw.clips {
        let Some(prompt) = &clip.prompt else {
            if let Some((language, _)) = clip.say.first() {
                findings.wrong(
                    language.span(),
                    format!("clip {} is no prompt, so nothing is synthesized for it", clip.key.get_ref()),
                    "write prompt = \"name\", or remove say",
                );
            }
            continue;
        };
        if !plain(prompt.get_ref()) {
            findings.wrong(
                prompt.span(),
                format!("prompt {:?} cannot be the name of a file", prompt.get_ref()),
                "write letters, digits, - and _; .wav and the folder are added",
            );
        }
        for (language, _) in &clip.say {
            if languages.iter().all(|known| known.get_ref() != language.get_ref()) {
                findings.wrong(
                    language.span(),
                    format!("there is no language {}", language.get_ref()),
                    "name it in [prompts] languages",
                );
            }
        }
    }
}

/// A clip that is computed silence, where somebody waits.
pub(super) fn not_silent(
    raw: &File,
    keys: &Keys<'_>,
    clip: Option<&toml::Spanned<String>>,
    findings: &Findings,
) {
    let Some(written) = clip else { return };
    let silent = keys.clips.known(written).is_some_and(|at| {
        raw.clips[at].builtin.as_ref().is_some_and(|builtin| *builtin.get_ref() == Builtin::Silence)
    });
    if silent {
        findings.odd(
            written.span(),
            "callers hear nothing while they wait, and many of them hang up",
            "use builtin = \"music\", or a recording",
        );
    }
}
