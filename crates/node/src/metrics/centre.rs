//! The centre's own metrics: callers, service levels, waits, agents, lines, trunks, phones.

use super::after_talk::AfterTalk;
use super::outgoing::{self, Outgoing};
use super::spans::{Buckets, Kind, Spans, TALK_BOUNDS, Talks};
use super::{Labels, Register};
use metrics::{Counter, Gauge};
use report::board::{AgentsByState, Line, Mean};
use report::callbacks::Callbacks;
use report::plan::THRESHOLDS_MAX;
use report::spread::WAIT_BOUNDS;
use report::words::REASONS;
use report::{Board, Formula, words};
use web::board::{Live, LiveGroup};

pub(super) struct Handles {
    groups: Vec<Group>,
    centre: Centre,
    trunks: Vec<Gauge>,
}

/// One group's series.
struct Group {
    key: String,
    stays: Stays,
    flow: Flow,
    waiting: Gauge,
    oldest: Gauge,
    callbacks: Gauge,
    kept: Counter,
    missed: Counter,
    dialed: Counter,
    ended: [Counter; 5],
    surge: Gauge,
    expected: Gauge,
    agents: Agents,
    after_talk: AfterTalk,
    outgoing: Outgoing,
}

impl Group {
    fn callbacks(&self, callbacks: &Callbacks) {
        self.callbacks.set(callbacks.open as f64);
        self.kept.absolute(callbacks.kept);
        self.missed.absolute(callbacks.missed);
        self.dialed.absolute(callbacks.dialed);
        let ends = [
            callbacks.reached,
            callbacks.called_again,
            callbacks.merged,
            callbacks.given_up,
            callbacks.cancelled,
        ];
        set_all(&self.ended, ends);
    }

    fn live(&self, live: &LiveGroup) {
        self.surge.set(f64::from(u8::from(live.surging)));
        self.expected.set(live.expected.map_or(f64::NAN, |expected| expected.as_secs_f64()));
    }
}

/// The whole centre's series: every caller, every agent once.
struct Centre {
    stays: Stays,
    arrived: Counter,
    before: [Counter; 8],
    outgoing: Outgoing,
    greeting: Gauge,
    waiting: Gauge,
    agents: Agents,
    calls: Gauge,
    phones_bound: Gauge,
    phones: Gauge,
    strays: Counter,
    missed: Counter,
    idle_beside_waiting: Counter,
    alerts: [Counter; 3],
}

/// What a group and the centre both count, under different names.
struct Stays {
    offered: Counter,
    answered: Counter,
    abandoned: [Counter; 2],
    short: Counter,
    turned_away: [Counter; 6],
    called_back: Counter,
    lost: Counter,
    long_talks: Counter,
    within: Vec<Counter>,
    levels: Vec<[(Counter, Counter); 5]>,
}

/// What only a group has: moves between lines, help, rung phones.
struct Flow {
    put_through: Counter,
    overflowed_in: Counter,
    overflowed_out: Counter,
    transferred_in: Counter,
    help_asked: Counter,
    help_given: Counter,
    offers_made: Counter,
    offers: [Counter; 6],
}

struct Agents {
    states: [Gauge; 5],
    not_ready: Vec<Gauge>,
}

/// Picks one mean of a line.
type MeanOf = fn(&Line) -> Mean;

/// Names of what is counted per group and for the centre.
struct Names {
    offered: &'static str,
    answered: &'static str,
    abandoned: &'static str,
    short: &'static str,
    turned_away: &'static str,
    called_back: &'static str,
    lost: &'static str,
    long_talks: &'static str,
    within: &'static str,
    numerator: &'static str,
    denominator: &'static str,
}

const GROUP: Names = Names {
    offered: "sujie_calls_offered_total",
    answered: "sujie_calls_answered_total",
    abandoned: "sujie_calls_abandoned_total",
    short: "sujie_calls_short_abandoned_total",
    turned_away: "sujie_calls_turned_away_total",
    called_back: "sujie_calls_called_back_total",
    lost: "sujie_calls_lost_total",
    long_talks: "sujie_calls_long_talk_total",
    within: "sujie_calls_answered_within_seconds_total",
    numerator: "sujie_service_level_numerator_total",
    denominator: "sujie_service_level_denominator_total",
};

const CENTRE: Names = Names {
    offered: "sujie_centre_calls_offered_total",
    answered: "sujie_centre_calls_answered_total",
    abandoned: "sujie_centre_calls_abandoned_total",
    short: "sujie_centre_calls_short_abandoned_total",
    turned_away: "sujie_centre_calls_turned_away_total",
    called_back: "sujie_centre_calls_called_back_total",
    lost: "sujie_centre_calls_lost_total",
    long_talks: "sujie_centre_calls_long_talk_total",
    within: "sujie_centre_calls_answered_within_seconds_total",
    numerator: "sujie_centre_service_level_numerator_total",
    denominator: "sujie_centre_service_level_denominator_total",
};

impl Handles {
    pub(super) fn new(to: &Register<'_>, plan: &report::Plan) -> Self {
        let group = |key: &String| {
            let labels = [("group", key.as_str())];
            Group {
                key: key.clone(),
                stays: Stays::new(to, &GROUP, &labels, plan),
                flow: Flow::new(to, &labels),
                waiting: to.gauge("sujie_line_callers", "Callers who wait in the line now.", &labels),
                oldest: to.gauge(
                    "sujie_line_oldest_seconds",
                    "How long the one has waited who waits longest.",
                    &labels,
                ),
                callbacks: to.gauge(
                    "sujie_line_callbacks",
                    "Callers of the line who will be called back.",
                    &labels,
                ),
                kept: to.counter("sujie_callbacks_kept_total", "Callers who are to be called back.", &labels),
                missed: to.counter(
                    "sujie_callbacks_missed_total",
                    "Of these, missed calls: nobody asked for it.",
                    &labels,
                ),
                dialed: to.counter(
                    "sujie_callbacks_dialed_total",
                    "Numbers dialed to call somebody back.",
                    &labels,
                ),
                ended: ["reached", "called_again", "merged", "given_up", "cancelled"].map(|outcome| {
                    let labels = [("group", key.as_str()), ("outcome", outcome)];
                    let help = "Callbacks that are over, by how.";
                    to.counter("sujie_callbacks_ended_total", help, &labels)
                }),
                surge: to.gauge("sujie_surge", "Whether a surge is on: 1 yes, 0 no.", &labels),
                expected: to.gauge(
                    "sujie_expected_wait_seconds",
                    "What the last caller was told to expect; NaN when it could not be told.",
                    &labels,
                ),
                agents: Agents::new(
                    to,
                    "sujie_agents",
                    "Agents who serve the group, by state; reason when not ready.",
                    &labels,
                ),
                after_talk: AfterTalk::new(to, key, plan),
                outgoing: Outgoing::new(to, &outgoing::GROUP, &labels),
            }
        };
        let trunk = |key: &String| {
            let help = "Whether the trunk can be reached: 1 yes, 0 no, NaN before it was ever tried.";
            to.gauge("sujie_trunk_up", help, &[("trunk", key)])
        };
        let handles = Self {
            groups: plan.groups.iter().map(group).collect(),
            centre: Centre::new(to, plan),
            trunks: plan.trunks.iter().map(trunk).collect(),
        };
        let about = to.gauge(
            "sujie_build_info",
            "Always 1; what is running.",
            &[("version", env!("CARGO_PKG_VERSION"))],
        );
        about.set(1.0);
        handles.centre.phones.set(plan.agents.len() as f64);
        handles
    }

    pub(super) fn publish(&self, board: &Board, live: &Live, talks: &[Talks], spans: &mut Spans) {
        let none = LiveGroup::default();
        for (at, (handles, group)) in self.groups.iter().zip(&board.groups).enumerate() {
            handles.live(live.groups.get(at).unwrap_or(&none));
            handles.callbacks(&group.line.counters.callback);
            handles.stays.set(&group.line);
            handles.flow.set(&group.line);
            handles.after_talk.set(&group.line);
            handles.waiting.set(group.line.waiting as f64);
            handles.oldest.set(group.line.longest_wait.as_secs_f64());
            handles.agents.set(&group.agents);
            handles.outgoing.set(&group.line);
        }
        self.centre.set(board);
        for (up, trunk) in self.trunks.iter().zip(&board.trunks) {
            up.set(trunk.up.map_or(f64::NAN, |up| f64::from(u8::from(up))));
        }
        self.centre.idle_beside_waiting.absolute(live.idle_beside_waiting);
        self.spans(board, talks, spans);
    }

    fn spans(&self, board: &Board, talks: &[Talks], spans: &mut Spans) {
        let name = "sujie_call_wait_seconds";
        spans.begin(name, Kind::Histogram, "Wait of answered callers, from the line to the agent.");
        for (handles, group) in self.groups.iter().zip(&board.groups) {
            let series = Buckets { counts: &group.line.wait_buckets, sum: group.line.wait.sum };
            spans.histogram(name, &[("group", &handles.key)], &WAIT_BOUNDS, &series);
        }
        let name = "sujie_call_talk_seconds";
        spans.begin(name, Kind::Histogram, "Talk of answered callers, once the call is over.");
        for (handles, talks) in self.groups.iter().zip(talks) {
            spans.histogram(name, &[("group", &handles.key)], &TALK_BOUNDS, &talks.buckets());
        }
        let means: [(&str, &str, MeanOf); 4] = [
            ("sujie_call_wrap_up_seconds", "Wrap-up after their calls, once it has ended.", |line| {
                line.wrap_up
            }),
            ("sujie_call_ring_seconds", "Of the wait of answered callers, while a phone rang.", |line| {
                line.wait_ring
            }),
            ("sujie_call_greeting_seconds", "Greeting of answered callers, before the wait.", |line| {
                line.greeting
            }),
            ("sujie_call_abandoned_wait_seconds", "Wait of callers who hung up.", |line| line.wait_abandoned),
        ];
        let name = "sujie_expected_wait_error_seconds";
        spans.begin(name, Kind::Summary, "How far what callers were told to expect was from what came.");
        for (handles, group) in self.groups.iter().zip(&board.groups) {
            let (labels, forecast) = ([("group", handles.key.as_str())], group.line.forecast);
            spans.summary(name, &labels, forecast.error, forecast.count);
        }
        for (name, help, mean) in means {
            spans.begin(name, Kind::Summary, help);
            for (handles, group) in self.groups.iter().zip(&board.groups) {
                let mean = mean(&group.line);
                spans.summary(name, &[("group", &handles.key)], mean.sum, mean.count);
            }
        }
    }
}

impl Centre {
    fn new(to: &Register<'_>, plan: &report::Plan) -> Self {
        let before = |outcome| {
            let help = "Calls that left the stretch before the lines, by where to.";
            to.counter("sujie_arrivals_ended_total", help, &[("outcome", outcome)])
        };
        let help = "Events that fit no call, and calls beyond the bound; zero while all is well.";
        Self {
            stays: Stays::new(to, &CENTRE, &[], plan),
            arrived: to.counter("sujie_arrivals_total", "Calls that arrived.", &[]),
            before: [
                "reached_line",
                "abandoned",
                "refused",
                "service",
                "callback",
                "lost",
                "outgoing",
                "internal",
            ]
            .map(before),
            outgoing: Outgoing::new(to, &outgoing::CENTRE, &[]),
            greeting: to.gauge(
                "sujie_arrivals_greeting",
                "Calls that arrived and are not in a line yet.",
                &[],
            ),
            waiting: to.gauge("sujie_centre_line_callers", "Callers who wait in any line now.", &[]),
            agents: Agents::new(
                to,
                "sujie_centre_agents",
                "All agents by state, each once; reason when not ready.",
                &[],
            ),
            calls: to.gauge("sujie_calls_active", "Calls in progress, from the INVITE on.", &[]),
            phones_bound: to.gauge("sujie_phones_bound", "Phone accounts with a living contact.", &[]),
            phones: to.gauge("sujie_phones_configured", "Phone accounts in the configuration.", &[]),
            strays: to.counter("sujie_report_stray_events_total", help, &[]),
            alerts: ["ring_no_answer", "surge_begins", "surge_ends"].map(|kind| {
                let help = "What supervisors were told at once, by what it was.";
                to.counter("sujie_alerts_total", help, &[("kind", kind)])
            }),
            idle_beside_waiting: to.counter(
                "sujie_work_conserving_violations_total",
                "Callers found waiting beside a ready agent who might have had them; zero while all is well.",
                &[],
            ),
            missed: to.counter(
                "sujie_report_missed_events_total",
                "Events that never came; zero while all is well.",
                &[],
            ),
        }
    }

    fn set(&self, board: &Board) {
        let counters = &board.total.counters;
        self.stays.set(&board.total);
        self.arrived.absolute(counters.arrived);
        let before = [
            counters.reached_line,
            counters.abandoned_before_line,
            counters.refused,
            counters.service,
            counters.callbacks,
            counters.lost_before_line,
            counters.outgoings,
            counters.internal,
        ];
        set_all(&self.before, before);
        self.outgoing.set(&board.total);
        self.greeting.set(counters.greeting as f64);
        self.waiting.set(board.total.waiting as f64);
        self.agents.set(&board.agents_by_state);
        self.calls.set(f64::from(board.calls));
        self.phones_bound.set(f64::from(board.phones_bound));
        let alerts = &board.alerts;
        set_all(&self.alerts, [alerts.ring_no_answer, alerts.surges_begun, alerts.surges_over]);
        self.strays.absolute(board.strays);
        self.missed.absolute(board.missed);
    }
}

impl Stays {
    fn new(to: &Register<'_>, names: &Names, labels: &Labels<'_>, plan: &report::Plan) -> Self {
        let counter = |name, help| to.counter(name, help, labels);
        let with = |name, help, key, value: &str| {
            let labels: Vec<_> = labels.iter().copied().chain([(key, value)]).collect();
            to.counter(name, help, &labels)
        };
        let thresholds: Vec<String> = plan
            .thresholds
            .iter()
            .take(THRESHOLDS_MAX)
            .map(|threshold| threshold.as_secs_f64().to_string())
            .collect();
        let level = |threshold: &String| {
            Formula::ALL.map(|formula| {
                let formula = formula.key();
                let own = [("formula", formula), ("threshold", threshold)];
                let labels: Vec<_> = labels.iter().copied().chain(own).collect();
                let numerator = "Service level: callers served within the threshold in seconds, as the formula counts them.";
                let denominator = "Service level: callers the formula divides by.";
                (
                    to.counter(names.numerator, numerator, &labels),
                    to.counter(names.denominator, denominator, &labels),
                )
            })
        };
        let phase =
            |phase| with(names.abandoned, "Callers who hung up, by where they waited.", "phase", phase);
        let reason = |reason| with(names.turned_away, "Callers turned away, by reason.", "reason", reason);
        Self {
            offered: counter(names.offered, "Callers who entered the line or were turned away at its door."),
            answered: counter(names.answered, "Callers whom an agent answered."),
            abandoned: ["line", "ringing"].map(phase),
            short: counter(
                names.short,
                "Of the callers who hung up, those who waited shorter than the limit.",
            ),
            turned_away: ["line_full", "waited_too_long", "nobody_signed_in", "closed", "surge", "blocked"]
                .map(reason),
            called_back: counter(names.called_back, "Callers who left the line for a call back."),
            lost: counter(names.lost, "Callers lost to a failure of ours while they waited."),
            long_talks: counter(names.long_talks, "Talks longer than the limit."),
            within: thresholds
                .iter()
                .map(|threshold| {
                    let help = "Callers answered within the threshold in seconds.";
                    with(names.within, help, "threshold", threshold)
                })
                .collect(),
            levels: thresholds.iter().map(level).collect(),
        }
    }

    fn set(&self, line: &Line) {
        let counters = &line.counters;
        self.offered.absolute(counters.offered);
        self.answered.absolute(counters.answered);
        set_all(&self.abandoned, [counters.abandoned_in_line, counters.abandoned_ringing]);
        self.short.absolute(counters.short_abandoned);
        let away = &counters.turned_away;
        set_all(
            &self.turned_away,
            [
                away.line_full,
                away.waited_too_long,
                away.nobody_signed_in,
                away.closed,
                away.surge,
                away.blocked,
            ],
        );
        self.called_back.absolute(counters.called_back);
        self.lost.absolute(counters.lost);
        self.long_talks.absolute(counters.long_talks);
        for (handle, within) in self.within.iter().zip(&counters.within) {
            handle.absolute(within.answered);
        }
        for (handles, levels) in self.levels.iter().zip(&line.levels) {
            for ((numerator, denominator), ratio) in handles.iter().zip(&levels.ratios) {
                numerator.absolute(ratio.part);
                denominator.absolute(ratio.whole);
            }
        }
    }
}

impl Flow {
    fn new(to: &Register<'_>, labels: &Labels<'_>) -> Self {
        let counter = |name, help| to.counter(name, help, labels);
        let outcome = |(end, _)| {
            let own = [("outcome", words::offer_end(end))];
            let labels: Vec<_> = labels.iter().copied().chain(own).collect();
            to.counter(
                "sujie_offers_total",
                "Offers of a caller to an agent that have ended, by how.",
                &labels,
            )
        };
        Self {
            put_through: counter(
                "sujie_calls_put_through_total",
                "Of the callers turned away, who talked to a number outside instead.",
            ),
            overflowed_in: counter(
                "sujie_calls_overflowed_in_total",
                "Callers who came from another group's line.",
            ),
            overflowed_out: counter(
                "sujie_calls_overflowed_out_total",
                "Callers who were sent on to another group's line.",
            ),
            transferred_in: counter(
                "sujie_calls_transferred_in_total",
                "Callers who came after they had been answered.",
            ),
            help_asked: counter(
                "sujie_overflow_asked_total",
                "Callers for whom another group's agents were asked to help.",
            ),
            help_given: counter(
                "sujie_overflow_given_total",
                "Callers of other groups for whom this group's agents were asked.",
            ),
            offers_made: counter(
                "sujie_offers_made_total",
                "Offers of a caller to an agent that have begun.",
            ),
            offers: report::counters::Offers::default().ends().map(outcome),
        }
    }

    fn set(&self, line: &Line) {
        let counters = &line.counters;
        self.put_through.absolute(counters.put_through);
        self.overflowed_in.absolute(counters.overflowed_in);
        self.overflowed_out.absolute(counters.overflowed_out);
        self.transferred_in.absolute(counters.transferred_in);
        self.help_asked.absolute(counters.help_asked);
        self.help_given.absolute(counters.help_given);
        self.offers_made.absolute(counters.offers.made);
        set_all(&self.offers, counters.offers.ends().map(|(_, count)| count));
    }
}

impl Agents {
    fn new(to: &Register<'_>, name: &'static str, help: &'static str, labels: &Labels<'_>) -> Self {
        let gauge = |state: &str, reason: &str| {
            let own = [("state", state), ("reason", reason)];
            let labels: Vec<_> = labels.iter().copied().chain(own).collect();
            to.gauge(name, help, &labels)
        };
        Self {
            states: ["signed_out", "ready", "offered", "talking", "wrap_up"]
                .map(|state| gauge(state, "none")),
            not_ready: REASONS.iter().map(|reason| gauge("not_ready", words::reason(*reason))).collect(),
        }
    }

    fn set(&self, agents: &AgentsByState) {
        let states = [agents.signed_out, agents.ready, agents.offered, agents.talking, agents.wrap_up];
        for (handle, count) in self.states.iter().zip(states) {
            handle.set(f64::from(count));
        }
        for (handle, count) in self.not_ready.iter().zip(agents.not_ready) {
            handle.set(f64::from(count));
        }
    }
}

fn set_all<const N: usize>(handles: &[Counter; N], values: [u64; N]) {
    for (handle, value) in handles.iter().zip(values) {
        handle.absolute(value);
    }
}
