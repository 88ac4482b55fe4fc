//! The frames that go from the client to the server, and their bytes; when to send them is [`crate::client`]'s.

use bytes::Bytes;

use super::{
    FrameError, MAX_PADDING, MAX_PRESENCE, MAX_STATE_VECTOR, MAX_TOKEN, SessionId, SessionKey,
    Token, array,
};
use crate::{
    id::{ClientId, DocId, MAX_DOC_ID},
    wire::{Reader, put_bytes, put_str, put_var_u64},
};

const HELLO: u8 = 1;
const RESUME: u8 = 2;
const DATA: u8 = 3;
const PRESENCE: u8 = 4;
const AUTH: u8 = 5;
const PING: u8 = 6;
const PROBE: u8 = 7;
const BYE: u8 = 8;
const CLAIM: u8 = 9;

/// What a client says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientFrame {
    /// Opens a session.
    Hello(Hello),
    /// Continues a session on a new link.
    Resume {
        /// The session's name, from [`super::Welcome`].
        sid: SessionId,
        /// The session's secret, from [`super::Welcome`].
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
    /// Shows another token within a session: a renewed one, or one with other rights.
    Auth {
        /// Judged as that of a HELLO.
        token: Token,
    },
    /// Asks for a [`super::ServerFrame::Pong`]; nonce 0 answers a heartbeat and is not answered.
    Ping {
        /// Comes back in the answer.
        nonce: u64,
    },
    /// Asks for a [`super::ServerFrame::Probed`]: whether a link carries messages both ways, also before a session is open on it.
    Probe {
        /// Comes back in the answer.
        nonce: u64,
        /// At most [`MAX_PADDING`] bytes; they come back, too.
        padding: Bytes,
    },
    /// The client leaves for good.
    Bye,
    /// This session goes on for an earlier one of the same replica, which is over, and takes its client id.
    Claim {
        /// The earlier session's name.
        sid: SessionId,
        /// The earlier session's secret.
        key: SessionKey,
    },
}

/// The fields of [`ClientFrame::Hello`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The protocol version, [`super::VERSION`].
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
    /// What lets the client in; empty where whoever knows the document's name may come.
    pub token: Token,
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
                put_str(&mut out, hello.token.as_str());
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
            Self::Auth { token } => {
                out.push(AUTH);
                put_str(&mut out, token.as_str());
            }
            Self::Ping { nonce } => {
                out.push(PING);
                put_var_u64(&mut out, *nonce);
            }
            Self::Probe { nonce, padding } => {
                out.reserve(padding.len());
                out.push(PROBE);
                put_var_u64(&mut out, *nonce);
                put_bytes(&mut out, padding);
            }
            Self::Bye => out.push(BYE),
            Self::Claim { sid, key } => {
                out.push(CLAIM);
                out.extend_from_slice(sid);
                out.extend_from_slice(key);
            }
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
                token: token(&mut reader)?,
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
            AUTH => Self::Auth {
                token: token(&mut reader)?,
            },
            PING => Self::Ping {
                nonce: reader.var_u64()?,
            },
            PROBE => Self::Probe {
                nonce: reader.var_u64()?,
                // A copy: an answer that waits must not keep the whole message in memory.
                padding: Bytes::copy_from_slice(reader.var_bytes(MAX_PADDING)?),
            },
            BYE => Self::Bye,
            CLAIM => Self::Claim {
                sid: array(reader.take(16)?)?,
                key: array(reader.take(32)?)?,
            },
            kind => return Err(FrameError::Kind(kind)),
        };
        reader.end()?;
        Ok(frame)
    }
}

fn token(reader: &mut Reader<'_>) -> Result<Token, FrameError> {
    Token::new(reader.var_str(MAX_TOKEN)?).map_err(|_| FrameError::Field("token"))
}
