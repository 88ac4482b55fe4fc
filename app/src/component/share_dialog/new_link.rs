//! The form for a new link: what it allows, how long it works, for whom it is.
use super::ShareModel;
use crate::component::dialog::hold_composing_enter;
use crate::share::{Access, Ask, LABEL_CHARS, Lifetime};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

/// The form. It says what a view link does not hold while the document is open to everybody.
#[component]
pub fn NewLink(model: ShareModel) -> impl IntoView {
    let access = RwSignal::new(Access::Read);
    let lifetime = RwSignal::new(Lifetime::default());
    let label = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        model.on_ask.run(Ask::Make {
            access: access.get_untracked(),
            lifetime: lifetime.get_untracked(),
            label: label.get_untracked(),
        });
        label.set(String::new());
    };
    let promises_too_much =
        move || access.get() == Access::Read && model.share.with(crate::share::Share::is_open);
    let hint = move || {
        let say = &model.preferences.lang.get().phrases().share;
        if promises_too_much() {
            say.honest
        } else {
            say.access_hint[access.get() as usize]
        }
    };
    view! {
        <form class="share-new" hidden=move || !model.is_known() on:submit=submit>
            <h3>{model.say(|p| p.share.new_link)}</h3>
            <fieldset class="share-access">
                <legend class="unseen">{model.say(|p| p.share.allows)}</legend>
                {Access::ALL.map(|one| view! { <Choice model access one /> })}
            </fieldset>
            <p class="share-hint" data-warns=move || promises_too_much().to_string()>{hint}</p>
            <label for="maru-share-for">{model.say(|p| p.share.works_for)}</label>
            <select id="maru-share-for" on:change=move |event| choose(lifetime, &event_target_value(&event))>
                {Lifetime::ALL.map(|one| view! {
                    <option value=(one as u8).to_string() selected=one == Lifetime::default()>
                        {move || model.preferences.lang.get().phrases().share.lifetimes[one as usize]}
                    </option>
                })}
            </select>
            <label for="maru-share-label">{model.say(|p| p.share.label)}</label>
            <input
                id="maru-share-label"
                type="text"
                maxlength=LABEL_CHARS.to_string()
                autocomplete="off"
                placeholder=model.say(|p| p.share.label_hint)
                prop:value=move || label.get()
                on:input=move |event| label.set(event_target_value(&event))
                on:keydown=move |event| hold_composing_enter(&event)
            />
            <button type="submit" class="primary">{model.say(|p| p.share.make)}</button>
        </form>
    }
}

#[component]
fn Choice(model: ShareModel, access: RwSignal<Access>, one: Access) -> impl IntoView {
    view! {
        <label>
            <input
                type="radio"
                name="maru-share-access"
                value=(one as u8).to_string()
                prop:checked=move || access.get() == one
                on:change=move |_| access.set(one)
            />
            <span>{move || model.preferences.lang.get().phrases().share.access[one as usize]}</span>
        </label>
    }
}

fn choose(lifetime: RwSignal<Lifetime>, value: &str) {
    let chosen = value
        .parse()
        .ok()
        .and_then(|place: usize| Lifetime::ALL.get(place));
    if let Some(&chosen) = chosen {
        lifetime.set(chosen);
    }
}
