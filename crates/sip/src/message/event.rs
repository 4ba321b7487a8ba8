//! Event (RFC 6665 8.2.1): what a subscription is for.

use super::list::{number, trim};
use super::params::Params;
use super::uri::cut;

/// See the module's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The event package.
    pub package: &'a [u8],
    /// Which of several subscriptions to it in a dialog; `Some(None)` when that is no number, which ours are (RFC 3515
    /// 2.4.6).
    pub id: Option<Option<u32>>,
}

impl<'a> Event<'a> {
    /// Reads a value.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Self {
        let (package, params) = cut(value, b';');
        let id = Params::new(params).find("id").map(|text| text.and_then(number));
        Self { package: trim(package), id }
    }

    /// Whether the package is this one: tokens are compared as they stand, phones write them as they like.
    #[must_use]
    pub fn is(&self, package: &str) -> bool {
        self.package.eq_ignore_ascii_case(package.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_package_and_a_number() {
        assert_eq!(Event::parse(b"refer"), Event { package: b"refer", id: None });
        assert_eq!(
            Event::parse(b" Refer ; id=93809824"),
            Event { package: b"Refer", id: Some(Some(93_809_824)) }
        );
        assert!(Event::parse(b"Refer;id=7").is("refer") && !Event::parse(b"refer.winfo").is("refer"));
        for odd in [&b"refer;id=x"[..], b"refer;id", b"refer;id=-1", b"refer;id=99999999999"] {
            assert_eq!(Event::parse(odd).id, Some(None), "{}", String::from_utf8_lossy(odd));
        }
    }
}
