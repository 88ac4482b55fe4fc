//! What a page was promised: how many of its edits, from the first on, the server has told to be saved; read off the wire, beside the client.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use protocol::{
    frame::{ClientFrame, ServerFrame, fragment::Assembler},
    sync::Message,
};

/// Larger than any document.
const MAX_FRAME: usize = 64 << 20;

/// The promises to one page, and what else its wire shows.
pub(crate) struct Promises {
    made: usize,
    promised: usize,
    /// For a message: how many edits are safe once it is.
    covers: HashMap<Bytes, usize>,
    /// The same for each number of the session.
    sent: BTreeMap<u64, usize>,
    outgoing: Assembler,
    incoming: Assembler,
    /// How often a session was opened.
    pub(crate) welcomes: usize,
    /// How often one was continued.
    pub(crate) resumptions: usize,
    /// How many batches came.
    pub(crate) batches: usize,
}

impl Promises {
    pub(crate) fn new() -> Self {
        Self {
            made: 0,
            promised: 0,
            covers: HashMap::new(),
            sent: BTreeMap::new(),
            outgoing: Assembler::new(MAX_FRAME),
            incoming: Assembler::new(MAX_FRAME),
            welcomes: 0,
            resumptions: 0,
            batches: 0,
        }
    }

    /// How many edits were made and how many of them are promised to be safe.
    pub(crate) fn count(&self) -> (usize, usize) {
        (self.made, self.promised)
    }

    /// The page made an edit.
    pub(crate) fn makes(&mut self, update: &[u8]) {
        self.made += 1;
        let message = Message::Update(update).encode().into();
        self.covers.insert(message, self.made);
    }

    /// A new link: pieces of the old one are gone.
    pub(crate) fn linked(&mut self) {
        self.outgoing = Assembler::new(MAX_FRAME);
        self.incoming = Assembler::new(MAX_FRAME);
    }

    /// The client sends something.
    pub(crate) fn sends(&mut self, bytes: &Bytes) {
        let Some(frame) = self.outgoing.push(bytes.clone()).unwrap() else {
            return;
        };
        let Ok(ClientFrame::Data { seq, message }) = ClientFrame::decode(&frame) else {
            return;
        };
        let covered = match Message::decode(&message).unwrap() {
            Message::Update(_) => self.covers[&message],
            // The same state may be sent again later, when there is more.
            Message::Step2(_) => *self.covers.entry(message.clone()).or_insert(self.made),
            _ => 0,
        };
        self.sent.insert(seq, covered);
    }

    /// The client gets something.
    pub(crate) fn gets(&mut self, bytes: &Bytes) {
        let Some(frame) = self.incoming.push(bytes.clone()).unwrap() else {
            return;
        };
        match ServerFrame::decode(&frame).unwrap() {
            ServerFrame::Welcome(_) => {
                self.welcomes += 1;
                self.sent.clear();
            }
            ServerFrame::Resumed { .. } => self.resumptions += 1,
            ServerFrame::Batch { .. } => self.batches += 1,
            ServerFrame::Saved { seq } => {
                let later = self.sent.split_off(&(seq + 1));
                let safe = std::mem::replace(&mut self.sent, later);
                self.promised = safe.into_values().fold(self.promised, usize::max);
            }
            _ => {}
        }
    }
}
