//! [`Name`]: what a file of a journal is called, and the days by which files change.
//!
//! ```text
//!   20240202T083000-r7-p0003.journal     start of the run (local) · number of the run · part
//! ```

use std::path::{Path, PathBuf};

/// Seconds of a day.
const DAY: u64 = 86_400;

/// The name of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// Start of the run, as it stands in the name.
    pub start: String,
    /// Its number.
    pub run: u64,
    /// Which file of it, from 1.
    pub part: u32,
}

impl Name {
    /// Reads a name; `None` for that of another file.
    #[must_use]
    pub fn parse(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_suffix(".journal")?;
        let mut parts = name.split('-');
        let (start, run, part) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || start.len() != 15 {
            return None;
        }
        let number = |text: &str, sign| text.strip_prefix(sign)?.parse::<u64>().ok();
        Some(Self {
            start: start.to_owned(),
            run: number(run, 'r')?,
            part: number(part, 'p')?.try_into().ok()?,
        })
    }

    /// The journals of a folder, oldest first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn list(folder: &Path) -> std::io::Result<Vec<(Self, PathBuf)>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if let Some(name) = Self::parse(&path) {
                found.push((name, path));
            }
        }
        found.sort();
        Ok(found)
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-r{}-p{:04}.journal", self.start, self.run, self.part)
    }
}

/// A moment as a name begins: `20240202T083000`, so many seconds east of Greenwich.
#[must_use]
pub fn stamp(unix_s: u64, east_s: i32) -> String {
    let local = unix_s.saturating_add_signed(east_s.into());
    let (year, month, day) = civil(local / DAY);
    let second = local % DAY;
    format!("{year:04}{month:02}{day:02}T{:02}{:02}{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// Days since 1970 on the local calendar.
#[must_use]
pub const fn local_day(unix_s: u64, east_s: i32) -> u64 {
    unix_s.saturating_add_signed(east_s as i64) / DAY
}

/// Year, month and day of a day since 1970 (H. Hinnant, `civil_from_days`).
#[must_use]
pub const fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + (month <= 2) as u64, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_local_and_come_back() {
        // 2024-02-29T16:30:05Z is already the first of March in China.
        assert_eq!(stamp(1_709_224_205, 8 * 3600), "20240301T003005");
        assert_eq!(stamp(1_709_224_205, 0), "20240229T163005");
        assert_eq!(local_day(1_709_224_205, 8 * 3600), local_day(1_709_224_205, 0) + 1);
        let name = Name { start: stamp(0, 0), run: 7, part: 12 };
        assert_eq!(name.to_string(), "19700101T000000-r7-p0012.journal");
        assert_eq!(Name::parse(Path::new("/x/19700101T000000-r7-p0012.journal")), Some(name));
        for other in
            ["sujie.db", "a.journal", "19700101T000000-7-12.journal", "19700101T000000-r7-px.journal"]
        {
            assert_eq!(Name::parse(Path::new(other)), None, "{other}");
        }
    }
}
