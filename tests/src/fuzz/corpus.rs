//! The corpus: inputs that are kept as files, one each, by target.

use std::fs;
use std::path::{Path, PathBuf};

/// All files of `tests/corpus/<name>` and of further folders (from the repository's root), in order of name.
///
/// # Panics
/// When a folder is missing or empty: a fuzz target without a corpus tests nothing.
#[must_use]
pub fn load(name: &str, further: &[&str]) -> Vec<Vec<u8>> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = tests.parent().expect("tests/ lies in the repository");
    let mut files = Vec::new();
    for folder in
        std::iter::once(tests.join("corpus").join(name)).chain(further.iter().map(|at| root.join(at)))
    {
        let before = files.len();
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        files.extend(entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()));
        assert!(files.len() > before, "{} is empty", folder.display());
    }
    files.sort();
    files.iter().map(|path: &PathBuf| fs::read(path).expect("a file of the corpus")).collect()
}
