//! Requests that are answered without asking anybody: keys by INFO, questions, and what we do not do.

use crate::compose::{ACCEPT, ALLOW, Reply, SUPPORTED};
use crate::core::Core;
use crate::endpoint::Out;
use crate::leg::Fact;
use crate::legs::Id;
use crate::message::{Method, Name};
use crate::received::Received;
use crate::transaction::ServerRef;
use base::Timestamp;

/// Extensions that a request may require of us.
const CAN: [&str; 5] = ["100rel", "timer", "path", "replaces", "norefersub"];

/// Answers a request inside a dialog that no state of a leg handles itself.
pub(crate) fn refuse_in_dialog(
    core: &mut Core,
    now: Timestamp,
    request: &Received<'_>,
    server: ServerRef,
    id: Id,
    out: &mut Out,
) {
    let method = request.method();
    let (status, reason, extra) = match method {
        Method::Info => {
            let (status, extra) = info(request, id, out);
            (status, None, extra)
        }
        // Answered calls hear it themselves.
        Method::Refer => (403, Some("Call Is Not Answered Yet"), Vec::new()),
        _ => outside(method),
    };
    core.answer(now, server, method, &Reply { status, reason, extra: &extra, ..Reply::default() }, out);
}

/// What a method gets that is not ours to act upon, in or out of a dialog.
pub(crate) fn outside(method: Method<'_>) -> (u16, Option<&'static str>, Vec<u8>) {
    let (status, lines) = match method {
        Method::Options => (200, [ALLOW, ACCEPT, SUPPORTED].concat()),
        // Whoever wants a call transferred asks in that call; what stands alone would be a call for free.
        Method::Refer => return (403, Some("REFER Outside A Call"), Vec::new()),
        // RFC 6665 4.1.3 and RFC 3903 6: there is no event package here but that of a transfer, in its own call.
        Method::Subscribe | Method::Publish => (489, ALLOW.to_vec()),
        Method::Message => (405, ALLOW.to_vec()),
        // Requests that mean something inside a dialog only; and we subscribe to nothing (RFC 6665 4.1.3).
        Method::Bye | Method::Prack | Method::Update | Method::Info | Method::Cancel | Method::Notify => {
            (481, Vec::new())
        }
        Method::Other(_) => (501, ALLOW.to_vec()),
        Method::Invite | Method::Ack | Method::Register => (405, ALLOW.to_vec()),
    };
    (status, None, lines)
}

/// INFO (RFC 6086 4.2.2): keys in the two spellings that phones use; an empty one is a sign of life.
fn info(request: &Received<'_>, id: Id, out: &mut Out) -> (u16, Vec<u8>) {
    if request.value(Name::InfoPackage).is_some() {
        return (469, b"Recv-Info: \r\n".to_vec());
    }
    let kind = request.value(Name::ContentType).unwrap_or_default();
    let kind = kind.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    let types: [&[u8]; 2] = [b"application/dtmf-relay", b"application/dtmf"];
    if !types.iter().any(|known| kind.eq_ignore_ascii_case(known)) {
        return if request.body().is_empty() { (200, Vec::new()) } else { (415, ACCEPT.to_vec()) };
    }
    // The first type has lines of names and values, the second the key alone; phones mix them up.
    let signal = request.body().split(|&byte| byte == b'\n').find_map(|line| {
        let line = line.trim_ascii();
        let value = line.get(6..)?.trim_ascii_start().strip_prefix(b"=")?;
        line[..6].eq_ignore_ascii_case(b"Signal").then_some(value)
    });
    match key_of(signal.unwrap_or(request.body()).trim_ascii()) {
        Some(digit) => {
            out.facts.push(Fact::Key { leg: id.name, digit });
            (200, Vec::new())
        }
        None => (400, Vec::new()),
    }
}

/// A key as a digit, a sign, or its event number (RFC 4733 3.2: 10 is `*`, 11 is `#`, 12–15 are A–D).
fn key_of(text: &[u8]) -> Option<char> {
    match text {
        [digit @ (b'0'..=b'9' | b'*' | b'#' | b'A'..=b'D')] => Some(char::from(*digit)),
        [letter @ b'a'..=b'd'] => Some(char::from(letter.to_ascii_uppercase())),
        [b'1', second @ b'0'..=b'5'] => Some(char::from(b"*#ABCD"[usize::from(second - b'0')])),
        _ => None,
    }
}

/// Lines for a 420 when a request requires what we cannot do (RFC 3261 8.2.2.3); CANCEL and ACK never get one.
pub(crate) fn unsupported(request: &Received<'_>) -> Option<Vec<u8>> {
    let mut missing: Vec<u8> = Vec::new();
    for option in request.message.values(Name::Require).chain(request.message.values(Name::ProxyRequire)) {
        if !CAN.iter().any(|can| can.as_bytes().eq_ignore_ascii_case(option)) && missing.len() < 256 {
            let before: &[u8] = if missing.is_empty() { b"Unsupported: " } else { b", " };
            missing.extend_from_slice(before);
            missing.extend_from_slice(option);
        }
    }
    if missing.is_empty() {
        return None;
    }
    missing.extend_from_slice(b"\r\n");
    Some(missing)
}

#[cfg(test)]
mod tests {
    use super::key_of;

    #[test]
    fn keys_are_read_in_all_spellings() {
        assert_eq!(
            [key_of(b"5"), key_of(b"#"), key_of(b"11"), key_of(b"d")],
            [Some('5'), Some('#'), Some('#'), Some('D')]
        );
        assert_eq!([key_of(b""), key_of(b"16"), key_of(b"55")], [None; 3]);
    }
}
