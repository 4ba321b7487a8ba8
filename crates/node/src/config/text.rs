//! The text of a configuration file: where a byte of it stands, and how its line is shown with a caret.

use std::fmt;
use std::ops::Range;

/// A file's name and content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    file: String,
    text: String,
}

/// A place in a file; shown as `file:line:column`, both counted from 1 and in characters.
pub(super) struct Position<'t> {
    file: &'t str,
    line: usize,
    column: usize,
}

impl fmt::Display for Position<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl Text {
    pub(super) fn new(file: &str, text: &str) -> Self {
        Self { file: file.to_owned(), text: text.to_owned() }
    }

    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// Where a byte stands; beyond the end is the end.
    pub(super) fn position(&self, byte: usize) -> Position<'_> {
        let before = &self.text[..self.text.floor_char_boundary(byte)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Position {
            file: &self.file,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// The line of a place, with carets under it. A place of several lines is marked on its first.
    pub(super) fn show(&self, f: &mut fmt::Formatter<'_>, place: &Range<usize>) -> fmt::Result {
        let start = self.text.floor_char_boundary(place.start);
        let end = self.text.floor_char_boundary(place.end).max(start);
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        let line = self.text[line_start..line_end].trim_end();
        let marked = &self.text[start..end.min(line_start + line.len()).max(start)];
        let number = self.position(start).line;
        let indent: String = self.text[line_start..start].chars().map(blank).collect();
        let carets: usize = marked.chars().map(width).sum();
        writeln!(f, "{number:>5} | {line}")?;
        writeln!(f, "      | {indent}{}", "^".repeat(carets.max(1)))
    }
}

/// Columns that a character takes on a terminal: two for Chinese, Japanese and Korean.
fn width(c: char) -> usize {
    match c {
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// Blank of the same width, so that carets stand under what they mark.
fn blank(c: char) -> &'static str {
    match c {
        '\t' => "\t",
        c if width(c) == 2 => "  ",
        _ => " ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, place: Range<usize>) -> String {
        struct Shown(Text, Range<usize>);
        impl fmt::Display for Shown {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.show(f, &self.1)
            }
        }
        Shown(Text::new("f", text), place).to_string()
    }

    #[test]
    fn carets_stand_under_what_they_mark_after_chinese_too() {
        let text = "a = 1\ntitle = \"民生\", ring = 2\n";
        let at = text.find("ring").expect("there");
        assert_eq!(Text::new("f", text).position(at).to_string(), "f:2:15");
        assert_eq!(
            shown(text, at..at + 4),
            "    2 | title = \"民生\", ring = 2\n      |                 ^^^^\n"
        );
    }

    #[test]
    fn a_place_at_the_end_or_over_several_lines_is_shown_on_one_line() {
        assert_eq!(shown("abc", 3..3), "    1 | abc\n      |    ^\n");
        assert_eq!(shown("[\n1\n]", 0..5), "    1 | [\n      | ^\n");
        assert_eq!(shown("", 7..9), "    1 | \n      | ^\n");
    }
}
