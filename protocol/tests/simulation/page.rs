//! One browser page: the real client and replica, an editor that is only a text, and what the page was promised.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use protocol::{
    client::{Client, Embedded},
    connection::{self, Connection},
    frame::{ClientFrame, ServerFrame, fragment::Assembler},
    id::{ClientId, DocId},
    replica::Replica,
    sync::Message,
};

use crate::{link::LinkId, obstacle::Obstacle, text};

/// A page.
pub struct Page {
    /// Its client id.
    pub id: ClientId,
    /// Its way to the server.
    pub connection: Connection,
    /// What stands on its way.
    pub obstacle: Option<Obstacle>,
    /// The replica.
    pub replica: Replica,
    /// What the editor shows, in UTF-16.
    pub editor: Vec<u16>,
    /// The links it listens to, by its own names.
    pub links: BTreeMap<connection::LinkId, Wire>,
    /// Whether an input method is composing.
    pub composing: bool,
    /// It has not been closed for good.
    pub here: bool,
    /// It has no network until then.
    pub offline_until: u64,
    /// When its client is to be ticked.
    pub timer: Option<u64>,
    /// The second in which it was last ticked, and how often in it.
    pub ticks: (u64, u32),
    /// What it knows of others.
    pub others: BTreeMap<ClientId, String>,
    /// What it says of itself.
    pub presence: Option<String>,
    /// Words typed.
    pub words: u64,
    /// Every edit, as the update that it became.
    pub made: Vec<Bytes>,
    /// As many edits, from the first on, the page was told to be saved, or shows as saved.
    pub promised: usize,
    /// How many of them were found durable.
    pub proven: usize,
    /// Updates received in this epoch, to notice one that comes twice.
    pub received: BTreeSet<Bytes>,
    /// Updates that came as the answer to a question for the state.
    exchanged: BTreeSet<Bytes>,
    /// Updates that came twice.
    pub twice: usize,
    /// For a message: how many edits are safe once it is.
    covers: BTreeMap<Bytes, usize>,
    /// The same for each number of the session.
    sent: BTreeMap<u64, (Bytes, usize)>,
}

/// A link as the page's network card sees it.
pub struct Wire {
    /// Its place in the world.
    pub link: LinkId,
    outgoing: Assembler,
    incoming: Assembler,
}

impl Page {
    /// A page delivered with `state`, or with nothing.
    pub fn new(
        doc: &DocId,
        id: ClientId,
        delivered: Option<(Embedded, Bytes)>,
        seed: u64,
        now: u64,
        clock: &Arc<AtomicU64>,
    ) -> Self {
        let clock = Arc::clone(clock);
        let mut replica = Replica::new(id, move || clock.load(Ordering::Relaxed));
        let mut editor = Vec::new();
        let mut embedded = Embedded::default();
        if let Some((place, state)) = delivered {
            embedded = place;
            assert_eq!(replica.apply([&state[..]]), Ok(true));
            for ops in replica.take_ops() {
                text::apply(&mut editor, &ops);
            }
        }
        Self {
            id,
            connection: Connection::new(
                Client::new(doc.clone(), id, embedded, seed),
                None,
                now,
                now,
                seed,
            ),
            obstacle: None,
            replica,
            editor,
            links: BTreeMap::new(),
            composing: false,
            here: true,
            offline_until: 0,
            timer: None,
            ticks: (0, 0),
            others: BTreeMap::new(),
            presence: None,
            words: 0,
            made: Vec::new(),
            promised: 0,
            proven: 0,
            received: BTreeSet::new(),
            exchanged: BTreeSet::new(),
            twice: 0,
            covers: BTreeMap::new(),
            sent: BTreeMap::new(),
        }
    }

    /// Takes the updates that the replica has made, and remembers them.
    pub fn take_made(&mut self) -> Vec<Bytes> {
        let made = self.replica.take_updates();
        for update in &made {
            self.made.push(update.clone());
            let message = Bytes::from(Message::Update(update).encode());
            self.covers.entry(message).or_insert(self.made.len());
        }
        made
    }

    /// Brings the editor up to the replica.
    pub fn show(&mut self) {
        for ops in self.replica.take_ops() {
            text::apply(&mut self.editor, &ops);
        }
        assert_eq!(
            String::from_utf16(&self.editor).expect("no character is cut in two"),
            self.replica.text(),
            "editor and replica show one text"
        );
    }

    /// A new link.
    pub fn linked(&mut self, name: connection::LinkId, link: LinkId) {
        self.links.insert(
            name,
            Wire {
                link,
                outgoing: Assembler::new(64 << 20),
                incoming: Assembler::new(64 << 20),
            },
        );
    }

    /// The page's name for a link, while it listens to it.
    pub fn name_of(&self, link: LinkId) -> Option<connection::LinkId> {
        let mut wires = self.links.iter();
        wires
            .find(|(_, wire)| wire.link == link)
            .map(|(name, _)| *name)
    }

    /// Updates that the client gives to the replica; none may come twice within an epoch.
    pub fn takes(&mut self, updates: &[Bytes]) {
        for update in updates {
            // A state may hold what came singly as well.
            if !self.exchanged.contains(update) && !self.received.insert(update.clone()) {
                self.twice += 1;
            }
        }
    }

    /// Looks at what the client sends, to know what a later SAVED promises.
    pub fn sends(&mut self, name: connection::LinkId, bytes: &Bytes) {
        let Some(wire) = self.links.get_mut(&name) else {
            return;
        };
        let Some(frame) = wire.outgoing.push(bytes.clone()).expect("pieces in order") else {
            return;
        };
        self.says(&frame);
    }

    /// The same for a whole frame, on a link or beside it.
    pub fn says(&mut self, frame: &Bytes) {
        let ClientFrame::Data { seq, message } = ClientFrame::decode(frame).expect("a frame")
        else {
            return;
        };
        let covered = match Message::decode(&message).expect("a sync message") {
            Message::Update(_) => *self.covers.get(&message).expect("an edit of this page"),
            Message::Step2(_) => *self
                .covers
                .entry(message.clone())
                .or_insert(self.made.len()),
            _ => 0,
        };
        if let Some((before, _)) = self.sent.insert(seq, (message.clone(), covered)) {
            assert_eq!(before, message, "a number stands for one message for ever");
        } else if seq > 1 {
            assert!(self.sent.contains_key(&(seq - 1)), "numbers leave no gap");
        }
    }

    /// Looks at what the client gets.
    pub fn gets(&mut self, name: connection::LinkId, bytes: &Bytes) {
        let Some(wire) = self.links.get_mut(&name) else {
            return;
        };
        let Some(frame) = wire.incoming.push(bytes.clone()).expect("pieces in order") else {
            return;
        };
        match ServerFrame::decode(&frame).expect("a frame") {
            ServerFrame::Welcome(_) => {
                self.sent.clear();
                self.received.clear();
            }
            ServerFrame::Batch { messages, .. } => {
                for message in messages {
                    if let Ok(Message::Step2(update)) = Message::decode(&message) {
                        self.exchanged.insert(message.slice_ref(update));
                    }
                }
            }
            ServerFrame::Saved { seq } => {
                assert!(self.sent.contains_key(&seq), "saved is what was sent");
                let covered = self.sent.range(..=seq).map(|(_, (_, covered))| *covered);
                self.promised = self.promised.max(covered.max().unwrap_or(0));
            }
            _ => {}
        }
    }
}
