//! The links that work: each with its rights, its end, and the button that ends it now.
use super::ShareModel;
use crate::share::{Access, Ask, Left, Lifetime, Link};
use leptos::prelude::*;

/// The list. Revoking asks once more, in its place.
#[component]
pub fn LiveLinks(model: ShareModel) -> impl IntoView {
    let share = model.share;
    let listed = Memo::new(move |_| {
        share.with(|share| {
            let links = share.listed.as_ref()?.links.clone();
            Some((links, share.listed_ms))
        })
    });
    let sure = RwSignal::new(None::<String>);
    let rows = move || {
        let (links, now) = listed.get().unwrap_or_default();
        links
            .into_iter()
            .map(|link| view! { <Row model link now sure /> })
            .collect_view()
    };
    let none = move || listed.with(|l| l.as_ref().is_some_and(|(links, _)| links.is_empty()));
    view! {
        <section class="share-links" hidden=move || !model.is_known()>
            <h3>{model.say(|p| p.share.links)}</h3>
            <p class="muted" hidden=move || !none()>{model.say(|p| p.share.none)}</p>
            <ul>{rows}</ul>
        </section>
    }
}

#[component]
fn Row(model: ShareModel, link: Link, now: u64, sure: RwSignal<Option<String>>) -> impl IntoView {
    let lang = model.preferences.lang;
    let Link {
        id,
        access,
        label,
        expires_ms,
    } = link;
    let left = Left::until(expires_ms, now);
    let name = move || {
        if label.is_empty() {
            lang.get().phrases().share.named[access as usize].to_owned()
        } else {
            label.clone()
        }
    };
    let is_sure = {
        let id = id.clone();
        Memo::new(move |_| sure.with(|sure| sure.as_ref() == Some(&id)))
    };
    let (allowed, lasts, revoked) = (id.clone(), id.clone(), id);
    let allow = move |event| {
        let access = Access::ALL[usize::from(event_target_value(&event) == "1")];
        model.on_ask.run(Ask::Allow(allowed.clone(), access));
    };
    let last = move |event| {
        let place = event_target_value(&event).parse::<usize>().ok();
        if let Some(&lifetime) = place.and_then(|place| Lifetime::ALL.get(place)) {
            model.on_ask.run(Ask::Last(lasts.clone(), lifetime));
        }
    };
    let revoke = move |_| {
        if is_sure.get_untracked() {
            sure.set(None);
            model.on_ask.run(Ask::Revoke(revoked.clone()));
        } else {
            sure.set(Some(revoked.clone()));
        }
    };
    let revoke_words = move || {
        let say = &lang.get().phrases().share;
        if is_sure.get() {
            say.revoke_now
        } else {
            say.revoke
        }
    };
    view! {
        <li>
            <span class="link-name">{name}</span>
            <select aria-label=model.say(|p| p.share.allows) on:change=allow>
                {Access::ALL.map(|one| view! {
                    <option value=(one as u8).to_string() selected=one == access>
                        {move || lang.get().phrases().share.access[one as usize]}
                    </option>
                })}
            </select>
            <select aria-label=model.say(|p| p.share.works_for) on:change=last>
                <option value="" selected>{move || (lang.get().phrases().share.left)(left)}</option>
                {Lifetime::ALL.map(|one| view! {
                    <option value=(one as u8).to_string()>
                        {move || lang.get().phrases().share.renewed[one as usize]}
                    </option>
                })}
            </select>
            <button type="button" class="plain revoke" data-sure=move || is_sure.get().to_string() on:click=revoke>
                {revoke_words}
            </button>
        </li>
    }
}
