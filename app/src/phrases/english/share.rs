//! What is said of one's own rights, in English.
use crate::note::Note;
use crate::phrases::share::Share;

pub(super) const SHARE: Share = Share {
    share: "Share",
    copied: ["Copied", "Not copied: mark the text"],
    note,
};

fn note(note: Note) -> &'static str {
    match note {
        Note::Viewer => {
            "You are a viewer: your link lets you read and follow the others, not write. To write, ask for an edit link."
        }
        Note::ReadOnly => "You can read this document and follow the others, but not write in it.",
        Note::EndsSoon => {
            "Your access ends in less than a minute. What is marked as saved is safe. To go on, ask for a new link."
        }
        Note::RenewalLate => {
            "Your access ends in less than a minute and could not be renewed yet. What is marked as saved is safe. The page keeps \
             trying; go on."
        }
        Note::WithoutLink => {
            "The link that you opened is not valid here, or no longer. Nothing was lost: this document opens by its address too, and \
             you go on without the link. If it should give you other rights, ask for a new one."
        }
        Note::ShareMissing => {
            "The share dialog could not be loaded. Nothing was changed. Try again when the page is connected, or reload it."
        }
    }
}
