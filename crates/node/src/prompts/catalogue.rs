//! The catalogue: what the usual prompts say, in Mandarin and English, and the pieces of which numbers are put
//! together.
//!
//! ```text
//!   prompt = "welcome" ─▶ zh/welcome.wav  您好，这里是12345政务服务便民热线……
//!                         en/welcome.wav  Welcome to the 12345 government hotline …
//!   Piece::Pair ────────▶ zh/pieces/pair.wav  两
//! ```
//!
//! A name that is not here can be synthesized just as well, when the configuration says its words (`say`).
//! Never knows: files, synthesizers.

use crate::config::Builtin;
use call::spoken::{Grammar, Piece};

/// A prompt that centres usually have.
pub struct Usual {
    /// Its name, and that of its file.
    pub name: &'static str,
    /// In Mandarin.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    /// What is heard while there is no file.
    pub instead: Builtin,
}

/// All of them.
pub const USUAL: [Usual; 20] = [
    usual(
        "welcome",
        "您好，这里是幺二三四五政务服务便民热线，为保证服务质量，本次通话将被录音。",
        "Welcome to the one two three four five government hotline. This call will be recorded.",
        Builtin::Beep,
    ),
    usual("recording", "为保证服务质量，本次通话将被录音。", "This call will be recorded.", Builtin::Beep),
    usual(
        "menu",
        "企业服务请按一，英语服务请按八，其他来电请稍候。",
        "For business services press one. For service in English press eight. Otherwise please hold.",
        Builtin::Beep,
    ),
    usual(
        "english_key",
        "For service in English, press eight.",
        "For service in English, press eight.",
        Builtin::Beep,
    ),
    usual("wrong_key", "您的按键有误。", "That key is not in use.", Builtin::Beep),
    usual(
        "comfort",
        "话务员正忙，请您稍候，我们将按来电顺序为您接听。",
        "All our agents are busy. Please hold, your call will be answered in turn.",
        Builtin::Beep,
    ),
    usual(
        "all_busy",
        "非常抱歉，当前来电较多，请您稍后再拨。",
        "We are sorry, all lines are busy. Please call again later.",
        Builtin::Congestion,
    ),
    usual(
        "closed",
        "您好，现在是非工作时间，请您在工作时间来电。",
        "Our desk is closed now. Please call again during working hours.",
        Builtin::Congestion,
    ),
    usual(
        "nobody",
        "非常抱歉，现在没有话务员可以接听您的来电，请您稍后再拨。",
        "We are sorry, nobody can take your call now. Please call again later.",
        Builtin::Congestion,
    ),
    usual(
        "call_back",
        "如需我们给您回电，请按一，您的排队位置将为您保留。",
        "If you would like us to call you back, press one. You keep your place in the line.",
        Builtin::Beep,
    ),
    usual(
        "called_back",
        "好的，我们将尽快给您回电，感谢您的来电，再见。",
        "We will call you back as soon as we can. Thank you, goodbye.",
        Builtin::Beep,
    ),
    usual(
        "calling_you",
        "您好，这里是幺二三四五热线，您曾要求我们回电，正在为您转接话务员。",
        "This is the one two three four five hotline. You asked us to call you back. An agent will be with you.",
        Builtin::Beep,
    ),
    usual("way_out", "如不愿继续等待，请按零。", "If you would rather not wait, press zero.", Builtin::Beep),
    usual("transfer", "正在为您转接，请稍候。", "Please hold while we connect you.", Builtin::Beep),
    usual("hold", "请您不要挂机。", "Please hold the line.", Builtin::Beep),
    usual("goodbye", "感谢您的来电，再见。", "Thank you for calling. Goodbye.", Builtin::Beep),
    usual(
        "survey",
        "请对本次服务进行评价，非常满意请按一，满意请按二，一般请按三，不满意请按四，很不满意请按五。",
        "Please rate this service. Very satisfied, press one. Satisfied, press two. Fair, press three. Not satisfied, \
         press four. Not at all satisfied, press five.",
        Builtin::Beep,
    ),
    usual("thanks", "感谢您的评价，再见。", "Thank you for your rating. Goodbye.", Builtin::Beep),
    usual("code_done", "操作成功。", "Done.", Builtin::Beep),
    usual("code_refused", "操作失败。", "That was not possible.", Builtin::Busy),
];

const fn usual(name: &'static str, zh: &'static str, en: &'static str, instead: Builtin) -> Usual {
    Usual { name, zh, en, instead }
}

/// The usual prompt of a name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Usual> {
    USUAL.iter().find(|usual| usual.name == name)
}

/// What a usual prompt says in a language (`zh`, `zh-suqian`, `en`, …).
#[must_use]
pub fn words(name: &str, language: &str) -> Option<&'static str> {
    let usual = named(name)?;
    match grammar(language)? {
        Grammar::Mandarin => Some(usual.zh),
        Grammar::English => Some(usual.en),
    }
}

/// How numbers are spoken in a language, by the beginning of its key; `None`: they are not.
#[must_use]
pub fn grammar(language: &str) -> Option<Grammar> {
    match language.split(['-', '_']).next() {
        Some("zh") => Some(Grammar::Mandarin),
        Some("en") => Some(Grammar::English),
        _ => None,
    }
}

/// What a piece is called, and what it says; `None` for one that the grammar has no use for.
#[must_use]
pub fn piece(grammar: Grammar, piece: Piece) -> Option<(String, &'static str)> {
    const DIGITS: [&str; 11] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
    const NUMBERS: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let name = match piece {
        Piece::Number(number) => format!("number_{number}"),
        Piece::Tens(tens) => format!("number_{tens}0"),
        other => snake(other),
    };
    let (zh, en) = match piece {
        Piece::Number(number) => {
            (DIGITS.get(usize::from(number)).copied().unwrap_or_default(), NUMBERS[usize::from(number)])
        }
        Piece::Tens(tens) => ("", TENS[usize::from(tens) - 2]),
        Piece::Hundred => ("百", "hundred"),
        Piece::Thousand => ("千", "thousand"),
        Piece::And => ("", "and"),
        Piece::Pair => ("两", ""),
        Piece::Unity => ("幺", ""),
        Piece::Before => ("您前面还有", "There are"),
        Piece::BeforeEnd => ("位来电人在等候", "callers before you"),
        Piece::BeforeOne => ("", "There is one caller before you"),
        Piece::Next => ("您是下一位，请稍候", "You are next. Please hold"),
        Piece::Wait => ("预计等待约", "The expected wait is about"),
        Piece::Minutes => ("分钟", "minutes"),
        Piece::Minute => ("", "one minute"),
        Piece::HalfMinutes => ("分半钟", "and a half minutes"),
        Piece::WaitShort => ("预计一分钟内为您接通", "The expected wait is less than one minute"),
        Piece::WaitLong => ("预计等待超过一小时", "The expected wait is more than one hour"),
        Piece::Agent => ("工号", "Agent"),
        Piece::AgentEnd => ("为您服务", "is at your service"),
    };
    let words = if grammar == Grammar::Mandarin { zh } else { en };
    (!words.is_empty()).then_some((name, words))
}

/// `HalfMinutes` as `half_minutes`.
fn snake(piece: Piece) -> String {
    let mut name = String::new();
    for (at, c) in format!("{piece:?}").chars().enumerate() {
        if c.is_ascii_uppercase() && at > 0 {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::time::Duration;

    #[test]
    fn whatever_can_be_spoken_has_its_words() {
        for grammar in [Grammar::Mandarin, Grammar::English] {
            let mut all = BTreeSet::new();
            for value in 0..=call::spoken::NUMBER_MAX {
                let minutes = call::spoken::wait(grammar, Duration::from_secs(u64::from(value)));
                let said = [
                    call::spoken::count(grammar, value),
                    call::spoken::place(grammar, value),
                    call::spoken::agent(grammar, &value.to_string()),
                    minutes,
                ];
                all.extend(said.into_iter().flatten().map(Piece::place));
            }
            for place in all {
                assert!(piece(grammar, Piece::ALL[place]).is_some(), "{grammar:?} {:?}", Piece::ALL[place]);
            }
        }
    }

    #[test]
    fn names_are_names_of_files_and_each_is_there_once() {
        let mut names: Vec<_> = USUAL.iter().map(|usual| usual.name.to_owned()).collect();
        names.extend(Piece::ALL.iter().filter_map(|one| piece(Grammar::English, *one)).map(|(name, _)| name));
        for name in &names {
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "{name}"
            );
        }
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
        assert_eq!(
            words("welcome", "zh-suqian"),
            Some(USUAL[0].zh),
            "a dialect's prompts are written like zh"
        );
        assert_eq!((words("welcome", "ug"), words("nothing", "zh")), (None, None));
    }
}
