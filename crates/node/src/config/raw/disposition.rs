//! `[dispositions.KEY]`: what agents may say came of a call.

use crate::config::section::Section;
use toml::Spanned;

/// `[dispositions.KEY]`.
pub(in crate::config) struct Disposition {
    pub(in crate::config) key: Spanned<String>,
    /// Dialed after `[codes] disposition`.
    pub(in crate::config) code: Option<Spanned<String>>,
    pub(in crate::config) zh: Spanned<String>,
    pub(in crate::config) en: Spanned<String>,
    /// It counts as answered on line (在线解答).
    pub(in crate::config) online: Spanned<bool>,
}

impl Disposition {
    pub(super) fn read(key: Spanned<String>, mut s: Section<'_>) -> Self {
        let disposition = Self {
            code: s.get("code"),
            zh: s.or("zh", key.get_ref().clone()),
            en: s.or("en", key.get_ref().clone()),
            online: s.or("online", false),
            key,
        };
        s.close();
        disposition
    }
}
