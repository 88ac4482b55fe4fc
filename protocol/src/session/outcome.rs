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

/// How a refused update is told to whoever sent it.
pub(crate) fn refusal(refused: &Refused) -> Ended {
    let code = match refused {
        Refused::Invalid(_) => ErrorCode::Protocol,
        Refused::Incomplete => ErrorCode::Incomplete,
        Refused::TooLarge { .. } | Refused::Full { .. } => ErrorCode::TooLarge,
        Refused::Damaged => ErrorCode::ReadOnly,
        Refused::Broken => ErrorCode::Gone,
    };
    Ended::new(code, refused.to_string())
}
