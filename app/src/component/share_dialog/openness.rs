//! Who may open the document at all, said honestly, and the switch for it.
use super::ShareModel;
use crate::component::copy_field::CopyField;
use crate::share::Ask;
use leptos::prelude::*;

/// A sentence, one's own link, and "only people with a link".
#[component]
pub fn Openness(model: ShareModel) -> impl IntoView {
    let (preferences, share) = (model.preferences, model.share);
    let closed = Memo::new(move |_| share.with(|s| s.listed.as_ref().map(|listed| listed.closed)));
    let can_close = Memo::new(move |_| {
        share.with(|share| share.listed.as_ref().is_some_and(|listed| listed.can_close))
    });
    let who = move || {
        let say = &preferences.lang.get().phrases().share;
        match closed.get() {
            Some(true) => say.who_closed,
            Some(false) => say.who_open,
            None => "",
        }
    };
    let hint = move || {
        let say = &preferences.lang.get().phrases().share;
        if closed.get() == Some(true) {
            say.opening
        } else {
            say.closing
        }
    };
    let label = Signal::derive(move || {
        let say = &preferences.lang.get().phrases().share;
        if model.pass.with(String::is_empty) {
            say.address
        } else {
            say.own_link
        }
    });
    let value = Signal::derive(move || model.pass.with(|pass| model.link(pass)));
    // The box shows what the server says, never what was only wished for.
    let toggle = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        model
            .on_ask
            .run(Ask::Close(closed.get_untracked() != Some(true)));
    };
    view! {
        <p class="share-who">{who}</p>
        <CopyField preferences id="maru-share-own" label value copied=model.copied on_copy=model.on_copy />
        <label class="share-close" hidden=move || !can_close.get()>
            <input
                type="checkbox"
                aria-describedby="maru-share-close-hint"
                prop:checked=move || closed.get() == Some(true)
                on:click=toggle
            />
            <span>{model.say(|p| p.share.only_links)}</span>
        </label>
        <p class="muted share-hint" id="maru-share-close-hint" hidden=move || !can_close.get()>{hint}</p>
    }
}
