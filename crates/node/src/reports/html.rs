//! HTML: one page that needs nothing else, light or dark as the reader has it, good to print.

use super::chart::svg;
use super::document::{Document, Sheet};
use crate::markup::escaped;
use std::fmt::Write;

const STYLE: &str = include_str!("page.css");

/// Writes a report.
pub(super) fn write(document: &Document) -> String {
    let title = escaped(&document.title);
    let mut text = format!(
        "<!doctype html>\n<html lang=\"zh-CN\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n<main>\n<h1>{title}</h1>\n<p class=\"about\">"
    );
    for (name, value) in &document.head {
        let _ = write!(text, "<b>{}</b> {}<br>", escaped(name), escaped(value));
    }
    let verdict = if document.reconciles.contains('✗') || document.reconciles.contains("NOT") {
        "bad"
    } else {
        "good"
    };
    let _ = writeln!(text, "<span class=\"{verdict}\">{}</span></p>", escaped(&document.reconciles));
    tiles(&mut text, document);
    for chart in &document.charts {
        let _ = writeln!(text, "<figure>\n<figcaption>{}<span class=\"keys\">", escaped(&chart.title));
        for (number, series) in chart.series.iter().enumerate() {
            let _ = write!(text, "<i class=\"k{number}\"></i>{}", escaped(&series.name));
        }
        let _ = write!(text, "</span></figcaption>\n{}</figure>\n", svg(chart));
    }
    for sheet in &document.sheets {
        table(&mut text, sheet);
    }
    if !document.notes.is_empty() {
        text.push_str("<h2>说明 Notes</h2>\n<ul>\n");
        for note in &document.notes {
            let _ = writeln!(text, "<li>{}</li>", escaped(note));
        }
        text.push_str("</ul>\n");
    }
    text.push_str("</main>\n</html>\n");
    text
}

fn tiles(text: &mut String, document: &Document) {
    if document.tiles.is_empty() {
        return;
    }
    text.push_str("<section class=\"tiles\">\n");
    for (label, value, remark) in &document.tiles {
        let _ = writeln!(
            text,
            "<div><span>{}</span><strong>{}</strong><small>{}</small></div>",
            escaped(label),
            escaped(value),
            escaped(remark)
        );
    }
    text.push_str("</section>\n");
}

fn table(text: &mut String, sheet: &Sheet) {
    let _ = write!(
        text,
        "<h2>{}</h2>\n<div class=\"scroll\"><table id=\"{}\">\n<thead><tr>",
        escaped(&sheet.title),
        escaped(&sheet.key)
    );
    for column in &sheet.columns {
        let class = if column.number { " class=\"n\"" } else { "" };
        let hint = if column.formula.is_empty() {
            String::new()
        } else {
            format!(" title=\"{}: {}\"", escaped(&column.key), escaped(&column.formula))
        };
        let formula = match column.formula.as_str() {
            "" => String::new(),
            formula => format!("<small>{}</small>", escaped(formula)),
        };
        let _ = write!(text, "<th{class}{hint}>{}{formula}</th>", escaped(&column.label));
    }
    text.push_str("</tr></thead>\n<tbody>\n");
    for row in &sheet.rows {
        text.push_str("<tr>");
        for (item, column) in row.iter().zip(&sheet.columns) {
            let class = if column.number { " class=\"n\"" } else { "" };
            let _ = write!(text, "<td{class}>{}</td>", escaped(&item.shown()));
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</tbody></table></div>\n");
    if !sheet.remark.is_empty() {
        let _ = writeln!(text, "<p class=\"remark\">{}</p>", escaped(&sheet.remark));
    }
}
