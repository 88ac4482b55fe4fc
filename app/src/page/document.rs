//! The document page: its frame, and the two elements others fill (`maru-editor` and `maru-preview`).
use crate::component::dialog;
use crate::component::floor::Mark;
use crate::component::help_dialog::HelpDialog;
use crate::component::icon::{Icon, shape};
use crate::component::menu::{Menu, MenuItem};
use crate::component::note_bar::NoteBar;
use crate::component::notice::Notice;
use crate::component::people::{People, Person};
use crate::component::saved_mark::SavedMark;
use crate::component::status_bar::{Position, StatusBar, TextSize};
use crate::component::view_switch::ViewSwitch;
use crate::identity::Identity;
use crate::note::Note;
use crate::panes::Panes;
use crate::preferences::Preferences;
use crate::saved_state::SavedState;
use crate::trouble::{Remedy, Trouble};
use crate::way::Way;
use leptos::html;
use leptos::prelude::*;

/// What the page shows, and whom it tells. Signals are read here and written by the session only.
#[derive(Clone)]
pub struct DocumentModel {
    /// Language and colours.
    pub preferences: Preferences,
    /// The name in `/d/{doc}`.
    pub doc: String,
    /// The text as HTML, for the first paint; safe, since it came from the `markdown` crate. Empty in the browser: Leptos
    /// leaves what the server put there as it is, and never looks inside again.
    pub article: String,
    /// The document opens by a link only: the server tells no text before the session does.
    pub locked: bool,
    /// The first heading.
    pub title: Signal<Option<String>>,
    /// Whether the editor has taken its place.
    pub mounted: Signal<bool>,
    /// What may be claimed about saving.
    pub saved: Signal<SavedState>,
    /// What stands in the way.
    pub trouble: Signal<Option<Trouble>>,
    /// Which panes are shown.
    pub panes: Signal<Panes>,
    /// Oneself.
    pub me: Signal<Option<Identity>>,
    /// Everybody else.
    pub others: Signal<Vec<Person>>,
    /// What a person should know of their rights.
    pub note: Signal<Option<Note>>,
    /// Whether this person may write.
    pub may_write: Signal<bool>,
    /// Whether copying the text worked; nothing when that is some time ago.
    pub copied: Signal<Option<bool>>,
    /// How long the text is.
    pub size: Signal<Option<TextSize>>,
    /// Where the caret is.
    pub position: Signal<Option<Position>>,
    /// How the page is connected.
    pub way: Signal<Way>,
    /// Whether the inspector is open.
    pub inspector: Signal<bool>,
    /// Another choice of panes.
    pub on_panes: Callback<Panes>,
    /// Another name or colour.
    pub on_identity: Callback<Identity>,
    /// Open the share dialog.
    pub on_share: Callback<()>,
    /// Save or copy the text of this page, or load the page anew.
    pub on_remedy: Callback<Remedy>,
    /// Open the inspector, or close it.
    pub on_inspector: Callback<()>,
}

impl DocumentModel {
    /// What the server renders, and what the browser must start from: connecting, nobody here, no editor yet.
    #[must_use]
    pub fn still(
        preferences: Preferences,
        doc: String,
        title: Option<String>,
        article: String,
        panes: Panes,
    ) -> Self {
        Self {
            preferences,
            doc,
            article,
            locked: false,
            title: Signal::stored(title),
            mounted: Signal::stored(false),
            saved: Signal::stored(SavedState::Connecting),
            trouble: Signal::stored(None),
            panes: Signal::stored(panes),
            me: Signal::stored(None),
            others: Signal::stored(Vec::new()),
            note: Signal::stored(None),
            may_write: Signal::stored(true),
            copied: Signal::stored(None),
            size: Signal::stored(None),
            position: Signal::stored(None),
            way: Signal::stored(Way::default()),
            inspector: Signal::stored(false),
            on_panes: Callback::new(|_| ()),
            on_identity: Callback::new(|_| ()),
            on_share: Callback::new(|()| ()),
            on_remedy: Callback::new(|_| ()),
            on_inspector: Callback::new(|()| ()),
        }
    }
}

/// The document page.
#[component]
pub fn Document(model: DocumentModel) -> impl IntoView {
    let DocumentModel {
        preferences,
        mounted,
        panes,
        locked,
        trouble,
        note,
        may_write,
        copied,
        on_remedy,
        size,
        position,
        way,
        inspector,
        on_inspector,
        ..
    } = model;
    let article = model.article.clone();
    let without_script = preferences.say(if locked {
        |p| p.needs_script_to_open
    } else {
        |p| p.needs_script
    });
    view! {
        <div
            class="document"
            data-panes=move || panes.get().name()
            data-mounted=move || mounted.get().to_string()
            data-writes=move || may_write.get().to_string()
        >
            <a class="skip" href="#maru-panes">{preferences.say(|p| p.skip_to_text)}</a>
            <Bar model />
            <div class="notices">
                <Notice preferences trouble copied on_remedy />
                <NoteBar preferences note />
            </div>
            <noscript><p class="no-script">{without_script}</p></noscript>
            <main class="panes" id="maru-panes" tabindex="-1">
                <section class="pane pane-source" aria-label=preferences.say(|p| p.source)>
                    <div id="maru-editor"></div>
                </section>
                <section class="pane pane-preview" id="maru-preview-pane" aria-label=preferences.say(|p| p.preview) tabindex="0">
                    <article class="prose" id="maru-preview" inner_html=article></article>
                </section>
            </main>
            // The panel inside is not Leptos's: it is fetched when it is first wanted.
            <section class="inspector" id="maru-inspector" tabindex="-1" hidden=move || !inspector.get() aria-label=preferences.say(|p| p.connection.title)></section>
            <StatusBar preferences size position way open=inspector on_open=on_inspector />
        </div>
    }
}

#[component]
fn Bar(model: DocumentModel) -> impl IntoView {
    let DocumentModel {
        preferences,
        doc,
        title,
        saved,
        panes,
        on_panes,
        me,
        others,
        on_identity,
        on_share,
        on_remedy,
        way,
        on_inspector,
        ..
    } = model;
    let help = NodeRef::<html::Dialog>::new();
    // Nobody chose the name of a new document, so an untitled one says so and shows the name beside it.
    let heading = move || {
        title
            .get()
            .unwrap_or_else(|| preferences.lang.get().phrases().untitled.to_owned())
    };
    view! {
        <header class="bar">
            <a class="bar-home" href="/" aria-label=preferences.say(|p| p.home)>
                <Mark />
            </a>
            <p class="bar-title" title=doc data-untitled=move || title.get().is_none().to_string()>{heading}</p>
            <SavedMark preferences state=saved />
            <div class="tools">
                <ViewSwitch preferences panes on_panes />
                <People preferences me others on_identity />
                <button type="button" class="plain share" aria-haspopup="dialog" on:click=move |_| on_share.run(())>
                    <Icon path=shape::LINK />
                    <span class="share-words">{preferences.say(|p| p.share.share)}</span>
                </button>
            </div>
            <Menu preferences>
                <MenuItem
                    preferences
                    path=shape::DOWNLOAD
                    words=|p| p.download
                    on_press=Callback::new(move |()| on_remedy.run(Remedy::Download))
                />
                <MenuItem
                    preferences
                    path=Signal::derive(move || way.get().shape())
                    words=|p| p.connection.title
                    on_press=on_inspector
                />
                <MenuItem preferences path=shape::HELP words=|p| p.help on_press=Callback::new(move |()| dialog::open(help)) />
            </Menu>
            <HelpDialog node=help preferences />
        </header>
    }
}
