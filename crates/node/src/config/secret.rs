//! A configuration without its passwords, for places that others may read.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What stands in the place of a password: long enough to be one.
const INSTEAD: &str = "\"not written here\"";

/// The text with something else in the place of each password; everything else, comments too, stays.
pub(super) fn removed(text: &str, document: &Spanned<DeTable<'_>>) -> String {
    let mut places = Vec::new();
    table(document.get_ref(), &mut places);
    places.sort_by_key(|place: &std::ops::Range<usize>| place.start);
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for place in places {
        out += text.get(from..place.start).unwrap_or_default();
        out += INSTEAD;
        from = place.end;
    }
    out + text.get(from..).unwrap_or_default()
}

fn table(of: &DeTable<'_>, places: &mut Vec<std::ops::Range<usize>>) {
    for (key, value) in of {
        if key.get_ref() == "password" {
            places.push(value.span());
        } else {
            self::value(value.get_ref(), places);
        }
    }
}

fn value(of: &DeValue<'_>, places: &mut Vec<std::ops::Range<usize>>) {
    match of {
        DeValue::Table(inner) => table(inner, places),
        DeValue::Array(items) => items.iter().for_each(|item| value(item.get_ref(), places)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, EXAMPLE};

    #[test]
    fn no_password_is_left_and_the_plans_stay_the_same() {
        let whole = Config::parse(EXAMPLE, "centre.toml").expect("right");
        let text = &whole.source.text;
        assert_eq!(text.lines().count(), EXAMPLE.lines().count());
        assert!(text.matches("not written here").count() > 3);
        for secret in whole.sip.accounts.iter().map(|account| &account.secret.password) {
            assert!(!text.contains(secret.as_str()), "{secret}");
        }
        let again = Config::parse(text, "centre.toml").expect("right without them");
        assert_eq!((&again.call, &again.report), (&whole.call, &whole.report));
        assert_eq!(again.source.text, *text);
    }
}
