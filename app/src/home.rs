//! The home page: makes or opens a document, and says in a few words what to expect. Every form works without script.
use crate::component::floor::Floor;
use crate::component::icon::{Icon, shape};
use crate::component::top_bar::TopBar;
use crate::phrases::Phrases;
use crate::preferences::Preferences;
use leptos::prelude::*;

/// What the home page needs to know.
#[derive(Clone, Copy)]
pub struct HomeModel {
    /// Language and colours.
    pub preferences: Preferences,
    /// Documents opened on this device, the newest first; empty until the page has come to life.
    pub recent: Signal<Vec<Recent>>,
    /// Takes a document off the list.
    pub on_forget: Callback<String>,
    /// The server could not make sense of a name that was asked for (`/?refused`).
    pub refused: bool,
}

/// A document opened on this device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    /// Its name in `/d/{doc}`.
    pub doc: String,
    /// Its first heading when it was last open.
    pub title: Option<String>,
}

impl HomeModel {
    /// What the server renders.
    #[must_use]
    pub fn still(preferences: Preferences, refused: bool) -> Self {
        Self {
            preferences,
            recent: Signal::stored(Vec::new()),
            on_forget: Callback::new(|_| ()),
            refused,
        }
    }
}

/// The home page.
#[component]
pub fn Home(model: HomeModel) -> impl IntoView {
    let preferences = model.preferences;
    view! {
        <div class="home">
            <TopBar preferences />
            <main>
                <section class="hero">
                    <h1>{preferences.say(|p| p.tagline)}</h1>
                    <p class="intro">{preferences.say(|p| p.intro)}</p>
                    <div class="doors">
                        <form action="/new" method="get">
                            <button type="submit" class="primary large">
                                <Icon path=shape::PLUS />
                                {preferences.say(|p| p.new_document)}
                            </button>
                        </form>
                        <OpenForm preferences refused=model.refused />
                    </div>
                </section>
                <Floor />
                <div class="home-body">
                    <RecentList model />
                    <Promises preferences />
                    <ForPrograms preferences />
                    <footer><a href="/lab">{preferences.say(|p| p.lab)}</a></footer>
                </div>
            </main>
        </div>
    }
}

#[component]
fn OpenForm(preferences: Preferences, refused: bool) -> impl IntoView {
    // A link with a pass is not sent: `app/editor/src/pass.ts` goes there instead, also before the page has come to life. Without
    // script it is sent, and not in an address.
    view! {
        <form class="open" action="/open" method="post">
            <label class="unseen" for="maru-open">{preferences.say(|p| p.open_title)}</label>
            <input
                id="maru-open"
                name="doc"
                type="text"
                required
                maxlength="8192"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                placeholder=preferences.say(|p| p.open_hint)
                title=preferences.say(|p| p.open_title)
                aria-invalid=refused.then_some("true")
                aria-describedby="maru-open-refused"
            />
            <button type="submit" class="plain large">{preferences.say(|p| p.open)}</button>
            <p class="refused" id="maru-open-refused" role="alert" hidden=!refused>{preferences.say(|p| p.open_refused)}</p>
        </form>
    }
}

#[component]
fn RecentList(model: HomeModel) -> impl IntoView {
    let HomeModel {
        preferences,
        recent,
        on_forget,
        ..
    } = model;
    let row = move |one: Recent| {
        let doc = one.doc.clone();
        let title = one.title.unwrap_or_else(|| one.doc.clone());
        let href = format!("/d/{}", one.doc);
        view! {
            <li>
                <a href=href>
                    <span class="recent-title">{title}</span>
                    <span class="recent-doc">{one.doc}</span>
                </a>
                <button
                    type="button"
                    class="quiet square"
                    title=preferences.say(|p| p.forget)
                    aria-label=preferences.say(|p| p.forget)
                    on:click=move |_| on_forget.run(doc.clone())
                >
                    <Icon path=shape::CROSS />
                </button>
            </li>
        }
    };
    view! {
        <section class="recent" aria-labelledby="maru-recent">
            <h2 id="maru-recent">{preferences.say(|p| p.recent)}</h2>
            <p class="muted" hidden=move || !recent.get().is_empty()>{preferences.say(|p| p.recent_none)}</p>
            <ul hidden=move || recent.get().is_empty()>{move || recent.get().into_iter().map(row).collect_view()}</ul>
        </section>
    }
}

#[component]
fn Promises(preferences: Preferences) -> impl IntoView {
    let promise = move |title: fn(&Phrases) -> &'static str, text: fn(&Phrases) -> &'static str| {
        view! {
            <li>
                <h2>{preferences.say(title)}</h2>
                <p>{preferences.say(text)}</p>
            </li>
        }
    };
    view! {
        <ul class="promises">
            {promise(|p| p.promise_saved, |p| p.promise_saved_text)}
            {promise(|p| p.promise_together, |p| p.promise_together_text)}
            {promise(|p| p.promise_yours, |p| p.promise_yours_text)}
        </ul>
    }
}

#[component]
fn ForPrograms(preferences: Preferences) -> impl IntoView {
    let host = preferences.say(|p| p.yjs_host);
    view! {
        <section class="programs" aria-labelledby="maru-programs">
            <h2 id="maru-programs">{preferences.say(|p| p.yjs)}</h2>
            <p>{preferences.say(|p| p.yjs_text)}</p>
            <pre tabindex="0"><code>
                {move || {
                    format!(
                        "const ydoc = new Y.Doc()\nnew WebsocketProvider('wss://{}/ws', 'meeting-notes', ydoc)\nconst text = ydoc.getText('content')",
                        host(),
                    )
                }}
            </code></pre>
        </section>
    }
}
