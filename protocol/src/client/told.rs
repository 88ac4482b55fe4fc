//! What the client tells its shell: effects to perform, and how things stand for a person.

use bytes::Bytes;

use crate::{
    frame::{ErrorCode, Role},
    id::ClientId,
};

/// What the shell has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Open a link; then call [`super::Client::opened`] or [`super::Client::closed`].
    Connect,
    /// Send these bytes on the link, as one message.
    Send(Bytes),
    /// Close the link; [`super::Client::closed`] need not be called.
    Close,
    /// Give these updates of others to the replica; to [`super::Client::hold`] while the editor is not ready for them.
    Remote(Vec<Bytes>),
    /// Presence of others changed.
    Presence(Vec<(ClientId, Option<String>)>),
    /// Forget everybody's presence: the [`Effect::Presence`] that follows is the whole.
    PresenceReset,
    /// The token ends soon: get another one and give it to [`super::Client::token`]. The session goes on meanwhile.
    Renew {
        /// Milliseconds until it ends.
        within_ms: u64,
    },
    /// [`super::Client::status`] changed.
    Status,
}

/// How things stand, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The link.
    pub link: LinkStatus,
    /// When the oldest edit was made that is not saved.
    pub unsaved_since: Option<u64>,
    /// What hinders saving or connecting, in the server's words.
    pub trouble: Option<(ErrorCode, String)>,
    /// Whether this person may write.
    pub role: Role,
    /// When the rights end by themselves, in milliseconds of the client's clock; `None` when they do not.
    pub expires_at: Option<u64>,
    /// There are edits that this person has no right to send (any more): they stay in the replica, unsaved, to be copied.
    pub stranded: bool,
}

/// How the link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkStatus {
    /// A link is being opened.
    Connecting,
    /// The session is open.
    Live,
    /// The next try comes at this time.
    Waiting {
        /// Milliseconds of the client's clock.
        until: u64,
    },
    /// The server refuses; only a person can go on ([`super::Client::retry`]).
    Refused,
}
