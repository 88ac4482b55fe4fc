//! What can go wrong in a way a person must know. The words are in [`crate::phrases`]; here is what it is and what one can do.

/// Something that keeps an edit from being saved, or a page from working.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The server could not write to its disk: it takes edits on, and saves none before it is started again.
    StorageFailed,
    /// The document has reached its largest size.
    DocumentFull,
    /// The document was deleted and made anew: what is on this page belongs to the old one.
    Replaced,
    /// This person may read but no longer write.
    NotAllowed,
    /// The server did not accept an edit, and never will.
    Refused,
    /// The server cannot open the document at the moment.
    Unavailable,
    /// As many people are here as the server admits.
    Crowded,
    /// The page is of another version than the server.
    Outdated,
    /// The editor did not start in this browser.
    EditorFailed,
}

/// What a notice offers to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Save the text of this page as a file.
    Download,
    /// Load the page anew.
    Reload,
}

impl Trouble {
    /// Every one, for tests and the gallery.
    pub const ALL: [Self; 9] = [
        Self::StorageFailed,
        Self::DocumentFull,
        Self::Replaced,
        Self::NotAllowed,
        Self::Refused,
        Self::Unavailable,
        Self::Crowded,
        Self::Outdated,
        Self::EditorFailed,
    ];

    /// What helps, the safest first: whoever may lose text is offered the text before a reload.
    #[must_use]
    pub fn remedies(self) -> &'static [Remedy] {
        match self {
            Self::StorageFailed | Self::DocumentFull | Self::NotAllowed => &[Remedy::Download],
            Self::Replaced | Self::Refused | Self::Outdated => &[Remedy::Download, Remedy::Reload],
            Self::Unavailable | Self::Crowded | Self::EditorFailed => &[Remedy::Reload],
        }
    }
}
