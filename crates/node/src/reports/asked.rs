//! The sheets of who was asked: specialists (政策专员), and exchanges with other platforms (双号互转, R8).

use super::document::{Column, Item, Sheet};
use super::options::Lang;
use report::Ratio;
use report::tables::Value;
use std::collections::BTreeMap;
use store::Askings;

/// Titles of rosters by key, and of their reasons by key of both.
#[derive(Clone, Debug, Default)]
pub(super) struct RosterTitles {
    pub(super) rosters: BTreeMap<String, String>,
    pub(super) reasons: BTreeMap<(String, String), String>,
}

/// One sheet for our specialists, one for other platforms; none where nobody was asked.
pub(super) fn sheets(askings: &[Askings], titles: &RosterTitles, lang: Lang) -> Vec<Sheet> {
    let (liaisons, specialists): (Vec<_>, Vec<_>) = askings.iter().partition(|asked| asked.liaison);
    let named = |key: &str| titles.rosters.get(key).cloned().unwrap_or_else(|| key.to_owned());
    let mut sheets = Vec::new();
    if !specialists.is_empty() {
        let rows = specialists.iter().map(|asked| {
            let mut row = vec![Item::from(asked.roster.as_str()), named(&asked.roster).into()];
            row.extend(figures(asked));
            row
        });
        let mut columns = vec![
            Column::text("roster", lang, "专员组", "Roster"),
            Column::text("title", lang, "名称", "Title"),
        ];
        columns.extend(columns_of(lang));
        sheets.push(Sheet {
            key: "specialists".to_owned(),
            title: lang.label("政策专员", "Policy specialists"),
            columns,
            rows: rows.collect(),
            remark: String::new(),
        });
    }
    if !liaisons.is_empty() {
        let rows = liaisons.iter().map(|asked| {
            let way = if asked.way == "in" {
                lang.label("转入", "to us")
            } else {
                lang.label("转出", "from us")
            };
            let reason = titles.reasons.get(&(asked.roster.clone(), asked.reason.clone()));
            let reason = match reason {
                Some(title) => title.clone(),
                None if asked.reason.is_empty() => lang.label("未注明", "none given"),
                None => asked.reason.clone(),
            };
            let mut row = vec![
                Item::from(asked.roster.as_str()),
                named(&asked.roster).into(),
                way.into(),
                reason.into(),
            ];
            row.extend(figures(asked));
            row
        });
        let mut columns = vec![
            Column::text("liaison", lang, "平台", "Platform"),
            Column::text("title", lang, "名称", "Title"),
            Column::text("way", lang, "方向", "Way"),
            Column::text("reason", lang, "事由", "Reason"),
        ];
        columns.extend(columns_of(lang));
        sheets.push(Sheet {
            key: "liaison".to_owned(),
            title: lang.label("双号互转（R8）", "Exchanges with other platforms (R8)"),
            columns,
            rows: rows.collect(),
            remark: String::new(),
        });
    }
    sheets
}

fn columns_of(lang: Lang) -> Vec<Column> {
    let column = |key: &str, zh: &str, en: &str, formula: &str| Column {
        formula: formula.to_owned(),
        ..Column::number(key, lang, zh, en)
    };
    vec![
        column("calls", "涉及来话", "Calls", "calls in which somebody was asked, or which came that way"),
        column("asked", "请求", "Asked", "answered + nobody came + called off"),
        column("answered", "接听", "Answered", "somebody picked up; of calls to us: an agent had the caller"),
        column("answer_rate", "接听率", "Answer rate", "answered / asked"),
        column("took_over", "独立接手", "Took over", "of the answered, who had the caller without an agent"),
        column("nobody", "无人接听", "Nobody came", "everybody on duty was rung"),
        column("called_off", "撤回", "Called off", "not wanted any more, or the call ended"),
        column("rung", "振铃次数", "Phones rung", "phones"),
        column("wait_mean", "平均等待", "Mean wait", "of the answered, until somebody picked up, in s"),
        column(
            "talk_mean",
            "平均通话",
            "Mean talk",
            "of the answered, from then on, apart from the agent's, in s",
        ),
    ]
}

fn figures(asked: &Askings) -> Vec<Item> {
    let mean = |sum_ms: u64| Value::Mean { sum_ms, count: asked.answered };
    let share = Value::Share(Ratio { part: asked.answered, whole: asked.asked });
    [
        Value::Count(asked.calls),
        Value::Count(asked.asked),
        Value::Count(asked.answered),
        share,
        Value::Count(asked.took_over),
        Value::Count(asked.nobody),
        Value::Count(asked.called_off),
        Value::Count(asked.rung),
        mean(asked.wait_ms),
        mean(asked.talk_ms),
    ]
    .map(Item::Value)
    .into()
}
