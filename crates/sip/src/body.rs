//! Bodies: where the session description stands in a message. Its meaning is somebody else's business.

use crate::message::{Name, Params};
use crate::received::Received;

/// A body we cannot take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnknownBody;

/// The SDP of a message, empty when there is none. Carriers wrap it in `multipart/mixed` together with the
/// ISUP they came from (RFC 3204, RFC 5621): then it is the first part of its type.
pub(crate) fn description<'a>(received: &Received<'a>) -> Result<&'a [u8], UnknownBody> {
    let body = received.body();
    if body.is_empty() {
        return Ok(body);
    }
    let (kind, params) = split(received.value(Name::ContentType).unwrap_or(b"application/sdp"));
    if kind.eq_ignore_ascii_case(b"application/sdp") {
        return Ok(body);
    }
    if kind.len() < 10 || !kind[..10].eq_ignore_ascii_case(b"multipart/") {
        return Err(UnknownBody);
    }
    let boundary = params.value("boundary").ok_or(UnknownBody)?;
    let delimiter = [b"--", boundary].concat();
    let mut rest = body;
    for _ in 0..8 {
        let Some(begin) = find(rest, &delimiter) else { break };
        rest = &rest[begin + delimiter.len()..];
        let end = find(rest, &delimiter).unwrap_or(rest.len());
        if let Some(part) = sdp_of_part(&rest[..end]) {
            return Ok(part);
        }
    }
    Err(UnknownBody)
}

fn sdp_of_part(part: &[u8]) -> Option<&[u8]> {
    let head_end = find(part, b"\r\n\r\n")?;
    let (head, body) = (&part[..head_end], &part[head_end + 4..]);
    let is_sdp = head.split(|&byte| byte == b'\n').any(|line| {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { return false };
        let (name, value) = (line[..colon].trim_ascii(), &line[colon + 1..]);
        (name.eq_ignore_ascii_case(b"Content-Type") || name.eq_ignore_ascii_case(b"c"))
            && split(value).0.eq_ignore_ascii_case(b"application/sdp")
    });
    is_sdp.then(|| body.strip_suffix(b"\r\n").unwrap_or(body))
}

fn split(value: &[u8]) -> (&[u8], Params<'_>) {
    let end = value.iter().position(|&byte| byte == b';').unwrap_or(value.len());
    (value[..end].trim_ascii(), Params::new(value.get(end + 1..).unwrap_or_default()))
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
