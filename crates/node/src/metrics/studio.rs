//! Radio studios: who is held, who is on air, what happened since the start.

use super::Register;
use metrics::{Counter, Gauge};
use report::Board;
use report::studios::StudioBoard;

pub(super) struct Handles(Vec<Studio>);

/// One studio's series.
struct Studio {
    open: Gauge,
    held: Gauge,
    at_console: Gauge,
    on_air: Gauge,
    shows: Counter,
    callers: [Counter; 4],
    air_time: Counter,
    held_time: Counter,
}

impl Handles {
    pub(super) fn new(to: &Register<'_>, plan: &report::Plan) -> Self {
        let studio = |key: &String| {
            let labels = [("studio", key.as_str())];
            let callers = |outcome: &'static str| {
                let help = "Callers of the studio: sent there, put on air, gone while they were held, and back in \
                            their line.";
                let labels = [("studio", key.as_str()), ("what", outcome)];
                to.counter("sujie_studio_callers_total", help, &labels)
            };
            Studio {
                open: to.gauge("sujie_studio_open", "Whether a show is on: 1 yes, 0 no.", &labels),
                held: to.gauge("sujie_studio_held", "Callers who are held for the studio.", &labels),
                at_console: to.gauge(
                    "sujie_studio_at_console",
                    "Whether a caller is at the console: 1 yes, 0 no.",
                    &labels,
                ),
                on_air: to.gauge("sujie_studio_on_air", "Whether a caller is on air: 1 yes, 0 no.", &labels),
                shows: to.counter("sujie_studio_shows_total", "Shows that have begun.", &labels),
                callers: ["screened", "aired", "gone", "sent_back"].map(callers),
                air_time: to.counter(
                    "sujie_studio_on_air_seconds_total",
                    "Time on air, whole seconds, of callers who are off it again.",
                    &labels,
                ),
                held_time: to.counter(
                    "sujie_studio_held_seconds_total",
                    "Time held, whole seconds, of callers who are not any more.",
                    &labels,
                ),
            }
        };
        Self(plan.studios.iter().map(studio).collect())
    }

    pub(super) fn publish(&self, board: &Board) {
        for (studio, now) in self.0.iter().zip(&board.studios) {
            studio.publish(now);
        }
    }
}

impl Studio {
    fn publish(&self, now: &StudioBoard) {
        let yes = |is: bool| f64::from(u8::from(is));
        let console = now.at_console();
        self.open.set(yes(now.open.is_some()));
        self.held.set(now.held().count() as f64);
        self.at_console.set(yes(console.is_some()));
        self.on_air.set(yes(console.is_some_and(|caller| caller.on_air.is_some())));
        let total = &now.total;
        self.shows.absolute(total.shows);
        let callers = [total.screened, total.aired, total.gone, total.sent_back];
        for (counter, value) in self.callers.iter().zip(callers) {
            counter.absolute(value);
        }
        self.air_time.absolute(total.on_air.as_secs());
        self.held_time.absolute(total.held.as_secs());
    }
}
