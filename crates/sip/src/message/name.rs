//! Header names that we act upon, with their compact forms (RFC 3261 7.3.3 and the registry at IANA).

/// A header's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is the header of that name")]
pub enum Name {
    Via,
    From,
    To,
    CallId,
    CSeq,
    Contact,
    MaxForwards,
    ContentLength,
    ContentType,
    ContentEncoding,
    Route,
    RecordRoute,
    Expires,
    MinExpires,
    Require,
    ProxyRequire,
    Supported,
    Unsupported,
    Allow,
    Accept,
    Authorization,
    ProxyAuthorization,
    WwwAuthenticate,
    ProxyAuthenticate,
    UserAgent,
    Server,
    Path,
    RSeq,
    RAck,
    SessionExpires,
    MinSe,
    Reason,
    RetryAfter,
    ReferTo,
    ReferredBy,
    Replaces,
    Event,
    AllowEvents,
    SubscriptionState,
    PAssertedIdentity,
    PPreferredIdentity,
    Privacy,
    Diversion,
    HistoryInfo,
    Subject,
    Date,
    Warning,
    InfoPackage,
    RecvInfo,
    Other,
}

const NAMES: [(&str, Name); 49] = [
    ("Via", Name::Via),
    ("From", Name::From),
    ("To", Name::To),
    ("Call-ID", Name::CallId),
    ("CSeq", Name::CSeq),
    ("Contact", Name::Contact),
    ("Max-Forwards", Name::MaxForwards),
    ("Content-Length", Name::ContentLength),
    ("Content-Type", Name::ContentType),
    ("Content-Encoding", Name::ContentEncoding),
    ("Route", Name::Route),
    ("Record-Route", Name::RecordRoute),
    ("Expires", Name::Expires),
    ("Min-Expires", Name::MinExpires),
    ("Require", Name::Require),
    ("Proxy-Require", Name::ProxyRequire),
    ("Supported", Name::Supported),
    ("Unsupported", Name::Unsupported),
    ("Allow", Name::Allow),
    ("Accept", Name::Accept),
    ("Authorization", Name::Authorization),
    ("Proxy-Authorization", Name::ProxyAuthorization),
    ("WWW-Authenticate", Name::WwwAuthenticate),
    ("Proxy-Authenticate", Name::ProxyAuthenticate),
    ("User-Agent", Name::UserAgent),
    ("Server", Name::Server),
    ("Path", Name::Path),
    ("RSeq", Name::RSeq),
    ("RAck", Name::RAck),
    ("Session-Expires", Name::SessionExpires),
    ("Min-SE", Name::MinSe),
    ("Reason", Name::Reason),
    ("Retry-After", Name::RetryAfter),
    ("Refer-To", Name::ReferTo),
    ("Referred-By", Name::ReferredBy),
    ("Replaces", Name::Replaces),
    ("Event", Name::Event),
    ("Allow-Events", Name::AllowEvents),
    ("Subscription-State", Name::SubscriptionState),
    ("P-Asserted-Identity", Name::PAssertedIdentity),
    ("P-Preferred-Identity", Name::PPreferredIdentity),
    ("Privacy", Name::Privacy),
    ("Diversion", Name::Diversion),
    ("History-Info", Name::HistoryInfo),
    ("Subject", Name::Subject),
    ("Date", Name::Date),
    ("Warning", Name::Warning),
    ("Info-Package", Name::InfoPackage),
    ("Recv-Info", Name::RecvInfo),
];

/// Places in [`NAMES`] by length, so that two or three comparisons do. Ends with a place that is none.
const BY_LENGTH: [[u8; 9]; 21] = {
    let mut places = [[u8::MAX; 9]; 21];
    let mut place = 0;
    while place < NAMES.len() {
        let length = NAMES[place].0.len();
        let mut at = 0;
        while places[length][at] != u8::MAX {
            at += 1;
        }
        places[length][at] = place as u8;
        place += 1;
    }
    places
};

impl Name {
    /// The name of a header as written, long or compact, in any case.
    #[must_use]
    pub fn of(name: &[u8]) -> Self {
        if let [compact] = name {
            return Self::of_compact(compact.to_ascii_lowercase());
        }
        let Some(places) = BY_LENGTH.get(name.len()) else { return Self::Other };
        places
            .iter()
            .map_while(|&place| NAMES.get(usize::from(place)))
            .find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name))
            .map_or(Self::Other, |(_, name)| *name)
    }

    const fn of_compact(letter: u8) -> Self {
        match letter {
            b'v' => Self::Via,
            b'f' => Self::From,
            b't' => Self::To,
            b'i' => Self::CallId,
            b'm' => Self::Contact,
            b'l' => Self::ContentLength,
            b'c' => Self::ContentType,
            b'e' => Self::ContentEncoding,
            b'k' => Self::Supported,
            b's' => Self::Subject,
            b'r' => Self::ReferTo,
            b'b' => Self::ReferredBy,
            b'o' => Self::Event,
            b'u' => Self::AllowEvents,
            b'x' => Self::SessionExpires,
            _ => Self::Other,
        }
    }

    /// As we write it; empty for [`Name::Other`].
    #[must_use]
    pub fn as_str(self) -> &'static str {
        NAMES.iter().find(|(_, name)| *name == self).map_or("", |(known, _)| known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_known_in_any_case() {
        for (text, name) in NAMES {
            for spelling in [text.to_owned(), text.to_lowercase(), text.to_uppercase()] {
                assert_eq!(Name::of(spelling.as_bytes()), name);
            }
            assert_eq!(name.as_str(), text);
        }
        for stranger in ["", "X-Call-Ref", "Viaa", "P-Preferred-Identity-Of-Nobody", "\u{130}"] {
            assert_eq!(Name::of(stranger.as_bytes()), Name::Other);
        }
    }
}
