//! `[studios.KEY]`: a radio studio (政风热线).

use super::{MS, S};
use crate::config::section::Section;
use std::time::Duration;
use toml::Spanned;

/// `[studios.KEY]`.
pub(in crate::config) struct Studio {
    pub(in crate::config) key: Spanned<String>,
    pub(in crate::config) title: Spanned<String>,
    pub(in crate::config) console: Spanned<String>,
    pub(in crate::config) screeners: Option<Spanned<String>>,
    pub(in crate::config) music: Spanned<String>,
    pub(in crate::config) comfort: Vec<Spanned<String>>,
    pub(in crate::config) comfort_every: Spanned<Duration>,
    pub(in crate::config) back: Option<Spanned<String>>,
    pub(in crate::config) held_max: Spanned<usize>,
    pub(in crate::config) held_for: Spanned<Duration>,
    pub(in crate::config) ring: Spanned<Duration>,
    pub(in crate::config) auto_air: Spanned<bool>,
    pub(in crate::config) record: Spanned<bool>,
}

impl Studio {
    pub(super) fn read(key: Spanned<String>, mut s: Section<'_>) -> Self {
        let studio = Self {
            title: s.or("title", key.get_ref().clone()),
            console: s.must("console", "\"8950\", the agent whose phone is the mixing desk's"),
            screeners: s.get("screeners"),
            music: s.must("music", "\"music\", the clip that held callers hear"),
            comfort: s.list("comfort").unwrap_or_default(),
            comfort_every: s.within("comfort_every", S(60), MS(1_000)..=S(3_600)),
            back: s.get("back"),
            held_max: s.within("held_max", 8, 1..=1_000),
            held_for: s.within("held_for", S(1_800), S(10)..=S(14_400)),
            ring: s.within("ring", S(20), S(1)..=S(180)),
            auto_air: s.or("auto_air", false),
            record: s.or("record", false),
            key,
        };
        s.close();
        studio
    }
}
