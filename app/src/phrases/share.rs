//! The sentences about one's own rights. The share dialog's are its own, fetched with it.
use crate::note::Note;

/// All of them in one language.
pub struct Share {
    /// The button in the bar.
    pub share: &'static str,
    /// After copying the text: it worked, or did not.
    pub copied: [&'static str; 2],
    pub note: fn(Note) -> &'static str,
}
