//! Audio: packets by what became of them, loss, jitter, sessions; all media threads added up.

use super::Register;
use super::spans::{Kind, Spans};
use crate::rtp::Telemetry;
use metrics::{Counter, Gauge};
use std::time::Duration;

pub(super) struct Handles {
    packets: [Counter; 4],
    dropped: [Counter; 7],
    lost: [Counter; 2],
    reports: [Counter; 2],
    keys: Counter,
    keys_flooded: Counter,
    ssrc_changes: [Counter; 2],
    ticks_skipped: Counter,
    clips_unplayable: Counter,
    refused: Counter,
    ports_failed: Counter,
    send_failures: Counter,
    unrecordable: Counter,
    sessions: Gauge,
    parties: Gauge,
}

impl Handles {
    pub(super) fn new(to: &Register<'_>) -> Self {
        let counter = |name, help| to.counter(name, help, &[]);
        let by = |name, help, key, value| to.counter(name, help, &[(key, value)]);
        Self {
            packets: ["received", "relayed", "played", "mixed"].map(|kind| {
                by(
                    "sujie_rtp_packets_total",
                    "RTP packets accepted, and sent by what they carry.",
                    "kind",
                    kind,
                )
            }),
            dropped: ["stranger", "unclaimed", "malformed", "late", "unexpected", "untranslatable", "looped"]
                .map(|reason| {
                    by("sujie_rtp_dropped_total", "Packets not passed on, by reason.", "reason", reason)
                }),
            lost: ["here", "there"].map(|heard| {
                let help = "RTP packets that never came: to us (here), and as others report (there).";
                by("sujie_rtp_lost_total", help, "heard", heard)
            }),
            reports: ["in", "out"].map(|direction| {
                by("sujie_rtcp_packets_total", "RTCP packets accepted and sent.", "direction", direction)
            }),
            keys: counter("sujie_rtp_keys_total", "Keys of telephones heard."),
            keys_flooded: counter(
                "sujie_rtp_keys_flooded_total",
                "Keys beyond what a party may press in that time.",
            ),
            ssrc_changes: ["collision", "restart"].map(|cause| {
                by("sujie_rtp_source_changes_total", "Sources that began anew, by cause.", "cause", cause)
            }),
            ticks_skipped: counter(
                "sujie_rtp_ticks_skipped_total",
                "Ticks of 20 ms left out because a media thread came too late.",
            ),
            clips_unplayable: counter(
                "sujie_rtp_clips_unplayable_total",
                "Clips that do not exist or that the party's codec cannot play.",
            ),
            refused: counter("sujie_rtp_parties_refused_total", "Parties without a place or a port."),
            ports_failed: counter("sujie_rtp_ports_failed_total", "Ports that could not be opened."),
            send_failures: counter(
                "sujie_rtp_send_failures_total",
                "Packets that the kernel refused to send.",
            ),
            unrecordable: counter(
                "sujie_rtp_unrecordable_total",
                "Packets of recorded parties in a codec that cannot be recorded: silence there.",
            ),
            sessions: to.gauge("sujie_rtp_sessions", "Audio sessions now.", &[]),
            parties: to.gauge("sujie_rtp_parties", "Parties in audio sessions now.", &[]),
        }
    }

    pub(super) fn publish(&self, threads: &[Telemetry], spans: &mut Spans) {
        let sum =
            |of: fn(&media::Counters) -> u64| threads.iter().map(|thread| of(&thread.counters)).sum::<u64>();
        let set = |handles: &[Counter], values: &[fn(&media::Counters) -> u64]| {
            for (handle, value) in handles.iter().zip(values) {
                handle.absolute(sum(*value));
            }
        };
        set(&self.packets, &[|c| c.received, |c| c.relayed, |c| c.played, |c| c.mixed]);
        set(
            &self.dropped,
            &[
                |c| c.strangers,
                |c| c.unclaimed,
                |c| c.malformed,
                |c| c.late,
                |c| c.unexpected,
                |c| c.untranslatable,
                |c| c.looped,
            ],
        );
        set(&self.lost, &[|c| c.lost, |c| c.lost_remote]);
        set(&self.reports, &[|c| c.reports_received, |c| c.reports_sent]);
        set(&self.ssrc_changes, &[|c| c.collisions, |c| c.restarts]);
        self.keys.absolute(sum(|c| c.keys));
        self.keys_flooded.absolute(sum(|c| c.keys_flooded));
        self.ticks_skipped.absolute(sum(|c| c.ticks_skipped));
        self.clips_unplayable.absolute(sum(|c| c.clips_unplayable));
        self.refused.absolute(sum(|c| c.refused));
        self.ports_failed.absolute(sum(|c| c.ports_failed));
        self.send_failures.absolute(threads.iter().map(|thread| thread.send_failures).sum());
        self.unrecordable.absolute(sum(|c| c.unrecordable));
        self.sessions.set(sum(|c| c.sessions) as f64);
        self.parties.set(sum(|c| c.parties) as f64);
        let jitter: Duration = threads.iter().map(|thread| thread.counters.jitter_sum).sum();
        let name = "sujie_rtp_jitter_seconds";
        spans.begin(
            name,
            Kind::Summary,
            "Interarrival jitter (RFC 3550 6.4.1), one value a party and report.",
        );
        spans.summary(name, &[], jitter, sum(|c| c.jitter_values));
    }
}
