//! Bytes: how numbers, texts and bodies are written and read again.
//!
//! ```text
//!   number   varint: seven bits a byte, lowest first, the high bit says "more"
//!   text     length as a number, UTF-8        body   the same, any bytes
//! ```
//!
//! A reader never trusts a length: it checks against what is there before it takes or allocates anything.

use super::fault::Fault;
use super::numbers::Numbers;
use base::Private;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::time::Duration;

/// Writes; persons' numbers by the way of `numbers`.
pub(super) struct Pen<'p> {
    pub(super) bytes: &'p mut Vec<u8>,
    pub(super) numbers: &'p Numbers,
}

impl Pen<'_> {
    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(super) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    pub(super) fn body(&mut self, body: &[u8]) {
        self.number(body.len() as u64);
        self.bytes.extend_from_slice(body);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.body(text.as_bytes());
    }
}

/// Reads what a [`Pen`] has written.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'c> {
    bytes: &'c [u8],
}

impl<'c> Cursor<'c> {
    pub(super) const fn new(bytes: &'c [u8]) -> Self {
        Self { bytes }
    }

    pub(super) const fn left(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        let (first, rest) = self.bytes.split_first().ok_or(Fault::Short)?;
        self.bytes = rest;
        Ok(*first)
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'c [u8], Fault> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or(Fault::Short)?;
        self.bytes = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (taken, rest) = self.bytes.split_first_chunk().ok_or(Fault::Short)?;
        self.bytes = rest;
        Ok(*taken)
    }

    pub(super) fn number(&mut self) -> Result<u64, Fault> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(u64::from(first));
        }
        let mut number = u64::from(first & 0x7F);
        for place in 1..10 {
            let byte = self.byte()?;
            // The tenth byte has room for the last bit only.
            if place == 9 && byte > 1 {
                break;
            }
            number |= u64::from(byte & 0x7F) << (7 * place);
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Fault::Number)
    }

    pub(super) fn small<T: TryFrom<u64>>(&mut self, what: &'static str) -> Result<T, Fault> {
        let value = self.number()?;
        T::try_from(value).map_err(|_| Fault::Unknown { what, value })
    }

    pub(super) fn body(&mut self) -> Result<&'c [u8], Fault> {
        let length = usize::try_from(self.number()?).map_err(|_| Fault::Short)?;
        self.bytes(length)
    }

    pub(super) fn text(&mut self) -> Result<&'c str, Fault> {
        std::str::from_utf8(self.body()?).map_err(|_| Fault::Text)
    }

    /// Everything must have been read.
    pub(super) const fn finish(&self) -> Result<(), Fault> {
        match self.left() {
            0 => Ok(()),
            rest => Err(Fault::Rest(rest)),
        }
    }
}

/// A signed number as an unsigned one: 0, −1, 1, −2 … become 0, 1, 2, 3 …
pub(super) const fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

/// And back.
pub(super) const fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}

/// Something that can be written and read.
pub(super) trait Word: Sized {
    fn put(&self, pen: &mut Pen<'_>);
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault>;
}

impl Word for u8 {
    fn put(&self, pen: &mut Pen<'_>) {
        pen.byte(*self);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        from.byte()
    }
}

macro_rules! whole {
    ($($type:ty, $what:literal;)+) => { $(
        impl Word for $type {
            fn put(&self, pen: &mut Pen<'_>) {
                pen.number(u64::from(*self));
            }
            fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
                from.small($what)
            }
        }
    )+ };
}
whole! { u16, "number"; u32, "number"; u64, "number"; }

impl Word for bool {
    fn put(&self, pen: &mut Pen<'_>) {
        pen.byte(u8::from(*self));
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        match from.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(Fault::Unknown { what: "yes or no", value: other.into() }),
        }
    }
}

impl Word for char {
    fn put(&self, pen: &mut Pen<'_>) {
        pen.number(u64::from(u32::from(*self)));
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        let value: u32 = from.small("character")?;
        Self::from_u32(value).ok_or(Fault::Unknown { what: "character", value: value.into() })
    }
}

impl Word for String {
    fn put(&self, pen: &mut Pen<'_>) {
        pen.text(self);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        from.text().map(str::to_owned)
    }
}

/// A person's number or name: the one word that may be written differently from what it is.
impl Word for Private {
    fn put(&self, pen: &mut Pen<'_>) {
        let numbers = pen.numbers;
        pen.text(&numbers.written(self.reveal()));
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        String::take(from).map(Self::new)
    }
}

impl Word for Box<[u8]> {
    fn put(&self, pen: &mut Pen<'_>) {
        pen.body(self);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        from.body().map(Into::into)
    }
}

impl<T: Word> Word for Option<T> {
    fn put(&self, pen: &mut Pen<'_>) {
        pen.byte(u8::from(self.is_some()));
        if let Some(value) = self {
            value.put(pen);
        }
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        Ok(if bool::take(from)? { Some(T::take(from)?) } else { None })
    }
}

impl<A: Word, B: Word> Word for (A, B) {
    fn put(&self, pen: &mut Pen<'_>) {
        self.0.put(pen);
        self.1.put(pen);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        Ok((A::take(from)?, B::take(from)?))
    }
}

impl<T: Word> Word for Vec<T> {
    fn put(&self, pen: &mut Pen<'_>) {
        pen.number(self.len() as u64);
        self.iter().for_each(|value| value.put(pen));
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        // Room is made as values come: the number alone proves nothing.
        let count = from.number()?;
        (0..count).map(|_| T::take(from)).collect()
    }
}

/// Nanoseconds; a span beyond 584 years is written as that.
impl Word for Duration {
    fn put(&self, pen: &mut Pen<'_>) {
        pen.number(u64::try_from(self.as_nanos()).unwrap_or(u64::MAX));
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        from.number().map(Self::from_nanos)
    }
}

impl Word for base::Timestamp {
    fn put(&self, pen: &mut Pen<'_>) {
        pen.number(self.as_nanos());
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        from.number().map(Self::from_nanos)
    }
}

impl Word for IpAddr {
    fn put(&self, pen: &mut Pen<'_>) {
        match self {
            Self::V4(v4) => {
                pen.byte(4);
                pen.bytes.extend_from_slice(&v4.octets());
            }
            Self::V6(v6) => {
                pen.byte(6);
                pen.bytes.extend_from_slice(&v6.octets());
            }
        }
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        match from.byte()? {
            4 => Ok(Ipv4Addr::from(from.array::<4>()?).into()),
            6 => Ok(Ipv6Addr::from(from.array::<16>()?).into()),
            other => Err(Fault::Unknown { what: "kind of address", value: other.into() }),
        }
    }
}

impl Word for SocketAddr {
    fn put(&self, pen: &mut Pen<'_>) {
        self.ip().put(pen);
        self.port().put(pen);
        if let Self::V6(v6) = self {
            v6.flowinfo().put(pen);
            v6.scope_id().put(pen);
        }
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        let (ip, port) = (IpAddr::take(from)?, u16::take(from)?);
        Ok(match ip {
            IpAddr::V4(ip) => Self::new(ip.into(), port),
            IpAddr::V6(ip) => SocketAddrV6::new(ip, port, u32::take(from)?, u32::take(from)?).into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_as_many_bytes_as_they_need_and_come_back() {
        for (number, length) in
            [(0, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3), (u64::MAX >> 1, 9), (u64::MAX, 10)]
        {
            let mut bytes = Vec::new();
            Pen { bytes: &mut bytes, numbers: &Numbers::Plain }.number(number);
            assert_eq!(bytes.len(), length, "{number}");
            assert_eq!(Cursor::new(&bytes).number(), Ok(number));
        }
        for number in [0, 1, -1, i64::MAX, i64::MIN, -77] {
            assert_eq!(unzigzag(zigzag(number)), number);
        }
    }

    #[test]
    fn what_is_not_there_is_not_read() {
        assert_eq!(Cursor::new(&[0x80]).number(), Err(Fault::Short));
        assert_eq!(Cursor::new(&[0xFF; 10]).number(), Err(Fault::Number));
        assert_eq!(Cursor::new(&[0xFF, 0xFF, 0xFF, 0x7F, 1]).body(), Err(Fault::Short));
        assert_eq!(Cursor::new(&[2, 0xC3, 0x28]).text(), Err(Fault::Text));
        assert_eq!(Vec::<u64>::take(&mut Cursor::new(&[0xFF, 0xFF, 0xFF, 0x7F])), Err(Fault::Short));
        assert_eq!(bool::take(&mut Cursor::new(&[7])), Err(Fault::Unknown { what: "yes or no", value: 7 }));
        assert_eq!(Cursor::new(&[1]).finish(), Err(Fault::Rest(1)));
    }
}
