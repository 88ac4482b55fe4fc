//! The share dialog: who may open the document, new links, and those that work. What it knows is [`crate::share`]'s.
use crate::component::copy_field::{Copied, CopyField};
use crate::component::dialog::Dialog;
use crate::pass;
use crate::phrases::Phrases;
use crate::preferences::Preferences;
use crate::share::{Ask, Problem, Share};
use leptos::html;
use leptos::prelude::*;

pub mod live_links;
pub mod new_link;
pub mod openness;

use live_links::LiveLinks;
use new_link::NewLink;
use openness::Openness;

/// What the dialog shows, and whom it tells.
#[derive(Clone, Copy)]
pub struct ShareModel {
    /// Language and colours.
    pub preferences: Preferences,
    /// What is known of the document's links.
    pub share: Signal<Share>,
    /// The address of the page, without a pass.
    pub address: Signal<String>,
    /// One's own pass; empty without one.
    pub pass: Signal<String>,
    /// What was copied last.
    pub copied: Signal<Copied>,
    /// Ask the server for something.
    pub on_ask: Callback<Ask>,
    /// Copy a text.
    pub on_copy: Callback<String>,
    /// The dialog was closed.
    pub on_close: Callback<()>,
}

impl ShareModel {
    /// What the server renders.
    #[must_use]
    pub fn still(preferences: Preferences) -> Self {
        Self {
            preferences,
            share: Signal::stored(Share::default()),
            address: Signal::stored(String::new()),
            pass: Signal::stored(String::new()),
            copied: Signal::stored(None),
            on_ask: Callback::new(|_| ()),
            on_copy: Callback::new(|_| ()),
            on_close: Callback::new(|()| ()),
        }
    }

    /// A sentence of the dialog.
    fn say(
        self,
        pick: fn(&Phrases) -> &'static str,
    ) -> impl Fn() -> &'static str + Copy + Send + Sync + 'static {
        self.preferences.say(pick)
    }

    /// A link with this token.
    fn link(self, token: &str) -> String {
        self.address.with(|address| pass::link(address, token))
    }

    /// Whether a list is there to be managed.
    fn is_known(self) -> bool {
        self.share.with(|share| share.listed.is_some())
    }
}

/// The dialog; open it with [`crate::component::dialog::open`], and ask for the list.
#[component]
pub fn ShareDialog(node: NodeRef<html::Dialog>, model: ShareModel) -> impl IntoView {
    let (preferences, share) = (model.preferences, model.share);
    let title = Signal::derive(preferences.say(|p| p.share.title));
    let problem = move || {
        let problem = share.with(|share| share.problem);
        problem.map(|problem| (preferences.lang.get().phrases().share.problem)(problem))
    };
    // A viewer who looks has done nothing that failed.
    let is_calm = move || {
        let not_allowed = share.with(|share| share.problem == Some(Problem::NotAllowed));
        (not_allowed && !model.is_known()).to_string()
    };
    view! {
        <Dialog node preferences id="maru-share" title on_close=model.on_close>
            <div class="share-parts" aria-busy=move || share.with(|share| share.waiting).to_string()>
                <Openness model />
                <p class="share-problem" role="alert" data-calm=is_calm>{problem}</p>
                <NewLink model />
                <Made model />
                <LiveLinks model />
            </div>
        </Dialog>
    }
}

/// The newest link, once.
#[component]
fn Made(model: ShareModel) -> impl IntoView {
    let (preferences, share) = (model.preferences, model.share);
    let token = Memo::new(move |_| {
        share.with(|share| Some((share.made.as_ref()?.token.clone(), share.made.as_ref()?.own)))
    });
    let words = move || match token.get() {
        Some((_, true)) => preferences.lang.get().phrases().share.made_own,
        Some((_, false)) => preferences.lang.get().phrases().share.made,
        None => "",
    };
    let value = Signal::derive(move || {
        token
            .get()
            .map(|(token, _)| model.link(&token))
            .unwrap_or_default()
    });
    view! {
        <div class="share-made" hidden=move || token.get().is_none()>
            <CopyField
                preferences
                id="maru-share-made"
                label=Signal::derive(words)
                value
                copied=model.copied
                on_copy=model.on_copy
            />
        </div>
    }
}
