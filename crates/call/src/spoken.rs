//! Spoken numbers: places, waits and work numbers as a row of pieces, each of which is one recorded clip.
//!
//! ```text
//!   2 before him, 150 s ─▶ 您前面还有 · 两 · 位 · 预计等待约 · 两 · 分半钟
//!                          there are · two · callers before you · the expected wait is about · two · and a half minutes
//! ```
//!
//! Mandarin as it is spoken: 两 before what is counted and in front of 百 and 千, 二 elsewhere; 十 without 一 in front
//! (十五, but 一百一十五); one 零 for the places left out inside (一千零五); 幺 for 1 where digits are read one by one.
//!
//! Never knows: clips, files, who hears it.

use std::time::Duration;

/// The largest number that is spoken; a larger one is spoken as this.
pub const NUMBER_MAX: u32 = 9_999;

/// How numbers are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// 普通话.
    Mandarin,
    /// English.
    English,
}

/// A piece of speech: what one clip says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// 0 to 19 (Mandarin: to 10).
    Number(u8),
    /// Twenty (2) to ninety (9); English.
    Tens(u8),
    /// 百.
    Hundred,
    /// 千.
    Thousand,
    /// "and", before the last places in English.
    And,
    /// 两.
    Pair,
    /// 幺: 1 in a row of digits.
    Unity,
    /// "There are", 您前面还有.
    Before,
    /// "callers before you", 位.
    BeforeEnd,
    /// "There is one caller before you"; English.
    BeforeOne,
    /// "You are next", 您是下一位.
    Next,
    /// "The expected wait is about", 预计等待约.
    Wait,
    /// 分钟.
    Minutes,
    /// "one minute"; English.
    Minute,
    /// "and a half minutes", 分半钟.
    HalfMinutes,
    /// "less than a minute", 预计一分钟内为您接通.
    WaitShort,
    /// "more than an hour", 预计等待超过一小时.
    WaitLong,
    /// "Agent", 工号.
    Agent,
    /// "is at your service", 为您服务.
    AgentEnd,
}

impl Piece {
    /// All pieces, by [`place`](Self::place).
    pub const ALL: [Self; 45] = {
        let mut all = [Self::Hundred; 45];
        let mut at = 0;
        while at < 20 {
            all[at] = Self::Number(at as u8);
            at += 1;
        }
        while at < 28 {
            all[at] = Self::Tens(at as u8 - 18);
            at += 1;
        }
        let rest = [
            Self::Hundred,
            Self::Thousand,
            Self::And,
            Self::Pair,
            Self::Unity,
            Self::Before,
            Self::BeforeEnd,
            Self::BeforeOne,
            Self::Next,
            Self::Wait,
            Self::Minutes,
            Self::Minute,
            Self::HalfMinutes,
            Self::WaitShort,
            Self::WaitLong,
            Self::Agent,
            Self::AgentEnd,
        ];
        while at < 28 + rest.len() {
            all[at] = rest[at - 28];
            at += 1;
        }
        all
    };

    /// Its place in [`ALL`](Self::ALL), and in what is kept for each piece.
    #[must_use]
    pub const fn place(self) -> usize {
        match self {
            Self::Number(number) => number as usize % 20,
            Self::Tens(tens) => 18 + (if tens < 2 { 2 } else { tens as usize }),
            Self::Hundred => 28,
            Self::Thousand => 29,
            Self::And => 30,
            Self::Pair => 31,
            Self::Unity => 32,
            Self::Before => 33,
            Self::BeforeEnd => 34,
            Self::BeforeOne => 35,
            Self::Next => 36,
            Self::Wait => 37,
            Self::Minutes => 38,
            Self::Minute => 39,
            Self::HalfMinutes => 40,
            Self::WaitShort => 41,
            Self::WaitLong => 42,
            Self::Agent => 43,
            Self::AgentEnd => 44,
        }
    }
}

/// So many of something, for a measure word to follow: 两(位), "two".
#[must_use]
pub fn count(grammar: Grammar, count: u32) -> Vec<Piece> {
    match grammar {
        Grammar::Mandarin => mandarin(count.min(NUMBER_MAX)),
        Grammar::English => english(count.min(NUMBER_MAX)),
    }
}

/// Digits one by one, as a work number is read; what is no digit is left out.
#[must_use]
pub fn digits(grammar: Grammar, text: &str) -> Vec<Piece> {
    let digits = text.chars().filter_map(|c| c.to_digit(10));
    let piece = |digit| match (grammar, digit) {
        (Grammar::Mandarin, 1) => Piece::Unity,
        (_, digit) => Piece::Number(digit as u8),
    };
    digits.map(piece).collect()
}

/// How many stand before somebody.
#[must_use]
pub fn place(grammar: Grammar, before: u32) -> Vec<Piece> {
    match (grammar, before) {
        (_, 0) => vec![Piece::Next],
        (Grammar::English, 1) => vec![Piece::BeforeOne],
        (_, before) => framed(Piece::Before, count(grammar, before), Piece::BeforeEnd),
    }
}

/// An expected wait: in half minutes up to five, then in minutes, always upwards, because who is told too little
/// feels it.
#[must_use]
pub fn wait(grammar: Grammar, expected: Duration) -> Vec<Piece> {
    let seconds = expected.as_secs() + u64::from(expected.subsec_nanos() > 0);
    if seconds < 60 {
        return vec![Piece::WaitShort];
    }
    let halves = if seconds <= 300 { seconds.div_ceil(30) } else { seconds.div_ceil(60) * 2 };
    let (minutes, half) = ((halves / 2) as u32, halves % 2 == 1);
    if halves > 120 {
        return vec![Piece::WaitLong];
    }
    match (grammar, minutes, half) {
        (Grammar::English, 1, false) => vec![Piece::Wait, Piece::Minute],
        (_, _, false) => framed(Piece::Wait, count(grammar, minutes), Piece::Minutes),
        (_, _, true) => framed(Piece::Wait, count(grammar, minutes), Piece::HalfMinutes),
    }
}

/// Whose call it is now; nothing for a name without digits.
#[must_use]
pub fn agent(grammar: Grammar, name: &str) -> Vec<Piece> {
    let digits = digits(grammar, name);
    if digits.is_empty() { digits } else { framed(Piece::Agent, digits, Piece::AgentEnd) }
}

fn framed(before: Piece, mut inner: Vec<Piece>, after: Piece) -> Vec<Piece> {
    inner.insert(0, before);
    inner.push(after);
    inner
}

fn mandarin(number: u32) -> Vec<Piece> {
    let digit = |value: u32| Piece::Number(value as u8);
    if number == 2 {
        return vec![Piece::Pair];
    }
    if number <= 10 {
        return vec![digit(number)];
    }
    let mut pieces = Vec::new();
    let mut gap = false;
    let places =
        [(1_000, Some(Piece::Thousand)), (100, Some(Piece::Hundred)), (10, Some(digit(10))), (1, None)];
    for (worth, unit) in places {
        let value = number / worth % 10;
        if value == 0 {
            gap |= !pieces.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) {
            pieces.push(digit(0));
        }
        match (value, worth, pieces.is_empty()) {
            (1, 10, true) => {}
            (2, 100 | 1_000, true) => pieces.push(Piece::Pair),
            _ => pieces.push(digit(value)),
        }
        pieces.extend(unit);
    }
    pieces
}

fn english(number: u32) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (thousands, hundreds, rest) = (number / 1_000, number / 100 % 10, number % 100);
    for (value, unit) in [(thousands, Piece::Thousand), (hundreds, Piece::Hundred)] {
        if value > 0 {
            pieces.extend([Piece::Number(value as u8), unit]);
        }
    }
    if rest > 0 && !pieces.is_empty() {
        pieces.push(Piece::And);
    }
    if rest >= 20 {
        pieces.push(Piece::Tens((rest / 10) as u8));
    }
    let last = if rest >= 20 { rest % 10 } else { rest };
    if last > 0 || pieces.is_empty() {
        pieces.push(Piece::Number(last as u8));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::Grammar::{English, Mandarin};
    use super::*;

    /// Pieces as they are written.
    fn written(grammar: Grammar, pieces: &[Piece]) -> String {
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
        const TENS: [&str; 8] =
            ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
        let word = |piece: &Piece| {
            let (zh, en) = match *piece {
                Piece::Number(n) => (*DIGITS.get(usize::from(n)).unwrap_or(&"?"), NUMBERS[usize::from(n)]),
                Piece::Tens(n) => ("?", TENS[usize::from(n) - 2]),
                Piece::Hundred => ("百", "hundred"),
                Piece::Thousand => ("千", "thousand"),
                Piece::And => ("?", "and"),
                Piece::Pair => ("两", "?"),
                Piece::Unity => ("幺", "?"),
                Piece::Before => ("您前面还有", "there are"),
                Piece::BeforeEnd => ("位", "before you"),
                Piece::BeforeOne => ("?", "there is one before you"),
                Piece::Next => ("您是下一位", "you are next"),
                Piece::Wait => ("预计等待约", "about"),
                Piece::Minutes => ("分钟", "minutes"),
                Piece::Minute => ("?", "one minute"),
                Piece::HalfMinutes => ("分半钟", "and a half minutes"),
                Piece::WaitShort => ("一分钟内", "less than a minute"),
                Piece::WaitLong => ("超过一小时", "more than an hour"),
                Piece::Agent => ("工号", "agent"),
                Piece::AgentEnd => ("为您服务", "is at your service"),
            };
            if grammar == Mandarin { zh } else { en }
        };
        pieces.iter().map(word).collect::<Vec<_>>().join(if grammar == Mandarin { "" } else { " " })
    }

    #[test]
    fn numbers_are_spoken_as_people_say_them() {
        for (value, zh, en) in [
            (0, "零", "zero"),
            (1, "一", "one"),
            (2, "两", "two"),
            (10, "十", "ten"),
            (11, "十一", "eleven"),
            (12, "十二", "twelve"),
            (20, "二十", "twenty"),
            (22, "二十二", "twenty two"),
            (99, "九十九", "ninety nine"),
            (100, "一百", "one hundred"),
            (101, "一百零一", "one hundred and one"),
            (110, "一百一十", "one hundred and ten"),
            (115, "一百一十五", "one hundred and fifteen"),
            (200, "两百", "two hundred"),
            (202, "两百零二", "two hundred and two"),
            (222, "两百二十二", "two hundred and twenty two"),
            (1_000, "一千", "one thousand"),
            (1_005, "一千零五", "one thousand and five"),
            (1_050, "一千零五十", "one thousand and fifty"),
            (1_010, "一千零一十", "one thousand and ten"),
            (1_200, "一千二百", "one thousand two hundred"),
            (1_205, "一千二百零五", "one thousand two hundred and five"),
            (2_002, "两千零二", "two thousand and two"),
            (9_999, "九千九百九十九", "nine thousand nine hundred and ninety nine"),
            (123_456, "九千九百九十九", "nine thousand nine hundred and ninety nine"),
        ] {
            assert_eq!(written(Mandarin, &count(Mandarin, value)), zh);
            assert_eq!(written(English, &count(English, value)), en);
        }
    }

    #[test]
    fn two_of_something_is_another_word() {
        for (value, zh) in
            [(1, "一"), (2, "两"), (3, "三"), (12, "十二"), (20, "二十"), (22, "二十二"), (202, "两百零二")]
        {
            assert_eq!(written(Mandarin, &count(Mandarin, value)), zh);
        }
    }

    #[test]
    fn a_place_is_told_by_how_many_stand_before() {
        for (before, zh, en) in [
            (0, "您是下一位", "you are next"),
            (1, "您前面还有一位", "there is one before you"),
            (2, "您前面还有两位", "there are two before you"),
            (3, "您前面还有三位", "there are three before you"),
            (10, "您前面还有十位", "there are ten before you"),
            (102, "您前面还有一百零二位", "there are one hundred and two before you"),
        ] {
            assert_eq!(written(Mandarin, &place(Mandarin, before)), zh);
            assert_eq!(written(English, &place(English, before)), en);
        }
    }

    #[test]
    fn a_wait_is_told_in_half_minutes_and_then_in_minutes() {
        for (seconds, zh, en) in [
            (0, "一分钟内", "less than a minute"),
            (59, "一分钟内", "less than a minute"),
            (60, "预计等待约一分钟", "about one minute"),
            (61, "预计等待约一分半钟", "about one and a half minutes"),
            (90, "预计等待约一分半钟", "about one and a half minutes"),
            (91, "预计等待约两分钟", "about two minutes"),
            (150, "预计等待约两分半钟", "about two and a half minutes"),
            (300, "预计等待约五分钟", "about five minutes"),
            (301, "预计等待约六分钟", "about six minutes"),
            (720, "预计等待约十二分钟", "about twelve minutes"),
            (3_600, "预计等待约六十分钟", "about sixty minutes"),
            (3_601, "超过一小时", "more than an hour"),
        ] {
            assert_eq!(written(Mandarin, &wait(Mandarin, Duration::from_secs(seconds))), zh);
            assert_eq!(written(English, &wait(English, Duration::from_secs(seconds))), en);
        }
    }

    #[test]
    fn a_work_number_is_read_digit_by_digit() {
        assert_eq!(written(Mandarin, &agent(Mandarin, "8012")), "工号八零幺二为您服务");
        assert_eq!(written(English, &agent(English, "8012")), "agent eight zero one two is at your service");
        assert_eq!(agent(Mandarin, "wang"), []);
    }

    #[test]
    fn each_piece_has_a_place_of_its_own() {
        for (at, piece) in Piece::ALL.iter().enumerate() {
            assert_eq!(piece.place(), at, "{piece:?}");
        }
    }
}
