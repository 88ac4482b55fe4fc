//! The saved-state mark: word, colour and shape, and behind it what it means.
use crate::component::icon::{Icon, saved_shape};
use crate::preferences::Preferences;
use crate::saved_state::{Announced, SavedState};
use leptos::prelude::*;

/// The mark. Its words never claim more than `state` does.
#[component]
pub fn SavedMark(
    preferences: Preferences,
    #[prop(into)] state: Signal<SavedState>,
) -> impl IntoView {
    let lang = preferences.lang;
    // Ages tick; what does not change by it must not be drawn again.
    let kind = Memo::new(move |_| state.get().name());
    let word = Memo::new(move |_| state.get().word(lang.get()));
    let age = Memo::new(move |_| state.get().age(lang.get()));
    let path = Memo::new(move |_| saved_shape(state.get()));
    let announced = Memo::new(move |before: Option<&Announced>| {
        before.copied().unwrap_or_default().then(state.get())
    });
    view! {
        <div class="saved" data-state=move || kind.get()>
            <button type="button" class="quiet saved-mark" popovertarget="maru-saved">
                <Icon path />
                <span class="saved-word">{move || word.get()}</span>
                <span class="saved-age">{move || age.get()}</span>
            </button>
            <div class="card" id="maru-saved" popover="auto" role="note" aria-label=preferences.say(|p| p.saved_state)>
                <strong>{move || word.get()}</strong>
                <p>{move || state.get().meaning(lang.get())}</p>
            </div>
            <span class="unseen" role="status">{move || announced.get().words(lang.get())}</span>
        </div>
    }
}
