//! Calls that agents make by themselves, and calls that they pick: apart from the callers' series.

use super::{Labels, Register};
use metrics::{Counter, Gauge};
use report::board::Line;

/// Where there are series of it: of a group, or of the whole centre.
pub(super) struct Names {
    made: &'static str,
    ended: &'static str,
    open: &'static str,
    talk: &'static str,
    picked: &'static str,
}

pub(super) const GROUP: Names = Names {
    made: "sujie_outgoing_calls_total",
    ended: "sujie_outgoing_calls_ended_total",
    open: "sujie_outgoing_calls_dialed",
    talk: "sujie_outgoing_talk_seconds_total",
    picked: "sujie_calls_picked_total",
};

pub(super) const CENTRE: Names = Names {
    made: "sujie_centre_outgoing_calls_total",
    ended: "sujie_centre_outgoing_calls_ended_total",
    open: "sujie_centre_outgoing_calls_dialed",
    talk: "sujie_centre_outgoing_talk_seconds_total",
    picked: "sujie_centre_calls_picked_total",
};

pub(super) struct Outgoing {
    made: Counter,
    ended: [Counter; 2],
    open: Gauge,
    talk: Counter,
    picked: Counter,
}

impl Outgoing {
    pub(super) fn new(to: &Register<'_>, names: &Names, labels: &Labels<'_>) -> Self {
        let ended = |outcome| {
            let labels: Vec<_> = labels.iter().copied().chain([("outcome", outcome)]).collect();
            to.counter(names.ended, "Calls that agents made and that are decided: reached, or not.", &labels)
        };
        Self {
            made: to.counter(names.made, "Calls that agents made to numbers outside.", labels),
            ended: ["reached", "unreached"].map(ended),
            open: to.gauge(names.open, "Calls that agents make and nobody has answered yet.", labels),
            talk: to.counter(names.talk, "Talk of calls that agents made, once they are over.", labels),
            picked: to.counter(names.picked, "Callers taken by an agent who was not offered them.", labels),
        }
    }

    pub(super) fn set(&self, line: &Line) {
        let outgoing = &line.counters.outgoing;
        self.made.absolute(outgoing.made);
        self.ended[0].absolute(outgoing.reached);
        self.ended[1].absolute(outgoing.unreached);
        self.open.set(outgoing.open as f64);
        self.talk.absolute(line.talk_out.sum.as_secs());
        self.picked.absolute(line.counters.picked);
    }
}
