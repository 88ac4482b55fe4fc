//! What somebody is in a document with, and what that was judged to allow; the judging is [`super::judge`]'s.

use std::sync::Arc;

use protocol::{frame::ErrorCode, id::DocId, session::Ended};
use thiserror::Error;

use super::{
    judge::Grant,
    keys::{Unreadable, Verified},
};

/// What somebody is in a document with. It is judged again whenever something changes.
#[derive(Debug, Clone)]
pub struct Pass {
    /// The document.
    pub doc: DocId,
    pub(super) token: Option<Result<Arc<Verified>, Unreadable>>,
}

/// Somebody who is let in.
#[derive(Debug, Clone)]
pub struct Admission {
    /// With what.
    pub pass: Pass,
    /// To do what.
    pub grant: Grant,
    /// What was known then.
    pub version: u64,
}

/// The store cannot be read: nobody is let in, and nobody who is in is sent away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the store of links cannot be read")]
pub struct Unavailable;

impl Unavailable {
    /// What a client is told.
    #[must_use]
    pub fn ended(self) -> Ended {
        Ended::new(
            ErrorCode::Unavailable,
            "the server cannot find out now who may open this document: nothing is lost, the page tries again",
        )
    }
}

#[cfg(test)]
impl Admission {
    /// Somebody who knows the name of an open document.
    pub(crate) fn by_name(doc: &DocId) -> Self {
        Self {
            pass: Pass {
                doc: doc.clone(),
                token: None,
            },
            grant: Grant {
                role: protocol::frame::Role::Write,
                jti: None,
                expires_at: None,
                name: None,
                may_share: true,
            },
            version: 1,
        }
    }
}

impl Pass {
    /// Whether it is the very same: of two tokens, the one that was read then and no other.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.token, &other.token) {
            (Some(Ok(one)), Some(Ok(another))) => Arc::ptr_eq(one, another),
            (one, another) => one.is_none() && another.is_none(),
        }
    }

    /// Whether nothing was shown but the document's name.
    #[must_use]
    pub fn is_name(&self) -> bool {
        self.token.is_none()
    }
}
