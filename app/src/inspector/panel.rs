//! The panel of the inspector: its head, and beside each other the transports and the messages. It shows what it is given.
use super::controls::Controls;
use super::rows::Messages;
use super::{Shown, Wish};
use crate::component::icon::{Icon, shape};
use crate::preferences::Preferences;
use crate::way::Way;
use leptos::prelude::*;

/// The panel's element.
pub const ID: &str = "maru-inspector";

/// The panel, when there is something to show.
#[component]
pub fn Panel(
    preferences: Preferences,
    #[prop(into)] shown: Signal<Option<Shown>>,
    #[prop(into)] way: Signal<Way>,
    on_wish: Callback<Wish>,
) -> impl IntoView {
    let open = Memo::new(move |_| shown.with(Option::is_some));
    move || {
        open.get()
            .then(|| view! { <Opened preferences shown way on_wish /> })
    }
}

#[component]
fn Opened(
    preferences: Preferences,
    shown: Signal<Option<Shown>>,
    way: Signal<Way>,
    on_wish: Callback<Wish>,
) -> impl IntoView {
    let lang = preferences.lang;
    let title = preferences.say(|p| p.connection.title);
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" {
            on_wish.run(Wish::Close);
        }
    };
    view! {
        <section class="inspector" id=ID tabindex="-1" aria-label=title on:keydown=on_key>
            <header class="inspector-head">
                <Icon path=Signal::derive(move || way.get().shape()) />
                <h2>{title}</h2>
                <p>
                    {move || way.get().word(lang.get())} " · " {move || way.get().meaning(lang.get())}
                </p>
                <button
                    type="button"
                    class="quiet square"
                    aria-label=preferences.say(|p| p.close)
                    on:click=move |_| on_wish.run(Wish::Close)
                >
                    <Icon path=shape::CROSS />
                </button>
            </header>
            <Controls preferences shown way on_wish />
            <Messages preferences shown on_wish />
        </section>
    }
}

/// A button that is in or out, or only pressed: all of the panel's, so that they are one piece of code.
pub(super) fn key(
    words: &'static str,
    pressed: Option<bool>,
    wish: Wish,
    on_wish: Callback<Wish>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="key"
            aria-pressed=pressed.map(|pressed| if pressed { "true" } else { "false" })
            on:click=move |_| on_wish.run(wish.clone())
        >
            {words}
        </button>
    }
}
