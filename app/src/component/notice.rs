//! The bar that says what went wrong, what is safe, and what to do.
use crate::component::copy_field::Copied;
use crate::component::icon::{Icon, shape};
use crate::preferences::Preferences;
use crate::trouble::{Remedy, Trouble};
use leptos::prelude::*;

/// Nothing while all is well. An alert, so that a screen reader says it at once.
#[component]
pub fn Notice(
    preferences: Preferences,
    #[prop(into)] trouble: Signal<Option<Trouble>>,
    /// What was copied last.
    copied: Signal<Copied>,
    on_remedy: Callback<Remedy>,
) -> impl IntoView {
    // The region is always there: one that is put into the page together with its words is not read out.
    view! {
        <div role="alert">
            {move || {
                trouble.get().map(|trouble| view! { <Bar preferences trouble copied on_remedy /> })
            }}
        </div>
    }
}

#[component]
fn Bar(
    preferences: Preferences,
    trouble: Trouble,
    copied: Signal<Copied>,
    on_remedy: Callback<Remedy>,
) -> impl IntoView {
    let words = move |remedy| {
        let say = preferences.lang.get().phrases();
        match copied.with(|copied| copied.as_ref().map(|(_, worked)| *worked)) {
            Some(true) if remedy == Remedy::Copy => say.share.copied,
            Some(false) if remedy == Remedy::Copy => say.copy_text_failed,
            _ => say.remedy(remedy),
        }
    };
    let said = move || (preferences.lang.get().phrases().trouble)(trouble);
    view! {
        <div class="notice">
            <Icon path=shape::WARNING />
            <div class="notice-words">
                <strong>{move || said().what}</strong>
                <p>{move || said().safe} " " {move || said().todo}</p>
            </div>
            <div class="notice-remedies">
                {trouble
                    .remedies()
                    .iter()
                    .map(|&remedy| {
                        view! {
                            <button type="button" class="plain" on:click=move |_| on_remedy.run(remedy)>
                                {move || words(remedy)}
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
        </div>
    }
}
