//! [`Private`]: a value about a person, which never appears whole in a log by accident.

use std::fmt;

/// Wraps a personal value such as a caller's number. `Debug` and `Display` mask it; who needs it asks for it.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Private<T = String>(T);

impl<T> Private<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself: for routing, records and screens that are entitled to it, never for a log line.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T: AsRef<str>> fmt::Display for Private<T> {
    /// First three and last two characters, the middle as stars: enough to tell two calls apart.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.as_ref();
        let count = text.chars().count();
        for (at, c) in text.chars().enumerate() {
            let shown = count > 6 && (at < 3 || at + 2 >= count);
            write!(f, "{}", if shown { c } else { '*' })?;
        }
        Ok(())
    }
}

impl<T: AsRef<str>> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_a_log_line_is_masked() {
        assert_eq!(Private::new("13851234567").to_string(), "138******67");
        assert_eq!(format!("{:?}", Private::new("110")), "***");
    }
}
