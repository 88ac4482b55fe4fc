//! What follows from the text at leisure: title, counts, the caret's line, the preview; planned here, derived in [`super::digest`].
use super::{DIGEST_LATER, DIGEST_SOON, Session, digest, set_if_new};
use crate::component::status_bar::TextSize;
use leptos::prelude::*;

impl Session {
    pub(super) fn plan_digest(&self) {
        let mut inner = self.inner.borrow_mut();
        // A text that has just arrived has no name yet.
        let is_first = self.signals.size.with_untracked(is_nothing);
        let after = if is_first || inner.preview.is_some() {
            DIGEST_SOON
        } else {
            DIGEST_LATER
        };
        if inner.digest.is_some() {
            return;
        }
        let session = self.clone();
        inner.digest = set_timeout_with_handle(move || session.digest(), after).ok();
    }

    /// What follows from the text at leisure: title, counts, caret position, preview.
    fn digest(&self) {
        let (text, selection, preview) = {
            let mut inner = self.inner.borrow_mut();
            inner.digest = None;
            (inner.replica.text(), inner.selection, inner.preview.clone())
        };
        if let Some(preview) = preview {
            preview.render(&text);
        }
        set_if_new(self.signals.title, digest::title(&text));
        set_if_new(self.signals.size, Some(TextSize::of(&text)));
        set_if_new(
            self.signals.position,
            selection.map(|(_, head)| digest::position(&text, head)),
        );
    }
}

/// Whether nothing is known of a text but that it is empty.
fn is_nothing(size: &Option<TextSize>) -> bool {
    size.as_ref().is_none_or(|size| size.characters == 0)
}
