//! Radio studios (政风热线): shows, callers received and put on air, time on air. What the records tell of table R3; who was
//! in the studio and what became of the cases is not a call centre's to know.

use super::document::{Column, Item, Sheet};
use super::options::Lang;
use super::titles::Titles;
use report::Ratio;
use report::tables::Value;
use std::time::Duration;
use store::shows::StudioRow;

/// The sheet; none for a centre without studios.
pub(super) fn sheet(studios: &[StudioRow], titles: &Titles, lang: Lang) -> Option<Sheet> {
    if studios.is_empty() {
        return None;
    }
    let mut rows: Vec<_> = studios.iter().map(|row| items(row, &titles.studio(&row.studio))).collect();
    if studios.len() > 1 {
        let total = studios.iter().fold(StudioRow::default(), |sum, row| StudioRow {
            studio: "total".to_owned(),
            shows: sum.shows + row.shows,
            open: sum.open + row.open,
            received: sum.received + row.received,
            aired: sum.aired + row.aired,
            on_air: sum.on_air + row.on_air,
            standby: sum.standby + row.standby,
        });
        rows.push(items(&total, &lang.label("合计", "total")));
    }
    let formula = |formula: &str, column: Column| Column { formula: formula.to_owned(), ..column };
    Some(Sheet {
        key: "studios".to_owned(),
        title: lang.label("政风热线（R3）", "Live radio (R3)"),
        columns: vec![
            Column::text("studio", lang, "键", "Key"),
            Column::text("title", lang, "栏目", "Programme"),
            Column::number("shows", lang, "期数", "Shows"),
            Column::number("open", lang, "直播时长", "Shows' length"),
            Column::number("received", lang, "收到来电", "Callers received"),
            Column::number("aired", lang, "上线", "Put on air"),
            formula("aired / received", Column::number("aired_share", lang, "上线率", "Share on air")),
            Column::number("on_air", lang, "现场时长", "Time on air"),
            formula(
                "time on air / put on air",
                Column::number("on_air_mean", lang, "平均现场时长（秒）", "Mean time on air (s)"),
            ),
            formula(
                "time held / received",
                Column::number("held_mean", lang, "平均候播时长（秒）", "Mean time held (s)"),
            ),
        ],
        rows,
        remark: lang.label(
            "期数按开播时间、来电按呼入时间归入时段；候播时长不计入等待与通话",
            "A show belongs to the period in which it began, a caller to that in which he called; time held is in no wait \
             and no talk",
        ),
    })
}

fn items(row: &StudioRow, title: &str) -> Vec<Item> {
    let ms = |span: Duration| span.as_millis() as u64;
    vec![
        Item::from(row.studio.as_str()),
        title.into(),
        Item::Value(Value::Count(row.shows)),
        Item::Value(Value::Span(ms(row.open))),
        Item::Value(Value::Count(row.received)),
        Item::Value(Value::Count(row.aired)),
        Item::Value(Value::Share(Ratio { part: row.aired, whole: row.received })),
        Item::Value(Value::Span(ms(row.on_air))),
        Item::Value(Value::Mean { sum_ms: ms(row.on_air), count: row.aired }),
        Item::Value(Value::Mean { sum_ms: ms(row.standby), count: row.received }),
    ]
}
