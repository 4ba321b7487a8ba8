//! The values that keys have, and how each is written.
//!
//! ```text
//!   "1m30s"            a span, always with units        "10.20.0.0/16"    a network, or one address
//!   "udp:0.0.0.0:5060" where SIP is spoken              "20000-29999"     ports
//! ```
//!
//! Each says what would be right ([`Value::WANTED`]), so that no message leaves the reader guessing.

use super::raw::JournalNumbers;
use super::staffing::{TARGETS, target};
use super::{Builtin, LogFormat, LogLevel};
use call::roster::{Begins, Shows};
use media::session::Codec;
use report::staffing::Target;
use sip::digest::Algorithm;
use sip::leg::Transport;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;
use store::recordings::Format;
use toml::de::DeValue;

/// Something that a key can have.
pub(super) trait Value: Sized {
    /// What would be right: follows "write …".
    const WANTED: &'static str;

    /// Reads it, or says what is wrong: follows the key's name.
    fn read(value: &DeValue<'_>) -> Result<Self, String>;

    /// As the user would write it, for messages about bounds.
    fn show(&self) -> String {
        String::new()
    }
}

/// What a TOML value is, in words.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn string<'v>(value: &'v DeValue<'_>) -> Result<&'v str, String> {
    value.as_str().ok_or_else(|| format!("is {}, not a string", kind(value)))
}

impl Value for String {
    const WANTED: &'static str = "it in quotes";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = string(value)?;
        if text.chars().any(char::is_control) {
            return Err("has control characters in it".into());
        }
        Ok(text.to_owned())
    }

    fn show(&self) -> String {
        format!("{self:?}")
    }
}

impl Value for bool {
    const WANTED: &'static str = "true or false, without quotes";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| format!("is {}, not true or false", kind(value)))
    }
}

macro_rules! whole {
    ($type:ty, $wanted:literal) => {
        impl Value for $type {
            const WANTED: &'static str = $wanted;

            fn read(value: &DeValue<'_>) -> Result<Self, String> {
                let number =
                    value.as_integer().ok_or_else(|| format!("is {}, not a whole number", kind(value)))?;
                Self::from_str_radix(number.as_str(), number.radix())
                    .map_err(|_| format!("is {number}, which is out of range"))
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    };
}
whole!(u8, "a whole number from 0 to 255, without quotes");
whole!(u16, "a whole number from 0 to 65535, without quotes");
whole!(u32, "a whole number, without quotes");
whole!(usize, "a whole number, without quotes");

impl Value for f64 {
    const WANTED: &'static str = "a number, without quotes";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = match value {
            DeValue::Integer(number) => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            other => return Err(format!("is {}, not a number", kind(other))),
        };
        text.parse().map_err(|_| format!("is {text}, which is no plain decimal number"))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for Duration {
    const WANTED: &'static str = r#"a span with its unit, such as "20s", "1m30s", "200ms" or "2h""#;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        match value {
            DeValue::Integer(number) => Err(format!("is {number}, without a unit")),
            other => span(string(other)?),
        }
    }

    fn show(&self) -> String {
        show_span(*self)
    }
}

impl Value for Target {
    const WANTED: &'static str = TARGETS;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        target(string(value)?)
    }
}

/// Units, largest first, in milliseconds. `ms` before `m` and `s`: the first that fits is taken.
const UNITS: [(&str, u64); 5] = [("ms", 1), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];

/// A span from its text, `1m30s`; or what is wrong with it.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let bad = || format!("{text:?} is not a span");
    let mut rest = text.trim();
    let mut total: u64 = 0;
    let mut smallest = u64::MAX;
    while !rest.is_empty() {
        let digits =
            rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(|| format!("{text:?} has no unit"))?;
        let count: u64 = rest[..digits].parse().map_err(|_| bad())?;
        rest = &rest[digits..];
        let (unit, millis) = UNITS.iter().find(|(unit, _)| rest.starts_with(unit)).ok_or_else(bad)?;
        if *millis >= smallest {
            return Err(format!("{text:?} has its units out of order"));
        }
        smallest = *millis;
        rest = &rest[unit.len()..];
        total = count.checked_mul(*millis).and_then(|part| total.checked_add(part)).ok_or_else(bad)?;
    }
    if text.trim().is_empty() { Err("is empty".into()) } else { Ok(Duration::from_millis(total)) }
}

/// A span as it is written in the file: `1m30s`.
pub(super) fn show_span(span: Duration) -> String {
    let mut rest = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, millis) in [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
        if rest >= millis {
            text += &format!("{}{unit}", rest / millis);
            rest %= millis;
        }
    }
    text
}

impl Value for IpAddr {
    const WANTED: &'static str = r#"an address such as "192.0.2.10" or "2001:db8::10""#;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = string(value)?;
        text.parse().map_err(|_| format!("{text:?} is not an address"))
    }
}

impl Value for SocketAddr {
    const WANTED: &'static str = r#"an address with a port, such as "127.0.0.1:8080" or "[::1]:8080""#;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        socket(string(value)?)
    }
}

fn socket(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        if text.parse::<IpAddr>().is_ok() {
            format!("{text:?} has no port")
        } else {
            format!("{text:?} is not an address with a port")
        }
    })
}

/// Where SIP is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listen(pub(super) Transport, pub(super) SocketAddr);

impl Value for Listen {
    const WANTED: &'static str =
        r#"transport, address and port, such as "udp:0.0.0.0:5060" or "tcp:[::]:5060""#;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = string(value)?;
        let (name, address) = text.split_once(':').ok_or_else(|| format!("{text:?} has no transport"))?;
        Ok(Self(transport(name)?, socket(address)?))
    }
}

impl Value for Transport {
    const WANTED: &'static str = r#""udp" or "tcp""#;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        transport(string(value)?)
    }
}

/// The transports that this node speaks; TLS and WebSocket are values of a leg already, and no sockets yet.
fn transport(name: &str) -> Result<Transport, String> {
    match name.to_ascii_lowercase().as_str() {
        "udp" => Ok(Transport::Udp),
        "tcp" => Ok(Transport::Tcp),
        _ => Err(format!("{name:?} is not a transport that is spoken here")),
    }
}

/// A network: address and prefix length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network(pub(super) IpAddr, pub(super) u8);

impl Value for Network {
    const WANTED: &'static str = r#"a network such as "10.20.0.0/16", or one address such as "10.20.0.5""#;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = string(value)?;
        let (address, length) = text.split_once('/').map_or((text, None), |(a, l)| (a, Some(l)));
        let address: IpAddr =
            address.parse().map_err(|_| format!("{text:?} does not begin with an address"))?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => most,
            Some(text) => text
                .parse::<u8>()
                .ok()
                .filter(|length| *length <= most)
                .ok_or_else(|| format!("has the prefix length {text:?}, which is not 0 to {most}"))?,
        };
        let network = Self(address, length);
        if network.first() != address {
            return Err(format!(
                "{text:?} is an address inside the network {}/{length}, not the network",
                network.first()
            ));
        }
        Ok(network)
    }
}

impl Network {
    /// The network's own address: all host bits zero.
    fn first(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.1)).unwrap_or(0);
                IpAddr::V4((u32::from(v4) & mask).into())
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.1)).unwrap_or(0);
                IpAddr::V6((u128::from(v6) & mask).into())
            }
        }
    }
}

/// A range of ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PortRange(pub(super) RangeInclusive<u16>);

impl Value for PortRange {
    const WANTED: &'static str = r#"first and last port, such as "20000-29999""#;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = string(value)?;
        let bad = || format!("{text:?} is not a range of ports");
        let (first, last) = text.split_once('-').ok_or_else(bad)?;
        let port = |part: &str| part.trim().parse::<u16>().map_err(|_| bad());
        let (first, last) = (port(first)?, port(last)?);
        if first > last { Err(format!("{text:?} ends before it begins")) } else { Ok(Self(first..=last)) }
    }
}

/// How far local time is ahead of UTC, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UtcOffset(pub(super) i32);

impl Value for UtcOffset {
    const WANTED: &'static str = r#"hours and minutes ahead of UTC, such as "+08:00""#;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = string(value)?;
        let read = || {
            let (sign, rest) = text.split_at_checked(1)?;
            let sign = if sign == "-" { -1 } else { (sign == "+").then_some(1)? };
            let (hours, minutes) = rest.split_once(':').filter(|(h, m)| h.len() == 2 && m.len() == 2)?;
            let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
            (hours <= 14 && minutes < 60).then_some(Self(sign * (hours * 3600 + minutes * 60)))
        };
        read().ok_or_else(|| format!("{text:?} is not an offset from UTC"))
    }
}

macro_rules! words {
    ($type:ty, $wanted:literal, $what:literal, { $($word:literal => $value:expr),+ $(,)? }) => {
        impl Value for $type {
            const WANTED: &'static str = $wanted;

            fn read(value: &DeValue<'_>) -> Result<Self, String> {
                match string(value)?.to_ascii_lowercase().as_str() {
                    $($word => Ok($value),)+
                    other => Err(format!(concat!("{:?} is not ", $what), other)),
                }
            }
        }
    };
}
words!(Codec, r#""pcma" (A-law), "pcmu" (µ-law) or "g722""#, "a codec that is spoken here", {
    "pcma" => Self::Pcma, "pcmu" => Self::Pcmu, "g722" => Self::G722,
});
words!(Algorithm, r#""sha256" or "md5""#, "a digest that phones are asked for", {
    "sha256" => Self::Sha256, "md5" => Self::Md5,
});
words!(
    JournalNumbers,
    r#""plain" (as they are) or "pseudonyms" (other digits, the same for the same number)"#,
    "a way to write numbers",
    { "plain" => Self::Plain, "pseudonyms" => Self::Pseudonyms }
);
words!(
    Format,
    r#""wav" (A-law, 58 MB an hour) or "opus" (in Ogg, some 10 MB an hour, made of the finished WAV)"#,
    "a format of recordings",
    { "wav" => Self::Wav, "opus" => Self::Opus }
);
words!(LogFormat, r#""text" (for people) or "json" (for programs)"#, "a log format", {
    "text" => Self::Text, "json" => Self::Json,
});
words!(LogLevel, r#""error", "warn", "info", "debug" or "trace""#, "a log level", {
    "error" => Self::Error, "warn" => Self::Warn, "info" => Self::Info, "debug" => Self::Debug,
    "trace" => Self::Trace,
});
words!(
    Builtin,
    r#""beep", "busy", "congestion", "music", "ring_back" or "silence""#,
    "a builtin clip",
    {
        "beep" => Self::Beep, "busy" => Self::Busy, "congestion" => Self::Congestion, "music" => Self::Music,
        "ring_back" => Self::RingBack, "silence" => Self::Silence,
    }
);

words!(Begins, r#""first" or "after_the_last""#, "whom to begin with", {
    "first" => Self::First, "after_the_last" => Self::AfterTheLast,
});
words!(Shows, r#""ours", "masked" or "caller""#, "a number to show", {
    "ours" => Self::Ours, "masked" => Self::Masked, "caller" => Self::Caller,
});

mod distribution;

pub(super) use distribution::{AtTheEnd, CallerPriority, DaySpan, Statutory, show_day_span};

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Value>(text: &str) -> Result<T, String> {
        T::read(DeValue::parse(text).expect("TOML").get_ref())
    }

    #[test]
    fn spans_are_read_and_shown_with_their_units() {
        for (text, millis, shown) in [
            ("20s", 20_000, "20s"),
            ("1m30s", 90_000, "1m30s"),
            ("200ms", 200, "200ms"),
            ("1h1ms", 3_600_001, "1h1ms"),
            ("0s", 0, "0s"),
            ("90m", 5_400_000, "1h30m"),
            ("1d", 86_400_000, "24h"),
        ] {
            let span = read::<Duration>(&format!("{text:?}")).expect(text);
            assert_eq!(span, Duration::from_millis(millis), "{text}");
            assert_eq!(show_span(span), shown);
        }
    }

    #[test]
    fn a_bad_span_says_why() {
        for (text, why) in [
            ("20", "is 20, without a unit"),
            ("\"20\"", "\"20\" has no unit"),
            ("\"20 seconds\"", "\"20 seconds\" is not a span"),
            ("\"\"", "is empty"),
            ("\"30s1m\"", "\"30s1m\" has its units out of order"),
            ("\"-5s\"", "\"-5s\" is not a span"),
            ("\"99999999999999999999h\"", "\"99999999999999999999h\" is not a span"),
            ("\"999999999999999999d\"", "\"999999999999999999d\" is not a span"),
            ("true", "is true or false, not a string"),
        ] {
            assert_eq!(read::<Duration>(text), Err(why.to_owned()), "{text}");
        }
    }

    #[test]
    fn addresses_networks_and_ports_are_read_or_refused_with_the_reason() {
        assert_eq!(
            read::<Listen>("\"udp:[::1]:5060\""),
            Ok(Listen(Transport::Udp, "[::1]:5060".parse().expect("address")))
        );
        assert_eq!(
            read::<Listen>("\"tls:0.0.0.0:5061\""),
            Err("\"tls\" is not a transport that is spoken here".into())
        );
        assert_eq!(read::<SocketAddr>("\"127.0.0.1\""), Err("\"127.0.0.1\" has no port".into()));
        assert_eq!(read::<Network>("\"10.0.0.5\"").map(|network| network.1), Ok(32));
        assert_eq!(read::<Network>("\"2001:db8::/32\"").map(|network| network.1), Ok(32));
        assert_eq!(read::<Network>("\"0.0.0.0/0\"").map(|network| network.1), Ok(0));
        assert_eq!(
            read::<Network>("\"10.0.0.5/24\""),
            Err("\"10.0.0.5/24\" is an address inside the network 10.0.0.0/24, not the network".into())
        );
        assert_eq!(
            read::<Network>("\"10.0.0.0/33\""),
            Err("has the prefix length \"33\", which is not 0 to 32".into())
        );
        assert_eq!(read::<PortRange>("\"20000-20009\""), Ok(PortRange(20_000..=20_009)));
        assert_eq!(read::<PortRange>("\"9-8\""), Err("\"9-8\" ends before it begins".into()));
        assert_eq!(read::<PortRange>("\"1-70000\""), Err("\"1-70000\" is not a range of ports".into()));
        assert_eq!(read::<u8>("256"), Err("is 256, which is out of range".into()));
        assert_eq!(read::<u32>("-1"), Err("is -1, which is out of range".into()));
        assert_eq!(read::<UtcOffset>("\"+08:00\""), Ok(UtcOffset(28_800)));
        assert_eq!(read::<UtcOffset>("\"-03:30\""), Ok(UtcOffset(-12_600)));
        assert_eq!(read::<UtcOffset>("\"8\""), Err("\"8\" is not an offset from UTC".into()));
        assert_eq!(read::<Codec>("\"opus\""), Err("\"opus\" is not a codec that is spoken here".into()));
    }
}
