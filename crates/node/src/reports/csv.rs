//! CSV as RFC 4180 says: a header line, CRLF, quotes where they are needed. One sheet is one table.

use super::document::{Item, Sheet};

/// Byte order mark: Excel takes the file for UTF-8.
const BOM: &str = "\u{feff}";

/// Writes a sheet.
pub(super) fn write(sheet: &Sheet, bom: bool) -> String {
    let mut text = if bom { BOM.to_owned() } else { String::new() };
    line(&mut text, sheet.columns.iter().map(|column| column.label.clone()));
    for row in &sheet.rows {
        // An empty field is easier to read for programs than a dash.
        line(
            &mut text,
            row.iter().map(Item::shown).map(|shown| if shown == "–" { String::new() } else { shown }),
        );
    }
    text
}

fn line(text: &mut String, fields: impl Iterator<Item = String>) {
    for (number, field) in fields.enumerate() {
        if number > 0 {
            text.push(',');
        }
        // What a spreadsheet would take for a formula is text: numbers of callers may begin with +.
        let risky = field.starts_with(['=', '+', '-', '@']) && field.parse::<f64>().is_err();
        let field = if risky { format!("'{field}") } else { field };
        if field.contains([',', '"', '\n', '\r']) {
            text.push('"');
            text.push_str(&field.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&field);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::document::Column;
    use crate::reports::options::Lang;

    #[test]
    fn quotes_commas_and_formulas_stay_what_they_are() {
        let columns = vec![Column::text("a", Lang::En, "", "a,b"), Column::text("b", Lang::En, "", "c")];
        let rows = vec![
            vec![Item::from("say \"yes\""), Item::from("=1+1")],
            vec![Item::from("–"), Item::from("-5")],
        ];
        let sheet = Sheet { columns, rows, ..Sheet::default() };
        assert_eq!(write(&sheet, true), "\u{feff}\"a,b\",c\r\n\"say \"\"yes\"\"\",'=1+1\r\n,-5\r\n");
    }
}
