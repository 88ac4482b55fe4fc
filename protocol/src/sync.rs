//! The Yjs sync messages (y-protocols): what `/ws/{doc}` speaks bare and `rt/1` carries inside its frames; not the frames.
//!
//! Source: the `y-protocols` package (`sync.js`, `awareness.js`) and the `y-websocket` provider's message types.

use thiserror::Error;

use crate::wire::{Reader, WireError, put_bytes, put_str, put_var_u64};

const SYNC: u64 = 0;
const AWARENESS: u64 = 1;
const AUTH: u64 = 2;
const QUERY_AWARENESS: u64 = 3;

const PERMISSION_DENIED: u64 = 0;

const STEP_1: u64 = 0;
const STEP_2: u64 = 1;
const UPDATE: u64 = 2;

/// One message of a Yjs connection, borrowed from the bytes it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// "This is what I have" (a state vector): the other side answers with [`Message::Step2`].
    Step1(&'a [u8]),
    /// "This is what you lack" (an update).
    Step2(&'a [u8]),
    /// A new edit (an update).
    Update(&'a [u8]),
    /// Presence of one or more clients.
    Awareness(&'a [u8]),
    /// A refusal from the server, in words.
    Auth(&'a [u8]),
    /// "Tell me everybody's presence."
    QueryAwareness,
}

/// Why bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SyncError {
    /// A field could not be read.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// No message has this type.
    #[error("no sync message has type {0}")]
    Type(u64),
    /// No step of an exchange has this number.
    #[error("no step of a sync has number {0}")]
    Step(u64),
}

impl<'a> Message<'a> {
    /// Reads one message; the payload is not looked into.
    ///
    /// # Errors
    /// [`SyncError`] when the bytes are no message of a known type.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, SyncError> {
        let mut reader = Reader::new(bytes);
        let message = match reader.var_u64()? {
            SYNC => {
                let step = reader.var_u64()?;
                let payload = reader.var_bytes(bytes.len())?;
                match step {
                    STEP_1 => Message::Step1(payload),
                    STEP_2 => Message::Step2(payload),
                    UPDATE => Message::Update(payload),
                    unknown => return Err(SyncError::Step(unknown)),
                }
            }
            AWARENESS => Message::Awareness(reader.var_bytes(bytes.len())?),
            AUTH => return Ok(Message::Auth(reader.rest())),
            QUERY_AWARENESS => Message::QueryAwareness,
            unknown => return Err(SyncError::Type(unknown)),
        };
        reader.end()?;
        Ok(message)
    }

    /// A [`Message::Auth`] that tells a peer why its edits are not taken, as bytes.
    #[must_use]
    pub fn permission_denied(reason: &str) -> Vec<u8> {
        let mut payload = Vec::with_capacity(reason.len() + 4);
        put_var_u64(&mut payload, PERMISSION_DENIED);
        put_str(&mut payload, reason);
        Message::Auth(&payload).encode()
    }

    /// The message as bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let payload = match self {
            Message::Step1(bytes)
            | Message::Step2(bytes)
            | Message::Update(bytes)
            | Message::Awareness(bytes)
            | Message::Auth(bytes) => bytes.len(),
            Message::QueryAwareness => 0,
        };
        let mut out = Vec::with_capacity(payload + 12);
        let mut sync = |step, bytes: &[u8]| {
            put_var_u64(&mut out, SYNC);
            put_var_u64(&mut out, step);
            put_bytes(&mut out, bytes);
        };
        match self {
            Message::Step1(bytes) => sync(STEP_1, bytes),
            Message::Step2(bytes) => sync(STEP_2, bytes),
            Message::Update(bytes) => sync(UPDATE, bytes),
            Message::Awareness(bytes) => {
                put_var_u64(&mut out, AWARENESS);
                put_bytes(&mut out, bytes);
            }
            Message::Auth(bytes) => {
                put_var_u64(&mut out, AUTH);
                out.extend_from_slice(bytes);
            }
            Message::QueryAwareness => put_var_u64(&mut out, QUERY_AWARENESS),
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_reads_back_as_written() {
        for message in [
            Message::Step1(&[0]),
            Message::Step2(&[0, 0]),
            Message::Update(&[1, 2, 3]),
            Message::Awareness(&[0]),
            Message::Auth(&[0, 1, 2]),
            Message::QueryAwareness,
        ] {
            assert_eq!(Message::decode(&message.encode()), Ok(message));
        }
    }

    #[test]
    fn the_bytes_are_those_of_y_protocols() {
        assert_eq!(Message::Update(&[7, 8]).encode(), [0, 2, 2, 7, 8]);
        assert_eq!(Message::Step1(&[0]).encode(), [0, 0, 1, 0]);
        assert_eq!(Message::QueryAwareness.encode(), [3]);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let refused = |bytes| Message::decode(bytes).unwrap_err();
        assert_eq!(refused(&[]), SyncError::Wire(WireError::Truncated));
        assert_eq!(refused(&[9]), SyncError::Type(9));
        assert_eq!(refused(&[0, 7, 0]), SyncError::Step(7));
        assert!(matches!(
            refused(&[0, 2, 200, 1]),
            SyncError::Wire(WireError::TooLong { len: 200, .. })
        ));
        assert_eq!(refused(&[3, 3]), SyncError::Wire(WireError::Trailing(1)));
    }
}
