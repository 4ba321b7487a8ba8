//! Bounds of a message, checked before work is done on what passes them.

/// How large a message may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a whole message.
    pub message: usize,
    /// Header lines, at most [`HEADERS_MAX`](super::HEADERS_MAX).
    pub headers: usize,
    /// Bytes of one header field or of the first line.
    pub field: usize,
}

impl Limits {
    /// For a datagram: more than any UDP packet that arrives whole needs.
    pub const DATAGRAM: Self = Self { message: 65_535, headers: super::HEADERS_MAX, field: 8_192 };
    /// For a stream, where the sender is known to have a connection.
    pub const STREAM: Self = Self { message: 65_535, headers: super::HEADERS_MAX, field: 8_192 };
}
