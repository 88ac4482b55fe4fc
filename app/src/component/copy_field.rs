//! A link to copy, by its button or by hand where the browser refuses.
use crate::component::icon::{Icon, shape};
use crate::preferences::Preferences;
use leptos::prelude::*;

/// What was copied last, and whether that worked; nothing when that is some time ago.
pub type Copied = Option<(String, bool)>;

/// The field. Whoever copies sets `copied`, and takes it back after some seconds.
#[component]
pub fn CopyField(
    preferences: Preferences,
    id: &'static str,
    label: Signal<&'static str>,
    value: Signal<String>,
    copied: Signal<Copied>,
    on_copy: Callback<String>,
) -> impl IntoView {
    let how = Memo::new(move |_| {
        let (what, worked) = copied.get()?;
        (what == value.get()).then_some(worked)
    });
    let words = move || {
        let say = &preferences.lang.get().phrases().share;
        match how.get() {
            None => say.copy,
            Some(true) => say.copied,
            Some(false) => say.copy_failed,
        }
    };
    let path = Signal::derive(move || match how.get() {
        Some(true) => shape::TICK,
        _ => shape::COPY,
    });
    view! {
        <div class="copy">
            <label for=id>{move || label.get()}</label>
            <input id=id type="text" readonly dir="ltr" prop:value=move || value.get() />
            <button type="button" class="plain" on:click=move |_| on_copy.run(value.get_untracked())>
                <Icon path />
                {words}
            </button>
            <span class="unseen" role="status">{move || how.get().map(|_| words())}</span>
        </div>
    }
}
