//! Renewing a token by an operator's own system: when to ask, and what its answer means. It makes no request itself.
use crate::pass;

/// The first wait after a try that failed, in milliseconds; it doubles.
const FIRST_MS: u64 = 1_000;
/// The longest wait, in milliseconds.
const LONGEST_MS: u64 = 60_000;

/// How asking went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A new token.
    Token(String),
    /// The operator's system says that the rights are over.
    Over,
    /// It said neither: nothing is known, and it is asked again.
    Unknown,
}

impl Outcome {
    /// What an answer means: its status and body, or none at all. Only a plain refusal is one; a system that is down, and a page of
    /// something on the way, say nothing about rights; nor does one that gives out the token in use again.
    #[must_use]
    pub fn of(answer: Option<(u16, &str)>, in_use: &str) -> Self {
        match answer {
            // Three parts: anything else would be shown to the server for nothing, and end a session that goes on.
            Some((200, body)) => pass::tidy(body)
                .filter(|token| token.split('.').count() == 3 && *token != in_use)
                .map_or(Self::Unknown, |token| Self::Token(token.to_owned())),
            Some((401 | 403, _)) => Self::Over,
            _ => Self::Unknown,
        }
    }
}

/// Where a renewal stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renewal {
    /// Nothing is to be renewed.
    #[default]
    Idle,
    /// Being asked for; so many tries have failed.
    Asking(u32),
    /// A token was handed to the server, which has not let anybody in by it yet; so many tries have failed before.
    Given(u32),
    /// The rights are over.
    Over,
}

impl Renewal {
    /// The token ends soon, or has ended: how long to wait before asking, in milliseconds; none when that is being done. A token
    /// that was handed over and ends at once, or has ended, is a try that failed. `random` spreads the pages of one document.
    pub fn begin(&mut self, random: u64) -> Option<u64> {
        let (asking, wait) = match *self {
            Self::Asking(_) => return None,
            Self::Idle | Self::Over => (Self::Asking(0), 0),
            Self::Given(failed) => (Self::Asking(failed.saturating_add(1)), wait(failed, random)),
        };
        *self = asking;
        Some(wait)
    }

    /// Takes an outcome in; how long to wait before asking again, in milliseconds, where it is to be asked again.
    pub fn came(&mut self, outcome: &Outcome, random: u64) -> Option<u64> {
        let failed = self.failed();
        match outcome {
            Outcome::Token(_) => self.handed(),
            Outcome::Over => *self = Self::Over,
            Outcome::Unknown => {
                *self = Self::Asking(failed.saturating_add(1));
                return Some(wait(failed, random));
            }
        }
        None
    }

    /// Another token is shown to the server, by whomever it came.
    pub fn handed(&mut self) {
        *self = Self::Given(self.failed());
    }

    /// The session is live and does not end soon: what was handed over is good.
    pub fn settled(&mut self) {
        if matches!(self, Self::Given(_)) {
            *self = Self::Idle;
        }
    }

    /// Whether a try has failed and none has succeeded since.
    #[must_use]
    pub fn is_late(self) -> bool {
        matches!(self, Self::Asking(1..) | Self::Given(1..))
    }

    /// Whether the first try is under way, which is over in a moment: nobody need hear of it.
    #[must_use]
    pub fn is_first(self) -> bool {
        matches!(self, Self::Asking(0) | Self::Given(0))
    }

    fn failed(self) -> u32 {
        match self {
            Self::Asking(failed) | Self::Given(failed) => failed,
            Self::Idle | Self::Over => 0,
        }
    }
}

/// The wait after so many tries that failed before this one, from half of the time to all of it.
fn wait(failed: u32, random: u64) -> u64 {
    let wait = FIRST_MS.saturating_mul(1 << failed.min(16)).min(LONGEST_MS);
    wait / 2 + random % (wait / 2 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_refusal_ends_rights() {
        let of = |answer| Outcome::of(answer, "x.y.z");
        assert_eq!(
            of(Some((200, " a.b.c\n"))),
            Outcome::Token("a.b.c".to_owned())
        );
        assert_eq!(of(Some((401, ""))), Outcome::Over);
        assert_eq!(of(Some((403, "a.b.c"))), Outcome::Over);
        for unknown in [
            None,
            Some((200, "<html>sign in</html>")),
            Some((200, "")),
            Some((200, "OK")),
            Some((200, "a.b")),
            Some((204, "")),
            Some((302, "a.b.c")),
            Some((404, "")),
            Some((500, "")),
            Some((503, "a.b.c")),
        ] {
            assert_eq!(of(unknown), Outcome::Unknown, "{unknown:?}");
        }
    }

    #[test]
    fn the_same_token_again_is_no_renewal_and_is_asked_for_again() {
        let again = Outcome::of(Some((200, "a.b.c\n")), "a.b.c");
        assert_eq!(again, Outcome::Unknown);
        let mut renewal = Renewal::default();
        renewal.begin(0);
        assert!(renewal.came(&again, 0).is_some());
        assert!(renewal.is_late());
    }

    /// Waits that follow each other, each within its half.
    fn grow(waits: &[u64]) {
        for (failed, wait) in waits.iter().enumerate() {
            let whole = (1_000 << failed).min(60_000);
            assert!((whole / 2..=whole).contains(wait), "{failed}: {wait}");
        }
    }

    #[test]
    fn it_is_asked_again_ever_less_often_until_it_works() {
        let mut renewal = Renewal::default();
        assert_eq!(renewal.begin(7), Some(0));
        assert_eq!(renewal.begin(7), None, "one at a time");
        assert!(renewal.is_first() && !renewal.is_late());
        let waits: Vec<u64> = (0..9)
            .filter_map(|_| renewal.came(&Outcome::Unknown, u64::MAX / 2))
            .collect();
        assert_eq!(waits.len(), 9);
        grow(&waits);
        assert!(renewal.is_late());
        let token = Outcome::Token("a.b.c".to_owned());
        assert_eq!(renewal.came(&token, 0), None);
        assert!(renewal.is_late(), "nobody was let in by it yet");
        renewal.settled();
        assert_eq!(renewal, Renewal::Idle);
        assert_eq!(renewal.begin(7), Some(0));
    }

    #[test]
    fn tokens_that_are_over_already_are_asked_for_ever_less_often() {
        let mut renewal = Renewal::default();
        renewal.begin(0);
        let mut waits = Vec::new();
        for n in 0..9 {
            let token = Outcome::Token(format!("a.b.{n}"));
            assert_eq!(renewal.came(&token, 0), None);
            // As a browser's other tabs hand it over too.
            renewal.handed();
            waits.extend(renewal.begin(u64::MAX / 2));
        }
        assert_eq!(waits.len(), 9);
        grow(&waits);
    }

    #[test]
    fn a_session_that_is_live_says_nothing_of_a_renewal_that_is_asked_for() {
        let mut renewal = Renewal::Asking(2);
        renewal.settled();
        assert_eq!(renewal, Renewal::Asking(2));
    }

    #[test]
    fn after_a_refusal_only_a_new_reason_asks_again() {
        let mut renewal = Renewal::default();
        renewal.begin(0);
        assert_eq!(renewal.came(&Outcome::Over, 0), None);
        assert_eq!(renewal, Renewal::Over);
        assert!(!renewal.is_late());
    }
}
