//! The badge of the connection: which transport, whether it is limited and why, how fast; it opens the inspector.
use crate::component::icon::Icon;
use crate::inspector::Wish;
use crate::preferences::Preferences;
use crate::way::Way;
use leptos::prelude::*;

/// The element that gets the keyboard back when the inspector closes.
pub const ID: &str = "maru-way";

/// The badge. Bars and words say the same as its colour.
#[component]
pub fn LinkBadge(
    preferences: Preferences,
    #[prop(into)] way: Signal<Way>,
    /// Whether the inspector is open.
    #[prop(into)]
    open: Signal<bool>,
    on_wish: Callback<Wish>,
) -> impl IntoView {
    let lang = preferences.lang;
    view! {
        <button
            type="button"
            id=ID
            class="quiet way"
            data-way=move || way.get().name()
            data-limited=move || way.get().is_limited().to_string()
            aria-expanded=move || open.get().to_string()
            title=move || way.get().meaning(lang.get())
            on:click=move |_| on_wish.run(Wish::Toggle)
        >
            <span class="way-remark">{move || way.get().remark(lang.get())}</span>
            <span>{move || way.get().word(lang.get())}</span>
            <span class="way-rtt">{move || way.get().round_trip()}</span>
            <Icon path=Signal::derive(move || way.get().shape()) />
        </button>
    }
}
