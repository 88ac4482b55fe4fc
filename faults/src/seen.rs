//! What passed a proxy, counted; bounded, whatever passes.

use std::collections::BTreeMap;

use serde::Serialize;

/// So many different paths are counted each for itself; those after them together as `…`.
const PATHS: usize = 64;

/// What has passed since the proxy started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Connections accepted.
    pub connections: u64,
    /// Connections open now.
    pub open: u64,
    /// Requests for an upgrade.
    pub upgrades: u64,
    /// Those that the server answered with 101.
    pub upgraded: u64,
    /// Requests, by path without query.
    pub requests: BTreeMap<String, u64>,
    /// Answers that were given to the client, as `path status`.
    pub answers: BTreeMap<String, u64>,
    /// Connections that the proxy cut, for whatever reason.
    pub cut: u64,
    /// Connections that are held open towards the server after the client has left.
    pub held: u64,
    /// How often each of the present rules did something, in their order.
    pub fired: Vec<u64>,
    /// Bytes to clients, with heads.
    pub to_clients: u64,
    /// Bytes from clients, with heads.
    pub to_server: u64,
}

impl Seen {
    /// How many requests there were for `path`.
    #[must_use]
    pub fn requests(&self, path: &str) -> u64 {
        self.requests.get(path).copied().unwrap_or_default()
    }

    /// How many answers with `status` there were for `path`.
    #[must_use]
    pub fn answers(&self, path: &str, status: u16) -> u64 {
        let name = format!("{path} {status}");
        self.answers.get(&name).copied().unwrap_or_default()
    }

    /// How often the rule at this place did something; 0 when there is none.
    #[must_use]
    pub fn fired(&self, rule: usize) -> u64 {
        self.fired.get(rule).copied().unwrap_or_default()
    }

    pub(crate) fn requested(&mut self, path: &str) {
        count(&mut self.requests, path.to_owned());
    }

    pub(crate) fn answered(&mut self, path: &str, status: u16) {
        count(&mut self.answers, format!("{path} {status}"));
    }
}

fn count(counts: &mut BTreeMap<String, u64>, name: String) {
    let name = if counts.len() < PATHS || counts.contains_key(&name) {
        name
    } else {
        "…".to_owned()
    };
    *counts.entry(name).or_default() += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_without_end_are_counted_in_bounded_memory() {
        let mut seen = Seen::default();
        for path in 0..10_000 {
            seen.requested(&format!("/d/{path}"));
        }
        assert!(seen.requests.len() <= PATHS + 1);
        assert_eq!(seen.requests.values().sum::<u64>(), 10_000);
    }
}
