//! [`Writer`]: batches into the file, one transaction each, all or nothing.
//!
//! A batch that failed may be written again: each row has its own id, and a call that was begun by an earlier
//! batch is completed in place.

use crate::error::WriteError;
use crate::names::Names;
use crate::records::{Records, signed};
use base::Private;
use report::asked::Asked;
use report::record::{LegAudio, Segment, SegmentKind};
use report::{AgentSpan, CallRecord, Disposed, Opened, SpanKind, Survey, UnixMs, words};
use rusqlite::{Statement, TransactionBehavior, params};
use sip::leg::Origin;
use std::time::Duration;

/// How callers' numbers are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbers {
    /// As they are.
    #[default]
    Plain,
    /// First three and last two digits. The hash beside them still finds a caller again: it is a key to look
    /// up with, not a protection, because all telephone numbers can be tried.
    Masked,
}

/// What a batch has written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Calls begun.
    pub opened: usize,
    /// Calls completed.
    pub closed: usize,
    /// Stretches of agents' days.
    pub agent_spans: usize,
}

/// Writes batches.
#[derive(Debug)]
pub struct Writer {
    records: Records,
    names: Names,
    numbers: Numbers,
    /// Ids begun by the batch at hand, in order; kept for its memory.
    begun: Vec<u64>,
    /// Ids completed by it, in order.
    completed: Vec<u64>,
}

const OPEN: &str = "
INSERT INTO call (id, arrived_at, caller, caller_hash, called, sip_call_id, trunk_id, phone, flow_id)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO NOTHING";

const COMPLETE: &str = "
UPDATE call SET answered_at = ?2, queued_at = ?3, offered_at = ?4, connected_at = ?5, disconnected_at = ?6,
    ended_at = ?7, outcome = ?8, cause = ?9, ended_by = ?10, group_id = ?11, agent_id = ?12, greeted_ms = ?13,
    waited_ms = ?14, rang_ms = ?15, talked_ms = ?16, offers = ?17, moves = ?18, helped = ?19, truncated = ?20,
    last_agent_id = ?21, survey = ?22, rating = ?23, choices = ?24, language = ?25, case_id = ?26,
    studio_id = ?27, standby_ms = ?28, on_air_ms = ?29
WHERE id = ?1";

const WHOLE: &str = "
INSERT OR REPLACE INTO call (id, answered_at, queued_at, offered_at, connected_at, disconnected_at,
    ended_at, outcome, cause, ended_by, group_id, agent_id, greeted_ms,
    waited_ms, rang_ms, talked_ms, offers, moves, helped, truncated,
    last_agent_id, survey, rating, choices, language, case_id, studio_id, standby_ms, on_air_ms,
    arrived_at, caller, caller_hash, called, sip_call_id, trunk_id, phone, flow_id)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
    ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37)";

const SEGMENT: &str = "
INSERT OR REPLACE INTO segment (call_id, number, kind, group_id, agent_id, from_at, to_at, waited_ms, ended)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

const LEG: &str = "
INSERT OR REPLACE INTO leg (call_id, number, side, packets_received, packets_sent, lost, lost_remote,
    jitter_us, jitter_max_us, round_trip_us, strangers)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";

const ASKED: &str = "
INSERT OR REPLACE INTO asked (call_id, number, roster, liaison, way, reason, person, rung, from_at, answered_at, to_at,
    took_over, ended)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";

const SPAN: &str = "
INSERT INTO agent_state (agent_id, kind, reason, call_id, from_at, to_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

impl Writer {
    pub(crate) fn new(records: Records, names: Names, numbers: Numbers) -> Self {
        // Seven statements of ours and what reading prepares.
        records.connection.set_prepared_statement_cache_capacity(32);
        Self { records, names, numbers, begun: Vec::new(), completed: Vec::new() }
    }

    /// The records, to read what was written.
    #[must_use]
    pub const fn records(&self) -> &Records {
        &self.records
    }

    /// Ends the run and closes the file.
    ///
    /// # Errors
    /// The end is not noted.
    pub fn finish(mut self, run: u64, at: UnixMs) -> Result<Records, WriteError> {
        self.records.end_run(run, at)?;
        Ok(self.records)
    }

    /// Writes a batch in one transaction. A call that is begun and completed by it is written once.
    ///
    /// # Errors
    /// Nothing of it was written.
    pub fn write(
        &mut self,
        opened: &[Opened],
        closed: &[CallRecord],
        agent_spans: &[AgentSpan],
    ) -> Result<Written, WriteError> {
        let Self { records, names, numbers, begun, completed } = self;
        sorted(begun, opened.iter().map(|opened| opened.id.0));
        sorted(completed, closed.iter().map(|record| record.opened.id.0));
        // Immediate: a busy file is told before any work is done.
        let transaction = records.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut written = Written { opened: 0, closed: closed.len(), agent_spans: agent_spans.len() };
        {
            let mut open = transaction.prepare_cached(OPEN)?;
            for opened in opened.iter().filter(|opened| completed.binary_search(&opened.id.0).is_err()) {
                write_opened(&mut open, opened, names, *numbers)?;
                written.opened += 1;
            }
            let mut complete = transaction.prepare_cached(COMPLETE)?;
            let mut whole = transaction.prepare_cached(WHOLE)?;
            let mut segment = transaction.prepare_cached(SEGMENT)?;
            let mut leg = transaction.prepare_cached(LEG)?;
            let mut asked = transaction.prepare_cached(ASKED)?;
            for record in closed {
                let id = record.opened.id.0;
                if begun.binary_search(&id).is_ok() || !complete_call(&mut complete, record, names)? {
                    write_whole(&mut whole, record, names, *numbers)?;
                }
                let id = signed(id);
                for (number, part) in (0u8..).zip(&record.segments) {
                    write_segment(&mut segment, id, number, part, names)?;
                }
                for (number, audio) in (0u8..).zip(&record.legs) {
                    write_leg(&mut leg, id, number, audio)?;
                }
                for (number, part) in (0u8..).zip(&record.asked) {
                    write_asked(&mut asked, id, number, part, names)?;
                }
            }
            let mut span = transaction.prepare_cached(SPAN)?;
            for agent_span in agent_spans {
                write_span(&mut span, agent_span, names)?;
            }
        }
        transaction.commit()?;
        Ok(written)
    }
}

/// A disposition replaces the one before, never a later one.
pub(crate) const DISPOSE: &str = "
INSERT INTO disposition (call_id, result, online, resolver, agent_id, operator, at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (call_id) DO UPDATE SET result = excluded.result, online = excluded.online,
    resolver = excluded.resolver, agent_id = excluded.agent_id, operator = excluded.operator, at = excluded.at
WHERE excluded.at >= disposition.at";

impl Writer {
    /// Writes what agents said came of calls, in one transaction. It needs no record: that may follow.
    ///
    /// # Errors
    /// Nothing of it was written.
    pub fn dispose(&mut self, disposed: &[Disposed]) -> Result<(), WriteError> {
        let Self { records, names, .. } = self;
        let transaction = records.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut statement = transaction.prepare_cached(DISPOSE)?;
            for Disposed { call, disposition, by, agent, at } in disposed {
                let Some((result, online)) = names.disposition(*disposition) else { continue };
                let (agent, by) = (names.agent(Some(*agent)), words::resolver(*by));
                let (call, at, nobody) = (signed(call.0), signed(at.0), None::<String>);
                statement.execute(params![call, result, online, by, agent, nobody, at])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

fn sorted(ids: &mut Vec<u64>, of: impl Iterator<Item = u64>) {
    ids.clear();
    ids.extend(of);
    ids.sort_unstable();
}

/// The caller's number as it is kept, and the key to find him again.
fn caller(caller: &Private, numbers: Numbers) -> (String, i64) {
    let text = match numbers {
        Numbers::Plain => caller.reveal().clone(),
        Numbers::Masked => caller.to_string(),
    };
    (text, caller_hash(caller.reveal()))
}

/// FNV-1a, 64 bits: the same in every version and on every machine. Zero for a withheld number.
#[must_use]
pub fn caller_hash(number: &str) -> i64 {
    if number.is_empty() {
        return 0;
    }
    let hash = number.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // Zero is taken.
    (hash | u64::from(hash == 0)).cast_signed()
}

fn origin(origin: Origin, names: &Names) -> (Option<i64>, Option<u32>) {
    match origin {
        Origin::Trunk(trunk) => (names.trunk(trunk), None),
        Origin::Aor(aor) => (None, Some(aor.0)),
    }
}

fn write_opened(
    statement: &mut Statement<'_>,
    opened: &Opened,
    names: &Names,
    numbers: Numbers,
) -> rusqlite::Result<()> {
    let (number, hash) = caller(&opened.caller, numbers);
    let (trunk, phone) = origin(opened.origin, names);
    statement.execute(params![
        signed(opened.id.0),
        signed(opened.arrived.0),
        number,
        hash,
        opened.called,
        opened.call_id,
        trunk,
        phone,
        names.flow(opened.flow),
    ])?;
    Ok(())
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// Completes a call that an earlier batch has begun; false when there is none.
fn complete_call(
    statement: &mut Statement<'_>,
    record: &CallRecord,
    names: &Names,
) -> rusqlite::Result<bool> {
    bind_end(statement, record, names)?;
    Ok(statement.raw_execute()? > 0)
}

/// Writes a call that has begun and ended since the last batch.
fn write_whole(
    statement: &mut Statement<'_>,
    record: &CallRecord,
    names: &Names,
    numbers: Numbers,
) -> rusqlite::Result<()> {
    let Opened { arrived, called, call_id, flow, .. } = &record.opened;
    let (number, hash) = caller(&record.opened.caller, numbers);
    let (trunk, phone) = origin(record.opened.origin, names);
    bind_end(statement, record, names)?;
    statement.raw_bind_parameter(30, signed(arrived.0))?;
    statement.raw_bind_parameter(31, number)?;
    statement.raw_bind_parameter(32, hash)?;
    statement.raw_bind_parameter(33, called)?;
    statement.raw_bind_parameter(34, call_id)?;
    statement.raw_bind_parameter(35, trunk)?;
    statement.raw_bind_parameter(36, phone)?;
    statement.raw_bind_parameter(37, names.flow(*flow))?;
    statement.raw_execute()?;
    Ok(())
}

/// Parameters 1 to 29: what is known when a call is over.
fn bind_end(statement: &mut Statement<'_>, record: &CallRecord, names: &Names) -> rusqlite::Result<()> {
    let at = |moment: Option<UnixMs>| moment.map(|moment| signed(moment.0));
    statement.raw_bind_parameter(1, signed(record.opened.id.0))?;
    statement.raw_bind_parameter(2, at(record.answered_at))?;
    statement.raw_bind_parameter(3, at(record.queued_at))?;
    statement.raw_bind_parameter(4, at(record.offered_at))?;
    statement.raw_bind_parameter(5, at(record.connected_at))?;
    statement.raw_bind_parameter(6, at(record.disconnected_at))?;
    statement.raw_bind_parameter(7, signed(record.ended_at.0))?;
    statement.raw_bind_parameter(8, words::outcome(record.outcome))?;
    statement.raw_bind_parameter(9, record.cause.0)?;
    statement.raw_bind_parameter(10, words::side(record.by))?;
    statement.raw_bind_parameter(11, names.group(record.group))?;
    statement.raw_bind_parameter(12, names.agent(record.agent))?;
    statement.raw_bind_parameter(13, millis(record.greeted))?;
    statement.raw_bind_parameter(14, millis(record.waited))?;
    statement.raw_bind_parameter(15, millis(record.rang))?;
    statement.raw_bind_parameter(16, millis(record.talked))?;
    statement.raw_bind_parameter(17, record.offers)?;
    statement.raw_bind_parameter(18, record.moves)?;
    statement.raw_bind_parameter(19, record.helped)?;
    statement.raw_bind_parameter(20, record.truncated)?;
    statement.raw_bind_parameter(21, names.agent(record.last_agent))?;
    statement.raw_bind_parameter(22, record.survey.map(Survey::key))?;
    statement.raw_bind_parameter(23, record.survey.and_then(Survey::rating))?;
    statement.raw_bind_parameter(24, names.choices(record.opened.flow, &record.choices))?;
    statement.raw_bind_parameter(25, names.language(record.language))?;
    statement.raw_bind_parameter(26, Some(&record.case).filter(|case| !case.is_empty()))?;
    let in_studio = record.studio.is_some();
    statement.raw_bind_parameter(27, names.studio(record.studio))?;
    statement.raw_bind_parameter(28, in_studio.then(|| millis(record.standby)))?;
    statement.raw_bind_parameter(29, record.on_air.map(millis))
}

fn write_segment(
    statement: &mut Statement<'_>,
    id: i64,
    number: u8,
    segment: &Segment,
    names: &Names,
) -> rusqlite::Result<()> {
    let waited = (segment.kind == SegmentKind::Line).then(|| millis(segment.waited));
    statement.raw_bind_parameter(1, id)?;
    statement.raw_bind_parameter(2, number)?;
    statement.raw_bind_parameter(3, segment.kind.key())?;
    statement.raw_bind_parameter(4, names.group(segment.group))?;
    statement.raw_bind_parameter(5, names.agent(segment.agent))?;
    statement.raw_bind_parameter(6, signed(segment.from.0))?;
    statement.raw_bind_parameter(7, signed(segment.to.0))?;
    statement.raw_bind_parameter(8, waited)?;
    statement.raw_bind_parameter(9, segment.end.key())?;
    statement.raw_execute()?;
    Ok(())
}

fn write_leg(
    statement: &mut Statement<'_>,
    id: i64,
    number: u8,
    LegAudio { side, report }: &LegAudio,
) -> rusqlite::Result<()> {
    statement.raw_bind_parameter(1, id)?;
    statement.raw_bind_parameter(2, number)?;
    statement.raw_bind_parameter(3, words::side(*side))?;
    statement.raw_bind_parameter(4, signed(report.packets_received))?;
    statement.raw_bind_parameter(5, signed(report.packets_sent))?;
    statement.raw_bind_parameter(6, signed(report.lost))?;
    statement.raw_bind_parameter(7, signed(report.lost_remote))?;
    statement.raw_bind_parameter(8, micros(report.jitter))?;
    statement.raw_bind_parameter(9, micros(report.jitter_max))?;
    statement.raw_bind_parameter(10, micros(report.round_trip))?;
    statement.raw_bind_parameter(11, signed(report.strangers))?;
    statement.raw_execute()?;
    Ok(())
}

fn write_asked(
    statement: &mut Statement<'_>,
    id: i64,
    number: u8,
    asked: &Asked,
    names: &Names,
) -> rusqlite::Result<()> {
    let Some(roster) = names.rosters.get(asked.roster.index()) else { return Ok(()) };
    statement.execute(params![
        id,
        number,
        roster.key,
        roster.liaison,
        words::exchange(asked.exchange),
        roster.reason(asked.reason),
        roster.person(asked.person),
        asked.rung,
        signed(asked.from.0),
        asked.answered.map(|at| signed(at.0)),
        signed(asked.to.0),
        asked.took_over,
        asked.end.key(),
    ])?;
    Ok(())
}

fn write_span(statement: &mut Statement<'_>, span: &AgentSpan, names: &Names) -> rusqlite::Result<()> {
    let (kind, reason, call) = match span.kind {
        SpanKind::SignedIn => ("signed_in", None, None),
        SpanKind::NotReady(reason) => ("not_ready", Some(words::reason(reason)), None),
        SpanKind::WrapUp(call) => ("wrap_up", None, call.map(|id| signed(id.0))),
    };
    let Some(agent) = names.agent(Some(span.agent)) else { return Ok(()) };
    statement.execute(params![agent, kind, reason, call, signed(span.from.0), signed(span.to.0)])?;
    Ok(())
}
