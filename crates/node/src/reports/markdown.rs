//! Markdown that is a table for a program and lines up for a person; Chinese is two columns wide.

use super::document::{Document, Sheet};
use std::fmt::Write;

/// Writes a report.
pub(super) fn write(document: &Document) -> String {
    let mut text = format!("# {}\n\n", document.title);
    for (name, value) in &document.head {
        let _ = writeln!(text, "- {name}: {value}");
    }
    let _ = writeln!(text, "- {}", document.reconciles);
    for sheet in &document.sheets {
        let _ = write!(text, "\n## {}\n\n", sheet.title);
        table(&mut text, sheet);
        legend(&mut text, sheet);
    }
    if !document.notes.is_empty() {
        text.push_str("\n## 说明 Notes\n\n");
        for note in &document.notes {
            let _ = writeln!(text, "- {note}");
        }
    }
    text
}

fn table(text: &mut String, sheet: &Sheet) {
    let head: Vec<String> = sheet.columns.iter().map(|column| escaped(&column.label)).collect();
    let rows: Vec<Vec<String>> =
        sheet.rows.iter().map(|row| row.iter().map(|item| escaped(&item.shown())).collect()).collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|at| {
            let cells = rows.iter().map(|row| width(&row[at]));
            cells.chain([width(&head[at]), 3]).max().unwrap_or(3)
        })
        .collect();
    let mut line = |cells: &[String]| {
        text.push('|');
        for ((cell, wide), column) in cells.iter().zip(&widths).zip(&sheet.columns) {
            let blank = " ".repeat(wide - width(cell));
            let _ = if column.number {
                write!(text, " {blank}{cell} |")
            } else {
                write!(text, " {cell}{blank} |")
            };
        }
        text.push('\n');
    };
    line(&head);
    let rule = sheet.columns.iter().zip(&widths).map(|(column, wide)| {
        if column.number { format!("{}:", "-".repeat(wide - 1)) } else { "-".repeat(*wide) }
    });
    line(&rule.collect::<Vec<_>>());
    for row in &rows {
        line(row);
    }
}

/// The formulas of the columns, beside their figures.
fn legend(text: &mut String, sheet: &Sheet) {
    let formulas: Vec<_> = sheet.columns.iter().filter(|column| !column.formula.is_empty()).collect();
    if !formulas.is_empty() {
        text.push('\n');
    }
    for column in formulas {
        let _ = writeln!(text, "- {} (`{}`): {}", column.label, column.key, column.formula);
    }
    if !sheet.remark.is_empty() {
        let _ = writeln!(text, "\n{}", sheet.remark);
    }
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

/// Columns of a terminal: CJK characters and their punctuation take two.
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| match c {
            '\u{1100}'..='\u{115f}'
            | '\u{2e80}'..='\u{a4cf}'
            | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}'
            | '\u{fe30}'..='\u{fe6f}'
            | '\u{ff00}'..='\u{ff60}'
            | '\u{ffe0}'..='\u{ffe6}' => 2,
            _ => 1,
        })
        .sum()
}
