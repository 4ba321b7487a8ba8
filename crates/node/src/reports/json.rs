//! JSON for programs: whole numbers as they are, so that whoever reads them can add up and round for himself.

use super::document::{Document, Item, Sheet};
use report::tables::{Change, Value};
use serde_json::{Map, Value as Json, json};

/// Writes a report.
pub(super) fn write(document: &Document) -> String {
    let sheets: Map<String, Json> =
        document.sheets.iter().map(|sheet| (sheet.key.clone(), table(sheet))).collect();
    let head: Map<String, Json> =
        document.head.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let all = json!({
        "title": document.title,
        "about": head,
        "reconciles": document.reconciles,
        "notes": document.notes,
        "tables": sheets,
    });
    format!("{all:#}\n")
}

fn table(sheet: &Sheet) -> Json {
    let columns: Vec<Json> = sheet
        .columns
        .iter()
        .map(|column| json!({ "key": column.key, "label": column.label, "formula": column.formula }))
        .collect();
    let rows: Vec<Json> = sheet
        .rows
        .iter()
        .map(|row| {
            let cells = sheet.columns.iter().zip(row);
            // A figure that a row does not have is not there.
            let cells = cells.filter(|(_, item)| !matches!(item, Item::Value(Value::None)));
            cells.map(|(column, item)| (column.key.clone(), one(item))).collect::<Map<_, _>>().into()
        })
        .collect();
    json!({ "title": sheet.title, "columns": columns, "rows": rows })
}

/// Hundredths as a number with two decimals.
fn rounded(value: Value, times: i128) -> Json {
    value.exact().map_or(Json::Null, |mut exact| {
        exact.part *= times;
        let hundredths = exact.rounded();
        json!(hundredths as f64 / 100.0)
    })
}

fn one(item: &Item) -> Json {
    match *item {
        Item::Text(ref text) => text.as_str().into(),
        Item::Value(value) => match value {
            Value::None => Json::Null,
            Value::Count(count) => count.into(),
            Value::Share(ratio) => {
                json!({ "part": ratio.part, "whole": ratio.whole, "percent": rounded(value, 100) })
            }
            Value::Mean { sum_ms, count } => {
                json!({ "sum_ms": sum_ms, "count": count, "seconds": rounded(value, 1) })
            }
            Value::Span(ms) => json!({ "ms": ms }),
            Value::Quantile { ms, count } => {
                json!({ "ms": ms, "count": count, "seconds": rounded(value, 1) })
            }
        },
        Item::Change(change) => match change {
            Change::NotApplicable => "n/a".into(),
            Change::Percent(hundredths) => json!({ "percent": hundredths as f64 / 100.0 }),
            Change::Points(hundredths) => json!({ "points": hundredths as f64 / 100.0 }),
        },
    }
}
