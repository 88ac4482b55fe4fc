//! The names of things: documents, Yjs clients, sessions; parsing and limits, nothing else.

use std::fmt;

use thiserror::Error;

use crate::wire::MAX_SAFE_INTEGER;

/// The longest document name, in bytes.
pub const MAX_DOC_ID: usize = 128;

/// A document's name as it stands in `/d/{doc}`: 1 to [`MAX_DOC_ID`] bytes of letters, digits, `-`, `_`, `.` and `~`.
///
/// Those are the characters a URL path carries unescaped, so that one name has one spelling everywhere. A name may not
/// start with a dot, which keeps `.` and `..` out of paths.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocId(std::sync::Arc<str>);

/// Why a text is not a document name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DocIdError {
    /// Nothing, or more than [`MAX_DOC_ID`] bytes.
    #[error("a document name has 1 to {MAX_DOC_ID} characters")]
    Length,
    /// A character outside the allowed set, or a dot in front.
    #[error("a document name has letters, digits, and - _ . ~ and does not start with a dot")]
    Character,
}

impl DocId {
    /// Reads a name.
    ///
    /// # Errors
    /// [`DocIdError`] when the text is no document name.
    pub fn parse(text: &str) -> Result<Self, DocIdError> {
        if text.is_empty() || text.len() > MAX_DOC_ID {
            return Err(DocIdError::Length);
        }
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
        if text.starts_with('.') || !text.bytes().all(allowed) {
            return Err(DocIdError::Character);
        }
        Ok(Self(text.into()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocId({})", &self.0)
    }
}

/// A Yjs client id: the name of one replica's editing, fresh for every page, at most 53 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(u64);

impl ClientId {
    /// Folds any number into the 53 bits that every Yjs peer can hold.
    #[must_use]
    pub const fn from_random(bits: u64) -> Self {
        Self(bits & MAX_SAFE_INTEGER)
    }

    /// The id with this number, or nothing when it is above 2^53 - 1.
    #[must_use]
    pub const fn new(number: u64) -> Option<Self> {
        if number <= MAX_SAFE_INTEGER {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number; at most 2^53 - 1.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_name_has_one_spelling_in_a_path() {
        for good in ["a", "notes-2026_11.v2~x", &"x".repeat(MAX_DOC_ID)] {
            assert_eq!(DocId::parse(good).unwrap().as_str(), good);
        }
        for (bad, why) in [
            ("", DocIdError::Length),
            (&*"x".repeat(MAX_DOC_ID + 1), DocIdError::Length),
            ("..", DocIdError::Character),
            ("a/b", DocIdError::Character),
            ("한글", DocIdError::Character),
            ("a b", DocIdError::Character),
        ] {
            assert_eq!(DocId::parse(bad), Err(why), "{bad}");
        }
    }
}
