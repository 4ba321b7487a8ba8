//! From tables to a document: which sheets, which columns, which words.

use super::asked;
use super::base::Base;
use super::document::{Chart, Column, Document, Item, Series, Sheet};
use super::options::{Asked, Lang, Options};
use super::studios;
use super::titles::Titles;
use anyhow::{Result, bail};
use report::counters::Limits;
use report::disposals::RESULTS_MAX;
use report::tables::annual::{self, TelephoneBase};
use report::tables::figure::{self, Topic, key_of};
use report::tables::{Cell, Change, Figure, Slot, Tables, Value, Who};
use report::{Formula, Ratio};
use store::Askings;
use store::shows::StudioRow;

/// Every figure of every row on one sheet: the only one of CSV, and what programs read in JSON.
pub(super) const ROWS: &str = "rows";
const IDENTITY: (&str, &str) = (
    "人工请求量 = 接听 + 放弃 + 未能受理 + 溢出 + 转回拨 + 系统呼损 + 排队中",
    "offered = answered + abandoned + turned away + overflowed out + called back + lost + waiting",
);

/// What goes into a document.
pub(super) struct Material<'m> {
    /// What was asked for.
    pub(super) options: &'m Options,
    /// When.
    pub(super) asked: &'m Asked,
    /// The table.
    pub(super) tables: &'m Tables,
    /// All callers, finely cut, for charts.
    pub(super) fine: &'m Tables,
    /// Names of rows.
    pub(super) titles: &'m Titles,
    /// The base table.
    pub(super) base: Option<&'m Base>,
    /// Specialists who were asked, and exchanges with other platforms.
    pub(super) askings: &'m [Askings],
    /// Radio studios.
    pub(super) studios: &'m [StudioRow],
    /// Calls let go before it was known whether they called again.
    pub(super) unwatched: u64,
}

impl Material<'_> {
    fn lang(&self) -> Lang {
        self.options.lang
    }

    fn limits(&self) -> &Limits {
        &self.tables.setup().limits
    }

    fn label(&self, zh: &str, en: &str) -> String {
        self.lang().label(zh, en)
    }

    /// The document for people: annual tables, figures with their formulas, tables by topic, charts.
    ///
    /// # Errors
    /// A change that cannot be, a base of another kind of period.
    pub(super) fn document(&self) -> Result<Document> {
        let figures = figure::all(self.limits());
        let mut sheets = vec![self.telephone()?];
        sheets.extend(self.team()?);
        sheets.extend(self.asked());
        sheets.extend(studios::sheet(self.studios, self.titles, self.lang()));
        sheets.push(self.summary(&figures));
        if self.tables.cells().count() > 1 {
            for topic in Topic::ALL {
                sheets.extend(self.topic(topic, &figures));
            }
        }
        sheets.extend(self.dispositions());
        Ok(Document { sheets, tiles: self.tiles(), charts: self.charts(), ..self.head() })
    }

    /// The document for programs: annual tables and one sheet with every figure of every row.
    ///
    /// # Errors
    /// As [`document`](Self::document).
    pub(super) fn plain(&self) -> Result<Document> {
        let mut sheets = vec![self.telephone()?];
        sheets.extend(self.team()?);
        sheets.extend(self.asked());
        sheets.extend(studios::sheet(self.studios, self.titles, self.lang()));
        sheets.push(self.rows());
        sheets.extend(self.dispositions());
        Ok(Document { sheets, ..self.head() })
    }

    fn asked(&self) -> Vec<Sheet> {
        asked::sheets(self.askings, &self.titles.rosters, self.lang())
    }

    /// Title, head and notes.
    fn head(&self) -> Document {
        let setup = self.tables.setup();
        let zone = setup.zone;
        let thresholds: Vec<String> = setup.limits.thresholds.iter().map(|t| key_of(*t)).collect();
        let mut head = vec![
            (
                self.label("时段", "Period"),
                format!("{} – {} {zone}", zone.shown(setup.period.from), zone.shown(setup.period.to)),
            ),
            (
                self.label("口径", "Limits"),
                format!(
                    "T = {}; SHORT < {}; long > {}",
                    thresholds.join(", "),
                    key_of(setup.limits.short_abandon),
                    key_of(setup.limits.long_talk)
                ),
            ),
        ];
        if let Some(base) = self.base {
            head.push((
                self.label("基期", "Base"),
                format!("{}, version {}, fingerprint {}", base.period, base.version, base.fingerprint),
            ));
        }
        let reconciles = match self.tables.check() {
            Ok(rows) => format!(
                "✓ {}: {} ({rows})",
                self.label("账平，每行", "reconciles in each row"),
                self.label(IDENTITY.0, IDENTITY.1)
            ),
            Err(rule) => format!("✗ {}: {rule}", self.label("账不平", "DOES NOT RECONCILE")),
        };
        Document {
            title: format!("{} {}", self.label("话务报表", "Call report"), self.asked.name),
            head,
            reconciles,
            notes: self.notes(),
            ..Document::default()
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = vec![self.label(
            "来话者归入其进入队列的时段（分组行：进入该组队列的时段）；呼入及未进入队列的来话归入来电时段；接听员时长按时段边界切分；话后处理归入其结束的时段。",
            "A caller belongs to the interval in which he entered the line (a group's row: its line); an arrival, and a call \
             that reached no line, to that of the INVITE; agents' time is cut at the borders of intervals; a wrap-up \
             counts where it ends.",
        )];
        let more = &self.tables.total().more;
        let time = &self.tables.total().time;
        let mut note = |count: u64, zh: &str, en: &str| {
            if count > 0 {
                notes.push(format!("{}: {count}", self.label(zh, en)));
            }
        };
        note(self.tables.open(), "进行中的来话，仅计入呼入总量", "Calls in progress, among the arrived only");
        note(
            self.tables.truncated(),
            "分段未全部保存的来话，分组与接听员可能少计",
            "Calls whose stretches are not all kept: groups and agents may miss some",
        );
        note(
            more.unknown_ends,
            "结束方式为本版本所不识的来话，计入系统呼损",
            "Calls that ended in a way that this version does not know, among the lost",
        );
        note(
            more.unknown_offers,
            "结束方式为本版本所不识的振铃",
            "Offers that ended in a way that this version does not know",
        );
        note(
            self.unwatched,
            "来话过多，未能判断是否重拨",
            "Calls too many at once to see whether their numbers called again",
        );
        if time.busy() > time.available() {
            notes.push(self.label(
                "接听员忙时多于签入时长：未结束的签入在签出时才写入，占用率与工时利用率尚非最终值。",
                "Agents were busier than they were signed in: a session is written at sign-out, so occupancy and utilisation \
                 are not final.",
            ));
        }
        notes
    }

    /// The last threshold: the published one.
    fn published(&self) -> usize {
        self.limits().thresholds.len() - 1
    }

    fn telephone(&self) -> Result<Sheet> {
        let base = match self.base {
            Some(base) if base.telephone != TelephoneBase::default() => {
                // 2023 to 2024, 2023-02 to 2024-02; a month says nothing about a year.
                if base.period.len() != self.asked.name.len() {
                    bail!(
                        "the base table is of {} and the report of {}: compare a year with a year, a month with a month",
                        base.period,
                        self.asked.name
                    );
                }
                base.telephone
            }
            _ => TelephoneBase::default(),
        };
        let t = key_of(self.limits().thresholds[self.published()]);
        let lines =
            annual::telephone(self.tables.total(), self.published(), &t, self.limits().long_talk, &base)?;
        let lang = self.lang();
        let rows = lines.into_iter().map(|line| {
            let label = lang.label(&line.zh, &line.en);
            vec![
                Item::from(line.key),
                label.into(),
                line.value.into(),
                line.base.into(),
                Item::Change(line.change),
                line.formula.into(),
            ]
        });
        Ok(Sheet {
            key: "telephone".to_owned(),
            title: self.label("话务服务（R2）", "Telephone service (R2)"),
            columns: vec![
                Column::text("key", lang, "键", "Key"),
                Column::text("figure", lang, "指标", "Figure"),
                Column::number("value", lang, "本期", "Value"),
                Column::number("base", lang, "基期", "Base"),
                Column::number("change", lang, "同比", "Change"),
                Column::text("formula", lang, "公式", "Formula"),
            ],
            rows: rows.collect(),
            remark: String::new(),
        })
    }

    fn team(&self) -> Result<Option<Sheet>> {
        let Some(base) = self.base.filter(|base| !base.team.items.is_empty()) else { return Ok(None) };
        let lang = self.lang();
        let told = |(value, change): (String, Change)| {
            let change = if value.is_empty() { Item::from("") } else { Item::Change(change) };
            [Item::from(value), change]
        };
        let rows = annual::team(&base.team)?.into_iter().map(|line| {
            let mut row = vec![Item::from(line.key), lang.label(&line.zh, &line.en).into()];
            row.extend(told(line.city));
            row.extend(told(line.all));
            row.push(line.formula.into());
            row
        });
        Ok(Some(Sheet {
            key: "team".to_owned(),
            title: self.label("服务团队（R14）", "Service team (R14)"),
            columns: vec![
                Column::text("key", lang, "键", "Key"),
                Column::text("item", lang, "项目", "Item"),
                Column::number("city", lang, "市本级", "City"),
                Column::number("city_change", lang, "同比", "Change"),
                Column::number("all", lang, "全市", "All"),
                Column::number("all_change", lang, "同比", "Change"),
                Column::text("formula", lang, "公式", "Formula"),
            ],
            rows: rows.collect(),
            remark: String::new(),
        }))
    }

    /// Every figure of the period with what it is made of.
    fn summary(&self, figures: &[Figure]) -> Sheet {
        let lang = self.lang();
        let total = self.tables.total();
        let by = self.tables.setup().by;
        let rows = figures.iter().filter(|figure| figure.applies(by, Who::All)).map(|figure| {
            let value = figure.value(total, by, Who::All);
            vec![
                Item::from(figure.key.as_str()),
                lang.label(&figure.zh, &figure.en).into(),
                Item::Value(value),
                value.made_of().into(),
                figure.formula.as_str().into(),
            ]
        });
        Sheet {
            key: "summary".to_owned(),
            title: self.label("全时段合计", "The whole period"),
            columns: vec![
                Column::text("key", lang, "键", "Key"),
                Column::text("figure", lang, "指标", "Figure"),
                Column::number("value", lang, "数值", "Value"),
                Column::number("made_of", lang, "分子/分母", "Made of"),
                Column::text("formula", lang, "公式", "Formula"),
            ],
            rows: rows.collect(),
            remark: String::new(),
        }
    }

    /// Cells in the order in which they are shown.
    fn shown(&self) -> impl Iterator<Item = (Slot, Who, &Cell)> {
        self.tables.cells().filter(|(_, who, _)| self.titles.shows(*who))
    }

    fn names(&self, slot: Slot, who: Who) -> (String, String, String) {
        let setup = self.tables.setup();
        let interval = match (slot, setup.every) {
            (Slot::From(from), Some(every)) => every.name(from, setup.zone),
            _ => self.label("全时段", "all"),
        };
        let (key, title) = self.titles.of(who, self.lang());
        (interval, key, title)
    }

    fn first_columns(&self) -> Vec<Column> {
        let lang = self.lang();
        vec![
            Column::text("interval", lang, "时段", "Interval"),
            Column::text("row", lang, "分组", "Row"),
            Column::text("title", lang, "名称", "Title"),
        ]
    }

    /// The rows of one topic; columns that say nothing anywhere are left out and named.
    fn topic(&self, topic: Topic, figures: &[Figure]) -> Option<Sheet> {
        let (zh, en) = topic.title();
        let lang = self.lang();
        let by = self.tables.setup().by;
        let figures: Vec<&Figure> = figures.iter().filter(|figure| figure.topic == topic).collect();
        let cells: Vec<_> = self.shown().collect();
        let table: Vec<Vec<Value>> = cells
            .iter()
            .map(|(_, who, cell)| figures.iter().map(|figure| figure.value(cell, by, *who)).collect())
            .collect();
        let speaks = |at: usize| table.iter().any(|row| row[at].share() > 0);
        let kept: Vec<usize> = (0..figures.len()).filter(|at| speaks(*at)).collect();
        if kept.is_empty() {
            return None;
        }
        let silent: Vec<String> = (0..figures.len())
            .filter(|at| !speaks(*at) && table.iter().any(|row| row[*at] != Value::None))
            .map(|at| lang.label(&figures[at].zh, &figures[at].en))
            .collect();
        let mut columns = self.first_columns();
        let titled = cells.iter().any(|(slot, who, _)| {
            let (_, key, title) = self.names(*slot, *who);
            key != title
        });
        if !titled {
            columns.pop();
        }
        columns.extend(kept.iter().map(|at| {
            let figure = figures[*at];
            let formula = figure.formula.clone();
            Column { formula, ..Column::number(&figure.key, lang, &figure.zh, &figure.en) }
        }));
        if topic == Topic::Calls {
            columns.push(Column::text("reconciles", lang, "账平", "Reconciles"));
        }
        let rows = cells.iter().zip(&table).map(|((slot, who, cell), values)| {
            let (interval, key, title) = self.names(*slot, *who);
            let mut row = vec![Item::from(interval), key.into()];
            if titled {
                row.push(title.into());
            }
            row.extend(kept.iter().map(|at| Item::Value(values[*at])));
            if topic == Topic::Calls {
                row.push(self.verdict(*who, cell));
            }
            row
        });
        let remark = match silent.is_empty() {
            true => String::new(),
            false => {
                format!("{}: {}", self.label("全为零，未列", "Zero everywhere, left out"), silent.join(", "))
            }
        };
        let rows = rows.collect();
        Some(Sheet {
            key: format!("{topic:?}").to_lowercase(),
            title: self.label(zh, en),
            columns,
            rows,
            remark,
        })
    }

    /// What came of talks, by row; one column for each disposition that was given, of agents and of specialists.
    fn dispositions(&self) -> Option<Sheet> {
        let lang = self.lang();
        let cells: Vec<_> = self.shown().filter(|(slot, _, _)| *slot == Slot::Whole).collect();
        let count = |cell: &Cell, at: usize, by: usize| u64::from(cell.counters().disposals.results[at][by]);
        let given =
            |at: &usize| cells.iter().any(|(_, _, cell)| count(cell, *at, 0) + count(cell, *at, 1) > 0);
        let kept: Vec<usize> = (0..RESULTS_MAX).filter(given).collect();
        if kept.is_empty() {
            return None;
        }
        let mut columns = vec![
            Column::text("row", lang, "分组", "Row"),
            Column::text("title", lang, "名称", "Title"),
            Column::text("resolver", lang, "解答人", "Resolved by"),
        ];
        columns.extend(kept.iter().map(|at| {
            let (key, zh, en) = self.titles.disposition(self.tables.setup(), *at);
            Column::number(&key, lang, &zh, &en)
        }));
        columns.push(Column::number("disposed", lang, "已小结", "Disposed"));
        columns.push(Column::number("undisposed", lang, "未小结", "Undisposed"));
        let mut rows = Vec::new();
        for (slot, who, cell) in cells {
            let (_, key, title) = self.names(slot, who);
            let names = [lang.label("接听员", "agent"), lang.label("政策专员", "specialist")];
            for (by, name) in names.into_iter().enumerate() {
                let counts = kept.iter().map(|at| count(cell, *at, by));
                let sum = counts.clone().sum();
                let none = if by == 0 { Value::Count(cell.counters().disposals.none) } else { Value::None };
                let mut row = vec![Item::from(key.as_str()), title.as_str().into(), name.into()];
                row.extend(counts.chain([sum]).map(|count| Item::Value(Value::Count(count))));
                row.push(Item::Value(none));
                rows.push(row);
            }
        }
        Some(Sheet {
            key: "dispositions".to_owned(),
            title: self.label("处理结果", "Dispositions"),
            columns,
            rows,
            remark: self.label(
                "每通话务一个处理结果，以最后一次为准；分组行归入首个接听的组。",
                "One of each talk, the last one given; in groups' rows it is the group's that answered first.",
            ),
        })
    }

    fn verdict(&self, who: Who, cell: &Cell) -> Item {
        match self.tables.check_row(who, cell) {
            Ok(()) => "✓".into(),
            Err(rule) => format!("✗ {rule}").into(),
        }
    }

    /// Every figure of every row.
    fn rows(&self) -> Sheet {
        let lang = self.lang();
        let by = self.tables.setup().by;
        let figures = figure::all(self.limits());
        let figures: Vec<&Figure> = figures
            .iter()
            .filter(|figure| {
                figure.applies(by, Who::All) || self.shown().any(|(_, who, _)| figure.applies(by, who))
            })
            .collect();
        let mut columns = self.first_columns();
        columns.extend(figures.iter().map(|figure| {
            let formula = figure.formula.clone();
            Column { formula, ..Column::number(&figure.key, lang, &figure.zh, &figure.en) }
        }));
        columns.push(Column::text("reconciles", lang, "账平", "Reconciles"));
        let rows = self.shown().map(|(slot, who, cell)| {
            let (interval, key, title) = self.names(slot, who);
            let mut row = vec![Item::from(interval), key.into(), title.into()];
            row.extend(figures.iter().map(|figure| Item::Value(figure.value(cell, by, who))));
            row.push(self.verdict(who, cell));
            row
        });
        let rows = rows.collect();
        Sheet {
            key: ROWS.to_owned(),
            title: self.label("全部指标", "All figures"),
            columns,
            rows,
            remark: String::new(),
        }
    }

    fn tiles(&self) -> Vec<(String, String, String)> {
        let total = self.tables.total();
        let counters = total.counters();
        let served = counters.served(self.published());
        let t = key_of(self.limits().thresholds[self.published()]);
        let tile = |zh: &str, en: &str, value: Value, formula: &str| {
            (self.label(zh, en), value.shown(), format!("{formula} {}", value.made_of()).trim().to_owned())
        };
        let share = |part, whole| Value::Share(Ratio { part, whole });
        let mean = |sum: std::time::Duration, count| Value::Mean { sum_ms: sum.as_millis() as u64, count };
        vec![
            tile("人工接听", "Answered", Value::Count(counters.answered), "ANS"),
            tile("接通率", "Connect rate", share(counters.answered, counters.offered), "ANS / OFF"),
            tile(
                &format!("{t}接通·接听"),
                "SL2",
                Value::Share(Formula::Sl2.of(&served)),
                Formula::Sl2.printed(),
            ),
            tile(
                &format!("{t}接通·请求"),
                "SL1",
                Value::Share(Formula::Sl1.of(&served)),
                Formula::Sl1.printed(),
            ),
            tile("平均等待 秒", "Mean wait s", mean(total.tally.sums.waited, counters.answered), ""),
            tile("平均通话 秒", "Mean talk s", mean(total.tally.sums.talked, counters.talks), ""),
        ]
    }

    fn charts(&self) -> Vec<Chart> {
        let setup = self.fine.setup();
        let Some(every) = setup.every else { return Vec::new() };
        let cells: Vec<_> = self.fine.cells().filter(|(slot, _, _)| *slot != Slot::Whole).collect();
        let (Some((Slot::From(first), ..)), Some((Slot::From(last), ..))) = (cells.first(), cells.last())
        else {
            return Vec::new();
        };
        // Hours without a call are part of the picture.
        let mut moments = Vec::new();
        let mut at = *first;
        while at <= *last {
            moments.push(at);
            at = every.around(at, setup.zone).to;
        }
        let names: Vec<String> = moments.iter().map(|from| every.name(*from, setup.zone)).collect();
        let each = |of: &dyn Fn(&Cell) -> Value, times: i128| -> Vec<Option<i64>> {
            let one = |from| {
                let mut exact = of(self.fine.cell(Slot::From(from), Who::All)?).exact()?;
                exact.part *= times;
                Some(exact.rounded())
            };
            moments.iter().map(|from| one(*from)).collect()
        };
        let series = |zh: &str, en: &str, values| Series { name: self.label(zh, en), values };
        let t = key_of(setup.limits.thresholds[self.published()]);
        let published = self.published();
        let level = |formula: Formula| {
            move |cell: &Cell| Value::Share(formula.of(&cell.counters().served(published)))
        };
        let p90 = figure::all(&setup.limits).into_iter().find(|figure| figure.key == "wait_p90");
        let by = setup.by;
        vec![
            Chart {
                title: self.label("来话", "Arrivals"),
                names: names.clone(),
                bars: true,
                unit: "",
                series: vec![
                    series("接听", "answered", each(&|cell| Value::Count(cell.counters().answered), 1)),
                    series("放弃", "abandoned", each(&|cell| Value::Count(cell.counters().abandoned()), 1)),
                    series(
                        "其他未接",
                        "other",
                        each(
                            &|cell| {
                                let counters = cell.counters();
                                Value::Count(counters.offered - counters.answered - counters.abandoned())
                            },
                            1,
                        ),
                    ),
                ],
            },
            Chart {
                title: self.label("等待", "Waits"),
                names: names.clone(),
                bars: false,
                unit: " s",
                series: vec![
                    series(
                        "平均",
                        "mean",
                        each(
                            &|cell| Value::Mean {
                                sum_ms: cell.tally.sums.waited.as_millis() as u64,
                                count: cell.counters().answered,
                            },
                            1,
                        ),
                    ),
                    series(
                        "90分位",
                        "p90",
                        each(
                            &|cell| {
                                p90.as_ref().map_or(Value::None, |figure| figure.value(cell, by, Who::All))
                            },
                            1,
                        ),
                    ),
                ],
            },
            Chart {
                title: format!("{} T = {t}", self.label("服务水平", "Service level")),
                names,
                bars: false,
                unit: " %",
                series: vec![
                    series("接听基数", "SL2 = W / ANS", each(&level(Formula::Sl2), 100)),
                    series("请求基数", "SL1 = W / OFF", each(&level(Formula::Sl1), 100)),
                ],
            },
        ]
    }
}
