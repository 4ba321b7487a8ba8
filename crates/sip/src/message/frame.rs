//! Cuts a stream into messages (RFC 3261 18.3) and hears its keep-alives (RFC 5626 3.5.1).
//!
//! ```text
//!   push(bytes) ─▶ next() ─▶ Message(range of the buffer) | Ping (answer with CRLF) | None (wait) | error (close)
//! ```

use super::{Limits, Malformed, Message, Name};

/// What stands next in the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// One whole message.
    Message(&'a [u8]),
    /// A keep-alive (CRLFCRLF), or several in a row: answer with one CRLF.
    Ping,
}

/// Bytes of one stream that are not yet consumed.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    buffer: Vec<u8>,
    consumed: usize,
    /// How far the end of the head has been looked for, so that a slow stream is not searched again and again.
    searched: usize,
}

impl Stream {
    /// Adds bytes that arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.consumed);
        self.consumed = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes what stands next; `None` until more bytes come.
    ///
    /// # Errors
    /// When the stream cannot be followed any further: no Content-Length, or a bound passed. Close it.
    pub fn next_frame(&mut self, limits: &Limits) -> Result<Option<Frame<'_>>, Malformed> {
        let rest = &self.buffer[self.consumed..];
        let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if ends == rest.len() && ends < 4 {
            return Ok(None);
        }
        if ends > 0 {
            // All of them at once: a peer that sends nothing else must not make us look at them again and again,
            // nor get more than one answer for them.
            let ping = rest[..ends].windows(4).any(|four| four == b"\r\n\r\n");
            self.consumed += ends;
            self.searched = 0;
            if ping {
                return Ok(Some(Frame::Ping));
            }
        }
        let Some(head) = self.head_end() else {
            return if self.buffer.len() - self.consumed > limits.message {
                Err(Malformed("Head Too Large"))
            } else {
                Ok(None)
            };
        };
        let start = self.consumed;
        let message = Message::parse(&self.buffer[start..start + head], limits)?;
        // Two lengths are two opinions about where the next message begins (RFC 4475 3.3.9); on a stream that
        // cannot be answered and forgotten.
        if message.count(Name::ContentLength) > 1 {
            return Err(Malformed("More Than One Content-Length"));
        }
        let length = message.content_length().ok_or(Malformed("Missing Content-Length"))?;
        let whole = head + length;
        if whole > limits.message {
            return Err(Malformed("Message Too Large"));
        }
        if self.buffer.len() - start < whole {
            return Ok(None);
        }
        self.consumed += whole;
        self.searched = 0;
        Ok(Some(Frame::Message(&self.buffer[start..start + whole])))
    }

    /// Length of the head with its empty line.
    fn head_end(&mut self) -> Option<usize> {
        let rest = &self.buffer[self.consumed..];
        let from = self.searched.saturating_sub(3);
        match rest[from..].windows(4).position(|four| four == b"\r\n\r\n") {
            Some(place) => Some(from + place + 4),
            None => {
                self.searched = rest.len();
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYE: &[u8] = b"BYE sip:a@h SIP/2.0\r\nContent-Length: 3\r\n\r\nabc";

    #[test]
    fn a_stream_cut_anywhere_gives_the_same_messages() {
        let mut all = BYE.to_vec();
        all.extend_from_slice(b"\r\n\r\n");
        all.extend_from_slice(BYE);
        for cut in 1..all.len() {
            let mut stream = Stream::default();
            let (mut messages, mut pings) = (0, 0);
            for part in [&all[..cut], &all[cut..]] {
                stream.push(part);
                while let Some(frame) = stream.next_frame(&Limits::STREAM).unwrap() {
                    match frame {
                        Frame::Message(bytes) => {
                            assert_eq!(bytes, BYE);
                            messages += 1;
                        }
                        Frame::Ping => pings += 1,
                    }
                }
            }
            assert_eq!(messages, 2, "cut at {cut}");
            assert!(pings <= 1);
        }
    }

    #[test]
    fn line_ends_without_end_cost_no_more_than_their_length() {
        let mut stream = Stream::default();
        stream.push(&b"\n".repeat(1_000_000));
        assert_eq!(stream.next_frame(&Limits::STREAM), Ok(None), "nothing to answer");
        stream.push(&b"\r\n".repeat(500_000));
        assert_eq!(stream.next_frame(&Limits::STREAM), Ok(Some(Frame::Ping)));
        assert_eq!(stream.next_frame(&Limits::STREAM), Ok(None), "one answer for all of them");
        stream.push(BYE);
        assert_eq!(stream.next_frame(&Limits::STREAM), Ok(Some(Frame::Message(BYE))));
    }

    #[test]
    fn two_lengths_end_a_stream() {
        let mut stream = Stream::default();
        stream.push(b"BYE sip:a@h SIP/2.0\r\nContent-Length: 3\r\nl: 0\r\n\r\nabc");
        assert_eq!(stream.next_frame(&Limits::STREAM), Err(Malformed("More Than One Content-Length")));
    }

    #[test]
    fn a_stream_without_length_or_without_end_is_given_up() {
        let mut stream = Stream::default();
        stream.push(b"BYE sip:a@h SIP/2.0\r\nCSeq: 1 BYE\r\n\r\n");
        assert!(stream.next_frame(&Limits::STREAM).is_err());
        let mut endless = Stream::default();
        endless.push(&vec![b'x'; 70_000]);
        assert!(endless.next_frame(&Limits::STREAM).is_err());
    }
}
