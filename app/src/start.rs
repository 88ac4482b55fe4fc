//! Brings the server-rendered page to life: reads what the server put into it, makes the signals, mounts the editor.
use crate::browser::{self, PASSES};
use crate::colour::Colour;
use crate::editor::{Editor, Preview, host::Host};
use crate::home::{HomeModel, Recent};
use crate::identity::Identity;
use crate::lang::Lang;
use crate::page::{Page, document::DocumentModel};
use crate::panes::{Panes, WIDE_PX};
use crate::pass;
use crate::preferences::Preferences;
use crate::saved_state::SavedState;
use crate::session::{Session, Signals};
use crate::theme::Theme;
use crate::trouble::Remedy;
use crate::way::Way;
use leptos::prelude::*;
use leptos::{ev, reactive::owner::LocalStorage};
use protocol::id::DocId;
use serde::Deserialize;
use std::time::Duration;

mod embed;

pub use embed::Embed;
use embed::delivered;

/// How many documents the home page remembers.
const RECENT: usize = 12;

/// The page that the server rendered, with everything that makes it move.
#[must_use]
pub fn page() -> Page {
    let preferences = preferences();
    match browser::root_attribute("data-page").as_deref() {
        Some("document") => {
            let embed = browser::data("maru-document")
                .and_then(|json| serde_json::from_str::<Embed>(&json).ok());
            match embed.and_then(|embed| Some((DocId::parse(&embed.doc).ok()?, embed))) {
                Some((doc, embed)) => Page::Document(Box::new(document(preferences, &doc, embed))),
                None => Page::Home(home(preferences)),
            }
        }
        _ => Page::Home(home(preferences)),
    }
}

/// The language and colours that the page was rendered in, and how to change them.
#[must_use]
pub fn preferences() -> Preferences {
    let lang = browser::root_attribute("lang")
        .and_then(|tag| Lang::from_tag(&tag))
        .unwrap_or_default();
    let theme = browser::root_attribute("data-theme")
        .map(|name| Theme::parse(&name))
        .unwrap_or_default();
    let (lang, theme) = (RwSignal::new(lang), RwSignal::new(theme));
    Preferences {
        lang: lang.into(),
        theme: theme.into(),
        on_lang: Callback::new(move |chosen: Lang| {
            browser::set_cookie("maru-lang", chosen.tag());
            browser::set_root_attribute("lang", chosen.tag());
            lang.set(chosen);
        }),
        on_theme: Callback::new(move |chosen: Theme| {
            browser::set_cookie("maru-theme", chosen.name());
            browser::set_root_attribute("data-theme", chosen.name());
            theme.set(chosen);
        }),
    }
}

fn home(preferences: Preferences) -> HomeModel {
    let recent = RwSignal::new(Vec::new());
    Effect::new(move || recent.set(remembered()));
    HomeModel {
        preferences,
        recent: recent.into(),
        on_forget: Callback::new(move |doc: String| {
            recent.update(|list| list.retain(|entry| entry.doc != doc));
            recent.with_untracked(|list| remember(list));
            // Whoever takes a document off the list leaves no key to it here.
            PASSES.forget(&doc);
        }),
        refused: browser::address().contains("refused"),
    }
}

fn document(preferences: Preferences, doc: &DocId, embed: Embed) -> DocumentModel {
    let signals = Signals {
        saved: RwSignal::new(SavedState::Connecting),
        trouble: RwSignal::new(None),
        note: RwSignal::new(None),
        may_write: RwSignal::new(true),
        others: RwSignal::new(Vec::new()),
        title: RwSignal::new(embed.title.clone()),
        size: RwSignal::new(None),
        position: RwSignal::new(None),
        way: RwSignal::new(Way::default()),
        inspector: RwSignal::new(false),
        next_panes: RwSignal::new(0),
    };
    let panes = RwSignal::new(
        browser::cookie("maru-panes")
            .and_then(|name| Panes::parse(&name))
            .unwrap_or_default(),
    );
    let (mounted, me) = (RwSignal::new(false), RwSignal::new(None));
    let (copied, locked) = (RwSignal::new(None), embed.locked);
    let delivered = delivered(doc.clone(), embed);
    let bearer = delivered.pass.as_deref();
    let bearer = bearer.and_then(|pass| pass::bearer(pass, browser::from_base64));
    let identity = identity(preferences.lang.get_untracked(), bearer.as_deref());
    let session = Session::new(delivered, identity.clone(), signals);
    let live = StoredValue::<_, LocalStorage>::new_local(session);

    Effect::new(move || {
        me.set(Some(identity.clone()));
        live.with_value(|session| {
            mount(session, preferences.lang.get_untracked(), mounted);
            listen(session);
            session.start();
        });
    });
    Effect::new(move || {
        if mounted.get() && panes.get().on(browser::is_wide(WIDE_PX)) != Panes::Source {
            live.with_value(open_preview);
        }
    });
    let untitled = doc.clone();
    Effect::new(move || {
        name_tab(
            &untitled,
            signals.title.get(),
            preferences.lang.get().phrases().untitled,
        );
    });
    Effect::new(move |before: Option<u32>| {
        let asked = signals.next_panes.get();
        if before.is_some_and(|before| before != asked) {
            let next = if panes.get_untracked() == Panes::Preview {
                Panes::Source
            } else {
                Panes::Preview
            };
            choose(panes, next);
        }
        asked
    });

    Effect::new(move || {
        let lang = preferences.lang.get();
        live.with_value(|session| session.inspector_speaks(lang.tag()));
    });

    let name = doc.as_str().to_owned();
    DocumentModel {
        preferences,
        doc: name.clone(),
        article: String::new(),
        locked,
        title: signals.title.into(),
        mounted: mounted.into(),
        saved: signals.saved.into(),
        trouble: signals.trouble.into(),
        panes: panes.into(),
        me: me.into(),
        others: signals.others.into(),
        note: signals.note.into(),
        may_write: signals.may_write.into(),
        copied: copied.into(),
        size: signals.size.into(),
        position: signals.position.into(),
        way: signals.way.into(),
        inspector: signals.inspector.into(),
        on_panes: Callback::new(move |chosen: Panes| choose(panes, chosen)),
        on_identity: Callback::new(move |chosen: Identity| {
            browser::store("maru-name", &chosen.name);
            browser::store("maru-colour", &chosen.colour.css());
            live.with_value(|session| session.set_identity(chosen.clone()));
            me.set(Some(chosen));
        }),
        on_share: Callback::new(move |()| {
            let lang = preferences.lang.get_untracked();
            live.with_value(|session| session.open_share(lang.tag()));
        }),
        on_remedy: Callback::new(move |remedy: Remedy| match remedy {
            Remedy::Download => live.with_value(|session| {
                session.flush();
                browser::download(&format!("{name}.md"), &session.text());
            }),
            Remedy::Copy => live.with_value(|session| {
                session.flush();
                copy(copied, session.text());
            }),
            Remedy::Reload => browser::reload(),
            Remedy::WithoutLink => {
                live.with_value(Session::forget_pass);
                browser::reload();
            }
        }),
        on_inspector: Callback::new(move |()| {
            let lang = preferences.lang.get_untracked();
            live.with_value(|session| session.toggle_inspector(lang.tag()));
        }),
    }
}

/// Copies a text, and says for a while how that went.
fn copy(copied: RwSignal<Option<bool>>, text: String) {
    leptos::task::spawn_local(async move {
        let worked = browser::copy(&text).await;
        copied.set(Some(worked));
        set_timeout(move || copied.set(None), Duration::from_secs(4));
    });
}

fn mount(session: &Session, lang: Lang, mounted: RwSignal<bool>) {
    let say = lang.phrases();
    let text = session.text();
    let editor = browser::element("maru-editor").and_then(|parent| {
        Editor::mount(
            &parent,
            &text,
            Host::new(session.clone()),
            lang.tag(),
            say.placeholder,
            say.source,
            !session.may_write_at_first(),
        )
    });
    match editor {
        Some(editor) => {
            mounted.set(true);
            if session.may_write_at_first() {
                editor.focus();
            }
            session.set_editor(editor);
        }
        None => session.set_editor_failed(),
    }
}

fn open_preview(session: &Session) {
    #[derive(Deserialize)]
    struct Boot {
        preview: String,
        markdown: String,
        markdown_wasm: String,
        images: String,
    }
    if session.has_preview() {
        return;
    }
    let boot = browser::data("maru-boot").and_then(|json| serde_json::from_str::<Boot>(&json).ok());
    if let (Some(boot), Some(target)) = (boot, browser::element("maru-preview")) {
        session.set_preview(Preview::start(
            &target,
            &boot.preview,
            &boot.markdown,
            &boot.markdown_wasm,
            &boot.images,
        ));
    }
}

/// What the page does when it is hidden, left, shown and connected again.
fn listen(session: &Session) {
    let live = session.clone();
    browser::on(ev::online, move |_| live.wake());
    let live = session.clone();
    browser::on(ev::offline, move |_| live.wake());
    let live = session.clone();
    browser::on_visibility(move || live.visible(!browser::hidden()));
    let live = session.clone();
    browser::on(ev::pagehide, move |_| live.leave());
    let live = session.clone();
    browser::on(ev::pageshow, move |event| {
        if event.persisted() {
            live.return_from_cache();
        }
    });
    let live = session.clone();
    let key = pass::key(&live.doc());
    browser::on(ev::storage, move |event| {
        // Of another tab, or of this one's address.
        if let (true, Some(token)) = (event.key().as_ref() == Some(&key), event.new_value()) {
            live.hear_of(&token);
        }
    });
    let live = session.clone();
    browser::on(ev::beforeunload, move |event| {
        live.may_leave();
        if live.is_unsaved() {
            event.prevent_default();
        }
    });
}

/// What a person chose to be called comes first, then what the document's pass calls its `bearer`, then the name that was given
/// to this browser.
fn identity(lang: Lang, bearer: Option<&str>) -> Identity {
    let made_up = Identity::from_seed(browser::random(), lang);
    let stored = |key| browser::stored(key).and_then(|name| Identity::tidy_name(&name));
    let given = stored("maru-given-name").unwrap_or(made_up.name);
    browser::store("maru-given-name", &given);
    let identity = Identity {
        name: stored("maru-name")
            .or_else(|| bearer.and_then(Identity::tidy_name))
            .unwrap_or(given),
        colour: browser::stored("maru-colour")
            .and_then(|css| Colour::parse(&css))
            .unwrap_or(made_up.colour),
    };
    browser::store("maru-colour", &identity.colour.css());
    identity
}

fn choose(panes: RwSignal<Panes>, chosen: Panes) {
    browser::set_cookie("maru-panes", chosen.name());
    panes.set(chosen);
}

/// The tab's title follows the text, and so does the list on the home page.
fn name_tab(doc: &DocId, title: Option<String>, untitled: &str) {
    browser::set_title(&format!("{} · Maru", title.as_deref().unwrap_or(untitled)));
    let mut list = remembered();
    list.retain(|entry| entry.doc != doc.as_str());
    list.insert(
        0,
        Recent {
            doc: doc.as_str().to_owned(),
            title,
        },
    );
    list.truncate(RECENT);
    remember(&list);
}

fn remembered() -> Vec<Recent> {
    let stored = browser::stored("maru-recent").unwrap_or_default();
    let pairs: Vec<(String, Option<String>)> = serde_json::from_str(&stored).unwrap_or_default();
    pairs
        .into_iter()
        .map(|(doc, title)| Recent { doc, title })
        .collect()
}

fn remember(list: &[Recent]) {
    let pairs: Vec<_> = list
        .iter()
        .map(|entry| (&entry.doc, &entry.title))
        .collect();
    if let Ok(json) = serde_json::to_string(&pairs) {
        browser::store("maru-recent", &json);
    }
}
