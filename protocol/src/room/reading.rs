//! What somebody gets who has a room's entries up to a cursor: batches made from the tail, once for all who stand at one place. It changes no document.

use bytes::Bytes;

use super::{Next, Room};
use crate::frame::encode_batch;

/// Bytes of entries in one batch, unless a single entry is larger: one frame, and half of what a reader may cost that takes
/// nothing.
const BATCH_BYTES: usize = 32 * 1024;

impl Room {
    /// Whether the tail reaches back to `cursor`.
    #[must_use]
    pub fn reaches(&self, cursor: u64) -> bool {
        cursor <= self.head && cursor >= self.head - self.tail.len() as u64
    }

    /// What the session `reader`, which has everything up to `cursor`, gets next, as a frame of `rt/1`.
    pub fn next_batch(&mut self, cursor: u64, reader: u64) -> Next {
        if cursor == self.head {
            return Next::Nothing;
        }
        if !self.reaches(cursor) {
            return Next::Lost;
        }
        let (upto, own) = self.span(cursor, reader);
        let from = self.index(cursor);
        let entries = self.tail.range(from..from + (upto - cursor) as usize);
        if own == 0 {
            if let Some((a, b, frame)) = &self.batch
                && (*a, *b) == (cursor, upto)
            {
                return Next::Batch {
                    upto,
                    frame: Some(frame.clone()),
                };
            }
            let frame = encode_batch(upto, entries.map(|entry| &entry.message));
            self.batch = Some((cursor, upto, frame.clone()));
            return Next::Batch {
                upto,
                frame: Some(frame),
            };
        }
        let others: Vec<&Bytes> = entries
            .filter(|entry| entry.author != reader)
            .map(|entry| &entry.message)
            .collect();
        Next::Batch {
            upto,
            frame: (!others.is_empty()).then(|| encode_batch(upto, others.into_iter())),
        }
    }

    /// What the session `reader` gets next as bare sync messages; nothing when the tail does not reach back.
    pub fn messages_after(&self, cursor: u64, reader: u64) -> impl Iterator<Item = Bytes> + '_ {
        let from = if self.reaches(cursor) {
            self.index(cursor)
        } else {
            self.tail.len()
        };
        self.tail
            .range(from..)
            .filter(move |entry| entry.author != reader)
            .map(|entry| entry.message.clone())
    }

    pub(super) fn index(&self, cursor: u64) -> usize {
        self.tail.len() - (self.head - cursor) as usize
    }

    /// How far one batch reaches from `cursor`, and how many of its entries are the reader's own.
    fn span(&self, cursor: u64, reader: u64) -> (u64, usize) {
        let (mut bytes, mut upto, mut own) = (0, cursor, 0);
        for entry in self.tail.range(self.index(cursor)..) {
            if bytes > 0 && bytes + entry.message.len() > BATCH_BYTES {
                break;
            }
            bytes += entry.message.len();
            own += usize::from(entry.author == reader);
            upto += 1;
        }
        (upto, own)
    }
}
