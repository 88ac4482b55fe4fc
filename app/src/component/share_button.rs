//! Copies the link of a document, and says whether that worked.
use crate::component::icon::{Icon, shape};
use crate::preferences::Preferences;
use leptos::prelude::*;

/// How copying went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Copied {
    /// Not asked for lately.
    #[default]
    No,
    /// In the clipboard.
    Yes,
    /// The browser refused.
    Failed,
}

/// The button; `copied` goes back to [`Copied::No`] after a few seconds, by whoever copies.
#[component]
pub fn ShareButton(
    preferences: Preferences,
    #[prop(into)] copied: Signal<Copied>,
    on_share: Callback<()>,
) -> impl IntoView {
    let words = move || {
        let say = preferences.lang.get().phrases();
        match copied.get() {
            Copied::No => say.share,
            Copied::Yes => say.shared,
            Copied::Failed => say.share_failed,
        }
    };
    let path = Signal::derive(move || {
        if copied.get() == Copied::Yes {
            shape::TICK
        } else {
            shape::COPY
        }
    });
    let news = move || {
        if copied.get() == Copied::No {
            ""
        } else {
            words()
        }
    };
    view! {
        <button type="button" class="plain share" on:click=move |_| on_share.run(())>
            <Icon path />
            <span class="share-words">{words}</span>
        </button>
        <span class="unseen" role="status">{news}</span>
    }
}
