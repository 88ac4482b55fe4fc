//! What the page may claim about its text: a pure decision from facts, so that "saved" is never a guess of a component.
use crate::lang::Lang;
use crate::trouble::Trouble;

/// The state of the text on this page, as the mark shows it. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavedState {
    /// The first connection is being made; nothing is unsaved for long.
    Connecting,
    /// Every edit of this page is on the server's disk.
    Saved,
    /// Edits are on their way; the oldest has waited so long.
    Saving {
        /// Age of the oldest edit that is not on disk.
        oldest_ms: u32,
    },
    /// No connection. Edits stay in this page and go out by themselves later.
    Offline {
        /// Age of the oldest edit that is not on disk, if there is one.
        unsaved_ms: Option<u32>,
    },
    /// Edits will not be saved until something is done.
    CannotSave {
        /// Why.
        reason: Trouble,
    },
    /// This person reads only.
    ReadOnly,
}

/// What the session knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The state of the connection.
    pub link: Link,
    /// Age of the oldest edit of this page that the server has not reported as on disk.
    pub unsaved_ms: Option<u32>,
    /// Whether this person may write.
    pub may_write: bool,
    /// What stands in the way of saving.
    pub trouble: Option<Trouble>,
}

/// The state of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Never been up on this page.
    First,
    /// Up.
    Up,
    /// Was up, or could not be made; being tried again.
    Down,
}

/// So long a first connection may take before edits that wait for it are called unsaved.
const FIRST_CONNECTION_MS: u32 = 3_000;
/// From this age on a mark that says "saving" says for how long, and a screen reader is told.
const SLOW_MS: u32 = 5_000;

impl From<Facts> for SavedState {
    /// The worst thing that is true wins.
    fn from(facts: Facts) -> Self {
        if let Some(reason) = facts.trouble {
            return Self::CannotSave { reason };
        }
        match (facts.link, facts.unsaved_ms) {
            (Link::Down, unsaved_ms) => Self::Offline { unsaved_ms },
            (Link::First, Some(age)) if age >= FIRST_CONNECTION_MS => Self::Offline {
                unsaved_ms: Some(age),
            },
            (Link::First, _) => Self::Connecting,
            (Link::Up, Some(oldest_ms)) => Self::Saving { oldest_ms },
            (Link::Up, None) if !facts.may_write => Self::ReadOnly,
            (Link::Up, None) => Self::Saved,
        }
    }
}

impl SavedState {
    /// For the style sheet: `data-state`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Saved => "saved",
            Self::Saving { .. } => "saving",
            Self::Offline { unsaved_ms: None } => "offline",
            Self::Offline {
                unsaved_ms: Some(_),
            } => "unsaved",
            Self::CannotSave { .. } => "cannot-save",
            Self::ReadOnly => "read-only",
        }
    }

    /// The word on the mark.
    #[must_use]
    pub fn word(self, lang: Lang) -> &'static str {
        let say = lang.phrases();
        match self {
            Self::Connecting => say.state_connecting,
            Self::Saved => say.state_saved,
            Self::Saving { .. } => say.state_saving,
            Self::Offline { unsaved_ms: None } => say.state_offline,
            Self::Offline {
                unsaved_ms: Some(_),
            } => say.state_unsaved,
            Self::CannotSave { reason } if reason.bars() => say.state_no_access,
            Self::CannotSave { .. } => say.state_cannot_save,
            Self::ReadOnly => say.state_read_only,
        }
    }

    /// How long the oldest edit has waited, once that is a second or more; a younger age would only flicker.
    #[must_use]
    pub fn age(self, lang: Lang) -> String {
        match self {
            Self::Saving { oldest_ms: ms }
            | Self::Offline {
                unsaved_ms: Some(ms),
            } if ms >= 1_000 => (lang.phrases().age)(ms),
            _ => String::new(),
        }
    }

    /// What it means and what to do, in a sentence or two.
    #[must_use]
    pub fn meaning(self, lang: Lang) -> &'static str {
        let say = lang.phrases();
        match self {
            Self::Connecting => say.meaning_connecting,
            Self::Saved => say.meaning_saved,
            Self::Saving { .. } => say.meaning_saving,
            Self::Offline { unsaved_ms: None } => say.meaning_offline,
            Self::Offline {
                unsaved_ms: Some(_),
            } => say.meaning_unsaved,
            Self::CannotSave { reason } => (say.trouble)(reason).todo,
            Self::ReadOnly => say.meaning_read_only,
        }
    }
}

/// What a screen reader has been told last. It is told of changes, never of each second or each keystroke.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Announced {
    /// Nothing: all is as it should be.
    #[default]
    Nothing,
    /// Saving takes unusually long.
    Slow,
    /// The state itself, which asks for attention.
    State(SavedState),
    /// After one of the above: all is saved again.
    SavedAgain,
}

impl Announced {
    /// What is to be announced when `state` comes after what was announced before.
    #[must_use]
    pub fn then(self, state: SavedState) -> Self {
        match (self, state) {
            (_, SavedState::Offline { unsaved_ms }) => Self::State(SavedState::Offline {
                unsaved_ms: unsaved_ms.map(|_| 0),
            }),
            (_, SavedState::CannotSave { .. } | SavedState::ReadOnly) => Self::State(state),
            (_, SavedState::Saving { oldest_ms }) if oldest_ms >= SLOW_MS => Self::Slow,
            (Self::Slow | Self::State(_), SavedState::Saved) => Self::SavedAgain,
            (before, _) => before,
        }
    }

    /// The announcement.
    #[must_use]
    pub fn words(self, lang: Lang) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Slow => lang.phrases().announce_slow.to_owned(),
            Self::State(state) => format!("{}. {}", state.word(lang), state.meaning(lang)),
            Self::SavedAgain => lang.phrases().announce_saved_again.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
