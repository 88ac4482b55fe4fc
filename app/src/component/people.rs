//! Who is here: oneself first, then the others.
use crate::colour::Colour;
use crate::component::dialog;
use crate::component::profile_dialog::ProfileDialog;
use crate::identity::Identity;
use crate::preferences::Preferences;
use leptos::html;
use leptos::prelude::*;

/// Avatars in the bar beside one's own; the rest is a number.
const SHOWN: usize = 4;

/// Somebody else on this document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// As sent by their client, tidied by [`Identity::tidy_name`].
    pub name: String,
    /// As sent by their client, read by [`Colour::parse`].
    pub colour: Colour,
}

/// The avatars. One's own opens the profile, the others' a list of names.
#[component]
pub fn People(
    preferences: Preferences,
    /// Oneself; none until the page has come to life.
    #[prop(into)]
    me: Signal<Option<Identity>>,
    /// The others, in a stable order.
    #[prop(into)]
    others: Signal<Vec<Person>>,
    on_identity: Callback<Identity>,
) -> impl IntoView {
    let profile = NodeRef::<html::Dialog>::new();
    view! {
        <div class="people" role="group" aria-label=preferences.say(|p| p.people)>
            <Others preferences others />
            {move || {
                me.get()
                    .map(|me| {
                        let Identity { name, colour } = me;
                        let shown = name.clone();
                        let label = move || format!("{shown} ({})", preferences.lang.get().phrases().your_identity);
                        view! {
                            <button
                                type="button"
                                class="quiet avatar-button"
                                title=label.clone()
                                aria-label=label
                                on:click=move |_| dialog::open(profile)
                            >
                                <Avatar initials=Identity::initials(&name) colour />
                            </button>
                        }
                    })
            }}
            <ProfileDialog node=profile preferences me on_identity />
        </div>
    }
}

#[component]
fn Others(preferences: Preferences, others: Signal<Vec<Person>>) -> impl IntoView {
    let others = Memo::new(move |_| others.get());
    let count = move || others.with(Vec::len);
    let label = move || (preferences.lang.get().phrases().others_here)(count());
    let first = move || {
        let avatar = |person: Person| view! { <Avatar initials=Identity::initials(&person.name) colour=person.colour /> };
        others
            .get()
            .into_iter()
            .take(SHOWN)
            .map(avatar)
            .collect_view()
    };
    let all = move || {
        let row = |person: Person| {
            view! {
                <li>
                    <Avatar initials=Identity::initials(&person.name) colour=person.colour />
                    {person.name}
                </li>
            }
        };
        others.get().into_iter().map(row).collect_view()
    };
    view! {
        <button
            type="button"
            class="quiet others"
            popovertarget="maru-people"
            hidden=move || count() == 0
            title=label
            aria-label=label
        >
            <span class="avatars">{first}</span>
            <span class="others-more" hidden=move || count() <= SHOWN>{move || format!("+{}", count().saturating_sub(SHOWN))}</span>
            <span class="others-count">{count}</span>
        </button>
        <div class="card" id="maru-people" popover="auto">
            <ul class="people-list" aria-label=label>{all}</ul>
        </div>
    }
}

/// A disc with initials. The colour is set through the style object, never as an attribute, which the page's policy refuses.
#[component]
pub fn Avatar(initials: String, colour: Colour) -> impl IntoView {
    view! {
        <span class="avatar" aria-hidden="true" style=("--person", colour.css()) style=("--letters", colour.letters())>
            {initials}
        </span>
    }
}
