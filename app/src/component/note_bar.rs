//! The strip that says what a person may do here, while nothing is wrong.
use crate::component::icon::{Icon, saved_shape};
use crate::note::Note;
use crate::preferences::Preferences;
use crate::saved_state::SavedState;
use leptos::prelude::*;

/// Nothing for whoever may write. A status, so that a screen reader says it when it changes.
#[component]
pub fn NoteBar(
    preferences: Preferences,
    #[prop(into)] note: Signal<Option<Note>>,
) -> impl IntoView {
    let words = move || {
        let say = preferences.lang.get().phrases().share.note;
        note.get().map(say)
    };
    view! {
        <div class="note" role="status" data-shown=move || note.get().is_some().to_string()>
            <Icon path=saved_shape(SavedState::ReadOnly) />
            <p>{words}</p>
        </div>
    }
}
