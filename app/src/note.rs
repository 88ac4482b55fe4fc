//! What a person should know of their rights while nothing is wrong. What stands in the way is [`crate::trouble`]'s.

/// A note above the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// The link that brought this person here allows to read only.
    Viewer,
    /// Nobody can write here now, or not this person: the server gave no write access, and no link says why.
    ReadOnly,
    /// The rights end in less than a minute.
    EndsSoon,
    /// The rights end soon, and the operator's system has not renewed them yet.
    RenewalLate,
    /// The link that was opened is good for nothing here, and the document opened without it.
    WithoutLink,
    /// The share dialog could not be fetched.
    ShareMissing,
}

impl Note {
    /// Every one, for tests.
    pub const ALL: [Self; 6] = [
        Self::Viewer,
        Self::ReadOnly,
        Self::EndsSoon,
        Self::RenewalLate,
        Self::WithoutLink,
        Self::ShareMissing,
    ];
}
