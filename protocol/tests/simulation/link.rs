//! One connection between a client and the server, both ends of it: what is on its way, and who still listens.

use protocol::{
    connection,
    frame::{SessionId, fragment::Assembler},
    ladder::Rung,
    session::yjs::YjsSession,
};

/// The place of a link in the world; it is never used again.
pub type LinkId = usize;

/// Who opened the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A page, by its place.
    Page(usize),
    /// A plain Yjs peer, by its place.
    Peer(usize),
}

/// A connection.
pub struct Link {
    /// The transport.
    pub rung: Rung,
    /// The page's name for it.
    pub name: Option<connection::LinkId>,
    /// Messages that came down by a stream or a poll; the answers to the first request come without.
    pub streamed: u32,
    /// The session is open on it: its stream or its polls have begun.
    pub established: bool,
    /// When something last came down or a poll was answered.
    pub polled: u64,
    /// How long the server may hold a poll, in milliseconds.
    pub hold: u64,
    /// The client.
    pub owner: Owner,
    /// The client listens.
    pub client_open: bool,
    /// The server listens.
    pub server_open: bool,
    /// Bytes from the client vanish.
    pub up_silent: bool,
    /// Bytes from the server vanish.
    pub down_silent: bool,
    /// It dies after so many messages, at the very place where a session is most easily hurt; `None` for never.
    pub lives: Option<u64>,
    /// When the last message up arrives: a stream keeps its order.
    pub last_up: u64,
    /// When the last message down arrives.
    pub last_down: u64,
    /// Messages down that have not arrived.
    pub down_under_way: usize,
    /// When the server last heard something.
    pub heard: u64,
    /// When the server last said something.
    pub told: u64,
    /// The session that the link is for.
    pub session: Option<SessionId>,
    /// The server's side of a Yjs connection.
    pub yjs: Option<YjsSession>,
    /// When presence was last renewed for a Yjs peer.
    pub renewed: u64,
    /// Puts together what came up in pieces.
    pub assembler: Assembler,
}

impl Link {
    /// A link that is being opened.
    pub fn new(owner: Owner) -> Self {
        Self {
            rung: Rung::WebSocket,
            name: None,
            streamed: 0,
            established: false,
            polled: 0,
            hold: 25_000,
            owner,
            client_open: true,
            server_open: false,
            up_silent: false,
            down_silent: false,
            lives: None,
            last_up: 0,
            last_down: 0,
            down_under_way: 0,
            heard: 0,
            told: 0,
            session: None,
            yjs: None,
            renewed: 0,
            assembler: Assembler::new(16 << 20),
        }
    }
}
