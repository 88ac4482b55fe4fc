//! The frames of `rt/1`: the whole vocabulary of the session protocol and its bytes; no rule about when to send which.
//!
//! `docs/protocol.md` is the specification. A frame is a kind byte and its fields; the same bytes travel on every
//! transport. Kinds below 64 go from the client to the server, kinds from 64 the other way.

use bytes::Bytes;
use thiserror::Error;

use crate::{
    id::{ClientId, DocId, MAX_DOC_ID},
    wire::{Reader, WireError, put_bytes, put_str, put_var_u64},
};

pub mod fragment;

/// The version of the protocol that this code speaks.
pub const VERSION: u8 = 1;
/// The largest frame on any transport, in bytes; larger ones travel in fragments.
pub const MAX_FRAME: usize = 64 * 1024;
/// The longest presence state, in bytes of JSON.
pub const MAX_PRESENCE: usize = 4 * 1024;
/// The longest state vector that a client may send, in bytes.
pub const MAX_STATE_VECTOR: usize = 256 * 1024;

const HELLO: u8 = 1;
const RESUME: u8 = 2;
const DATA: u8 = 3;
const PRESENCE: u8 = 4;
const PING: u8 = 6;
const BYE: u8 = 8;

const WELCOME: u8 = 65;
const RESUMED: u8 = 66;
const RESYNC: u8 = 67;
const BATCH: u8 = 68;
const SAVED: u8 = 69;
const PRESENCES: u8 = 70;
const PONG: u8 = 71;
const GOAWAY: u8 = 73;
const ERROR: u8 = 74;

/// The public name of a session; it may stand in a log.
pub type SessionId = [u8; 16];
/// The secret of a session: whoever has it continues the session. It never stands in a URL or a log.
pub type SessionKey = [u8; 32];

/// What a client says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientFrame {
    /// Opens a session.
    Hello(Hello),
    /// Continues a session on a new link.
    Resume {
        /// The session's name, from [`Welcome`].
        sid: SessionId,
        /// The session's secret, from [`Welcome`].
        key: SessionKey,
        /// The number of this link: greater than that of any link before, so that an old link cannot take over.
        link: u64,
        /// The epoch that `after` counts in.
        epoch: u64,
        /// The last entry received.
        after: u64,
    },
    /// An edit or a sync step; `seq` counts from 1 within the session.
    Data {
        /// The place in the session.
        seq: u64,
        /// A [`crate::sync::Message`] of kind step 1, step 2 or update.
        message: Bytes,
    },
    /// The client's own presence: a JSON object as in Yjs' awareness.
    Presence {
        /// The whole state; the newest wins.
        state: String,
    },
    /// Asks for a [`ServerFrame::Pong`]; nonce 0 answers a heartbeat and is not answered.
    Ping {
        /// Comes back in the answer.
        nonce: u64,
    },
    /// The client leaves for good.
    Bye,
}

/// The fields of [`ClientFrame::Hello`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The protocol version, [`VERSION`].
    pub version: u8,
    /// The document.
    pub doc: DocId,
    /// The replica's client id: presence is accepted for this one only.
    pub client: ClientId,
    /// The generation of the document that the replica holds; 0 when the replica is empty.
    pub generation: u64,
    /// The epoch that `after` counts in; 0 when the client knows none.
    pub epoch: u64,
    /// The replica has every entry of `epoch` up to this one.
    pub after: u64,
    /// What the replica holds.
    pub state_vector: Bytes,
}

/// What the server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerFrame {
    /// The session is open.
    Welcome(Welcome),
    /// The session goes on; the client sends again what comes after `applied`.
    Resumed {
        /// The last `seq` that the server has.
        applied: u64,
    },
    /// The client's cursor has left the tail: it sends its state vector as a [`crate::sync::Message::Step1`] in a DATA.
    Resync,
    /// Entries of the document, all up to `upto` being known to the client afterwards.
    Batch {
        /// The number of the last entry that this batch covers.
        upto: u64,
        /// [`crate::sync::Message`]s in order.
        messages: Vec<Bytes>,
    },
    /// Every DATA up to `seq` is durable.
    Saved {
        /// Cumulative.
        seq: u64,
    },
    /// Presence of others that changed; `None` means gone.
    Presence {
        /// One entry a client, latest state only.
        changed: Vec<(ClientId, Option<String>)>,
    },
    /// Answers a ping; with nonce 0 it is a heartbeat.
    Pong {
        /// From the ping.
        nonce: u64,
    },
    /// The server is about to stop: come back on the same transport after the given time.
    GoAway {
        /// Milliseconds to wait before the next link.
        retry_after_ms: u64,
    },
    /// The session or the frame is refused.
    Error {
        /// Why, for the client's code.
        code: ErrorCode,
        /// Why, for a person.
        message: String,
    },
}

/// The fields of [`ServerFrame::Welcome`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    /// The session's name.
    pub sid: SessionId,
    /// The session's secret.
    pub key: SessionKey,
    /// The room's incarnation: entry numbers count within it.
    pub epoch: u64,
    /// The document's generation.
    pub generation: u64,
    /// Batches go on after this entry; `None` when the first batch exchanges states instead.
    pub after: Option<u64>,
    /// Whether the client may write.
    pub role: Role,
    /// Milliseconds without traffic after which the server sends a heartbeat.
    pub heartbeat_ms: u64,
    /// The largest update that the server takes, in bytes.
    pub max_update: u64,
}

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
    /// The session may not write.
    ReadOnly = 4403,
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
    const ALL: [Self; 11] = [
        Self::Protocol,
        Self::ReadOnly,
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

impl ClientFrame {
    /// The frame as bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(64);
        match self {
            Self::Hello(hello) => {
                out.push(HELLO);
                out.push(hello.version);
                put_str(&mut out, hello.doc.as_str());
                put_var_u64(&mut out, hello.client.get());
                put_var_u64(&mut out, hello.generation);
                put_var_u64(&mut out, hello.epoch);
                put_var_u64(&mut out, hello.after);
                put_bytes(&mut out, &hello.state_vector);
            }
            Self::Resume {
                sid,
                key,
                link,
                epoch,
                after,
            } => {
                out.push(RESUME);
                out.extend_from_slice(sid);
                out.extend_from_slice(key);
                put_var_u64(&mut out, *link);
                put_var_u64(&mut out, *epoch);
                put_var_u64(&mut out, *after);
            }
            Self::Data { seq, message } => {
                out.reserve(message.len());
                out.push(DATA);
                put_var_u64(&mut out, *seq);
                out.extend_from_slice(message);
            }
            Self::Presence { state } => {
                out.push(PRESENCE);
                put_str(&mut out, state);
            }
            Self::Ping { nonce } => {
                out.push(PING);
                put_var_u64(&mut out, *nonce);
            }
            Self::Bye => out.push(BYE),
        }
        out.into()
    }

    /// Reads a frame; a DATA's message shares the memory of `bytes`.
    ///
    /// # Errors
    /// [`FrameError`] when the bytes are not exactly one frame.
    pub fn decode(bytes: &Bytes) -> Result<Self, FrameError> {
        let mut reader = Reader::new(bytes);
        let frame = match reader.u8()? {
            HELLO => Self::Hello(Hello {
                version: reader.u8()?,
                doc: DocId::parse(reader.var_str(MAX_DOC_ID)?)
                    .map_err(|_| FrameError::Field("doc"))?,
                client: ClientId::from_random(reader.var_u64()?),
                generation: reader.var_u64()?,
                epoch: reader.var_u64()?,
                after: reader.var_u64()?,
                state_vector: Bytes::copy_from_slice(reader.var_bytes(MAX_STATE_VECTOR)?),
            }),
            RESUME => Self::Resume {
                sid: array(reader.take(16)?)?,
                key: array(reader.take(32)?)?,
                link: reader.var_u64()?,
                epoch: reader.var_u64()?,
                after: reader.var_u64()?,
            },
            DATA => {
                let seq = reader.var_u64()?;
                return Ok(Self::Data {
                    seq,
                    message: bytes.slice_ref(reader.rest()),
                });
            }
            PRESENCE => Self::Presence {
                state: reader.var_str(MAX_PRESENCE)?.to_owned(),
            },
            PING => Self::Ping {
                nonce: reader.var_u64()?,
            },
            BYE => Self::Bye,
            kind => return Err(FrameError::Kind(kind)),
        };
        reader.end()?;
        Ok(frame)
    }
}

impl ServerFrame {
    /// The frame as bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(64);
        match self {
            Self::Welcome(welcome) => {
                out.push(WELCOME);
                out.extend_from_slice(&welcome.sid);
                out.extend_from_slice(&welcome.key);
                put_var_u64(&mut out, welcome.epoch);
                put_var_u64(&mut out, welcome.generation);
                // One more than the entry, so that 0 says "none".
                put_var_u64(&mut out, welcome.after.map_or(0, |after| after + 1));
                out.push(u8::from(welcome.role == Role::Write));
                put_var_u64(&mut out, welcome.heartbeat_ms);
                put_var_u64(&mut out, welcome.max_update);
            }
            Self::Resumed { applied } => {
                out.push(RESUMED);
                put_var_u64(&mut out, *applied);
            }
            Self::Resync => out.push(RESYNC),
            Self::Batch { upto, messages } => return encode_batch(*upto, messages.iter()),
            Self::Saved { seq } => {
                out.push(SAVED);
                put_var_u64(&mut out, *seq);
            }
            Self::Presence { changed } => {
                out.push(PRESENCES);
                put_var_u64(&mut out, changed.len() as u64);
                for (client, state) in changed {
                    put_var_u64(&mut out, client.get());
                    put_str(&mut out, state.as_deref().unwrap_or(""));
                }
            }
            Self::Pong { nonce } => {
                out.push(PONG);
                put_var_u64(&mut out, *nonce);
            }
            Self::GoAway { retry_after_ms } => {
                out.push(GOAWAY);
                put_var_u64(&mut out, *retry_after_ms);
            }
            Self::Error { code, message } => {
                out.push(ERROR);
                put_var_u64(&mut out, u64::from(code.number()));
                put_str(&mut out, message);
            }
        }
        out.into()
    }

    /// Reads a frame; messages share the memory of `bytes`.
    ///
    /// # Errors
    /// [`FrameError`] when the bytes are not exactly one frame.
    pub fn decode(bytes: &Bytes) -> Result<Self, FrameError> {
        let mut reader = Reader::new(bytes);
        let frame = match reader.u8()? {
            WELCOME => Self::Welcome(Welcome {
                sid: array(reader.take(16)?)?,
                key: array(reader.take(32)?)?,
                epoch: reader.var_u64()?,
                generation: reader.var_u64()?,
                after: reader.var_u64()?.checked_sub(1),
                role: match reader.u8()? {
                    0 => Role::Read,
                    1 => Role::Write,
                    _ => return Err(FrameError::Field("role")),
                },
                heartbeat_ms: reader.var_u64()?,
                max_update: reader.var_u64()?,
            }),
            RESUMED => Self::Resumed {
                applied: reader.var_u64()?,
            },
            RESYNC => Self::Resync,
            BATCH => {
                let upto = reader.var_u64()?;
                let count = counted(&mut reader)?;
                let mut messages = Vec::with_capacity(count);
                for _ in 0..count {
                    messages.push(bytes.slice_ref(reader.var_bytes(bytes.len())?));
                }
                Self::Batch { upto, messages }
            }
            SAVED => Self::Saved {
                seq: reader.var_u64()?,
            },
            PRESENCES => {
                let count = counted(&mut reader)?;
                let mut changed = Vec::with_capacity(count);
                for _ in 0..count {
                    let client = ClientId::from_random(reader.var_u64()?);
                    let state = reader.var_str(MAX_PRESENCE)?;
                    changed.push((client, (!state.is_empty()).then(|| state.to_owned())));
                }
                Self::Presence { changed }
            }
            PONG => Self::Pong {
                nonce: reader.var_u64()?,
            },
            GOAWAY => Self::GoAway {
                retry_after_ms: reader.var_u64()?,
            },
            ERROR => Self::Error {
                code: ErrorCode::from_number(reader.var_u64()?).ok_or(FrameError::Field("code"))?,
                message: reader.var_str(1024)?.to_owned(),
            },
            kind => return Err(FrameError::Kind(kind)),
        };
        reader.end()?;
        Ok(frame)
    }
}

/// Encodes a BATCH without collecting its messages first: a room does this once for all who are at the same entry.
pub fn encode_batch<'a>(
    upto: u64,
    messages: impl ExactSizeIterator<Item = &'a Bytes> + Clone,
) -> Bytes {
    let size: usize = messages.clone().map(|message| message.len() + 4).sum();
    let mut out = Vec::with_capacity(size + 16);
    out.push(BATCH);
    put_var_u64(&mut out, upto);
    put_var_u64(&mut out, messages.len() as u64);
    for message in messages {
        put_bytes(&mut out, message);
    }
    out.into()
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
