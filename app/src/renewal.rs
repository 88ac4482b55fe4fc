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
    /// something on the way, say nothing about rights.
    #[must_use]
    pub fn of(answer: Option<(u16, &str)>) -> Self {
        match answer {
            // Three parts: anything else would be shown to the server for nothing, and end a session that goes on.
            Some((200, body)) => pass::tidy(body)
                .filter(|token| token.split('.').count() == 3)
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
    /// The rights are over.
    Over,
}

impl Renewal {
    /// The token ends soon, or has ended. Whether to ask now; no when that is being done.
    pub fn begin(&mut self) -> bool {
        let begins = !matches!(self, Self::Asking(_));
        if begins {
            *self = Self::Asking(0);
        }
        begins
    }

    /// Takes an outcome in; how long to wait before asking again, in milliseconds, where it is to be asked again. `random` spreads
    /// the pages of one document, from half of the time to all of it.
    pub fn came(&mut self, outcome: &Outcome, random: u64) -> Option<u64> {
        let failed = match self {
            Self::Asking(failed) => *failed,
            Self::Idle | Self::Over => 0,
        };
        match outcome {
            Outcome::Token(_) => *self = Self::Idle,
            Outcome::Over => *self = Self::Over,
            Outcome::Unknown => {
                *self = Self::Asking(failed.saturating_add(1));
                let wait = FIRST_MS.saturating_mul(1 << failed.min(16)).min(LONGEST_MS);
                return Some(wait / 2 + random % (wait / 2 + 1));
            }
        }
        None
    }

    /// Whether a try has failed and none has succeeded since.
    #[must_use]
    pub fn is_late(self) -> bool {
        matches!(self, Self::Asking(1..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_refusal_ends_rights() {
        assert_eq!(
            Outcome::of(Some((200, " a.b.c\n"))),
            Outcome::Token("a.b.c".to_owned())
        );
        assert_eq!(Outcome::of(Some((401, ""))), Outcome::Over);
        assert_eq!(Outcome::of(Some((403, "a.b.c"))), Outcome::Over);
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
            assert_eq!(Outcome::of(unknown), Outcome::Unknown, "{unknown:?}");
        }
    }

    #[test]
    fn it_is_asked_again_ever_less_often_until_it_works() {
        let mut renewal = Renewal::default();
        assert!(renewal.begin());
        assert!(!renewal.begin(), "one at a time");
        assert!(!renewal.is_late());
        let waits: Vec<u64> = (0..9)
            .filter_map(|_| renewal.came(&Outcome::Unknown, u64::MAX / 2))
            .collect();
        assert_eq!(waits.len(), 9);
        for (failed, wait) in waits.iter().enumerate() {
            let whole = (1_000 << failed).min(60_000);
            assert!((whole / 2..=whole).contains(wait), "{failed}: {wait}");
        }
        assert!(renewal.is_late());
        let token = Outcome::Token("a.b.c".to_owned());
        assert_eq!(renewal.came(&token, 0), None);
        assert_eq!(renewal, Renewal::Idle);
        assert!(renewal.begin());
    }

    #[test]
    fn after_a_refusal_only_a_new_reason_asks_again() {
        let mut renewal = Renewal::default();
        renewal.begin();
        assert_eq!(renewal.came(&Outcome::Over, 0), None);
        assert_eq!(renewal, Renewal::Over);
        assert!(!renewal.is_late());
    }
}
