//! The badge of the connection: which transport, whether it is limited and why, how fast; it opens the inspector.
use crate::component::icon::Icon;
use crate::preferences::Preferences;
use crate::way::Way;
use leptos::prelude::*;

/// The badge. Bars and words say the same as its colour.
#[component]
pub fn LinkBadge(
    preferences: Preferences,
    #[prop(into)] way: Signal<Way>,
    /// Whether the inspector is open.
    #[prop(into)]
    open: Signal<bool>,
    /// Open the inspector, or close it.
    on_open: Callback<()>,
) -> impl IntoView {
    let lang = preferences.lang;
    view! {
        <button
            type="button"
            id="maru-way"
            class="quiet way"
            data-way=move || way.get().name()
            data-limited=move || way.get().is_limited().to_string()
            aria-expanded=move || open.get().to_string()
            title=move || way.get().meaning(lang.get())
            on:click=move |_| on_open.run(())
        >
            <Icon path=Signal::derive(move || way.get().shape()) />
            <span class="way-remark">{move || way.get().remark(lang.get())}</span>
            <span>{move || way.get().word(lang.get())}</span>
            <span class="way-rtt">{move || way.get().round_trip()}</span>
        </button>
    }
}
