//! What a connection tells its shell to do, and what the shell tells it of a link's end.

use bytes::Bytes;

use crate::{
    client::LinkStatus,
    frame::{ErrorCode, Role},
    id::ClientId,
    ladder::{Memory, Reason, Rung},
};

/// A link of this page; never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// Why a link is gone, as its adapter sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A WebSocket that was closed before it was open.
    Refused,
    /// It was open, and broke; a request failed on a link that had worked.
    Lost,
    /// A request of HTTP failed: no answer came at all.
    Unreachable,
    /// Somebody else answered: a captive portal, a sign-in page.
    Stranger,
    /// Something on the way answered with this status of HTTP.
    Status(u16),
}

/// What the shell has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Open a link; then tell [`super::Connection::opened`] or [`super::Connection::closed`].
    Open {
        /// Its name from now on.
        link: LinkId,
        /// The transport.
        rung: Rung,
        /// Only for [`Rung::EventStream`]: first find out whether streams come through unbuffered. It counts as open
        /// when they do.
        check: bool,
    },
    /// Send this on a link, as one message, after those before it.
    Send {
        /// On which.
        link: LinkId,
        /// What.
        message: Bytes,
    },
    /// The session is open on a link of HTTP: its stream or its polls begin.
    Established {
        /// On which.
        link: LinkId,
        /// The value of `Authorization` in every request of the link.
        authorization: String,
        /// How long the server may hold a poll, in seconds.
        hold_s: u64,
    },
    /// Close a link; nothing more of it is to be told.
    Close {
        /// Which.
        link: LinkId,
    },
    /// Give these updates of others to the replica; to [`super::Connection::hold`] while the editor is not ready for them.
    Remote(Vec<Bytes>),
    /// Presence of others changed.
    Presence(Vec<(ClientId, Option<String>)>),
    /// Forget everybody's presence: the [`Effect::Presence`] that follows is the whole.
    PresenceReset,
    /// The token ends soon: get another one and give it to [`super::Connection::token`]. The session goes on meanwhile.
    Renew {
        /// Milliseconds until it ends.
        within_ms: u64,
    },
    /// [`super::Connection::status`] changed.
    Status,
    /// Remember this in the browser, or forget what was remembered.
    Remember(Option<Memory>),
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
    /// When the rights end by themselves, in milliseconds of the connection's clock; `None` when they do not.
    pub expires_at: Option<u64>,
    /// There are edits that this person has no right to send (any more): they stay in the replica, unsaved, to be copied.
    pub stranded: bool,
    /// The transport in use.
    pub rung: Option<Rung>,
    /// Why it is not the best one.
    pub limited: Option<Reason>,
    /// The last measured round trip in milliseconds.
    pub rtt_ms: Option<u64>,
}
