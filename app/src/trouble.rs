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
    /// This person may read but no longer write, and has edits that were not saved.
    NotAllowed,
    /// The document opens by a link only, and none was given.
    NeedsLink,
    /// The link that was given is none of this document's.
    BadLink,
    /// The document opens by a link only, since a moment ago.
    Closed,
    /// The link has worked as long as it should.
    Expired {
        /// The document opens without a link too.
        open: bool,
    },
    /// Somebody revoked the link.
    Revoked {
        /// The document opens without a link too.
        open: bool,
    },
    /// The rights have ended, and the operator's system has not said whether there are new ones.
    NotRenewed,
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
    /// Copy the text of this page.
    Copy,
    /// Load the page anew.
    Reload,
    /// Forget the link, and load the page anew.
    WithoutLink,
}

impl Trouble {
    /// Every one, for tests and the gallery.
    pub const ALL: [Self; 17] = [
        Self::StorageFailed,
        Self::DocumentFull,
        Self::Replaced,
        Self::NotAllowed,
        Self::NeedsLink,
        Self::BadLink,
        Self::Closed,
        Self::Expired { open: false },
        Self::Expired { open: true },
        Self::Revoked { open: false },
        Self::Revoked { open: true },
        Self::NotRenewed,
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
            Self::StorageFailed | Self::DocumentFull => &[Remedy::Download],
            Self::NotAllowed
            | Self::Closed
            | Self::Expired { open: false }
            | Self::Revoked { open: false }
            | Self::NotRenewed => &[Remedy::Copy, Remedy::Download],
            Self::Expired { open: true } | Self::Revoked { open: true } => {
                &[Remedy::Copy, Remedy::Download, Remedy::WithoutLink]
            }
            Self::NeedsLink | Self::BadLink => &[Remedy::Reload],
            Self::Replaced | Self::Refused | Self::Outdated => &[Remedy::Download, Remedy::Reload],
            Self::Unavailable | Self::Crowded | Self::EditorFailed => &[Remedy::Reload],
        }
    }

    /// Whether it is about the right to be here at all, rather than about saving.
    #[must_use]
    pub fn bars(self) -> bool {
        matches!(
            self,
            Self::NeedsLink
                | Self::BadLink
                | Self::Closed
                | Self::Expired { .. }
                | Self::Revoked { .. }
                | Self::NotRenewed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_loses_rights_over_a_text_is_offered_the_text() {
        for trouble in Trouble::ALL.into_iter().filter(|trouble| trouble.bars()) {
            let keeps = trouble.remedies().contains(&Remedy::Copy)
                && trouble.remedies().contains(&Remedy::Download);
            // Who was never let in has no text to keep.
            let has_text = !matches!(trouble, Trouble::NeedsLink | Trouble::BadLink);
            assert_eq!(keeps, has_text, "{trouble:?}");
        }
        assert!(Trouble::NotAllowed.remedies().contains(&Remedy::Copy));
    }

    #[test]
    fn a_way_without_the_link_is_offered_only_where_it_leads_somewhere() {
        for trouble in Trouble::ALL {
            let open = matches!(
                trouble,
                Trouble::Expired { open: true } | Trouble::Revoked { open: true }
            );
            assert_eq!(
                trouble.remedies().contains(&Remedy::WithoutLink),
                open,
                "{trouble:?}"
            );
        }
    }
}
