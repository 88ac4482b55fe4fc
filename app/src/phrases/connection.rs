//! The sentences about the connection: the badge and the inspector; the languages fill them in beside their others.
use crate::inspector::read::What;
use protocol::ladder::Reason;

/// All of them in one language.
pub struct Connection {
    // The badge.
    pub title: &'static str,
    /// In the order of the ladder.
    pub rungs: [&'static str; 4],
    pub none: &'static str,
    pub meaning_best: &'static str,
    pub meaning_none: &'static str,
    pub reason: fn(Reason) -> &'static str,

    // The inspector: transports and switches.
    pub transport: &'static str,
    pub automatic: &'static str,
    pub round_trip: &'static str,
    pub sent: &'static str,
    pub received: &'static str,
    pub simulate: &'static str,
    /// In the order of the faults.
    pub faults: [&'static str; 4],
    pub cut: &'static str,
    pub faulty: &'static str,

    // The inspector: the list.
    pub messages: &'static str,
    /// In the order of the groups.
    pub groups: [&'static str; 5],
    pub only_sent: &'static str,
    pub only_received: &'static str,
    pub search: &'static str,
    pub pause: &'static str,
    pub go_on: &'static str,
    pub clear: &'static str,
    pub export: &'static str,
    pub nothing: &'static str,
    pub waiting: fn(u64) -> String,
    pub more: fn(usize) -> String,
    /// Time, direction, kind, change, number, size, transport.
    pub columns: [&'static str; 7],
    pub lost: &'static str,
    pub what: fn(&What) -> String,
}
