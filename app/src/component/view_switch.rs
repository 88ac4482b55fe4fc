//! Source, both, or preview.
use crate::component::icon::{Icon, panes_shape};
use crate::panes::Panes;
use crate::preferences::Preferences;
use leptos::prelude::*;

/// Three buttons, one of them pressed. The style sheet takes "both" away where there is no room for it.
#[component]
pub fn ViewSwitch(
    preferences: Preferences,
    #[prop(into)] panes: Signal<Panes>,
    on_panes: Callback<Panes>,
) -> impl IntoView {
    view! {
        <div class="switch" role="group" aria-label=preferences.say(|p| p.panes)>
            <One preferences panes on_panes this=Panes::Source />
            <One preferences panes on_panes this=Panes::Split />
            <One preferences panes on_panes this=Panes::Preview />
        </div>
    }
}

#[component]
fn One(
    preferences: Preferences,
    panes: Signal<Panes>,
    on_panes: Callback<Panes>,
    this: Panes,
) -> impl IntoView {
    let words = preferences.say(match this {
        Panes::Source => |p| p.source,
        Panes::Split => |p| p.split,
        Panes::Preview => |p| p.preview,
    });
    view! {
        <button
            type="button"
            class="switch-one"
            data-this=this.name()
            title=words
            aria-pressed=move || if panes.get() == this { "true" } else { "false" }
            on:click=move |_| on_panes.run(this)
        >
            <Icon path=panes_shape(this) />
            <span class="switch-words">{words}</span>
        </button>
    }
}
