//! The frames that go from the server to the client, and their bytes; when to send them is [`crate::session`]'s.

use bytes::Bytes;

use super::{
    ErrorCode, FrameError, MAX_PADDING, MAX_PRESENCE, Role, SessionId, SessionKey, array, counted,
};
use crate::{
    id::ClientId,
    wire::{MAX_SAFE_INTEGER, Reader, put_bytes, put_str, put_var_u64},
};

const WELCOME: u8 = 65;
const RESUMED: u8 = 66;
const RESYNC: u8 = 67;
const BATCH: u8 = 68;
const SAVED: u8 = 69;
const PRESENCES: u8 = 70;
const PONG: u8 = 71;
const AUTH_SOON: u8 = 72;
const GOAWAY: u8 = 73;
const ERROR: u8 = 74;
const PROBED: u8 = 75;
const RIGHTS: u8 = 76;

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
    /// The rights of the session end soon, unless another token comes by [`super::ClientFrame::Auth`].
    AuthSoon {
        /// Milliseconds until then.
        within_ms: u64,
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
    /// Answers a [`super::ClientFrame::Probe`].
    Probed {
        /// From the probe.
        nonce: u64,
        /// From the probe.
        padding: Bytes,
    },
    /// What the session may do from now on: an answer to [`super::ClientFrame::Auth`], and whenever it changes.
    Rights {
        /// Whether the client may write.
        role: Role,
        /// As in [`Welcome`].
        expires_in_ms: Option<u64>,
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
    /// Milliseconds from now until the session's rights end; `None` when they do not by themselves.
    pub expires_in_ms: Option<u64>,
}

impl ServerFrame {
    /// Whether a message is a [`ServerFrame::Probed`]; never true for a piece of another frame.
    #[must_use]
    pub fn is_probed(message: &[u8]) -> bool {
        message.first() == Some(&PROBED)
    }

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
                put_optional(&mut out, welcome.after);
                out.push(u8::from(welcome.role == Role::Write));
                put_var_u64(&mut out, welcome.heartbeat_ms);
                put_var_u64(&mut out, welcome.max_update);
                put_optional(&mut out, welcome.expires_in_ms);
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
            Self::AuthSoon { within_ms } => {
                out.push(AUTH_SOON);
                put_var_u64(&mut out, *within_ms);
            }
            Self::GoAway { retry_after_ms } => {
                out.push(GOAWAY);
                put_var_u64(&mut out, *retry_after_ms);
            }
            Self::Error { code, message } => {
                out.push(ERROR);
                put_var_u64(&mut out, u64::from(code.number()));
                put_str(&mut out, shortened(message));
            }
            Self::Probed { nonce, padding } => {
                out.reserve(padding.len());
                out.push(PROBED);
                put_var_u64(&mut out, *nonce);
                put_bytes(&mut out, padding);
            }
            Self::Rights {
                role,
                expires_in_ms,
            } => {
                out.push(RIGHTS);
                out.push(u8::from(*role == Role::Write));
                put_optional(&mut out, *expires_in_ms);
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
                role: role(&mut reader)?,
                heartbeat_ms: reader.var_u64()?,
                max_update: reader.var_u64()?,
                expires_in_ms: reader.var_u64()?.checked_sub(1),
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
            AUTH_SOON => Self::AuthSoon {
                within_ms: reader.var_u64()?,
            },
            GOAWAY => Self::GoAway {
                retry_after_ms: reader.var_u64()?,
            },
            ERROR => Self::Error {
                code: ErrorCode::from_number(reader.var_u64()?).ok_or(FrameError::Field("code"))?,
                message: reader.var_str(MAX_MESSAGE)?.to_owned(),
            },
            PROBED => Self::Probed {
                nonce: reader.var_u64()?,
                padding: bytes.slice_ref(reader.var_bytes(MAX_PADDING)?),
            },
            RIGHTS => Self::Rights {
                role: role(&mut reader)?,
                expires_in_ms: reader.var_u64()?.checked_sub(1),
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

/// One more than the number, so that 0 says "none".
fn put_optional(out: &mut Vec<u8>, number: Option<u64>) {
    put_var_u64(
        out,
        number.map_or(0, |number| number.saturating_add(1).min(MAX_SAFE_INTEGER)),
    );
}

fn role(reader: &mut Reader<'_>) -> Result<Role, FrameError> {
    match reader.u8()? {
        0 => Ok(Role::Read),
        1 => Ok(Role::Write),
        _ => Err(FrameError::Field("role")),
    }
}

/// The longest sentence in an ERROR, in bytes.
const MAX_MESSAGE: usize = 1024;

fn shortened(message: &str) -> &str {
    let mut end = message.len().min(MAX_MESSAGE);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    &message[..end]
}
