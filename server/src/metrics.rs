//! Every metric's name and help text, and the handles that the rest of the server bumps; no measuring is done here.

use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::{
    encoding::text::encode,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Metric, Registry, Unit},
};

use crate::rates::Limit;

/// The content type of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// One label, its name and its value.
type Label = [(&'static str, &'static str); 1];

/// The handles. Each is a shared atomic, looked up once, so bumping one costs no lock (histograms: a short one).
pub struct Metrics {
    registry: Registry,
    /// Open TCP connections of any kind.
    pub connections_open: Gauge,
    /// Connections refused for a limit.
    pub connections_refused: Counter,
    /// Bytes read from all sockets.
    pub received_bytes: Counter,
    /// Bytes written to all sockets.
    pub sent_bytes: Counter,
    /// Documents in memory.
    pub rooms_open: Gauge,
    /// Documents read from the log.
    pub loads: Counter,
    /// Snapshots written.
    pub compactions: Counter,
    /// Updates that were applied.
    pub updates_accepted: Counter,
    /// Updates that were tried on a copy of their document first, since they could cost much.
    pub updates_weighed: Counter,
    /// Update entries handed to clients: one update read by ten clients counts ten.
    pub updates_delivered: Counter,
    /// Batches of entries handed to clients, each in one write.
    pub batches_sent: Counter,
    /// Changes of carets, names and selections that were taken.
    pub presence_changes: Counter,
    /// From an update's arrival until it was durable, in seconds.
    pub saved_seconds: Histogram,
    /// Bytes queued in the log and not yet durable; whoever answers `/metrics` sets it first.
    pub log_backlog_bytes: Gauge,
    links: Family<Label, Gauge>,
    resumed: Family<Label, Counter>,
    received_by: Family<Label, Counter>,
    sent_by: Family<Label, Counter>,
    updates_rejected: Family<Label, Counter>,
    limited: Family<Label, Counter>,
    requests: Family<[(&'static str, String); 2], Counter>,
}

/// How a client is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// `/rt/1/ws`.
    RtWebsocket,
    /// `/rt/1/stream`.
    RtEventStream,
    /// `/rt/1/poll`, waiting for news.
    RtLongPoll,
    /// `/rt/1/poll`, not waiting.
    RtShortPoll,
    /// `/ws/{doc}`.
    YjsWebsocket,
}

impl LinkKind {
    const fn name(self) -> &'static str {
        match self {
            Self::RtWebsocket => "rt_websocket",
            Self::RtEventStream => "rt_event_stream",
            Self::RtLongPoll => "rt_long_poll",
            Self::RtShortPoll => "rt_short_poll",
            Self::YjsWebsocket => "yjs_websocket",
        }
    }

    const fn label(self) -> Label {
        [("kind", self.name())]
    }
}

/// The bytes of messages on the links of one kind, with what packs them and without what carries them (headers, TLS).
#[derive(Debug, Clone)]
pub struct Traffic {
    /// From clients.
    pub received: Counter,
    /// To clients.
    pub sent: Counter,
}

/// Why an update was not applied, or not saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// The validator refused its bytes.
    Malformed,
    /// It is larger than `--max-update`.
    UpdateTooLarge,
    /// The document would become larger than `--max-document`.
    DocumentTooLarge,
    /// The document is open for reading only.
    ReadOnly,
    /// It was applied, and the store did not take it.
    StoreFailed,
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::default();
        let started = Gauge::<f64, std::sync::atomic::AtomicU64>::default();
        started.set(
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0.0, |age| age.as_secs_f64()),
        );
        registry.register_with_unit(
            "process_start_time",
            "When the process started, in seconds since 1970",
            Unit::Seconds,
            started,
        );
        let build = Gauge::<i64>::default();
        build.set(1);
        registry
            .sub_registry_with_label(("version".into(), crate::config::version().into()))
            .register(
                "maru_build_info",
                "Always 1; the label tells the version",
                build,
            );

        let mut set = Set(registry.sub_registry_with_prefix("maru"));
        Self {
            connections_open: set.plain("connections_open", "Open TCP connections"),
            connections_refused: set
                .plain("connections_refused", "Connections refused for a limit"),
            received_bytes: set.unit(Unit::Bytes, "received", "Bytes read from all sockets"),
            sent_bytes: set.unit(Unit::Bytes, "sent", "Bytes written to all sockets"),
            rooms_open: set.plain("rooms_open", "Documents in memory"),
            loads: set.plain("loads", "Documents read from the log"),
            compactions: set.plain("compactions", "Snapshots written"),
            updates_accepted: set.plain("updates_accepted", "Updates applied"),
            updates_weighed: set.plain(
                "updates_weighed",
                "Updates tried on a copy of their document first, since they could cost much",
            ),
            updates_delivered: set.plain("updates_delivered", "Update entries handed to clients"),
            batches_sent: set.plain(
                "batches_sent",
                "Batches of update entries handed to clients",
            ),
            presence_changes: set.plain(
                "presence_changes",
                "Changes of carets, names and selections taken",
            ),
            saved_seconds: set.timer("saved", "From an update's arrival until it was durable"),
            log_backlog_bytes: set.unit(
                Unit::Bytes,
                "log_backlog",
                "Queued in the log and not yet durable",
            ),
            links: set.plain("links_open", "Clients connected, by the kind of their link"),
            resumed: set.plain(
                "sessions_resumed",
                "Sessions continued on a new link, by its kind",
            ),
            received_by: set.unit(
                Unit::Bytes,
                "link_received",
                "Messages from clients, by the kind of their link",
            ),
            sent_by: set.unit(
                Unit::Bytes,
                "link_sent",
                "Messages to clients, by the kind of their link",
            ),
            updates_rejected: set.plain(
                "updates_rejected",
                "Updates not applied or not saved, by the reason",
            ),
            limited: set.plain(
                "limited",
                "Links and requests that asked for more than they may, by the limit",
            ),
            requests: set.plain(
                "http_requests",
                "Requests answered, by route and class of status",
            ),
            registry,
        }
    }

    /// Counts a client as connected until the guard is dropped.
    #[must_use]
    pub fn link(&self, kind: LinkKind) -> Raised {
        Raised::new(&self.links.get_or_create(&kind.label()))
    }

    /// Counts a session that goes on with a new link.
    pub fn resumed(&self, kind: LinkKind) {
        self.resumed.get_or_create(&kind.label()).inc();
    }

    /// Where the bytes of a link of this kind are counted; looked up once a link.
    #[must_use]
    pub fn traffic(&self, kind: LinkKind) -> Traffic {
        Traffic {
            received: self.received_by.get_or_create(&kind.label()).clone(),
            sent: self.sent_by.get_or_create(&kind.label()).clone(),
        }
    }

    /// Counts an update that was not applied or not saved.
    pub fn rejected(&self, why: Rejection) {
        let reason = match why {
            Rejection::Malformed => "malformed",
            Rejection::UpdateTooLarge => "update_too_large",
            Rejection::DocumentTooLarge => "document_too_large",
            Rejection::StoreFailed => "store_failed",
            Rejection::ReadOnly => "read_only",
        };
        self.updates_rejected
            .get_or_create(&[("reason", reason)])
            .inc();
    }

    /// Counts somebody who asked for more than a limit allows.
    pub fn limited(&self, limit: Limit) {
        self.limited.get_or_create(&[("limit", limit.name())]).inc();
    }

    /// Counts an answered request. `route` is the route's pattern and never the path, which names a document.
    pub fn answered(&self, route: &str, status: u16) {
        let class = format!("{}xx", status / 100);
        self.requests
            .get_or_create(&[("route", route.to_owned()), ("status", class)])
            .inc();
    }

    /// All metrics in the OpenMetrics text format, which Prometheus reads; see [`CONTENT_TYPE`].
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail, and no label value of ours can be refused.
        encode(&mut text, &self.registry).expect("metrics are written to memory");
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// A gauge raised by one until this is dropped.
#[derive(Debug)]
pub struct Raised(Gauge);

impl Raised {
    /// Raises it.
    #[must_use]
    pub fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Registers a metric and hands it back, so that name, help and handle stand on one line.
struct Set<'a>(&'a mut Registry);

impl Set<'_> {
    fn plain<M: Metric + Clone + Default>(&mut self, name: &str, help: &str) -> M {
        let metric = M::default();
        self.0.register(name, help, metric.clone());
        metric
    }

    fn unit<M: Metric + Clone + Default>(&mut self, unit: Unit, name: &str, help: &str) -> M {
        let metric = M::default();
        self.0.register_with_unit(name, help, unit, metric.clone());
        metric
    }

    /// Twice as long from bucket to bucket, from a quarter millisecond to 8 seconds.
    fn timer(&mut self, name: &str, help: &str) -> Histogram {
        let metric = Histogram::new(exponential_buckets(0.000_25, 2.0, 16));
        self.0
            .register_with_unit(name, help, Unit::Seconds, metric.clone());
        metric
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_carries_the_prefix_and_a_help_text() {
        let text = Metrics::new().encode();
        for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
            let name = line.split(' ').next().unwrap();
            assert!(
                name.starts_with("maru_") || name == "process_start_time_seconds",
                "{name}"
            );
            assert!(text.contains(&format!("# HELP {name} ")), "{name}");
        }
    }

    #[test]
    fn a_handle_bumps_what_is_told() {
        let metrics = Metrics::new();
        let link = metrics.link(LinkKind::YjsWebsocket);
        metrics.rejected(Rejection::Malformed);
        metrics.received_bytes.inc_by(7);
        let text = metrics.encode();
        for line in [
            "maru_links_open{kind=\"yjs_websocket\"} 1",
            "maru_updates_rejected_total{reason=\"malformed\"} 1",
            "maru_received_bytes_total 7",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        drop(link);
        assert!(
            metrics
                .encode()
                .contains("maru_links_open{kind=\"yjs_websocket\"} 0")
        );
    }
}
