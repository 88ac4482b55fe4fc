//! Whether an update costs more than it may: tried on a copy, away from the room, before the document takes it; the cost is measured by the shell, which has a clock.
//!
//! yrs places a block by walking over all blocks between the two that it is said to stand between. For what people write these
//! are few. But an update may say that 10,000 blocks stand wherever they take longest: such 80 kB cost half a minute, and
//! cost it again whenever the document is opened, here and in every page. So what could be dear is applied to a copy of the
//! document first, in slices, and what comes out is opened once more. Nobody waits for that but its author.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;

use super::{Admitted, Entry, Refused, Room, news::News};
use crate::{
    id::ClientId,
    replica::stored::{ApplyError, StoredDoc},
    sync::Message,
    validate::{self, UpdateLimits, UpdateSummary},
};

/// So many blocks may be walked over while the room is locked, at some 0.6 µs each: less than 100 ms.
pub const STEPS: usize = 150_000;
/// So many may be left to be walked over when the document is opened, until the whole of it is weighed: some 6 s.
const LATENT: u64 = 10_000_000;
/// The most blocks that a document may have; 260,000 edits of a paper leave 11,000. A block that is put across all of them
/// takes some 100 ms.
pub const MAX_BLOCKS: usize = 200_000;
/// A document of so many blocks cannot cost much, however they lie: their square is a tenth of that.
const SMALL: usize = 1_000;
/// The most blocks in a slice: yrs needs about a millisecond for so many, where they cost what blocks usually do.
const SLICE: usize = 512;
/// What an update may cost, in µs of a core: at least so much, and so much for each block that it and the document have. What
/// people write takes 1 to 5 µs a block, also in a build without optimisation.
const LEAST_US: u64 = 500_000;
const BLOCK_US: u64 = 15;
/// So many entries may be left to be taken into a tried copy while the room is locked.
pub const LAST_ENTRIES: u64 = 16;

/// What a room knows about its document's cost.
#[derive(Debug, Default)]
pub(super) struct Weight {
    /// Blocks in the document, at most.
    pub(super) blocks: usize,
    /// Blocks that may have to be walked over since the document was weighed, at most.
    pub(super) latent: u64,
    /// The document as a whole costs more than it may.
    pub(super) exceeded: bool,
    /// An update has broken the document before, and may come again: each is tried first.
    pub(super) careful: bool,
    /// For which head the blocks were counted.
    pub(super) counted: Option<u64>,
}

impl Weight {
    /// Whether an update must be tried first.
    pub(super) fn is_heavy(&self, news: News) -> bool {
        let pieces = news.pieces();
        (pieces > 0 && (self.careful || self.latent > LATENT))
            || (pieces > 2 && pieces.saturating_mul(self.blocks + pieces) > STEPS)
    }

    /// The document has taken an update.
    pub(super) fn grow(&mut self, news: News) {
        self.add(news);
        self.latent += news.pieces() as u64 * self.blocks as u64;
    }

    /// The document is open: unless it is small, what it costs is looked at with its first edit.
    pub(super) fn opened(&mut self) {
        if self.blocks > SMALL {
            self.latent = LATENT + 1;
        }
    }

    /// Counts the blocks of an update; the document was opened with it, which has shown what it costs.
    pub(super) fn add(&mut self, news: News) {
        // A deletion may cut a block into three.
        self.blocks += news.blocks + 2 * news.deletes;
    }
}

/// An update to be tried on a copy of the document.
pub struct Trial {
    state: Bytes,
    head: u64,
    blocks: usize,
    latent: u64,
    update: Bytes,
    author: u64,
}

/// An update that was tried, on its way back to the room.
pub struct Weighed {
    head: u64,
    blocks: usize,
    latent: u64,
    update: Bytes,
    author: u64,
    pieces: usize,
    alone: Alone,
    verdict: Result<Grown, Refused>,
}

/// What the document costs without the update.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alone {
    /// Nobody asked: it cannot be much.
    Unknown,
    Cheap,
    Costly,
}

/// A copy of the document that has the update.
struct Grown {
    doc: StoredDoc,
    blocks: usize,
    changed: bool,
    summary: UpdateSummary,
}

impl Trial {
    /// Applies the update to a copy, and opens the outcome again, each for as long as it may take; `spent` tells how long
    /// this thread has worked, in µs.
    #[must_use]
    pub fn run(self, spent: impl Fn() -> u64) -> Weighed {
        let mut weighed = Weighed {
            head: self.head,
            blocks: self.blocks,
            latent: self.latent,
            pieces: 0,
            alone: Alone::Unknown,
            verdict: Err(Refused::Costly),
            update: self.update,
            author: self.author,
        };
        weighed.verdict = weighed.weigh(&self.state, &spent);
        weighed
    }
}

impl Weighed {
    fn weigh(&mut self, state: &[u8], spent: &impl Fn() -> u64) -> Result<Grown, Refused> {
        let summary = validate::update(&self.update, &UpdateLimits::document())?;
        self.pieces = News::all(&summary).pieces();
        let mut doc = StoredDoc::new();
        if self.latent > LATENT {
            self.alone = Alone::Costly;
            in_slices(&mut doc, state, count(state)?, spent)?;
            self.alone = Alone::Cheap;
        } else {
            doc.apply(state).map_err(|_| Refused::Broken)?;
        }
        let blocks = self.blocks + self.pieces;
        let changed = in_slices(&mut doc, &self.update, blocks, spent)?;
        let state = doc.state();
        let blocks = count(&state)?;
        in_slices(&mut StoredDoc::new(), &state, blocks, spent)?;
        Ok(Grown {
            doc,
            blocks,
            changed,
            summary,
        })
    }

    /// Takes into the copy what the room has taken meanwhile ([`Room::taken_since`]), so that little is left to be done
    /// while the room is locked. An entry under a client id of the update may say other things of the same characters, and
    /// who came first is the room's to say: then nothing comes of this trial, and [`Room::admit`] asks for another.
    pub fn follow(&mut self, messages: &[Bytes]) {
        let Ok(grown) = &mut self.verdict else {
            return;
        };
        self.head += messages.len() as u64;
        if let Err(refused) = grown.follow(messages.iter()) {
            self.verdict = Err(refused);
        }
    }
}

impl Grown {
    fn follow<'a>(&mut self, messages: impl Iterator<Item = &'a Bytes>) -> Result<(), Refused> {
        let own: HashSet<ClientId> = self.summary.structs.iter().map(|run| run.client).collect();
        for message in messages {
            let Ok(Message::Update(later)) = Message::decode(message) else {
                return Err(Refused::Broken);
            };
            let summary = validate::update(later, &UpdateLimits::document())?;
            if summary.structs.iter().any(|run| own.contains(&run.client)) {
                return Err(Refused::Heavy);
            }
            self.doc.apply(later).map_err(|_| Refused::Broken)?;
        }
        Ok(())
    }
}

/// Applies an update for as long as it may take; tells whether it changed anything.
fn in_slices(
    doc: &mut StoredDoc,
    update: &[u8],
    blocks: usize,
    spent: &impl Fn() -> u64,
) -> Result<bool, Refused> {
    let known: HashMap<ClientId, u32> = doc.clocks().into_iter().collect();
    let known = |client| known.get(&client).copied().unwrap_or(0);
    let until = spent() + LEAST_US + BLOCK_US * blocks as u64;
    let mut changed = false;
    for slice in validate::slices(update, known, (STEPS / blocks.max(1)).clamp(1, SLICE))? {
        changed |= doc.apply(&slice).map_err(|error| match error {
            ApplyError::Incomplete => Refused::Incomplete,
            ApplyError::Refused(_) | ApplyError::Broken => Refused::Unsound,
        })?;
        if spent() > until {
            return Err(Refused::Costly);
        }
    }
    Ok(changed)
}

fn count(state: &[u8]) -> Result<usize, Refused> {
    Ok(validate::update(state, &UpdateLimits::document())?.blocks)
}

impl Room {
    /// The trial of an update that [`Room::admit`] found heavy. Run it without the room, and [`Room::weighed`] what it gives.
    pub fn trial(&mut self, update: Bytes, author: u64) -> Trial {
        Trial {
            state: self.state(),
            head: self.head,
            blocks: self.weight.blocks,
            latent: self.weight.latent,
            update,
            author,
        }
    }

    /// From now on each update is tried first. For a room that is opened again after an update broke it: whoever brought that
    /// has it still, and is alone with it then.
    pub fn take_care(&mut self) {
        self.weight.careful = true;
    }

    /// Remembers what a trial gave, for the next time that its update comes to [`Room::admit`]; nothing forgets what was
    /// remembered. Drop what comes back without the room: it may be a whole document.
    pub fn weighed(&mut self, weighed: Option<Weighed>) -> Option<impl Send + use<>> {
        let forgotten = std::mem::replace(&mut self.weighed, weighed);
        let outdated = self.outdated.take();
        (forgotten.is_some() || outdated.is_some()).then_some((forgotten, outdated))
    }

    /// What was found about this update, if it was tried.
    pub(super) fn tried(&mut self, update: &[u8], author: u64) -> Option<Weighed> {
        self.weighed
            .take_if(|weighed| weighed.author == author && weighed.update == update)
    }

    /// What was taken since the copy of this trial was made, for [`Weighed::follow`]; `None` when it is too much to be told,
    /// and the trial is in vain.
    #[must_use]
    pub fn taken_since(&self, weighed: &Weighed) -> Option<Vec<Bytes>> {
        self.reaches(weighed.head).then(|| {
            let later = self.tail.range(self.index(weighed.head)..);
            later.map(|entry| entry.message.clone()).collect()
        })
    }

    /// Takes the copy that has the update in place of the document, after what came meanwhile.
    pub(super) fn take_weighed(
        &mut self,
        weighed: Weighed,
        message: Option<&Bytes>,
    ) -> Result<Admitted, Refused> {
        self.pieces = weighed.pieces;
        match weighed.alone {
            Alone::Unknown => {}
            Alone::Cheap => self.weight.latent -= weighed.latent.min(self.weight.latent),
            Alone::Costly => self.weight.exceeded = true,
        }
        let mut grown = weighed.verdict?;
        if !self.reaches(weighed.head) || self.head - weighed.head > LAST_ENTRIES {
            return Err(Refused::Heavy);
        }
        // It may have been claimed meanwhile.
        let known = |client| self.known(client);
        if self.claims.forbid(&grown.summary, weighed.author, known) {
            return Err(Refused::Foreign);
        }
        let later = self.tail.range(self.index(weighed.head)..);
        grown.follow(later.map(|entry| &entry.message))?;
        self.weight.blocks = grown.blocks + self.weight.blocks.saturating_sub(weighed.blocks);
        if weighed.alone == Alone::Unknown {
            self.weight.latent -= weighed.latent.min(self.weight.latent);
        }
        if !grown.changed {
            if message.is_none() {
                self.claims.told_all(weighed.author);
            }
            return Ok(Admitted::Known { n: self.head });
        }
        self.outdated = Some(std::mem::replace(&mut self.doc, grown.doc));
        Ok(self.enter(&weighed.update, &grown.summary, message, weighed.author))
    }

    /// Whether the document may have so many more blocks.
    pub(super) fn has_room_for(&mut self, news: News) -> bool {
        let more = news.pieces();
        if self.weight.blocks + more > MAX_BLOCKS && self.weight.counted != Some(self.head) {
            let state = self.state();
            self.weight.counted = Some(self.head);
            self.weight.blocks = count(&state).unwrap_or(self.weight.blocks);
        }
        self.weight.blocks + more <= MAX_BLOCKS
    }

    /// Puts an update that the document has taken at the end of the tail.
    pub(super) fn enter(
        &mut self,
        update: &[u8],
        summary: &UpdateSummary,
        message: Option<&Bytes>,
        author: u64,
    ) -> Admitted {
        if message.is_none() {
            self.claims.told_all(author);
        }
        for range in &summary.structs {
            let clock = self.clocks.entry(range.client).or_insert(0);
            *clock = range.end.max(*clock);
        }
        self.size_bound += update.len();
        let message = message
            .cloned()
            .unwrap_or_else(|| Message::Update(update).encode().into());
        let update = message.slice(message.len() - update.len()..);
        self.head += 1;
        self.tail_bytes += message.len();
        self.tail.push_back(Entry { message, author });
        while self.tail.len() > self.limits.tail_entries
            || (self.tail_bytes > self.limits.tail_bytes && self.tail.len() > 1)
        {
            let Some(old) = self.tail.pop_front() else {
                break;
            };
            self.tail_bytes -= old.message.len();
        }
        Admitted::New {
            n: self.head,
            update,
        }
    }
}

#[cfg(test)]
mod tests;
