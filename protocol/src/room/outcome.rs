//! What became of an update, and what a reader gets next: the room's answers, in words.

use bytes::Bytes;
use thiserror::Error;

use crate::{replica::stored::ApplyError, validate::Invalid};

/// What became of an update that was not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admitted {
    /// It is entry `n`; `update` goes to the log.
    New {
        /// Its number.
        n: u64,
        /// Its bytes, as they came.
        update: Bytes,
    },
    /// The document held all of it before: it is as durable as entry `n`.
    Known {
        /// The newest entry.
        n: u64,
    },
}

/// Why an update is refused; the document is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// The bytes are no update, or one that Maru does not take.
    #[error("the edit is malformed: {0}")]
    Invalid(#[from] Invalid),
    /// It builds on edits that are missing here.
    #[error("the edit builds on edits that the server does not have")]
    Incomplete,
    /// It is larger than allowed.
    #[error("the edit has {len} bytes, allowed are {max}")]
    TooLarge {
        /// Its size.
        len: usize,
        /// The limit.
        max: usize,
    },
    /// The document is as large as allowed.
    #[error("the document has reached its largest size of {max} bytes")]
    Full {
        /// The limit.
        max: usize,
    },
    /// The document is damaged and only readable.
    #[error("the document is read-only, because a part of it could not be read from disk")]
    Damaged,
    /// It has something new under the client id of somebody who is here and has told all there is of it.
    #[error("the edit is said to be of somebody else who is here")]
    Foreign,
    /// It may cost so much that it must be tried first, by [`super::Room::trial`].
    #[error("the edit is being looked at")]
    Heavy,
    /// It costs more than an edit may.
    #[error(
        "the edit would make the document too slow for everybody; nothing of it was taken, your text is still in this page: copy it, and put it in in smaller parts or in a new document"
    )]
    Costly,
    /// The document consists of as many pieces as allowed.
    #[error(
        "the document has been edited so often that it has reached its limit of {max} pieces; your text is still in this page: copy it into a new document"
    )]
    Crowded {
        /// The limit.
        max: usize,
    },
    /// A copy of the document could not take it.
    #[error("the edit could not be applied")]
    Unsound,
    /// The room is broken and must be opened anew from the log.
    #[error("the document is being opened anew")]
    Broken,
}

/// Why stored bytes make no room.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("stored update {index} could not be applied: {error}")]
pub struct OpenError {
    /// Which one, the snapshot being 0.
    pub index: usize,
    /// Why.
    pub error: ApplyError,
}

/// What a reader gets next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The reader has everything.
    Nothing,
    /// The reader's cursor moves to `upto`; `frame` is a BATCH, or `None` when all of it was its own.
    Batch {
        /// The new cursor.
        upto: u64,
        /// The frame, shared by all readers at one place.
        frame: Option<Bytes>,
    },
    /// The tail no longer reaches back to the cursor.
    Lost,
}
