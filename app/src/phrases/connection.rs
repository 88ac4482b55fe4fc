//! The sentences about the connection: those of the badge. The inspector's are its own, fetched with it.
use protocol::ladder::Reason;

/// All of them in one language.
pub struct Connection {
    pub title: &'static str,
    /// In the order of the ladder.
    pub rungs: [&'static str; 4],
    pub none: &'static str,
    pub meaning_best: &'static str,
    pub meaning_none: &'static str,
    pub reason: fn(Reason) -> &'static str,
}
