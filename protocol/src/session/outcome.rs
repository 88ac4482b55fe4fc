//! What a frame led to, and how a session ends: the answers that sessions and Yjs connections have in common.

use bytes::Bytes;

use crate::{
    frame::{ErrorCode, ServerFrame, Token},
    room::Refused,
};

/// What a frame led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// Nothing to be done outside.
    Nothing,
    /// An edit was accepted: give it to the log, then tell the room.
    Append {
        /// The entry's number.
        n: u64,
        /// The update.
        update: Bytes,
    },
    /// The update may cost much. Make a [`crate::room::Trial`] of it, run that without the room, let the room remember what
    /// it gave, and hand the same frame in once more; nothing has happened yet.
    Weigh {
        /// The update.
        update: Bytes,
    },
    /// Presence changed: wake the others on the next tick.
    Presence,
    /// The client shows another token: judge it, then tell the session.
    Token(Token),
    /// The client has left; the session ends.
    Left,
}

/// Why the session ends, and what the client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The code, also the WebSocket's close code.
    pub code: ErrorCode,
    /// A sentence.
    pub message: String,
}

impl Ended {
    /// Makes the reason.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The frame that tells it.
    #[must_use]
    pub fn frame(&self) -> Bytes {
        ServerFrame::Error {
            code: self.code,
            message: self.message.clone(),
        }
        .encode()
    }
}

/// So often in a row a peer may bring what nobody but another who is here can have; then it is no accident of the order in
/// which both came back.
pub(crate) const MAX_FOREIGN: u32 = 8;

/// A peer brings more than anybody may.
pub(crate) fn too_fast() -> Ended {
    Ended::new(
        ErrorCode::Rate,
        "more edits came from this page than the server takes at once; nothing is lost, they are sent again",
    )
}

/// How a refused update is told to whoever sent it.
pub(crate) fn refusal(refused: &Refused) -> Ended {
    let code = match refused {
        Refused::Invalid(_) | Refused::Unsound => ErrorCode::Protocol,
        Refused::Foreign => ErrorCode::Protocol,
        Refused::Incomplete => ErrorCode::Incomplete,
        // Nobody is told of it: it is tried.
        Refused::Heavy => ErrorCode::Unavailable,
        Refused::TooLarge { .. }
        | Refused::Full { .. }
        | Refused::Costly
        | Refused::Crowded { .. } => ErrorCode::TooLarge,
        Refused::Damaged => ErrorCode::ReadOnly,
        Refused::Broken => ErrorCode::Gone,
    };
    Ended::new(code, refused.to_string())
}
