//! `sujie recordings …`: what was recorded, whether it is still what it was, who may not delete it, and what is deleted.
//!
//! It works on the database and the folder beside a running centre, or without one. Whoever changes something says who
//! he is and why; a deletion leaves its row, with the hash of what was deleted.

use crate::cli::{ListRecordings, RecordingsCommand, Which};
use crate::clock::Clock;
use crate::recording::{file, name, removal};
use anyhow::{Context, Result};
use base::{LocalTime, Offset, Private};
use comfy_table::{CellAlignment, Table, TableComponent, presets};
use report::{RecordId, UnixMs};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;
use store::recordings::{Deed, Format, State};
use store::{Recording, RecordingFilter, Recordings};

/// Rows that are looked at when all are verified.
const ALL: u32 = u32::MAX;

/// Does what is asked.
///
/// # Errors
/// When the database cannot be read, or what is asked cannot be done.
pub fn command(command: &RecordingsCommand) -> Result<ExitCode> {
    match command {
        RecordingsCommand::List(options) => list(options),
        RecordingsCommand::Verify { place, id } => verify(&place.database, &place.folder(), id),
        RecordingsCommand::Hold { place, which } => {
            let done = open(&place.database)?.hold(RecordId(which.id), &deed(which))?;
            anyhow::ensure!(done, "recording {} does not exist, or was deleted", which.id);
            say(which, "held; it is not deleted until it is released", "已保全，解除前不会删除")
        }
        RecordingsCommand::Release { place, which } => {
            let mut recordings = open(&place.database)?;
            anyhow::ensure!(recordings.release(RecordId(which.id))?, "recording {} is not held", which.id);
            audit(&place.database, which, "released from its hold")?;
            say(which, "released; it is deleted when it was kept long enough", "已解除保全，到期后删除")
        }
        RecordingsCommand::Delete { place, which } => {
            let mut recordings = open(&place.database)?;
            removal::delete(&mut recordings, &place.folder(), RecordId(which.id), &deed(which))?;
            audit(&place.database, which, "deleted")?;
            say(which, "deleted; its row stays as the trace", "已删除，索引中留有记录")
        }
        RecordingsCommand::Expire { place, by } => {
            let mut recordings = open(&place.database)?;
            let (gone, failed) = removal::expire(&mut recordings, &place.folder(), now(), by)?;
            println!("{gone} deleted that were kept long enough · 到期删除 {gone} 份");
            failed.iter().for_each(|why| eprintln!("{why}"));
            Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}

fn open(database: &Path) -> Result<Recordings> {
    // A mistyped name must not make a new database.
    anyhow::ensure!(database.exists(), "{} does not exist", database.display());
    Ok(Recordings::open(database)?)
}

fn list(options: &ListRecordings) -> Result<ExitCode> {
    let zone = options.zone;
    let day = options.day.map(|date| {
        let begins = |date| UnixMs(zone.unix_millis(LocalTime::midnight(date)));
        (begins(date), begins(date.add_days(1)))
    });
    let filter = RecordingFilter {
        call: options.call.map(RecordId),
        agent: options.agent.clone(),
        group: options.group.clone(),
        caller: options.number.clone().map(Private::new),
        from: day.map(|(from, _)| from),
        to: day.map(|(_, to)| to),
        held: options.held.then_some(true),
        deleted: options.deleted.then_some(true),
        on_air: options.on_air.then_some(true),
        limit: Some(options.limit),
    };
    let rows = Recordings::open_to_read(&options.database)?.list(&filter)?;
    if options.json {
        println!("{:#}", Value::Array(rows.iter().map(row).collect()));
    } else {
        println!("{}", table(&rows, zone));
        println!("{} recordings · 共 {} 份", rows.len(), rows.len());
    }
    Ok(ExitCode::SUCCESS)
}

fn table(rows: &[Recording], zone: Offset) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.remove_style(TableComponent::HorizontalLines).remove_style(TableComponent::MiddleIntersections);
    table.set_header([
        "编号\nRecording",
        "开始\nBegan",
        "主叫\nCaller",
        "坐席\nAgent",
        "组\nGroup",
        "时长\nLength",
        "直播\nOn air",
        "未录\nLeft out",
        "缺失\nMissing",
        "状态\nState",
        "文件\nFile",
    ]);
    for one in rows {
        let left: u64 = one.left.iter().map(|(from, to, _)| to.0.saturating_sub(from.0)).sum();
        table.add_row([
            one.id.0.to_string(),
            zone.local(one.begun.0).to_string(),
            one.caller.to_string(),
            one.agent.clone().unwrap_or_default(),
            one.group.clone().unwrap_or_default(),
            seconds(one.length_ms),
            on_air(one),
            seconds(left),
            seconds(one.gap_ms),
            state(one).to_owned(),
            one.file.clone().unwrap_or_default(),
        ]);
    }
    for column in [5, 6, 7, 8] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// How long it was broadcast, where it was; all of one whose end is not known is told by a dash.
fn on_air(one: &Recording) -> String {
    if one.air.is_empty() {
        return String::new();
    }
    let ended = one.air.iter().filter(|(from, to)| to > from);
    let air: u64 = ended.map(|(from, to)| to.0 - from.0).sum();
    if air == 0 { "-".to_owned() } else { seconds(air) }
}

fn state(one: &Recording) -> &'static str {
    match (one.state, &one.held, &one.deleted) {
        (_, _, Some(_)) => "已删除 deleted",
        (_, Some(_), _) => "保全 held",
        (State::Open, ..) => "录音中 open",
        (State::Whole, ..) => "完整 whole",
        (State::Recovered, ..) => "恢复 recovered",
        (State::Failed, ..) => "失败 failed",
        (State::Lost, ..) => "丢失 lost",
    }
}

/// A recording as JSON.
#[must_use]
pub fn row(one: &Recording) -> Value {
    let deed = |deed: &Option<Deed>| {
        deed.as_ref().map(|deed| json!({ "by": deed.by, "why": deed.why, "unix_ms": deed.at.0 }))
    };
    json!({
        "recording": one.id.0,
        "call": one.call.map(|call| call.0),
        "caller": one.caller.reveal(),
        "agent": one.agent,
        "group": one.group,
        "begun_unix_ms": one.begun.0,
        "state": one.state.key(),
        "file": one.file,
        "format": match one.format {
            Format::Wav => "wav, G.711 A-law, 8 kHz, 2 channels",
            Format::Opus => "opus in ogg, 8 kHz, 2 channels",
        },
        "length_ms": one.length_ms,
        "missing_ms": one.gap_ms,
        "bytes": one.bytes,
        "sha256": one.sha256,
        "keep_until_unix_ms": one.keep_until.map(|at| at.0),
        "held": deed(&one.held),
        "deleted": deed(&one.deleted),
        "on_air": !one.air.is_empty(),
        "on_air_spans": one.air.iter().map(|(from, to)| {
            // Where to listen: from the beginning of the recording. Without an end it lasts, or its process was killed.
            let into = |at: &UnixMs| at.0.saturating_sub(one.begun.0);
            let to = Some(to).filter(|to| *to > from);
            json!({
                "from_unix_ms": from.0,
                "to_unix_ms": to.map(|to| to.0),
                "from_ms": into(from),
                "to_ms": to.map(into),
            })
        }).collect::<Vec<_>>(),
        "left_out": one.left.iter().map(|(from, to, keeps)| {
            json!({ "from_unix_ms": from.0, "to_unix_ms": to.0, "instead": keeps })
        }).collect::<Vec<_>>(),
    })
}

/// Whether files are still what they were when they became whole.
fn verify(database: &Path, folder: &Path, id: &[u64]) -> Result<ExitCode> {
    let recordings = Recordings::open_to_read(database)?;
    let rows = if id.is_empty() {
        let filter = RecordingFilter { deleted: Some(false), limit: Some(ALL), ..Default::default() };
        recordings.list(&filter)?
    } else {
        let one =
            |id: &u64| recordings.get(RecordId(*id))?.with_context(|| format!("there is no recording {id}"));
        id.iter().map(one).collect::<Result<_>>()?
    };
    let (mut same, mut wrong) = (0, 0);
    for mut one in rows.into_iter().filter(|one| matches!(one.state, State::Whole | State::Recovered)) {
        let mut found = compared(folder, &one);
        // Opus may have come in the place of a WAV since the rows were read.
        if let Some(Err(_)) = found
            && let Some(now) = recordings.get(one.id)?
            && now.file != one.file
        {
            found = compared(folder, &now);
            one = now;
        }
        match found {
            None => {}
            Some(Ok(())) => same += 1,
            Some(Err(found)) => {
                wrong += 1;
                let path = folder.join(one.file.unwrap_or_default());
                eprintln!("{} {}: {found}", one.id.0, path.display());
            }
        }
    }
    println!("{same} as they were, {wrong} not · 一致 {same} 份，不一致 {wrong} 份");
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether a recording's file is what it was when it became whole; `None` when it never did.
fn compared(folder: &Path, one: &Recording) -> Option<Result<(), String>> {
    let (name, hash) = (one.file.as_ref()?, one.sha256.as_ref()?);
    Some(match name::place(folder, name).and_then(|path| file::hash(&path)) {
        Ok(found) if found == *hash => Ok(()),
        Ok(found) => Err(format!("SHA-256 is {found}, was {hash}: the file was changed")),
        Err(error) if one.deleted.is_some() => Err(format!("deleted as noted ({error:#})")),
        Err(error) => Err(format!("{error:#}")),
    })
}

fn deed(which: &Which) -> Deed {
    Deed { by: which.by.clone(), why: which.why.clone(), at: now() }
}

/// What leaves no words in the recording's own row stands in the audit.
fn audit(database: &Path, which: &Which, what: &str) -> Result<()> {
    let row = store::register::AuditRow {
        at: now(),
        operator: which.by.clone(),
        deed: format!("recording {} {what}: {}", which.id, which.why),
        outcome: "done".into(),
    };
    Ok(store::Register::open(database)?.audit(&row)?)
}

fn say(which: &Which, en: &str, zh: &str) -> Result<ExitCode> {
    println!("recording {} {en} · 录音 {} {zh}", which.id, which.id);
    Ok(ExitCode::SUCCESS)
}

fn now() -> UnixMs {
    let clock = Clock::start();
    UnixMs(clock.epoch().unix_millis(clock.now()))
}

fn seconds(millis: u64) -> String {
    format!("{}.{} s", millis / 1_000, millis / 100 % 10)
}
