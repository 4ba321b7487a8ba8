//! Methods; unknown ones keep their name, so that 405 or 501 can be answered.

/// A method. Case matters (RFC 3261 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method<'a> {
    /// RFC 3261.
    Invite,
    /// RFC 3261.
    Ack,
    /// RFC 3261.
    Bye,
    /// RFC 3261.
    Cancel,
    /// RFC 3261.
    Register,
    /// RFC 3261.
    Options,
    /// RFC 3262.
    Prack,
    /// RFC 3311.
    Update,
    /// RFC 6086.
    Info,
    /// RFC 3515.
    Refer,
    /// RFC 6665.
    Notify,
    /// RFC 6665.
    Subscribe,
    /// RFC 3428.
    Message,
    /// RFC 3903.
    Publish,
    /// Any other token.
    Other(&'a [u8]),
}

const KNOWN: [(&str, Method<'static>); 14] = [
    ("INVITE", Method::Invite),
    ("ACK", Method::Ack),
    ("BYE", Method::Bye),
    ("CANCEL", Method::Cancel),
    ("REGISTER", Method::Register),
    ("OPTIONS", Method::Options),
    ("PRACK", Method::Prack),
    ("UPDATE", Method::Update),
    ("INFO", Method::Info),
    ("REFER", Method::Refer),
    ("NOTIFY", Method::Notify),
    ("SUBSCRIBE", Method::Subscribe),
    ("MESSAGE", Method::Message),
    ("PUBLISH", Method::Publish),
];

impl<'a> Method<'a> {
    /// A method's name; `None` when it is not a token.
    #[must_use]
    pub fn parse(name: &'a [u8]) -> Option<Self> {
        if let Some((_, known)) = KNOWN.iter().find(|(known, _)| known.as_bytes() == name) {
            return Some(*known);
        }
        (!name.is_empty() && name.iter().all(|&byte| is_token(byte))).then_some(Self::Other(name))
    }

    /// As it stands on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        match self {
            Self::Other(name) => name,
            known => {
                KNOWN.iter().find(|(_, method)| method == known).map_or(b"", |(name, _)| name.as_bytes())
            }
        }
    }
}

/// RFC 3261 25.1 `token`.
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte)
}
