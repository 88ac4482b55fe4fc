//! The bar that says what went wrong, what is safe, and what to do.
use crate::component::icon::{Icon, shape};
use crate::preferences::Preferences;
use crate::trouble::{Remedy, Trouble};
use leptos::prelude::*;

/// Nothing while all is well. An alert, so that a screen reader says it at once.
#[component]
pub fn Notice(
    preferences: Preferences,
    #[prop(into)] trouble: Signal<Option<Trouble>>,
    /// Whether copying the text worked; nothing when that is some time ago.
    copied: Signal<Option<bool>>,
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
    copied: Signal<Option<bool>>,
    on_remedy: Callback<Remedy>,
) -> impl IntoView {
    let words = move |remedy| {
        let say = preferences.lang.get().phrases();
        match copied.get() {
            Some(worked) if remedy == Remedy::Copy => say.share.copied[usize::from(!worked)],
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
