//! Changes one's name and colour.
use crate::colour::PALETTE;
use crate::component::dialog::{Dialog, close, hold_composing_enter};
use crate::identity::{Identity, NAME_CHARS};
use crate::preferences::Preferences;
use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;

/// The dialog; open it with [`crate::component::dialog::open`]. An empty name changes nothing.
#[component]
pub fn ProfileDialog(
    node: NodeRef<html::Dialog>,
    preferences: Preferences,
    #[prop(into)] me: Signal<Option<Identity>>,
    on_identity: Callback<Identity>,
) -> impl IntoView {
    let typed = RwSignal::new(None::<String>);
    let picked = RwSignal::new(None);
    let name = move || {
        typed
            .get()
            .or_else(|| me.get().map(|me| me.name))
            .unwrap_or_default()
    };
    let colour = Signal::derive(move || picked.get().or_else(|| me.get().map(|me| me.colour)));
    let forget = move || {
        typed.set(None);
        picked.set(None);
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some((name, colour)) = Identity::tidy_name(&name()).zip(colour.get_untracked()) {
            on_identity.run(Identity { name, colour });
        }
        close(node);
    };
    // `close` comes after Esc, after the cross and after the form alike: whatever was not sent is forgotten.
    view! {
        <Dialog node preferences id="maru-profile" title=Signal::derive(preferences.say(|p| p.your_identity)) on_close=Callback::new(move |()| forget())>
            <form class="profile" on:submit=submit>
                <p class="muted">{preferences.say(|p| p.identity_hint)}</p>
                <label for="maru-name">{preferences.say(|p| p.name)}</label>
                <input
                    id="maru-name"
                    type="text"
                    autofocus
                    autocomplete="nickname"
                    maxlength=NAME_CHARS.to_string()
                    prop:value=name
                    on:input=move |event| typed.set(Some(event_target_value(&event)))
                    on:keydown=move |event| hold_composing_enter(&event)
                />
                <fieldset class="swatches">
                    <legend>{preferences.say(|p| p.colour)}</legend>
                    {PALETTE
                        .iter()
                        .enumerate()
                        .map(|(place, &one)| {
                            view! {
                                <label class=format!("swatch swatch-{place}")>
                                    <input
                                        type="radio"
                                        name="maru-colour"
                                        value=place.to_string()
                                        prop:checked=move || colour.get() == Some(one)
                                        on:change=move |_| picked.set(Some(one))
                                    />
                                    <span class="unseen">{move || preferences.lang.get().phrases().colours[place]}</span>
                                </label>
                            }
                        })
                        .collect_view()}
                </fieldset>
                <div class="dialog-foot">
                    <button type="button" class="plain" on:click=move |_| close(node)>{preferences.say(|p| p.cancel)}</button>
                    <button type="submit" class="primary">{preferences.say(|p| p.done)}</button>
                </div>
            </form>
        </Dialog>
    }
}
