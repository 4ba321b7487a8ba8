//! XLSX: a worksheet for each table, numbers as numbers with two decimals, the formula as a note under the label.

use super::document::{Document, Item, Sheet};
use anyhow::{Context, Result};
use report::tables::{Change, Value};
use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet};

/// Rows of a worksheet that Excel opens.
const ROWS_MAX: usize = 1_048_000;

/// Number formats.
struct Formats {
    head: Format,
    formula: Format,
    percent: Format,
    decimal: Format,
    count: Format,
    time: Format,
}

/// Writes a report; returns the bytes of the file.
///
/// # Errors
/// The workbook cannot be made.
pub(super) fn write(document: &Document) -> Result<Vec<u8>> {
    let formats = Formats {
        head: Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top),
        formula: Format::new()
            .set_italic()
            .set_font_color(0x5D6B7C)
            .set_text_wrap()
            .set_align(FormatAlign::Top),
        percent: Format::new().set_num_format("0.00%"),
        decimal: Format::new().set_num_format("0.00"),
        count: Format::new().set_num_format("0"),
        time: Format::new().set_num_format("[h]:mm:ss"),
    };
    let mut workbook = Workbook::new();
    let about = workbook.add_worksheet();
    about.set_name("说明 About")?;
    about.set_column_width(0, 24)?.set_column_width(1, 110)?;
    about.write_with_format(0, 0, document.title.as_str(), &formats.head)?;
    let lines = document.head.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let lines = lines.chain([("账平 Reconciles", document.reconciles.as_str())]);
    let lines = lines.chain(document.notes.iter().map(|note| ("", note.as_str())));
    for (row, (name, value)) in (1u32..).zip(lines) {
        about.write(row, 0, name)?;
        about.write(row, 1, value)?;
    }
    for sheet in &document.sheets {
        table(workbook.add_worksheet(), sheet, &formats).with_context(|| format!("sheet {}", sheet.key))?;
    }
    Ok(workbook.save_to_buffer()?)
}

fn table(worksheet: &mut Worksheet, sheet: &Sheet, formats: &Formats) -> Result<()> {
    // Excel takes 31 characters and some signs only.
    let name: String = sheet.title.chars().filter(|c| !"[]:*?/\\".contains(*c)).take(31).collect();
    worksheet.set_name(name)?;
    let formulas = sheet.columns.iter().any(|column| !column.formula.is_empty());
    for (at, column) in (0u16..).zip(&sheet.columns) {
        worksheet.write_with_format(0, at, column.label.as_str(), &formats.head)?;
        if formulas {
            worksheet.write_with_format(1, at, column.formula.as_str(), &formats.formula)?;
        }
        let widest =
            sheet.rows.iter().take(200).map(|row| row[usize::from(at)].shown().chars().count()).max();
        worksheet.set_column_width(at, widest.unwrap_or(0).clamp(12, 60) as f64)?;
    }
    let first = if formulas { 2u32 } else { 1 };
    worksheet.set_freeze_panes(first, if formulas { 2 } else { 0 })?;
    for (row, items) in (first..).zip(sheet.rows.iter().take(ROWS_MAX)) {
        for (at, item) in (0u16..).zip(items) {
            one(worksheet, row, at, item, formats)?;
        }
    }
    if !sheet.columns.is_empty() && !sheet.rows.is_empty() {
        let last = first - 1 + u32::try_from(sheet.rows.len().min(ROWS_MAX))?;
        worksheet.autofilter(first - 1, 0, last, u16::try_from(sheet.columns.len() - 1)?)?;
    }
    Ok(())
}

fn one(worksheet: &mut Worksheet, row: u32, at: u16, item: &Item, formats: &Formats) -> Result<()> {
    let value = match item {
        Item::Text(text) => {
            worksheet.write(row, at, text.as_str())?;
            return Ok(());
        }
        Item::Change(Change::Percent(hundredths)) => {
            worksheet.write_with_format(row, at, *hundredths as f64 / 10_000.0, &formats.percent)?;
            return Ok(());
        }
        Item::Change(change) => {
            worksheet.write(row, at, change.to_string())?;
            return Ok(());
        }
        Item::Value(value) => *value,
    };
    // Rounded once, here: what the cell shows is what it holds.
    let rounded = |times: i128| {
        value.exact().map(|mut exact| {
            exact.part *= times;
            exact.rounded() as f64
        })
    };
    match value {
        Value::None => {}
        Value::Count(count) => {
            worksheet.write_with_format(row, at, count as f64, &formats.count)?;
        }
        Value::Share(_) => {
            if let Some(hundredths) = rounded(100) {
                worksheet.write_with_format(row, at, hundredths / 10_000.0, &formats.percent)?;
            }
        }
        Value::Mean { .. } | Value::Quantile { .. } => {
            if let Some(hundredths) = rounded(1) {
                worksheet.write_with_format(row, at, hundredths / 100.0, &formats.decimal)?;
            }
        }
        Value::Span(ms) => {
            worksheet.write_with_format(row, at, ms as f64 / 86_400_000.0, &formats.time)?;
        }
    }
    Ok(())
}
