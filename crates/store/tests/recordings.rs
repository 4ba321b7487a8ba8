//! The index of recordings: notes in any order, holds that hold, deletions that leave a trace.

use base::Private;
use media::session::Keeps;
use report::{RecordId, UnixMs};
use store::recordings::{Deed, Filed, Format, State};
use store::{Note, RecordingFilter, Recordings, WriteError};

const BEGUN: UnixMs = UnixMs(1_700_000_000_000);

fn index(name: &str) -> Recordings {
    let path = std::env::temp_dir().join(format!("sujie-recordings-{name}-{}.db", std::process::id()));
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
    Recordings::open(path).expect("a new file")
}

fn id(run: u64, number: u64) -> RecordId {
    RecordId::new(run, number)
}

fn begun(id: RecordId, agent: &str) -> Note {
    Note::Begun {
        id,
        call: Some(RecordId(id.0 + 1_000)),
        agent: agent.into(),
        group: "general".into(),
        at: BEGUN,
        keep_until: Some(UnixMs(BEGUN.0 + 1_000)),
        format: Format::Wav,
    }
}

fn filed(id: RecordId, state: State) -> Note {
    Note::Filed(Box::new(Filed {
        id,
        begun: BEGUN,
        state,
        file: "2023-11-14/061320-1-0.wav".into(),
        length_ms: 2_000,
        gap_ms: 500,
        bytes: 32_058,
        sha256: Some("ab".repeat(32)),
        keep_until: None,
    }))
}

fn deed(why: &str) -> Deed {
    Deed { by: "王芳".into(), why: why.into(), at: UnixMs(BEGUN.0 + 9) }
}

#[test]
fn notes_may_come_in_any_order_and_twice() {
    let mut index = index("order");
    let left = Note::Left { id: id(1, 0), from: BEGUN, to: UnixMs(BEGUN.0 + 700), keeps: Keeps::Tone };
    let one = [begun(id(1, 0), "8001"), left.clone(), filed(id(1, 0), State::Whole)];
    let other = [filed(id(1, 1), State::Recovered), begun(id(1, 1), "8002"), begun(id(1, 1), "8002")];
    for notes in [one, other.clone(), other] {
        index.write(&notes).expect("written");
    }
    let all = index.list(&RecordingFilter::default()).expect("read");
    assert_eq!(
        all.iter().map(|one| (one.id, one.state)).collect::<Vec<_>>(),
        [(id(1, 1), State::Recovered), (id(1, 0), State::Whole)]
    );
    assert_eq!(all[1].call, Some(RecordId(id(1, 0).0 + 1_000)));
    assert_eq!((all[1].length_ms, all[1].gap_ms, all[1].bytes), (2_000, 500, 32_058));
    assert_eq!(
        all[1].keep_until,
        Some(UnixMs(BEGUN.0 + 1_000)),
        "what the group says, not what the file does"
    );
    assert_eq!(all[1].left, [(BEGUN, UnixMs(BEGUN.0 + 700), "tone".to_owned())]);
    let of_call = RecordingFilter { call: Some(RecordId(id(1, 1).0 + 1_000)), ..Default::default() };
    assert_eq!(index.list(&of_call).expect("read").len(), 1);
    let later = RecordingFilter { from: Some(UnixMs(BEGUN.0 + 1)), ..Default::default() };
    assert!(index.list(&later).expect("read").is_empty());
    let stranger = RecordingFilter { caller: Some(Private::new("13800000000".into())), ..Default::default() };
    assert!(index.list(&stranger).expect("read").is_empty());
}

#[test]
fn what_is_held_is_neither_expired_nor_deleted() {
    let mut index = index("held");
    index.write(&[begun(id(1, 0), "8001"), filed(id(1, 0), State::Whole)]).expect("written");
    let (before, after) = (UnixMs(BEGUN.0 + 999), UnixMs(BEGUN.0 + 1_001));
    let expired = |index: &Recordings, at| index.expired(at, Default::default(), 10).expect("read");
    assert!(expired(&index, before).is_empty());
    assert_eq!(expired(&index, after), [(UnixMs(BEGUN.0 + 1_000), id(1, 0))]);
    assert!(index.hold(id(1, 0), &deed("举报 2024-17")).expect("held"));
    assert!(expired(&index, after).is_empty());
    let never = || -> Result<(), WriteError> { panic!("the file of a held recording is not touched") };
    assert!(!index.delete(id(1, 0), &deed("too old"), never).expect("refused"));
    assert!(index.release(id(1, 0)).expect("released") && !index.release(id(1, 0)).expect("not twice"));
    assert!(index.delete(id(1, 0), &deed("too old"), || Ok::<(), WriteError>(())).expect("deleted"));
    assert!(!index.delete(id(1, 0), &deed("again"), never).expect("once"));
    assert!(!index.hold(id(1, 0), &deed("too late")).expect("nothing to hold"));
    let trace = index.get(id(1, 0)).expect("read").expect("the row stays");
    assert_eq!(trace.deleted, Some(deed("too old")));
    assert_eq!(
        trace.sha256.as_deref(),
        Some("ab".repeat(32).as_str()),
        "what was deleted is known by its hash"
    );
}

#[test]
fn a_file_that_cannot_be_removed_is_not_noted_as_deleted() {
    let mut index = index("stuck");
    index.write(&[begun(id(1, 0), "8001")]).expect("written");
    assert!(!index.delete(id(1, 0), &deed("it runs"), || Ok::<(), WriteError>(())).expect("refused"));
    index.write(&[filed(id(1, 0), State::Whole)]).expect("written");
    #[derive(Debug)]
    struct Stuck;
    impl From<WriteError> for Stuck {
        fn from(_: WriteError) -> Self {
            Self
        }
    }
    index.delete(id(1, 0), &deed("it is old"), || Err(Stuck)).expect_err("the file stays");
    assert_eq!(index.get(id(1, 0)).expect("read").expect("there").deleted, None);
}

#[test]
fn what_a_killed_run_left_without_a_file_is_lost() {
    let mut index = index("lost");
    index
        .write(&[begun(id(1, 0), "8001"), begun(id(1, 1), "8001"), begun(id(2, 0), "8001")])
        .expect("written");
    index.write(&[filed(id(1, 1), State::Recovered)]).expect("written");
    assert_eq!(index.close_lost(2, &[]).expect("noted"), 1);
    let states: Vec<_> =
        index.list(&RecordingFilter::default()).expect("read").iter().map(|one| one.state).collect();
    assert_eq!(states, [State::Open, State::Recovered, State::Lost]);
}

#[test]
fn a_file_that_could_not_be_completed_is_unfinished_until_it_is() {
    let mut index = index("failed");
    let named = |number| Note::Named { id: id(1, number), at: BEGUN, file: format!("{number}.wav") };
    index.write(&[named(0), named(1)]).expect("written");
    assert_eq!(index.close_lost(2, &[id(1, 0)]).expect("noted"), 1);
    let left = index.unfinished(2).expect("read");
    assert_eq!(left, [(id(1, 0), BEGUN, "0.wav".to_owned())]);
}

#[test]
fn what_was_killed_before_its_group_was_noted_is_kept_as_files_are() {
    let mut index = index("unknown");
    let Note::Filed(mut file) = filed(id(1, 0), State::Recovered) else { panic!("a file") };
    file.keep_until = Some(UnixMs(BEGUN.0 + 5));
    let named = Note::Named { id: id(1, 0), at: BEGUN, file: "0.wav".into() };
    index.write(&[named, Note::Filed(file)]).expect("written");
    let keep_until = |index: &Recordings| index.get(id(1, 0)).expect("read").expect("there").keep_until;
    assert_eq!(keep_until(&index), Some(UnixMs(BEGUN.0 + 5)));
    // A group that keeps for ever says so, whatever its files do.
    let mut begun = begun(id(1, 0), "8001");
    let Note::Begun { keep_until: keep, .. } = &mut begun else { panic!("a beginning") };
    *keep = None;
    index.write(&[begun]).expect("written");
    assert_eq!(keep_until(&index), None);
}

/// The beginning of a recording that is to be Opus in the end.
fn begun_as_opus(id: RecordId) -> Note {
    let Note::Begun { call, agent, group, at, keep_until, .. } = begun(id, "8001") else { unreachable!() };
    Note::Begun { id, call, agent, group, at, keep_until, format: Format::Opus }
}

#[test]
fn a_whole_wav_becomes_opus_once_and_notes_that_come_late_do_not_bring_it_back() {
    let mut index = index("opus");
    let now = UnixMs(BEGUN.0 + 5_000);
    let waits = |index: &Recordings| {
        let next = index.to_transcode(now).expect("read");
        assert_eq!(index.transcodings().expect("read"), u64::from(next.is_some()));
        next
    };
    index.write(&[begun(id(1, 1), "8001"), filed(id(1, 1), State::Whole)]).expect("written");
    index.write(&[begun_as_opus(id(1, 0))]).expect("written");
    assert_eq!(waits(&index), None, "one is to stay WAV, the other still runs");
    index.write(&[filed(id(1, 0), State::Whole)]).expect("written");
    let next = waits(&index).expect("it waits");
    assert_eq!((next.id, next.file.as_str()), (id(1, 0), "2023-11-14/061320-1-0.wav"));
    // Put off, it comes again at its time.
    assert!(index.put_off(next.id, Some(UnixMs(now.0 + 1))).expect("noted"));
    assert_eq!(index.to_transcode(now).expect("read"), None);
    assert_eq!(index.to_transcode(UnixMs(now.0 + 1)).expect("read").as_ref(), Some(&next));
    assert!(index.put_off(next.id, Some(BEGUN)).expect("noted"));
    let opus = "2023-11-14/061320-1-0.opus";
    assert!(index.transcoded(&next, opus, 5_000, &"cd".repeat(32)).expect("noted"));
    assert!(!index.transcoded(&next, opus, 5_000, &"cd".repeat(32)).expect("once"));
    assert_eq!(index.superseded().expect("read"), [(next.id, next.file.clone())]);
    index.write(&[begun_as_opus(id(1, 0)), filed(id(1, 0), State::Whole)]).expect("notes come twice");
    assert_eq!(waits(&index), None);
    let one = index.get(id(1, 0)).expect("read").expect("there");
    assert_eq!((one.format, one.file.as_deref(), one.bytes), (Format::Opus, Some(opus), 5_000));
    assert_eq!((one.length_ms, one.sha256), (2_000, Some("cd".repeat(32))));
    index.removed(next.id).expect("noted");
    assert!(index.superseded().expect("read").is_empty());
}

#[test]
fn evidence_that_is_held_is_not_converted_while_it_is_held() {
    let mut index = index("held-opus");
    index.write(&[begun_as_opus(id(1, 0)), filed(id(1, 0), State::Whole)]).expect("written");
    let next = index.to_transcode(BEGUN).expect("read").expect("it waits");
    assert!(index.hold(next.id, &deed("举报 2024-17")).expect("held"));
    assert_eq!((index.to_transcode(BEGUN).expect("read"), index.transcodings().expect("read")), (None, 0));
    assert!(!index.transcoded(&next, "x.opus", 1, "cd").expect("refused"), "held while it was converted");
    assert!(!index.put_off(next.id, None).expect("refused"));
    assert!(index.release(next.id).expect("released"));
    assert_eq!(index.to_transcode(BEGUN).expect("read").as_ref(), Some(&next));
    assert!(index.delete(next.id, &deed("too old"), || Ok::<(), WriteError>(())).expect("deleted"));
    assert!(!index.transcoded(&next, "x.opus", 1, "cd").expect("refused"), "deleted while it was converted");
    assert_eq!(index.to_transcode(BEGUN).expect("read"), None);
}

#[test]
fn what_was_on_air_is_flagged_with_its_spans_and_found_by_it() {
    let mut index = index("air");
    let at = |ms: u64| UnixMs(BEGUN.0 + ms);
    let (aired, other) = (id(1, 0), id(1, 1));
    let notes = [
        Note::Aired { id: aired, from: at(500), to: at(500) },
        begun(aired, "8950"),
        begun(other, "8001"),
        Note::Aired { id: aired, from: at(500), to: at(1_500) },
        Note::Aired { id: aired, from: at(1_700), to: at(1_700) },
        filed(aired, State::Whole),
    ];
    index.write(&notes).expect("written");
    let found = |on_air| {
        let rows = index.list(&RecordingFilter { on_air, ..RecordingFilter::default() }).expect("reads");
        rows.into_iter().map(|row| (row.id, row.air)).collect::<Vec<_>>()
    };
    // The process may be killed before it is off air: the flag is there, and where it began.
    let spans = vec![(at(500), at(1_500)), (at(1_700), at(1_700))];
    assert_eq!(found(Some(true)), [(aired, spans.clone())]);
    assert_eq!(found(Some(false)), [(other, Vec::new())]);
    assert_eq!(found(None), [(other, Vec::new()), (aired, spans)]);
}
