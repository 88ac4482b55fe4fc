//! Whether a pass is on trial, and what follows when one that is on trial is refused; where passes are kept is [`crate::keep`]'s.
use protocol::frame::ErrorCode;

/// A pass that is refused within this time, in milliseconds, of a session that it was shown to never was good for anything here;
/// one that was good for longer has ended, which is for its owner to know.
const MS: u64 = 10_000;

/// Since when there is a session that a pass was shown to; none before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trial(Option<u64>);

impl Trial {
    /// There is a session, at `now`.
    pub(super) fn live(&mut self, now: u64) {
        self.0.get_or_insert(now);
    }

    /// Whether a refusal at `now` means that it never was good. A network that takes its time makes no pass better.
    pub(super) fn is_on(self, now: u64) -> bool {
        self.0.is_none_or(|since| now < since + MS)
    }
}

/// Whether a page goes on by the document's name when its pass, on trial, is refused and it has no other. `locked`: the name did not
/// open the document when the page came. `renews`: an operator's system gives another one for one that has ended.
pub(super) fn goes_on_without(code: ErrorCode, locked: bool, renews: bool) -> bool {
    let another_comes = renews && code == ErrorCode::Expired;
    !locked && !another_comes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_on_trial_until_a_session_has_lasted() {
        let mut trial = Trial::default();
        assert!(
            trial.is_on(90_000),
            "however long the first connection took"
        );
        trial.live(90_000);
        trial.live(95_000);
        assert!(trial.is_on(99_999));
        assert!(!trial.is_on(100_000));
    }

    #[test]
    fn a_bad_link_locks_nobody_out_of_an_open_document() {
        for code in [ErrorCode::NoToken, ErrorCode::Revoked, ErrorCode::Expired] {
            assert!(goes_on_without(code, false, false));
            assert!(
                !goes_on_without(code, true, false),
                "its name opens nothing"
            );
        }
        assert!(!goes_on_without(ErrorCode::Expired, false, true));
        assert!(goes_on_without(ErrorCode::NoToken, false, true));
    }
}
