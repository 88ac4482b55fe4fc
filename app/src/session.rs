//! The session of a document page: drives the client and the replica, performs their effects, and tells the page through signals; it renders nothing.
//!
//! Everything happens on the browser's one thread. Calls into JavaScript are made only while nothing is borrowed, since
//! the editor calls back.
//!
//! Over 400 lines because it is the one place where effects of the connection become acts of the page, in one match.
use crate::browser;
use crate::component::people::Person as Shown;
use crate::component::status_bar::{Position, TextSize};
use crate::editor::inspector::Panel;
use crate::editor::share::Dialog;
use crate::editor::{Editor, Preview};
use crate::identity::Identity;
use crate::inspector::Inspector;
use crate::note::Note;
use crate::pass;
use crate::saved_state::SavedState;
use crate::share::Share;
use crate::trouble::Trouble;
use crate::way::Way;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use protocol::client::{Client, Embedded, LinkStatus};
use protocol::connection::{Connection, Effect};
use protocol::frame::Token;
use protocol::id::{ClientId, DocId};
use protocol::ladder::Memory;
use protocol::presence::Person;
use protocol::replica::{Edit, Op, Replica};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

mod access;
pub mod crowd;
pub mod digest;
mod leaving;
mod leisure;
mod link;
mod place;
mod presence;
pub mod report;
mod sharing;
pub mod sleep;
mod tick;
mod trial;
mod watch;

use access::Access;
use crowd::Crowd;
use link::Wired;
use place::Place;
use report::{Reporter, Rights};
use sleep::Clocks;
use trial::Trial;

/// Under this name the browser remembers which transport worked where WebSocket did not.
const MEMORY: &str = "maru.rung";
/// Carets are told at most this often.
const PRESENCE_EVERY: Duration = Duration::from_millis(60);
/// A pasted text goes to the server in pieces of at most so many bytes, each well below its limit for one edit.
const PIECE: usize = 128 << 10;
/// How long after the last change title, counts and preview follow: at once to the eye.
const DIGEST_SOON: Duration = Duration::from_millis(60);
/// The same while no preview is shown, where only numbers change.
const DIGEST_LATER: Duration = Duration::from_millis(400);

/// What the session tells the page.
#[derive(Clone, Copy)]
pub struct Signals {
    /// What may be claimed about saving.
    pub saved: RwSignal<SavedState>,
    /// What stands in the way.
    pub trouble: RwSignal<Option<Trouble>>,
    /// What a person should know of their rights.
    pub note: RwSignal<Option<Note>>,
    /// Whether this person may write.
    pub may_write: RwSignal<bool>,
    /// Everybody else.
    pub others: RwSignal<Vec<Shown>>,
    /// The first heading.
    pub title: RwSignal<Option<String>>,
    /// How long the text is.
    pub size: RwSignal<Option<TextSize>>,
    /// Where the caret is.
    pub position: RwSignal<Option<Position>>,
    /// How the page is connected.
    pub way: RwSignal<Way>,
    /// Whether the inspector is open.
    pub inspector: RwSignal<bool>,
    /// A shortcut asks for the next arrangement of panes.
    pub next_panes: RwSignal<u32>,
}

/// A handle on the session; clones share it.
#[derive(Clone)]
pub struct Session {
    inner: Rc<RefCell<Inner>>,
    signals: Signals,
}

struct Inner {
    connection: Connection,
    replica: Replica,
    /// What is to be performed, in order.
    effects: VecDeque<Effect>,
    performing: bool,
    /// Changes of a batch that is not complete.
    edits: Vec<Edit>,
    links: BTreeMap<u64, Wired>,
    crowd: Crowd,
    place: Place,
    clocks: Clocks,
    inspector: Inspector,
    panel: Option<Panel>,
    look_planned: bool,
    /// A look was put off until what had just come was in the text.
    look_put_off: bool,
    editor: Option<Editor>,
    preview: Option<Preview>,
    people: BTreeMap<ClientId, Person>,
    me: Identity,
    access: Access,
    /// The links of the document, and the dialog that shows them.
    share: Share,
    dialog: Option<Dialog>,
    selection: Option<(u32, u32)>,
    reporter: Reporter,
    timer: Option<(u64, TimeoutHandle)>,
    presence_planned: bool,
    digest: Option<TimeoutHandle>,
}

/// What the server put into the page.
pub struct Delivered {
    /// The document.
    pub doc: DocId,
    /// Where the state stands.
    pub embedded: Embedded,
    /// The state as an update; none when it is too large to be delivered with the page.
    pub state: Option<Vec<u8>>,
    /// The document opens by a pass only.
    pub locked: bool,
    /// Where an operator's system gives a new token.
    pub renew: Option<String>,
    /// The pass that this browser has for it.
    pub pass: Option<String>,
}

impl Session {
    /// A session that is not connected yet.
    #[must_use]
    pub fn new(delivered: Delivered, me: Identity, signals: Signals) -> Self {
        let id = ClientId::from_random(browser::random());
        let mut replica = Replica::new(id, browser::now);
        let mut embedded = delivered.embedded;
        if let Some(state) = &delivered.state
            && replica.apply([&state[..]]).is_err()
        {
            // Then the first sync brings everything.
            embedded = Embedded::default();
        }
        replica.take_ops();
        let token = delivered
            .pass
            .as_deref()
            .and_then(|pass| Token::new(pass).ok());
        let token = token.unwrap_or_default();
        let reporter = Reporter::new(Rights {
            has_pass: !token.is_empty(),
            locked: delivered.locked,
            seems_to_read: pass::seems_to_read(token.as_str(), browser::from_base64),
            ..Rights::default()
        });
        let access = Access {
            pass: token.as_str().to_owned(),
            trial: Trial::default(),
            waits_to_write: !reporter.may_write_at_first(),
            doc: delivered.doc.as_str().to_owned(),
            renew: delivered.renew,
            renewals: 0,
        };
        let client = Client::new(delivered.doc, id, embedded, browser::random()).with_token(token);
        let memory = browser::stored(MEMORY).and_then(|text| Memory::parse(&text));
        let inner = Inner {
            connection: Connection::new(
                client,
                memory,
                browser::now(),
                browser::wall(),
                browser::random(),
            ),
            replica,
            effects: VecDeque::new(),
            performing: false,
            edits: Vec::new(),
            links: BTreeMap::new(),
            crowd: Crowd::new(crate::transport::slot::are_few()),
            place: Place::None,
            clocks: Clocks::now(),
            inspector: Inspector::default(),
            panel: None,
            look_planned: false,
            look_put_off: false,
            editor: None,
            preview: None,
            people: BTreeMap::new(),
            me,
            access,
            share: Share::default(),
            dialog: None,
            selection: None,
            reporter,
            timer: None,
            presence_planned: false,
            digest: None,
        };
        Self {
            inner: Rc::new(RefCell::new(inner)),
            signals,
        }
    }

    /// Connects, for as long as the page lives.
    pub fn start(&self) {
        self.tell_pass();
        self.tell_presence();
        self.act(|inner, now| inner.connection.tick(now, &inner.replica));
    }

    /// The network came or went, or the page was woken: the connection is doubted.
    pub fn wake(&self) {
        self.act(|inner, now| inner.connection.wake(now));
    }

    /// Hands over an open composition.
    pub fn flush(&self) {
        let editor = self.inner.borrow().editor.clone();
        if let Some(editor) = editor {
            editor.flush();
        }
    }

    /// From now on the editor shows the text.
    pub fn set_editor(&self, editor: Editor) {
        self.inner.borrow_mut().editor = Some(editor);
        self.show_people();
        self.plan_digest();
    }

    /// The editor did not start.
    pub fn set_editor_failed(&self) {
        self.inner.borrow_mut().reporter.editor_failed = true;
        self.tell_status();
    }

    /// From now on the preview follows the text; none when it is closed.
    pub fn set_preview(&self, preview: Option<Preview>) {
        let editor = self.inner.borrow().editor.clone();
        if let (Some(preview), Some(editor)) = (&preview, editor) {
            preview.follow(&editor);
        }
        self.inner.borrow_mut().preview = preview;
        self.plan_digest();
    }

    /// Whether a preview follows the text.
    #[must_use]
    pub fn has_preview(&self) -> bool {
        self.inner.borrow().preview.is_some()
    }

    /// Another name or colour.
    pub fn set_identity(&self, me: Identity) {
        self.inner.borrow_mut().me = me;
        self.tell_presence();
    }

    /// The text as it stands.
    #[must_use]
    pub fn text(&self) -> String {
        self.inner.borrow().replica.text()
    }

    /// The editor made a change; [`Session::flushed`] follows.
    pub(crate) fn local(&self, from: u32, delete: u32, insert: String) {
        self.inner.borrow_mut().edits.push(Edit {
            from,
            delete,
            insert,
        });
    }

    /// The changes since the last call belong together.
    pub(crate) fn flushed(&self) {
        self.act(|inner, now| {
            let edits = std::mem::take(&mut inner.edits);
            for batch in digest::in_pieces(edits, PIECE) {
                if let Err(error) = inner.replica.edit(&batch) {
                    browser::report(&error.to_string());
                }
            }
            inner.send_own(now)
        });
        self.plan_digest();
    }

    /// Applies what others wrote; the changes for the editor.
    pub(crate) fn settle(&self) -> Vec<Vec<Op>> {
        let mut ops = Vec::new();
        self.act(|inner, now| {
            let held = inner.connection.take_held();
            let complete = match inner.replica.apply(held.iter().map(|update| &update[..])) {
                Ok(complete) => complete,
                Err(error) => {
                    browser::report(&error.to_string());
                    false
                }
            };
            ops = inner.replica.take_ops();
            // The editor reports its selection only when a person moves it.
            if let Some((anchor, head)) = &mut inner.selection {
                *anchor = digest::moved(*anchor, &ops);
                *head = digest::moved(*head, &ops);
            }
            if complete {
                Vec::new()
            } else {
                inner.connection.incomplete(now, &inner.replica)
            }
        });
        if !ops.is_empty() {
            self.show_people();
            self.plan_digest();
        }
        ops
    }

    pub(crate) fn undo(&self) -> bool {
        self.step(Replica::undo)
    }

    pub(crate) fn redo(&self) -> bool {
        self.step(Replica::redo)
    }

    pub(crate) fn boundary(&self) {
        self.inner.borrow_mut().replica.end_undo_group();
    }

    pub(crate) fn selection(&self, anchor: u32, head: u32) {
        self.inner.borrow_mut().selection = Some((anchor, head));
        self.plan_presence();
        self.plan_digest();
    }

    pub(crate) fn agrees(&self, length: u32, hash: u32) -> bool {
        let inner = self.inner.borrow();
        inner.replica.len() == length && digest::fnv1a(&inner.replica.text()) == hash
    }

    pub(crate) fn shortcut(&self, name: &str) {
        if name == "preview" {
            self.signals.next_panes.update(|n| *n += 1);
        }
    }

    fn step(&self, step: fn(&mut Replica) -> bool) -> bool {
        let mut done = false;
        self.act(|inner, now| {
            done = step(&mut inner.replica);
            inner.send_own(now)
        });
        done
    }

    /// Changes the state, then performs what follows from it.
    fn act(&self, change: impl FnOnce(&mut Inner, u64) -> Vec<Effect>) {
        let now = browser::now();
        let effects = change(&mut self.inner.borrow_mut(), now);
        self.perform(effects);
        self.plan_tick();
    }

    /// Performs effects in order. What follows from performing one comes after those that are waiting.
    fn perform(&self, effects: Vec<Effect>) {
        {
            let mut inner = self.inner.borrow_mut();
            inner.effects.extend(effects);
            if std::mem::replace(&mut inner.performing, true) {
                return;
            }
        }
        let (mut wake, mut people, mut status, mut renew) = (false, false, false, false);
        loop {
            let Some(effect) = self.inner.borrow_mut().effects.pop_front() else {
                break;
            };
            match effect {
                Effect::Open { link, rung, check } => self.open(link, rung, check),
                Effect::Send { link, message } => self.send(link, message),
                Effect::Established {
                    link,
                    authorization,
                    hold_s,
                } => self
                    .inner
                    .borrow_mut()
                    .established(link, &authorization, hold_s),
                Effect::Close { link } => drop(self.inner.borrow_mut().links.remove(&link.0)),
                Effect::Remote(updates) => {
                    self.inner.borrow_mut().connection.hold(updates);
                    wake = true;
                }
                Effect::Presence(changed) => {
                    self.inner.borrow_mut().meet(changed);
                    people = true;
                }
                Effect::PresenceReset => {
                    self.inner.borrow_mut().people.clear();
                    people = true;
                }
                Effect::Status => status = true,
                Effect::Renew { .. } => renew = true,
                Effect::Remember(memory) => match memory {
                    Some(memory) => browser::store(MEMORY, &memory.to_text()),
                    None => browser::forget(MEMORY),
                },
            }
        }
        self.inner.borrow_mut().performing = false;
        let editor = self.inner.borrow().editor.clone();
        if let (true, Some(editor)) = (wake, editor) {
            editor.wake();
        }
        if people {
            self.show_people();
        }
        if status {
            self.tell_status();
            if !self.fall_back() {
                self.renew_when_expired();
            }
        }
        if renew {
            self.renew();
        }
    }

    fn tell_status(&self) {
        let (facts, note, way) = {
            let mut inner = self.inner.borrow_mut();
            let status = inner.connection.status();
            if let (Some(rung), Some(ms)) = (status.rung, status.rtt_ms) {
                inner.inspector.tally.round_trip(rung, ms);
            }
            let now = browser::now();
            if status.link == LinkStatus::Live {
                inner.access.trial.live(now);
            }
            let facts = inner.reporter.facts(&status, now);
            (
                facts,
                inner.reporter.note(&facts, &status, now),
                inner.reporter.way(&status, now),
            )
        };
        let editor = self.inner.borrow().editor.clone();
        if self.signals.may_write.get_untracked() != facts.may_write {
            self.signals.may_write.set(facts.may_write);
            if let Some(editor) = editor {
                editor.set_read_only(!facts.may_write);
            }
        }
        self.begin_to_write();
        self.list_again();
        set_if_new(self.signals.note, note);
        set_if_new(self.signals.saved, SavedState::from(facts));
        set_if_new(self.signals.trouble, facts.trouble);
        if self.signals.way.get_untracked().rung != way.rung {
            self.crowd(|crowd| crowd.uses(way.rung));
        }
        if self.signals.way.get_untracked() != way {
            self.signals.way.set(way);
            self.plan_look();
        }
    }
}

impl Inner {
    fn send_own(&mut self, now: u64) -> Vec<Effect> {
        let updates = self.replica.take_updates();
        updates
            .iter()
            .flat_map(|update| self.connection.local(now, update))
            .collect()
    }
}

/// Tells only what changed: a signal wakes whoever reads it, also for the same value.
fn set_if_new<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|before| *before != value) {
        signal.set(value);
    }
}
