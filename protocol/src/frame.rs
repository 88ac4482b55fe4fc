//! The frames of `rt/1`: the whole vocabulary of the session protocol and its bytes; no rule about when to send which.
//!
//! `docs/protocol.md` is the specification. A frame is a kind byte and its fields; the same bytes travel on every
//! transport. Kinds below 64 go from the client to the server, kinds from 64 the other way.

use thiserror::Error;

use crate::wire::{Reader, WireError};

pub mod authorization;
mod client;
pub mod fragment;
pub mod packet;
mod server;
mod token;

pub use client::{ClientFrame, Hello};
pub use server::{ServerFrame, Welcome, encode_batch};
pub use token::{MAX_TOKEN, Token, TokenTooLong};

/// The version of the protocol that this code speaks.
pub const VERSION: u8 = 1;
/// The largest message on any transport, in bytes. Frames are cut well below it: see [`fragment`].
pub const MAX_FRAME: usize = 64 * 1024;
/// The longest presence state, in bytes of JSON.
pub const MAX_PRESENCE: usize = 4 * 1024;
/// The longest state vector that a client may send, in bytes.
pub const MAX_STATE_VECTOR: usize = 256 * 1024;

/// The longest padding of a probe, in bytes: more than a network packet carries, so that an answer shows that large ones pass.
pub const MAX_PADDING: usize = 2 * 1024;

/// The public name of a session; it may stand in a log.
pub type SessionId = [u8; 16];
/// The secret of a session: whoever has it continues the session. It never stands in a URL or a log.
pub type SessionKey = [u8; 32];

/// What a session may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Read only.
    Read,
    /// Read and write.
    Write,
}

/// Why the server refuses; the numbers are also WebSocket close codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum ErrorCode {
    /// The bytes are no frame, or a frame that may not come now.
    Protocol = 4400,
    /// A token is needed here, or the one that came cannot be read or verified.
    NoToken = 4401,
    /// The token is of a time that is over.
    Expired = 4402,
    /// The session may not write.
    ReadOnly = 4403,
    /// The link was taken back by whoever gave it.
    Revoked = 4406,
    /// The client did not read or write for too long.
    TooSlow = 4408,
    /// Another link has taken the session over.
    Superseded = 4409,
    /// The session is gone; a new HELLO opens another.
    Gone = 4410,
    /// The replica belongs to another generation of the document.
    OtherGeneration = 4412,
    /// An update, or the document with it, is larger than allowed.
    TooLarge = 4413,
    /// A DATA came before the one that is due: resume, and send again from there.
    Incomplete = 4422,
    /// Too much in too little time, or too many connections.
    Rate = 4429,
    /// The document cannot be opened now.
    Unavailable = 4503,
    /// The server cannot write to its disk: the session goes on, and nothing more counts as saved.
    NotSaving = 4507,
}

impl ErrorCode {
    const ALL: [Self; 14] = [
        Self::Protocol,
        Self::NoToken,
        Self::Expired,
        Self::ReadOnly,
        Self::Revoked,
        Self::TooSlow,
        Self::Superseded,
        Self::Gone,
        Self::OtherGeneration,
        Self::TooLarge,
        Self::Incomplete,
        Self::Rate,
        Self::Unavailable,
        Self::NotSaving,
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// Whether it says that the token gives no access (any more): another token may.
    #[must_use]
    pub const fn is_about_token(self) -> bool {
        matches!(self, Self::NoToken | Self::Expired | Self::Revoked)
    }

    fn from_number(number: u64) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|code| u64::from(code.number()) == number)
    }
}

/// Why bytes are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameError {
    /// A field could not be read.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// No frame has this kind.
    #[error("no frame has kind {0}")]
    Kind(u8),
    /// A field has a value that it may not have.
    #[error("the field {0} has a value that is not allowed")]
    Field(&'static str),
}

/// A count that cannot be larger than the bytes that follow, so that it may size a buffer.
fn counted(reader: &mut Reader<'_>) -> Result<usize, FrameError> {
    let count = reader.var_u64()?;
    match usize::try_from(count) {
        Ok(count) if count <= reader.remaining() => Ok(count),
        _ => Err(WireError::Truncated.into()),
    }
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], FrameError> {
    bytes.try_into().map_err(|_| WireError::Truncated.into())
}

#[cfg(test)]
mod tests;
