//! A message that passed validation, with the values that route it read once.
//!
//! Texts are as the peer wrote them; header values that are copied into answers keep even their folding.

use crate::message::{Cause, Invalid, Keys, Message, Method, Name, ReasonValue, Start, Via, validated};
use crate::transaction::COOKIE;

/// See the module's head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received<'a> {
    pub(crate) message: &'a Message<'a>,
    method: Method<'a>,
    status: u16,
    seq: u32,
    via: Via<'a>,
    branch: &'a [u8],
    call_id: &'a [u8],
    from_tag: &'a [u8],
    to_tag: &'a [u8],
}

impl<'a> Received<'a> {
    /// Checks a message and reads what routes it.
    pub(crate) fn read(message: &'a Message<'a>) -> Result<Self, Invalid> {
        let Keys { via, from, to, call_id, cseq } = validated(message)?;
        Ok(Self {
            message,
            via,
            method: cseq.method,
            status: message.status().unwrap_or(0),
            seq: cseq.number,
            branch: via.branch().unwrap_or_default(),
            call_id,
            from_tag: from.tag().unwrap_or_default(),
            to_tag: to.tag().unwrap_or_default(),
        })
    }

    /// Method; of a response that of its CSeq.
    pub(crate) fn method(&self) -> Method<'a> {
        self.method
    }

    /// Status; zero for a request.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// Number of CSeq.
    pub(crate) fn seq(&self) -> u32 {
        self.seq
    }

    /// Branch of the topmost Via; empty when there is none.
    pub(crate) fn branch(&self) -> &'a [u8] {
        self.branch
    }

    /// Topmost Via.
    pub(crate) fn via(&self) -> &Via<'a> {
        &self.via
    }

    /// Its branch names a transaction as RFC 3261 17.2.3 wants.
    pub(crate) fn has_cookie(&self) -> bool {
        self.branch.len() > COOKIE.len() && self.branch.starts_with(COOKIE)
    }

    pub(crate) fn call_id(&self) -> &'a [u8] {
        self.call_id
    }

    pub(crate) fn tag_of_from(&self) -> &'a [u8] {
        self.from_tag
    }

    /// Empty outside a dialog.
    pub(crate) fn tag_of_to(&self) -> &'a [u8] {
        self.to_tag
    }

    /// Value of From.
    pub(crate) fn from(&self) -> &'a [u8] {
        self.value(Name::From).unwrap_or_default()
    }

    /// Value of To.
    pub(crate) fn to(&self) -> &'a [u8] {
        self.value(Name::To).unwrap_or_default()
    }

    /// Value of the first line of a header.
    pub(crate) fn value(&self, name: Name) -> Option<&'a [u8]> {
        self.message.header(name)
    }

    /// Request-URI; empty for a response.
    pub(crate) fn uri(&self) -> &'a [u8] {
        match self.message.start() {
            Start::Request { uri, .. } => uri,
            Start::Response { .. } => b"",
        }
    }

    pub(crate) fn body(&self) -> &'a [u8] {
        self.message.body()
    }

    /// URI of the first Contact.
    pub(crate) fn contact_uri(&self) -> Option<&'a [u8]> {
        self.message.contacts().next().flatten().map(|contact| contact.uri)
    }

    /// Q.850 cause of a Reason header (RFC 3326).
    pub(crate) fn cause(&self) -> Option<Cause> {
        self.message.values(Name::Reason).filter_map(ReasonValue::parse).find_map(|reason| {
            let cause = u8::try_from(reason.cause).ok().filter(|cause| (1..128).contains(cause))?;
            reason.protocol.eq_ignore_ascii_case(b"Q.850").then_some(Cause(cause))
        })
    }
}
