//! What is known of a caller's case, and how it goes with him from phone to phone.
//!
//! ```text
//!   agent, by request ─┐                 ┌─▶ X-Case-Id, -Place, -Text, -Reason, -Number    percent-encoded UTF-8
//!   another platform's ├─▶ Case of call ─┤
//!   INVITE ────────────┘                 └─▶ Call-Info: <https://…/case/{id}>;purpose=info
//! ```
//!
//! Header values are percent-encoded (RFC 3986 section 2.1): what a carrier does to raw UTF-8 is anybody's guess.
//! Never knows: the case system.

use crate::roster::CaseWay;
use base::Private;

/// Longest text of each field, in bytes; an INVITE with all of them still fits where TCP or fragments carry it.
pub const TEXT_MAX: usize = 600;

const ID: &str = "X-Case-Id";
const NUMBER: &str = "X-Case-Number";
const PLACE: &str = "X-Case-Place";
const TEXT: &str = "X-Case-Text";
const REASON: &str = "X-Case-Reason";
const CALL_INFO: &str = "Call-Info";

/// The headers in which another platform tells us of a case.
pub const HEADERS: [&str; 5] = [ID, PLACE, TEXT, REASON, CALL_INFO];

/// Of them, those that say nothing of a person.
pub const PLAIN: [&str; 2] = [ID, REASON];

/// A case, as far as calls know of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    /// Its number in the case system that told us.
    pub id: String,
    /// Where (地点).
    pub place: Private,
    /// What (内容).
    pub text: Private,
    /// A page about it.
    pub url: String,
    /// Why its caller was sent to us, in the words of who sent him.
    pub reason: String,
}

impl Case {
    /// Nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether its fields are short enough to travel, and of one line.
    ///
    /// # Errors
    /// What is wrong.
    pub fn fits(&self) -> Result<(), &'static str> {
        let fields = [&self.id, self.place.reveal(), self.text.reveal(), &self.url, &self.reason];
        if fields.iter().any(|field| field.len() > TEXT_MAX) {
            return Err("a field of the case is longer than 600 bytes");
        }
        if fields.iter().any(|field| field.chars().any(char::is_control)) {
            return Err("a field of the case has a control character");
        }
        if self.url.contains(['<', '>', ' ', '"']) {
            return Err("the case's url is no address of a page");
        }
        Ok(())
    }

    /// From the headers of an INVITE; what is too long is cut, what is no UTF-8 is left out.
    #[must_use]
    pub fn read(headers: &[(String, Private)]) -> Option<Self> {
        let of = |name: &str| {
            let found = headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.reveal().trim())
        };
        let field = |name: &str| of(name).and_then(decoded).unwrap_or_default();
        let url = of(CALL_INFO).filter(|value| value.contains("purpose=info"));
        let url = url.and_then(|value| value.strip_prefix('<')?.split_once('>')).map(|(url, _)| url);
        let case = Self {
            id: field(ID),
            place: Private::new(field(PLACE)),
            text: Private::new(field(TEXT)),
            url: url.filter(|url| url.len() <= TEXT_MAX).unwrap_or_default().to_owned(),
            reason: field(REASON),
        };
        (!case.is_empty() && case.fits().is_ok()).then_some(case)
    }

    /// For an INVITE to somebody who is told in this way; `number` is the caller's, where he is told that.
    #[must_use]
    pub fn headers(&self, way: &CaseWay, number: &Private) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        if way.headers {
            let fields = [
                (ID, &self.id),
                (NUMBER, number.reveal()),
                (PLACE, self.place.reveal()),
                (TEXT, self.text.reveal()),
                (REASON, &self.reason),
            ];
            let told = fields.into_iter().filter(|(_, value)| !value.is_empty());
            headers.extend(told.map(|(name, value)| (name.to_owned(), encoded(value))));
        }
        let url = if way.url.is_empty() || self.id.is_empty() {
            self.url.clone()
        } else {
            way.url.replace("{id}", &encoded(&self.id)).replace("{number}", &encoded(number.reveal()))
        };
        if way.tells() && !url.is_empty() {
            headers.push((CALL_INFO.to_owned(), format!("<{url}>;purpose=info")));
        }
        headers
    }
}

fn encoded(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte.into());
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if bytes.len() >= TEXT_MAX {
            break;
        }
        let escaped =
            (*first == b'%').then(|| after.split_at_checked(2)).flatten().and_then(|(hex, after)| {
                let hex = std::str::from_utf8(hex).ok()?;
                Some((u8::from_str_radix(hex, 16).ok()?, after))
            });
        let (byte, after) = escaped.unwrap_or((*first, after));
        bytes.push(byte);
        rest = after;
    }
    match String::from_utf8(bytes) {
        Ok(text) => Some(text),
        // Cut within a character.
        Err(error) if error.utf8_error().error_len().is_none() => {
            let whole = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            bytes.truncate(whole);
            String::from_utf8(bytes).ok()
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> Case {
        Case {
            id: "SQ-2026-0017".into(),
            place: Private::new("宿城区 项王路".into()),
            text: Private::new("路面塌陷, 100% 有危险".into()),
            url: String::new(),
            reason: "danger".into(),
        }
    }

    #[test]
    fn what_is_told_is_read_the_same_at_the_other_end() {
        let way = CaseWay { headers: true, url: "https://cases.example/{id}?tel={number}".into() };
        let number = Private::new("+8613851234567".into());
        let headers = case().headers(&way, &number);
        assert!(headers.iter().all(|(_, value)| value.is_ascii()));
        let headers: Vec<_> = headers.into_iter().map(|(name, value)| (name, Private::new(value))).collect();
        let read = Case::read(&headers).expect("a case");
        let url = "https://cases.example/SQ-2026-0017?tel=%2B8613851234567".to_owned();
        assert_eq!(read, Case { url, ..case() });
    }

    #[test]
    fn who_is_told_nothing_gets_a_plain_call() {
        assert_eq!(case().headers(&CaseWay::default(), &Private::new(String::new())), []);
    }

    #[test]
    fn what_is_no_case_is_none() {
        let header = |name: &str, value: &str| vec![(name.to_owned(), Private::new(value.to_owned()))];
        assert_eq!(Case::read(&[]), None);
        assert_eq!(Case::read(&header("X-Case-Id", "%ff%fe")), None, "no UTF-8");
        assert_eq!(Case::read(&header("X-Case-Id", "a%0D%0Ab")), None, "two lines");
        assert_eq!(Case::read(&header("x-case-id", "7%")).map(|case| case.id), Some("7%".into()));
        let long = "字".repeat(400).bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
        let cut = Case::read(&header("X-Case-Text", &long)).expect("the beginning");
        assert_eq!(cut.text.reveal().chars().count(), 200);
        assert_eq!(Case::read(&header("Call-Info", "<http://a/b>;purpose=icon")), None);
    }
}
