//! Events as lines, and in the running sum.

use super::*;

/// One event of each kind.
fn events() -> Vec<Event> {
    let (call, offer) = (CallRef::from_bits(3), OfferRef::from_bits(1 << 32 | 2));
    let (agent, group, other) = (AgentRef(1), GroupRef(0), GroupRef(7));
    let (by, status) = (Side::Agent, 486);
    let ms = Duration::from_millis;
    let report = Report { packets_received: 500, packets_sent: 501, jitter: ms(2), ..Report::default() };
    vec![
        Event::Arrived {
            call,
            origin: Origin::Trunk(TrunkRef(0)),
            caller: Private::new("+8613851234567".into()),
            called: "12345".into(),
            call_id: "a84b4c76e66710".into(),
            flow: Some(FlowRef(0)),
        },
        Event::Arrived {
            call,
            origin: Origin::Aor(AorRef(4)),
            caller: Private::default(),
            called: "*10".into(),
            call_id: "x".into(),
            flow: None,
        },
        Event::Answered { call },
        Event::Queued { call, group, position: 1, expected: Some(ms(12_345)) },
        Event::Offered { call, offer, agent, group, because: Because::FirstInOrder { among: 2, passed: 0 } },
        Event::OfferEnded { call, offer, agent, end: OfferEnd::Declined, status },
        Event::Overflowed { call, from: group, to: other },
        Event::TurnedAway { call, group, why: Turned::LineFull, to: None },
        Event::Connected { call, agent, group, waited: ms(9_410) },
        Event::Disconnected { call, agent, by },
        Event::LegEnded { call, leg: LegRef(LegRef::INGRESS | 9), side: Side::Caller, report },
        Event::Ended { call, outcome: Outcome::Answered, group: Some(group), cause: Cause(16), by },
        Event::Ended {
            call,
            outcome: Outcome::TurnedAway(Turned::WaitedTooLong),
            group: None,
            cause: Cause(17),
            by: Side::System,
        },
        Event::Agent { agent, state: acd::AgentState::NotReady(Reason::Meal) },
        Event::Agent { agent, state: acd::AgentState::Offered(offer) },
        Event::Agent { agent, state: acd::AgentState::WrapUp { until: Timestamp::from_secs(90) } },
        Event::PhoneBound { aor: AorRef(4), contacts: 2 },
        Event::PhoneLost { aor: AorRef(4), why: AorLoss::Expired },
        Event::Trunk { trunk: TrunkRef(0), up: false },
        Event::RequestDone { id: RequestId::from_bits(5) },
        Event::RequestRefused { id: RequestId::from_bits(6), why: "no such call" },
        // Later than the first version.
        Event::Offered {
            call,
            offer,
            agent,
            group,
            because: Because::Selected { stage: Some(1), by: Selection::LongestIdle, among: 4, passed: 1 },
        },
        Event::Relaxed { call, group, stage: 1 },
        Event::CallbackOffered { call },
        Event::CallbackKept {
            from: call,
            caller: Private::new("+8613851234567".into()),
            group,
            missed: true,
            after: Timestamp::from_secs(600),
            attempt: 0,
        },
        Event::CallbackBegun { call, from: CallRef::from_bits(3), group },
        Event::CallbackDialed { call, from: CallRef::from_bits(3), group, attempt: 1 },
        Event::CallbackConnected { call, from: CallRef::from_bits(3), agent, group, waited: ms(61_000) },
        Event::CallbackEnded { from: CallRef::from_bits(3), group, end: CallbackEnd::GivenUp },
        Event::PutThrough { call, group, trunk: TrunkRef(0) },
        Event::Alert(Alert::RingNoAnswer { agent, in_a_row: 2 }),
        Event::Alert(Alert::Surge { group, on: true, mode: SurgeMode::Automatic }),
        Event::PlanChanged { agents: 2, groups: 1 },
        Event::Previewed { id: RequestId::from_bits(7), preview: Box::default() },
        Event::Phase { call, agent, phase: Phase::Consult },
        Event::Guest {
            call,
            leg: LegRef(7),
            with: With::Agent(agent),
            step: GuestStep::Rung(Part::Consulted { held: false }),
        },
        Event::Guest {
            call,
            leg: LegRef(7),
            with: With::Outside(TrunkRef(0), call::call::Because::Asked),
            step: GuestStep::TookOver,
        },
        Event::Guest {
            call,
            leg: LegRef(7),
            with: With::Agent(agent),
            step: GuestStep::Supervises(Supervision::Whisper),
        },
        Event::RecordingBegun { call, recording: RecordingRef::from_bits(3), agent, group },
        Event::RecordingKeeps { call, recording: RecordingRef::from_bits(3), keeps: Keeps::Tone },
        Event::RecordingEnded { call, recording: RecordingRef::from_bits(3) },
        Event::Guest {
            call,
            leg: LegRef(7),
            with: With::Outside(TrunkRef(0), call::call::Because::OnRoster(RosterRef(0), PersonRef(1))),
            step: GuestStep::Answered,
        },
        Event::Roster {
            call,
            roster: RosterRef(0),
            exchange: Exchange::Out,
            reason: Some(ReasonRef(0)),
            step: RosterStep::Answered(PersonRef(1)),
        },
        Event::Roster {
            call,
            roster: RosterRef(9),
            exchange: Exchange::In,
            reason: None,
            step: RosterStep::Asked,
        },
        Event::Case { call, id: "SQ-17".into() },
        Event::Surveyed { call, agent, verdict: Verdict::Rated(2) },
        Event::Surveyed { call, agent, verdict: Verdict::HungUp },
        Event::Disposed {
            call,
            agent,
            disposition: DispositionRef(0),
            by: Resolver::Specialist,
            phone: true,
        },
        Event::Chose { call, step: StepRef(2), key: '8' },
        Event::Speaks { call, language: LanguageRef(1) },
        Event::OutgoingBegun { call, agent, group: Some(group), colleague: None },
        Event::OutgoingBegun { call, agent, group: None, colleague: Some(AgentRef(0)) },
        Event::OutgoingDialed { call },
        Event::OutgoingConnected { call, agent, group: Some(group) },
        Event::OutgoingRefused {
            agent,
            number: Private::new("+8613851234567".into()),
            why: "that number may not be dialed",
        },
        Event::Picked { call, agent },
        Event::Show { studio: StudioRef(0), show: 7, open: true },
        Event::Screened {
            call,
            studio: StudioRef(0),
            number: 3,
            agent: AgentRef(0),
            note: Private::new("路灯不亮".into()),
        },
        Event::Studio { call, studio: StudioRef(0), step: StudioStep::Left(Exit::TooLong) },
        Event::OnAir { call, studio: StudioRef(0), recording: Some(RecordingRef::from_bits(3)), on: true },
    ]
}

#[test]
fn events_are_lines_that_stay_what_they_are() {
    let plan = report::Plan {
        groups: vec!["general".into()],
        agents: vec!["8001".into(), "8002".into()],
        trunks: vec!["telecom".into()],
        flows: vec!["main".into()],
        rosters: vec![report::plan::RosterNames {
            key: "police".into(),
            title: "110".into(),
            people: vec!["指挥中心".into(), "值班长".into()],
            liaison: true,
            reasons: vec!["danger".into()],
        }],
        dispositions: vec!["answered".into()],
        ..report::Plan::default()
    };
    let mut text = String::new();
    for (seq, event) in (1..).zip(events()) {
        let at = Timestamp::from_nanos(seq * 3_723_000_000_123);
        let _ = writeln!(text, "{}", Names(&plan).line(&Stamped { at, seq, event }));
    }
    assert!(!text.contains("13851234567"), "numbers are masked");
    holds("journal-events.txt", &text);
}

#[test]
fn the_sum_tells_every_event_from_every_other() {
    let sums: std::collections::BTreeSet<u64> = (events().into_iter())
        .map(|event| {
            let mut recorder = Recorder::new(Numbers::Plain);
            recorder.events(&[Stamped { at: Timestamp::START, seq: 1, event }]);
            recorder.told().1
        })
        .collect();
    assert_eq!(sums.len(), events().len());
}
