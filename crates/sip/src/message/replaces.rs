//! Replaces (RFC 3891 6.1): which dialog a new one takes the place of.

use super::list::trim;
use super::params::Params;
use super::uri::cut;

/// See the module's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaces<'a> {
    /// Call-ID of the dialog.
    pub call_id: &'a [u8],
    /// Its tag on the side that is asked.
    pub to_tag: &'a [u8],
    /// Its tag on the other side.
    pub from_tag: &'a [u8],
    /// Only as long as nobody has answered (RFC 3891 3).
    pub early_only: bool,
}

impl<'a> Replaces<'a> {
    /// Reads a value; `None` when one of the three texts is missing or stands twice.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (call_id, params) = cut(value, b';');
        let (call_id, params) = (trim(call_id), Params::new(params));
        let once = |name: &str| {
            let mut found = params.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()));
            let tag = found.next()?.1.filter(|tag| !tag.is_empty())?;
            found.next().is_none().then_some(tag)
        };
        if call_id.is_empty() || call_id.iter().any(|&byte| byte <= b' ' || byte == 0x7F) {
            return None;
        }
        Some(Self {
            call_id,
            to_tag: once("to-tag")?,
            from_tag: once("from-tag")?,
            early_only: params.has("early-only"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 3891 6.1, and what is not one.
    #[test]
    fn a_dialog_is_named_by_three_texts() {
        let replaces = Replaces::parse(b"12adf2f34456gs5; to-tag=12345 ;from-tag=54321;early-only").unwrap();
        assert_eq!(
            (replaces.call_id, replaces.to_tag, replaces.from_tag, replaces.early_only),
            (&b"12adf2f34456gs5"[..], &b"12345"[..], &b"54321"[..], true)
        );
        assert!(!Replaces::parse(b"87134@192.0.2.23;FROM-TAG=0;To-Tag=24796").unwrap().early_only);
        for bad in [
            &b""[..],
            b";to-tag=1;from-tag=2",
            b"a;to-tag=1",
            b"a;to-tag;from-tag=2",
            b"a;to-tag=;from-tag=2",
            b"a;to-tag=1;from-tag=2;to-tag=3",
            b"a b;to-tag=1;from-tag=2",
        ] {
            assert_eq!(Replaces::parse(bad), None, "{}", String::from_utf8_lossy(bad));
        }
    }
}
