//! How the page is connected, as the badge says it: which transport, whether it is limited and why, how fast. The words are in [`crate::phrases`].
use crate::lang::Lang;
use protocol::ladder::{Reason, Rung};

/// The way to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// The transport in use; none without a connection.
    pub rung: Option<Rung>,
    /// Why it is not the best.
    pub reason: Option<Reason>,
    /// The last round trip, in milliseconds.
    pub rtt_ms: Option<u64>,
}

impl Way {
    /// For the style sheet: `data-way`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.rung.map_or("none", Rung::name)
    }

    /// Whether something on the way forbids the best.
    #[must_use]
    pub fn is_limited(self) -> bool {
        self.rung.is_some_and(|rung| rung != Rung::WebSocket)
            && self.reason.is_some_and(|reason| reason != Reason::Chosen)
    }

    /// The word on the badge.
    #[must_use]
    pub fn word(self, lang: Lang) -> &'static str {
        let say = &lang.phrases().connection;
        self.rung.map_or(say.none, |rung| say.rungs[rung as usize])
    }

    /// What it means, in a sentence.
    #[must_use]
    pub fn meaning(self, lang: Lang) -> &'static str {
        let say = &lang.phrases().connection;
        match (self.rung, self.reason) {
            (None, _) => say.meaning_none,
            (Some(_), Some(reason)) => (say.reason)(reason),
            (Some(_), None) => say.meaning_best,
        }
    }

    /// What there is to say without being asked: why it is limited.
    #[must_use]
    pub fn remark(self, lang: Lang) -> &'static str {
        if self.is_limited() {
            self.meaning(lang)
        } else {
            ""
        }
    }

    /// The round trip.
    #[must_use]
    pub fn round_trip(self) -> String {
        match (self.rung, self.rtt_ms) {
            (Some(_), Some(ms)) => format!("{ms} ms"),
            _ => String::new(),
        }
    }

    /// Bars, as many as the way is good; a cable pulled apart without one.
    #[must_use]
    pub fn shape(self) -> &'static str {
        match self.rung {
            Some(Rung::WebSocket) => "M4 16v-3M8 16v-6M12 16v-9M16 16v-12",
            Some(Rung::EventStream) => "M4 16v-3M8 16v-6M12 16v-9M16 16h.01",
            Some(Rung::LongPoll) => "M4 16v-3M8 16v-6M12 16h.01M16 16h.01",
            Some(Rung::ShortPoll) => "M4 16v-3M8 16h.01M12 16h.01M16 16h.01",
            None => "M2.5 10h4M13.5 10h4M6.5 7v6M13.5 7v6M9 4.500L11 15.5",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn way(rung: Rung, reason: Option<Reason>) -> Way {
        Way {
            rung: Some(rung),
            reason,
            rtt_ms: Some(12),
        }
    }

    #[test]
    fn each_way_has_a_word_and_a_shape_of_its_own() {
        let ways: Vec<Way> = Rung::ALL
            .map(|rung| way(rung, None))
            .into_iter()
            .chain([Way::default()])
            .collect();
        let shapes: HashSet<&str> = ways.iter().map(|way| way.shape()).collect();
        assert_eq!(shapes.len(), 5);
        for lang in [Lang::En, Lang::Ko] {
            let words: HashSet<&str> = ways.iter().map(|way| way.word(lang)).collect();
            assert_eq!(words.len(), 5);
        }
    }

    #[test]
    fn limited_is_what_somebody_else_decided() {
        assert!(way(Rung::LongPoll, Some(Reason::Refused)).is_limited());
        assert!(!way(Rung::LongPoll, Some(Reason::Chosen)).is_limited());
        assert!(!way(Rung::WebSocket, Some(Reason::ShortLived)).is_limited());
        assert!(!Way::default().is_limited());
        let limited = way(Rung::EventStream, Some(Reason::Refused));
        assert!(limited.remark(Lang::En).contains("everything still works"));
        assert_eq!(way(Rung::WebSocket, None).remark(Lang::Ko), "");
    }
}
