//! One open document: what it takes, in which order, and what each reader lacks; a pure machine without sockets, clock or disk.
//!
//! Entries are numbered from 1 within an epoch. The room keeps a tail of them; whoever reads holds a cursor into that
//! tail, and nothing is queued for anybody. Edits are relayed at once and count as saved only when the log has said so.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;

use crate::{
    id::ClientId,
    presence::Presences,
    replica::stored::{ApplyError, Snapshot, StoredDoc},
    validate::{self, UpdateLimits},
};

mod claims;
mod news;
mod outcome;
mod reading;
mod weighing;

use news::News;
use weighing::Weight;

pub use claims::Claims;
pub use weighing::{LAST_ENTRIES, MAX_BLOCKS, STEPS, Trial, Weighed};

pub use outcome::{Admitted, Next, OpenError, Refused};

/// What a room may hold.
#[derive(Debug, Clone, Copy)]
pub struct RoomLimits {
    /// The largest update from a client, in bytes.
    pub update: usize,
    /// The largest document, encoded, in bytes.
    pub document: usize,
    /// How many entries the tail keeps.
    pub tail_entries: usize,
    /// How many bytes of entries the tail keeps.
    pub tail_bytes: usize,
}

impl Default for RoomLimits {
    fn default() -> Self {
        Self {
            update: 1 << 20,
            document: 32 << 20,
            tail_entries: 4_096,
            tail_bytes: 512 << 10,
        }
    }
}

/// One accepted update.
#[derive(Debug, Clone)]
struct Entry {
    /// As a [`Message::Update`], ready for every reader.
    message: Bytes,
    /// The session it came from, which need not get it back.
    author: u64,
}

/// An open document.
pub struct Room {
    doc: StoredDoc,
    /// The next clock of each client: what the validator's question "is something missing?" is answered from.
    clocks: HashMap<ClientId, u32>,
    epoch: u64,
    generation: u64,
    writable: bool,
    limits: RoomLimits,
    tail: VecDeque<Entry>,
    tail_bytes: usize,
    head: u64,
    durable: u64,
    failure: Option<String>,
    size_bound: usize,
    weight: Weight,
    weighed: Option<Weighed>,
    /// The document that a weighed one took the place of, until somebody has time to drop it.
    outdated: Option<StoredDoc>,
    state: Option<(u64, Bytes)>,
    batch: Option<(u64, u64, Bytes)>,
    /// Who is here.
    pub presence: Presences,
    /// Whose the client ids are.
    pub claims: Claims,
    /// What the last update brought, in blocks and deletions.
    pieces: usize,
}

impl Room {
    /// Opens a document from what the log holds: a snapshot and the updates after it.
    ///
    /// `epoch` is fresh for every opening. A document that is not `writable` (damaged) refuses edits.
    ///
    /// # Errors
    /// [`OpenError`] at the first stored update that cannot be applied; with `writable` false such updates are left out.
    pub fn open<'a>(
        epoch: u64,
        generation: u64,
        writable: bool,
        stored: impl IntoIterator<Item = &'a Bytes>,
        limits: RoomLimits,
    ) -> Result<Self, OpenError> {
        let mut doc = StoredDoc::new();
        let mut size_bound = 0;
        let mut weight = Weight::default();
        for (index, update) in stored.into_iter().enumerate() {
            size_bound += update.len();
            if let Err(error) = doc.apply(update)
                && (writable || error == ApplyError::Broken)
            {
                return Err(OpenError { index, error });
            }
            if let Ok(summary) = validate::update(update, &UpdateLimits::document()) {
                weight.add(News::all(&summary));
            }
        }
        weight.opened();
        let clocks = doc.clocks().into_iter().collect();
        Ok(Self {
            doc,
            clocks,
            epoch,
            generation,
            writable,
            limits,
            tail: VecDeque::new(),
            tail_bytes: 0,
            head: 0,
            durable: 0,
            failure: None,
            size_bound,
            weight,
            weighed: None,
            outdated: None,
            state: None,
            batch: None,
            presence: Presences::default(),
            claims: Claims::default(),
            pieces: 0,
        })
    }

    /// Takes an update of the session `author`, a slice of `message` if it came as an update message.
    ///
    /// # Errors
    /// [`Refused`]; nothing has changed then. After [`Refused::Broken`] the room is to be dropped.
    pub fn admit(
        &mut self,
        update: &[u8],
        message: Option<&Bytes>,
        author: u64,
    ) -> Result<Admitted, Refused> {
        if !self.writable {
            return Err(Refused::Damaged);
        }
        self.pieces = 0;
        if let Some(weighed) = self.tried(update, author) {
            return self.take_weighed(weighed, message);
        }
        // A first sync step may carry what a person wrote in a week without a network, so it has more room.
        let max = if message.is_some() {
            self.limits.update
        } else {
            self.limits.update.saturating_mul(8)
        };
        if update.len() > max {
            return Err(Refused::TooLarge {
                len: update.len(),
                max,
            });
        }
        let summary = validate::update(
            update,
            &UpdateLimits {
                bytes: max,
                ..UpdateLimits::update()
            },
        )?;
        if validate::gap(&summary, |client| self.known(client)).is_some() {
            return Err(Refused::Incomplete);
        }
        let known = |client| self.known(client);
        if self.claims.forbid(&summary, author, known) {
            return Err(Refused::Foreign);
        }
        let guess = self.news(&summary);
        let refused = guess.pieces() > 0 && self.refusal(guess, update.len()).is_some();
        let news = self.look_for_deletions(update, guess, refused);
        self.pieces += news.pieces();
        if news.pieces() == 0 {
            if message.is_none() {
                self.claims.told_all(author);
            }
            return Ok(Admitted::Known { n: self.head });
        }
        if let Some(refused) = self.refusal(news, update.len()) {
            return Err(refused);
        }
        match self.doc.apply(update) {
            Ok(true) => {}
            Ok(false) => {
                if message.is_none() {
                    self.claims.told_all(author);
                }
                return Ok(Admitted::Known { n: self.head });
            }
            // Whatever yrs kept of it is not in the log: only a room opened anew from the log tells the truth.
            Err(ApplyError::Incomplete | ApplyError::Refused(_) | ApplyError::Broken) => {
                return Err(Refused::Broken);
            }
        }
        self.weight.grow(news);
        Ok(self.enter(update, &summary, message, author))
    }

    /// Why the document cannot take so much more as it is, if so.
    fn refusal(&mut self, news: News, len: usize) -> Option<Refused> {
        let max = self.limits.document;
        if self.size_bound + len > max {
            self.size_bound = self.state().len();
            if self.size_bound + len > max {
                return Some(Refused::Full { max });
            }
        }
        if self.weight.exceeded {
            return Some(Refused::Costly);
        }
        if !self.has_room_for(news) {
            return Some(Refused::Crowded { max: MAX_BLOCKS });
        }
        self.weight.is_heavy(news).then_some(Refused::Heavy)
    }

    /// The log says that every entry up to `n` is durable.
    pub fn committed(&mut self, n: u64) {
        self.durable = self.durable.max(n);
    }

    /// The log cannot write any more: editing goes on, and nothing more counts as saved.
    pub fn fail(&mut self, message: String) {
        self.failure.get_or_insert(message);
    }

    /// Why nothing more is saved, if so.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// The newest entry's number; 0 before the first.
    #[must_use]
    pub fn head(&self) -> u64 {
        self.head
    }

    /// The newest durable entry's number.
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.durable
    }

    /// This incarnation of the room.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The document's generation.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether edits are taken.
    #[must_use]
    pub fn writable(&self) -> bool {
        self.writable
    }

    /// The limits the room was opened with.
    #[must_use]
    pub fn limits(&self) -> &RoomLimits {
        &self.limits
    }

    /// The whole state as an update, made once for each head and shared.
    pub fn state(&mut self) -> Bytes {
        match &self.state {
            Some((head, state)) if *head == self.head => state.clone(),
            _ => {
                let state = self.doc.state();
                self.state = Some((self.head, state.clone()));
                state
            }
        }
    }

    /// The whole state with what is needed to verify it, for the disk.
    pub fn snapshot(&mut self) -> Snapshot {
        let state = self.state();
        Snapshot::of(&self.doc, state)
    }

    /// What a reader with the given state vector lacks, as an update; `None` when it is no state vector.
    pub fn diff(&mut self, state_vector: &[u8]) -> Option<Bytes> {
        let vector = validate::state_vector(state_vector, MAX_CLIENTS).ok()?;
        if vector.is_empty() {
            Some(self.state())
        } else {
            self.doc.diff(state_vector)
        }
    }

    /// The state vector.
    #[must_use]
    pub fn state_vector(&self) -> Vec<u8> {
        self.doc.state_vector()
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        self.doc.text()
    }

    /// The next clock of a client.
    pub(crate) fn known(&self, client: ClientId) -> u32 {
        self.clocks.get(&client).copied().unwrap_or(0)
    }

    /// What the last update brought to [`Room::admit`], in blocks and deletions; 0 where it was not looked at.
    pub(crate) fn pieces(&self) -> usize {
        self.pieces
    }
}

/// How many clients a state vector may name: each browser tab that ever edited a document is one.
pub const MAX_CLIENTS: usize = 100_000;

#[cfg(test)]
mod tests;
