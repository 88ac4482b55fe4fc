//! What bytes from outside meet before the CRDT does: one walk that refuses what could hurt it; it applies nothing.
//!
//! yrs decodes with the sender's own counts, recurses as deep as the sender nests, and adds clocks unchecked. So every
//! update, state vector and presence message is first walked here, iteratively, with memory proportional to the bytes
//! and no way to panic. Two questions stay apart: [`update()`] asks whether bytes are sound by themselves, [`gap()`]
//! whether a given document can take them now, leaving nothing pending.
//!
//! # What a document may hold
//!
//! A Maru document is text: one sequence under the root [`ROOT`]. Of the Yjs block kinds that leaves GC (0), deleted (1),
//! string (4), format (6) and skip (10). The others are refused, each for a reason that was tried on yrs 0.28.1:
//!
//! | refused | why |
//! |---|---|
//! | JSON (2) | yrs reads one string more than was written, so it misreads everything after; no writer since 2019 |
//! | binary (3), embed (5), any (8) | they count in a text's length but not in its string, so every index after one is off between editor and CRDT; `any` also nests as deep as its sender likes |
//! | shared type (7), a parent named by id | deleting types nested 10,000 deep (60 kB) overflows a stack of 2 MiB, which aborts the process; the depth can grow over many updates, so no walk of one can bound it |
//! | subdocument (9), weak link, move | unused here, and each brings state of its own into the store |
//! | map entries (a parent key) | an item between a text and a map entry inherits the key: it deletes its neighbour and counts in no length, so indices are off as above |
//!
//! The second encoding of Yjs (V2) is not read at all.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unreachable,
    clippy::unwrap_used
)]

mod awareness;
mod gap;
mod json;
mod scan;
mod state_vector;
mod update;

use thiserror::Error;

pub use awareness::{AwarenessEntry, AwarenessLimits, awareness};
pub use gap::{Gap, gap};
pub use state_vector::state_vector;
pub use update::{Need, ROOT, StructRange, UpdateLimits, UpdateSummary, slices, update};

/// One past the largest clock: yrs subtracts clocks as signed 32 bit numbers.
pub const CLOCK_END: u32 = i32::MAX as u32;

/// Why bytes were refused, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("refused at byte {at}: {fault}")]
pub struct Invalid {
    /// The offset of the field at fault, in bytes from the start.
    pub at: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with refused bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Fault {
    /// The whole is longer than the caller allows.
    #[error("{bytes} bytes are more than the allowed {max}")]
    TooLong {
        /// How long it is.
        bytes: usize,
        /// What the caller allows.
        max: usize,
    },
    /// The bytes end inside a field, or a count promises more than the rest could hold.
    #[error("the bytes end before what they announce")]
    Truncated,
    /// Bytes are left over after the last field.
    #[error("{0} bytes follow the end")]
    Trailing(usize),
    /// A number beyond what its field may hold.
    #[error("a number is too large")]
    Number,
    /// A string is not UTF-8.
    #[error("a string is not UTF-8")]
    Utf8,
    /// More items of one sort than the caller allows.
    #[error("there are more than {max} {what}")]
    TooMany {
        /// The sort of item, in the plural.
        what: &'static str,
        /// What the caller allows.
        max: usize,
    },
    /// A clock, or the end of a range, at or above [`CLOCK_END`].
    #[error("a clock runs past 2^31 - 1")]
    Clock,
    /// The same client has two sections.
    #[error("client {0} appears twice")]
    Repeated(u64),
    /// A section, block or range of length nought, which no peer writes.
    #[error("an empty {0}")]
    Empty(&'static str),
    /// A block kind that a text document does not hold.
    #[error("block kind {0} has no place in a text document")]
    Kind(u8),
    /// Flag bits that yrs and Yjs read differently.
    #[error("block flags {0:#04x} have no meaning")]
    Flags(u8),
    /// A map entry, or an item within a nested shared type.
    #[error("map entries and nested types have no place in a text document")]
    Nested,
    /// Text under another root than the document's.
    #[error("the document's text is under another root")]
    Root,
    /// A block that stands on a later one of its own client.
    #[error("a block refers to its own future")]
    Future,
    /// Delete ranges that overlap or run backwards.
    #[error("delete ranges are not in order")]
    Order,
    /// A value that should be JSON is not, or is not of the sort its place asks for.
    #[error("a value is not the JSON it should be")]
    Json,
    /// JSON nested deeper than the caller allows.
    #[error("a value nests deeper than {0}")]
    Depth(u8),
}
