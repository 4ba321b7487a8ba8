//! "Did you mean": the known word that is nearest to a written one.

/// Letters at the beginning that make two words one.
const STEM: usize = 4;

/// The known word that differs least, when it differs so little that a slip of the keyboard explains it.
pub(crate) fn nearest<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let written = written.to_lowercase();
    // Another ending of the same word (entry, entries) is a slip, too.
    let stem: String = written.chars().take(STEM).collect();
    let alike = |far: usize, word: &str| {
        far <= word.chars().count().max(3) / 3 || (stem.len() >= STEM && word.starts_with(&stem))
    };
    known
        .into_iter()
        .map(|word| (distance(&written, &word.to_lowercase()), word))
        .filter(|(far, word)| alike(*far, word))
        .min_by_key(|(far, _)| *far)
        .map(|(_, word)| word)
}

/// Insertions, deletions, substitutions and swaps of neighbors (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let other = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + other);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognized_and_another_word_is_not() {
        let known = ["general", "enterprise", "ring", "wait_max"];
        assert_eq!(nearest("genral", known), Some("general"));
        assert_eq!(nearest("rign", known), Some("ring"));
        assert_eq!(nearest("Wait-Max", known), Some("wait_max"));
        assert_eq!(nearest("talent", known), None);
        assert_eq!(nearest("entry", ["agents", "entries"]), Some("entries"));
        assert_eq!(nearest("x", []), None);
    }
}
