//! Numbers: what a carrier writes in a request becomes the number that flows and records know.
//!
//! ```text
//!   called   052712345 · +8652712345 · 008652712345 · 0527-12345   ──▶ 12345        (a short number of our area)
//!            85551234  · 052785551234                              ──▶ +8652785551234
//!   caller   013851234567 · 13851234567 (a mobile) · +86138…       ──▶ +8613851234567
//!            anonymous                                             ──▶ (empty)
//! ```
//!
//! The rules are the trunk's ([`NumberRules`]). A trunk without rules passes digits as they are.
//! Never knows: headers, who may be believed (that is the trunk's business).

use crate::plan::NumberRules;

/// Longest number kept; E.164 allows 15 digits, service codes and carriers' prefixes a few more.
const LONGEST: usize = 32;

/// The called number, as flows know it.
pub(crate) fn called(raw: &str, rules: &NumberRules) -> String {
    let digits = plain(raw);
    if rules.short.contains(&digits) {
        return digits;
    }
    let Some(national) = national(&digits, rules) else { return digits };
    // A short number stays short behind every prefix that leads to our own area.
    let local = national.strip_prefix(rules.area.as_str()).filter(|_| !rules.area.is_empty());
    for candidate in [Some(national), local].into_iter().flatten() {
        if rules.short.iter().any(|short| short == candidate) {
            return candidate.to_owned();
        }
    }
    e164(&digits, rules)
}

/// The caller's number: E.164 with `+` where the rules allow, digits otherwise, empty when withheld.
pub(crate) fn caller(raw: &str, rules: &NumberRules) -> String {
    let anonymous = ["anonymous", "unknown", "unavailable", "restricted", "private", "withheld"];
    if anonymous.iter().any(|word| raw.eq_ignore_ascii_case(word)) {
        return String::new();
    }
    let digits = plain(raw);
    if !digits.strip_prefix('+').unwrap_or(&digits).bytes().all(|byte| byte.is_ascii_digit()) {
        return digits; // a name or a service code, not a number
    }
    if rules.short.contains(&digits) { digits } else { e164(&digits, rules) }
}

/// Takes the visual separators out (RFC 3966 5.1.1) and everything from the first parameter on.
fn plain(raw: &str) -> String {
    let number = raw.split([';', '@']).next().unwrap_or("");
    number.chars().filter(|c| !matches!(c, '-' | '.' | '(' | ')' | ' ')).take(LONGEST).collect()
}

/// The national significant number inside any spelling; `None` when it is a foreign number.
fn national<'a>(digits: &'a str, rules: &NumberRules) -> Option<&'a str> {
    let international = digits.strip_prefix('+').or_else(|| strip(digits, &rules.international_prefix));
    if let Some(international) = international {
        return strip(international, &rules.country).or(if rules.country.is_empty() {
            Some(international)
        } else {
            None
        });
    }
    Some(strip(digits, &rules.national_prefix).unwrap_or(digits))
}

/// E.164 with `+`, as far as the rules lead.
fn e164(digits: &str, rules: &NumberRules) -> String {
    if digits.starts_with('+') || rules.country.is_empty() {
        return digits.to_owned();
    }
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits.to_owned();
    }
    if let Some(international) = strip(digits, &rules.international_prefix) {
        return format!("+{international}");
    }
    let country = &rules.country;
    if let Some(national) = strip(digits, &rules.national_prefix) {
        return format!("+{country}{national}");
    }
    // Without any prefix: a national number that some carriers send bare (`13851234567`: as long as a mobile
    // number), a full number without its plus, or a number of our own area.
    match digits.len() {
        11 if digits.starts_with('1') && country == "86" => format!("+{country}{digits}"),
        length if length > 11 && digits.starts_with(country.as_str()) => format!("+{digits}"),
        7 | 8 if !rules.area.is_empty() => format!("+{country}{}{digits}", rules.area),
        length if length >= 9 => format!("+{country}{digits}"),
        _ => digits.to_owned(), // service codes, extensions, short numbers of others
    }
}

/// `text` without `prefix`, when there is a prefix and something behind it.
fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    if prefix.is_empty() { None } else { text.strip_prefix(prefix).filter(|rest| !rest.is_empty()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suqian() -> NumberRules {
        NumberRules {
            country: "86".into(),
            area: "527".into(),
            national_prefix: "0".into(),
            international_prefix: "00".into(),
            short: vec!["12345".into(), "110".into()],
        }
    }

    #[test]
    fn every_spelling_of_the_hotline_is_the_hotline() {
        for raw in ["12345", "052712345", "+8652712345", "008652712345", "0527-12345", "+8612345", "52712345"]
        {
            assert_eq!(called(raw, &suqian()), "12345", "{raw}");
        }
        assert_eq!(called("0527110", &suqian()), "110");
        assert_eq!(called("85551234", &suqian()), "+8652785551234");
        assert_eq!(called("*11", &suqian()), "*11");
    }

    #[test]
    fn callers_become_e164() {
        let cases = [
            ("13851234567", "+8613851234567"),
            ("013851234567", "+8613851234567"),
            ("+8613851234567", "+8613851234567"),
            ("8613851234567", "+8613851234567"),
            ("84351234", "+8652784351234"),
            ("052784351234", "+8652784351234"),
            ("02584351234", "+862584351234"),
            ("0044 20 7946 0000", "+442079460000"),
            ("110", "110"),
            ("10086", "10086"),
            ("Anonymous", ""),
            ("alice", "alice"),
        ];
        for (raw, wanted) in cases {
            assert_eq!(caller(raw, &suqian()), wanted, "{raw}");
        }
    }

    #[test]
    fn without_rules_digits_stay_as_they_came() {
        let none = NumberRules::default();
        assert_eq!(called("052712345", &none), "052712345");
        assert_eq!(caller("+44 20 7946", &none), "+44207946");
        assert_eq!(called(&"9".repeat(500), &none).len(), LONGEST);
    }
}
