//! What agents may say came of a call: keys, codes for their phones, names for people.

use crate::config::Titled;
use crate::config::mistake::Findings;
use crate::config::raw::File;
use call::disposition::DISPOSITIONS_MAX;
use call::plan::Disposition;

/// Digits of a code.
const CODE_MAX: usize = 4;

pub(super) fn dispositions(raw: &File, findings: &Findings) -> Vec<Disposition> {
    if let Some(beyond) = raw.dispositions.get(DISPOSITIONS_MAX) {
        let what = format!("there are {} dispositions", raw.dispositions.len());
        findings.wrong(beyond.key.span(), what, format!("write at most {DISPOSITIONS_MAX}"));
    }
    for (at, disposition) in raw.dispositions.iter().enumerate() {
        let (name, Some(code)) = (disposition.key.get_ref(), &disposition.code) else { continue };
        let text = code.get_ref();
        if text.is_empty() || text.len() > CODE_MAX || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            let what = format!("code of disposition {name} is {text:?}");
            findings.wrong(code.span(), what, format!("write one to {CODE_MAX} digits, such as \"1\""));
        }
        let same = |other: &&crate::config::raw::Disposition| {
            other.code.as_ref().is_some_and(|other| other.get_ref() == text)
        };
        if let Some(other) = raw.dispositions[..at].iter().find(same) {
            let what = format!("dispositions {} and {name} have the same code", other.key.get_ref());
            findings.wrong(code.span(), what, "give each its own");
        }
    }
    let of = |disposition: &crate::config::raw::Disposition| Disposition {
        name: disposition.key.get_ref().clone(),
        code: disposition.code.as_ref().map(|code| code.get_ref().clone()).unwrap_or_default(),
    };
    raw.dispositions.iter().map(of).collect()
}

/// Their names for people.
pub(super) fn titles(raw: &File) -> Vec<Titled> {
    let of = |disposition: &crate::config::raw::Disposition| Titled {
        key: disposition.key.get_ref().clone(),
        zh: disposition.zh.get_ref().clone(),
        en: disposition.en.get_ref().clone(),
    };
    raw.dispositions.iter().map(of).collect()
}
