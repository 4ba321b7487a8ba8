//! The recount: counters of a run from its records alone, to hold the board to account.
//!
//! ```text
//!   call     one row a caller   ──▶ the centre
//!   segment  one `line` a stay  ──▶ each group
//! ```
//!
//! Thresholds and limits are given with the question: another T, or another limit for short abandons, counts
//! history again. What no record tells (who was asked to help, how offers and wrap-ups went) stays zero.

use crate::error::ReadError;
use crate::records::{Records, ids_of};
use report::counters::{Counters, Limits};
use report::tally::Sums;
use report::{Board, RecordId, Survey};
use rusqlite::{Row, params};
use std::fmt::Write;
use std::time::Duration;

/// Counters and sums of a run, from its records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Calls in the records that are in progress; they are in no counter but `arrived`.
    pub in_progress: u64,
    /// Every caller once.
    pub total: Recount,
    /// Each group that had a caller in its line, by key.
    pub groups: Vec<(String, Recount)>,
}

/// Counters and sums of a group, or of the centre.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recount {
    /// What happened how often.
    pub counters: Counters,
    /// How long it took in all. For a group, `rang` and `greeted` stay zero.
    pub sums: Sums,
}

impl Totals {
    /// Where these totals and a board disagree, in words; empty when they reconcile. To be asked when all
    /// calls are over and written.
    #[must_use]
    pub fn differences(&self, board: &Board) -> Vec<String> {
        let mut found = Vec::new();
        compare(&mut found, "centre", &self.total, &board.total);
        for group in &board.groups {
            let again = self.groups.iter().find(|(key, _)| *key == group.key);
            compare(&mut found, &group.key, &again.map(|(_, again)| *again).unwrap_or_default(), &group.line);
        }
        if self.in_progress > 0 {
            found.push(format!("{} calls in progress in the records", self.in_progress));
        }
        found
    }
}

fn compare(found: &mut Vec<String>, place: &str, records: &Recount, line: &report::board::Line) {
    let (ours, theirs) = (&records.counters, &line.counters);
    let counts = [
        ("arrived", ours.arrived, theirs.arrived),
        ("abandoned before line", ours.abandoned_before_line, theirs.abandoned_before_line),
        ("refused", ours.refused, theirs.refused),
        ("service", ours.service, theirs.service),
        ("callbacks", ours.callbacks, theirs.callbacks),
        ("lost before line", ours.lost_before_line, theirs.lost_before_line),
        ("offered", ours.offered, theirs.offered),
        ("overflowed in", ours.overflowed_in, theirs.overflowed_in),
        ("transferred in", ours.transferred_in, theirs.transferred_in),
        ("answered", ours.answered, theirs.answered),
        ("abandoned in line", ours.abandoned_in_line, theirs.abandoned_in_line),
        ("abandoned ringing", ours.abandoned_ringing, theirs.abandoned_ringing),
        ("short abandoned", ours.short_abandoned, theirs.short_abandoned),
        ("line full", ours.turned_away.line_full, theirs.turned_away.line_full),
        ("waited too long", ours.turned_away.waited_too_long, theirs.turned_away.waited_too_long),
        ("nobody signed in", ours.turned_away.nobody_signed_in, theirs.turned_away.nobody_signed_in),
        ("closed", ours.turned_away.closed, theirs.turned_away.closed),
        ("surge", ours.turned_away.surge, theirs.turned_away.surge),
        ("blocked", ours.turned_away.blocked, theirs.turned_away.blocked),
        ("called back", ours.called_back, theirs.called_back),
        ("joined", ours.joined, theirs.joined),
        ("overflowed out", ours.overflowed_out, theirs.overflowed_out),
        ("lost", ours.lost, theirs.lost),
        ("talks", ours.talks, theirs.talks),
        ("long talks", ours.long_talks, theirs.long_talks),
        ("rated", ours.surveys.ratings(), theirs.surveys.ratings()),
        ("survey timeouts", ours.surveys.timeout, theirs.surveys.timeout),
        ("invalid ratings", ours.surveys.invalid, theirs.surveys.invalid),
        ("hung up in the survey", ours.surveys.hung_up, theirs.surveys.hung_up),
        ("not asked to rate", ours.surveys.not_offered, theirs.surveys.not_offered),
        ("wait in ms", millis(records.sums.waited), millis(line.wait.sum)),
        ("wait of abandoned in ms", millis(records.sums.waited_abandoned), millis(line.wait_abandoned.sum)),
        ("talk in ms", millis(records.sums.talked), millis(line.talk.sum)),
    ];
    let within = ours.within.iter().zip(&theirs.within).flat_map(|(ours, theirs)| {
        [
            ("answered within T", ours.answered, theirs.answered),
            ("abandoned within T", ours.abandoned, theirs.abandoned),
        ]
    });
    for (what, records, board) in counts.into_iter().chain(within) {
        if records != board {
            found.push(format!("{place}: {what} is {records} in the records and {board} on the board"));
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl Records {
    /// Counts a run again from its records.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn summary(&self, run: u64, limits: &Limits) -> Result<Totals, ReadError> {
        let mut totals = Totals::default();
        self.centre(run, limits, &mut totals)?;
        self.groups(run, limits, &mut totals)?;
        self.surveys(run, &mut totals)?;
        Ok(totals)
    }

    fn centre(&self, run: u64, limits: &Limits, totals: &mut Totals) -> Result<(), ReadError> {
        let sql = format!(
            "SELECT outcome, queued_at IS NOT NULL, count(*), sum(waited_ms), sum(rang_ms), sum(greeted_ms),
                    sum(talked_ms), sum(talked_ms > ?3), sum(waited_ms < ?4){}
             FROM call WHERE id BETWEEN ?1 AND ?2 GROUP BY 1, 2",
            within(limits, "waited_ms")
        );
        let mut statement = self.connection.prepare(&sql)?;
        let (first, last) = ids_of(run);
        let mut rows = statement.query(params![first, last, long(limits), short(limits)])?;
        while let Some(row) = rows.next()? {
            let Totals { total, in_progress, .. } = totals;
            let outcome: Option<String> = row.get(0)?;
            let (reached, count): (bool, u64) = (row.get(1)?, row.get(2)?);
            total.counters.arrived += count;
            let Some(outcome) = outcome else {
                *in_progress += count;
                continue;
            };
            if !reached {
                *match outcome.as_str() {
                    "abandoned_before_line" => &mut total.counters.abandoned_before_line,
                    "refused" => &mut total.counters.refused,
                    "service" => &mut total.counters.service,
                    "callback" => &mut total.counters.callbacks,
                    _ => &mut total.counters.lost_before_line,
                } += count;
                continue;
            }
            total.counters.reached_line += count;
            total.counters.offered += count;
            let waited = span(row, 3)?;
            ended(total, &outcome, count, waited, row.get(8)?);
            if outcome == "answered" {
                total.counters.talks += count;
                total.counters.long_talks += row.get::<_, u64>(7)?;
                total.sums.rang += span(row, 4)?;
                total.sums.greeted += span(row, 5)?;
                total.sums.talked += span(row, 6)?;
            }
            add_within(total, &outcome, row, 9, limits)?;
        }
        Ok(())
    }

    /// What callers said of their talks, once for the centre and once for the group that answered.
    fn surveys(&self, run: u64, totals: &mut Totals) -> Result<(), ReadError> {
        let mut statement = self.connection.prepare(
            "SELECT coalesce(name.key, '?'), survey, rating, count(*)
             FROM call LEFT JOIN name ON name.id = call.group_id
             WHERE call.id BETWEEN ?1 AND ?2 AND outcome = 'answered' AND survey IS NOT NULL GROUP BY 1, 2, 3",
        )?;
        let (first, last) = ids_of(run);
        let mut rows = statement.query(params![first, last])?;
        while let Some(row) = rows.next()? {
            let (key, word, count): (String, String, u64) = (row.get(0)?, row.get(1)?, row.get(3)?);
            let Some(survey) = Survey::read(&word, row.get(2)?) else { continue };
            totals.total.counters.surveys.add(survey, count);
            group_of(&mut totals.groups, key).counters.surveys.add(survey, count);
        }
        Ok(())
    }

    fn groups(&self, run: u64, limits: &Limits, totals: &mut Totals) -> Result<(), ReadError> {
        // How the stay before this one ended tells a move from a transfer.
        let sql = format!(
            "WITH stay AS (
                 SELECT segment.*, lag(ended) OVER (PARTITION BY call_id ORDER BY number) AS before
                 FROM segment WHERE call_id BETWEEN ?1 AND ?2 AND kind = 'line')
             SELECT coalesce(name.key, '?'), ended, count(*), sum(waited_ms), sum(before = 'moved_on'),
                    sum(before <> 'moved_on'), sum(waited_ms < ?3){}
             FROM stay LEFT JOIN name ON name.id = stay.group_id GROUP BY 1, 2",
            within(limits, "waited_ms")
        );
        let (first, last) = ids_of(run);
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query(params![first, last, short(limits)])?;
        while let Some(row) = rows.next()? {
            let (key, end, count): (String, String, u64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let group = group_of(&mut totals.groups, key);
            group.counters.offered += count;
            group.counters.overflowed_in += row.get::<_, Option<u64>>(4)?.unwrap_or(0);
            group.counters.transferred_in += row.get::<_, Option<u64>>(5)?.unwrap_or(0);
            // The stay that an agent ended is `connected`; the caller is `answered`.
            let outcome = if end == "connected" { "answered" } else { end.as_str() };
            ended(group, outcome, count, span(row, 3)?, row.get(6)?);
            add_within(group, outcome, row, 7, limits)?;
        }
        let mut statement = self.connection.prepare(
            "SELECT coalesce(name.key, '?'), count(*), sum(talked_ms), sum(talked_ms > ?3)
             FROM call LEFT JOIN name ON name.id = call.group_id
             WHERE call.id BETWEEN ?1 AND ?2 AND outcome = 'answered' GROUP BY 1",
        )?;
        let mut rows = statement.query(params![first, last, long(limits)])?;
        while let Some(row) = rows.next()? {
            let group = group_of(&mut totals.groups, row.get(0)?);
            group.counters.talks += row.get::<_, u64>(1)?;
            group.sums.talked += span(row, 2)?;
            group.counters.long_talks += row.get::<_, u64>(3)?;
        }
        Ok(())
    }

    /// Runs with their first and last call, newest first: `(run, calls)`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn runs(&self) -> Result<Vec<(u64, u64)>, ReadError> {
        let mut statement = self.connection.prepare(
            "SELECT run.id, (SELECT count(*) FROM call WHERE call.id >> ?1 = run.id) FROM run ORDER BY id DESC",
        )?;
        let rows = statement.query_map([RecordId::NUMBER_BITS], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

fn group_of(groups: &mut Vec<(String, Recount)>, key: String) -> &mut Recount {
    let at = groups.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
        groups.push((key, Recount::default()));
        groups.len() - 1
    });
    &mut groups[at].1
}

/// Counts what became of so many callers.
fn ended(recount: &mut Recount, outcome: &str, count: u64, waited: Duration, short: u64) {
    let Recount { counters, sums } = recount;
    match outcome {
        "answered" => sums.waited += waited,
        "abandoned_in_line" | "abandoned_ringing" => {
            sums.waited_abandoned += waited;
            counters.short_abandoned += short;
        }
        _ => {}
    }
    *match outcome {
        "answered" => &mut counters.answered,
        "abandoned_in_line" => &mut counters.abandoned_in_line,
        "abandoned_ringing" => &mut counters.abandoned_ringing,
        "line_full" => &mut counters.turned_away.line_full,
        "waited_too_long" => &mut counters.turned_away.waited_too_long,
        "nobody_signed_in" => &mut counters.turned_away.nobody_signed_in,
        "closed" => &mut counters.turned_away.closed,
        "surge" => &mut counters.turned_away.surge,
        "blocked" => &mut counters.turned_away.blocked,
        "called_back" => &mut counters.called_back,
        "joined" => &mut counters.joined,
        "moved_on" => &mut counters.overflowed_out,
        _ => &mut counters.lost,
    } += count;
}

/// A column for each threshold: how many waited at most so long.
fn within(limits: &Limits, column: &str) -> String {
    limits.thresholds.iter().fold(String::new(), |mut sql, threshold| {
        let _ = write!(sql, ", sum({column} <= {})", millis(*threshold));
        sql
    })
}

fn add_within(
    recount: &mut Recount,
    outcome: &str,
    row: &Row<'_>,
    from: usize,
    limits: &Limits,
) -> Result<(), ReadError> {
    for (at, _) in limits.thresholds.iter().enumerate() {
        let Some(within) = recount.counters.within.get_mut(at) else { break };
        let count: u64 = row.get(from + at)?;
        match outcome {
            "answered" => within.answered += count,
            "abandoned_in_line" | "abandoned_ringing" => within.abandoned += count,
            _ => {}
        }
    }
    Ok(())
}

fn span(row: &Row<'_>, column: usize) -> Result<Duration, ReadError> {
    Ok(Duration::from_millis(row.get::<_, Option<u64>>(column)?.unwrap_or(0)))
}

/// Talks longer than so many whole milliseconds are long.
fn long(limits: &Limits) -> u64 {
    millis(limits.long_talk)
}

/// Waits shorter than so many whole milliseconds are short: a broken limit is rounded up.
fn short(limits: &Limits) -> u64 {
    u64::try_from(limits.short_abandon.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
