//! A plain Yjs program: a document of its own and what npm's y-websocket provider says and answers; it knows nothing of Maru.

use std::collections::BTreeMap;

use bytes::Bytes;
use protocol::{
    id::ClientId,
    presence::{Change, encode_awareness},
    replica::ROOT,
    sync::Message,
    validate::{self, AwarenessLimits},
};
use yrs::{
    ClientID, Doc, GetString, OffsetKind, Options, ReadTxn, StateVector, Text, TextRef, Transact,
    Update,
    updates::{decoder::Decode, encoder::Encode},
};

use crate::link::LinkId;

/// A peer forgets what it has not heard of for so long, in milliseconds.
pub const OUTDATED_MS: u64 = 30_000;

/// A Yjs program.
pub struct Peer {
    /// Its client id.
    pub id: ClientId,
    doc: Doc,
    text: TextRef,
    /// The connection.
    pub link: Option<LinkId>,
    /// When it last heard something.
    pub heard: u64,
    /// What it knows of others: clock, state, when.
    pub others: BTreeMap<ClientId, (u64, Option<String>, u64)>,
    /// What it says of itself.
    pub presence: String,
    clock: u64,
    /// Words typed.
    pub words: u64,
}

impl Peer {
    /// An empty document.
    pub fn new(id: ClientId) -> Self {
        let doc = Doc::with_options(Options {
            offset_kind: OffsetKind::Utf16,
            ..Options::with_client_id(ClientID::new(id.get()))
        });
        let text = doc.get_or_insert_text(ROOT);
        Self {
            id,
            doc,
            text,
            link: None,
            heard: 0,
            others: BTreeMap::new(),
            presence: "{}".into(),
            clock: 0,
            words: 0,
        }
    }

    /// The text.
    pub fn text(&self) -> String {
        self.text.get_string(&self.doc.transact())
    }

    /// The state vector.
    pub fn state_vector(&self) -> Vec<u8> {
        self.doc.transact().state_vector().encode_v1()
    }

    /// What it says when a connection opens.
    pub fn greet(&mut self) -> Vec<Bytes> {
        vec![
            Message::Step1(&self.state_vector()).encode().into(),
            self.presence_message(),
        ]
    }

    /// Its own presence, with a new clock.
    pub fn presence_message(&mut self) -> Bytes {
        self.clock += 1;
        let own = Change {
            client: self.id,
            clock: self.clock,
            state: Some(self.presence.as_str().into()),
        };
        Message::Awareness(&encode_awareness(&[own], 0))
            .encode()
            .into()
    }

    /// Replaces a piece of the text; gives the message that tells it.
    pub fn edit(&mut self, from: u32, delete: u32, insert: &str) -> Bytes {
        let mut txn = self.doc.transact_mut();
        if delete > 0 {
            self.text.remove_range(&mut txn, from, delete);
        }
        if !insert.is_empty() {
            self.text.insert(&mut txn, from, insert);
        }
        Message::Update(&txn.encode_update_v1()).encode().into()
    }

    /// Takes a message; gives the answer if it wants one.
    pub fn receive(&mut self, bytes: &Bytes, now: u64) -> Option<Bytes> {
        self.heard = now;
        match Message::decode(bytes).expect("a message") {
            Message::Step1(vector) => {
                let vector = StateVector::decode_v1(vector).expect("a state vector");
                let diff = self.doc.transact().encode_diff_v1(&vector);
                return Some(Message::Step2(&diff).encode().into());
            }
            Message::Step2(update) | Message::Update(update) => {
                let update = Update::decode_v1(update).expect("an update");
                self.doc
                    .transact_mut()
                    .apply_update(update)
                    .expect("an update that applies");
            }
            Message::Awareness(states) => {
                let entries =
                    validate::awareness(states, &AwarenessLimits::default()).expect("presence");
                for entry in entries.into_iter().filter(|entry| entry.client != self.id) {
                    let known = self.others.get(&entry.client);
                    let newer = known.is_none_or(|(clock, state, _)| {
                        entry.clock > *clock
                            || (entry.clock == *clock && entry.state.is_none() && state.is_some())
                    });
                    if newer {
                        let state = entry.state.map(str::to_owned);
                        self.others.insert(entry.client, (entry.clock, state, now));
                    }
                }
            }
            Message::Auth(_) | Message::QueryAwareness => {}
        }
        None
    }

    /// The connection is gone: the others are forgotten, as the provider does.
    pub fn lost(&mut self) {
        self.link = None;
        for (_, state, _) in self.others.values_mut() {
            *state = None;
        }
    }

    /// Who is here, as far as it knows.
    pub fn present(&self, now: u64) -> BTreeMap<ClientId, String> {
        self.others
            .iter()
            .filter(|(_, (_, _, heard))| now < heard + OUTDATED_MS)
            .filter_map(|(client, (_, state, _))| Some((*client, state.clone()?)))
            .collect()
    }

    /// Whether something is kept that misses what it builds on.
    pub fn lacks(&self) -> bool {
        self.doc.transact().has_missing_updates()
    }
}
