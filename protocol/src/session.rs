//! One connected client as the server sees it: a cursor into the room and what it was told; it has no socket and queues no edits.
//!
//! A transport gives it frames ([`Session::receive`]) and asks it for the next ones ([`Session::next`]). Which transport
//! asks, and how often, makes no difference to what is sent.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::{
    frame::{
        ClientFrame, ErrorCode, Hello, Role, ServerFrame, SessionId, SessionKey, VERSION, Welcome,
        encode_batch,
    },
    id::ClientId,
    presence::PresenceError,
    room::{MAX_CLIENTS, Next, Room},
    sync::Message,
    validate,
};

mod edits;
mod outcome;
mod pace;
mod rights;
pub mod yjs;

use pace::Pace;

pub use outcome::{Ended, Received};
pub use rights::Rights;

/// After this many milliseconds without traffic the server sends a heartbeat.
///
/// Below the 30 s after which the most impatient proxies cut an idle connection.
pub const HEARTBEAT_MS: u64 = 20_000;

/// How many answers to probes wait at most in a session, and how many probes a link may bring before its session is open.
pub const MAX_PROBES: usize = 4;

/// A client's session.
pub struct Session {
    sid: SessionId,
    key: SessionKey,
    client: ClientId,
    author: u64,
    /// What its person may do; a damaged document may be written by nobody.
    role: Role,
    /// Its rights are over: why. The session says so wherever it is asked, and does nothing more.
    ended: Option<Ended>,
    link: u64,
    cursor: u64,
    applied: u64,
    waiting: VecDeque<(u64, u64)>,
    saved: u64,
    saved_told: u64,
    presence_seen: u64,
    /// On this link the peer has been told of others.
    presence_told: bool,
    /// The peer's state vector: the next batch answers it with a diff.
    asked: Option<Bytes>,
    /// The cursor has left the tail: no batches until the peer has told its state vector.
    lost: bool,
    /// The peer's updates build on something missing here: they are ignored, and nothing counts as saved, until its state comes.
    lacking: bool,
    /// When the session opened, the room had all that this client ever wrote.
    told: bool,
    /// The client id is this session's.
    claimed: bool,
    pace: Pace,
    /// How often in a row its updates had something that nobody but another who is here can have.
    foreign: u32,
    trouble_told: bool,
    replies: VecDeque<ServerFrame>,
}

/// The session's identity, made by the shell, which has randomness.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    /// Its public name.
    pub sid: SessionId,
    /// Its secret.
    pub key: SessionKey,
    /// Its number among the sessions of the room: greater than that of any before.
    pub author: u64,
}

impl Session {
    /// Opens a session for a HELLO whose token the caller has judged.
    ///
    /// # Errors
    /// [`Ended`] when the client speaks another version or holds another generation of the document.
    pub fn open(
        hello: &Hello,
        identity: Identity,
        rights: Rights,
        room: &mut Room,
    ) -> Result<Self, Ended> {
        if hello.version != VERSION {
            return Err(Ended::new(
                ErrorCode::Protocol,
                format!(
                    "this page speaks version {} of the protocol and the server version {VERSION}: reload the page",
                    hello.version
                ),
            ));
        }
        if hello.generation != 0 && hello.generation != room.generation() {
            return Err(Ended::new(
                ErrorCode::OtherGeneration,
                "this document was deleted and made anew; your text is still in this page: copy it, then reload",
            ));
        }
        let after =
            (hello.epoch == room.epoch() && room.reaches(hello.after)).then_some(hello.after);
        // Who says that it has nothing of its own which is not here has told all; else its state comes next.
        let told = after.is_some()
            || validate::state_vector(&hello.state_vector, MAX_CLIENTS).is_ok_and(|vector| {
                let own = vector.iter().find(|(client, _)| *client == hello.client);
                own.is_none_or(|(client, clock)| *clock <= room.known(*client))
            });
        if rights.role == Role::Write {
            room.claims.hello(hello.client, identity.author, told);
        }
        let mut session = Self {
            sid: identity.sid,
            key: identity.key,
            client: hello.client,
            author: identity.author,
            role: rights.role,
            ended: None,
            link: 0,
            cursor: after.unwrap_or(0),
            applied: 0,
            waiting: VecDeque::new(),
            saved: 0,
            saved_told: 0,
            presence_seen: 0,
            presence_told: false,
            asked: after.is_none().then(|| hello.state_vector.clone()),
            lost: false,
            lacking: false,
            told,
            claimed: false,
            pace: Pace::default(),
            foreign: 0,
            trouble_told: false,
            replies: VecDeque::new(),
        };
        session.replies.push_back(ServerFrame::Welcome(Welcome {
            sid: identity.sid,
            key: identity.key,
            epoch: room.epoch(),
            generation: room.generation(),
            after,
            role: session.role_in(room),
            heartbeat_ms: HEARTBEAT_MS,
            max_update: room.limits().update as u64,
            expires_in_ms: rights.expires_in_ms,
        }));
        Ok(session)
    }

    /// Continues the session on a new link. The key has been compared by the caller, in constant time.
    ///
    /// # Errors
    /// [`Ended`] when its rights are over, a newer link is there already, or the room is another incarnation than the client knows.
    pub fn resume(&mut self, link: u64, epoch: u64, after: u64, room: &Room) -> Result<(), Ended> {
        self.not_ended()?;
        if link <= self.link {
            return Err(Ended::new(
                ErrorCode::Superseded,
                "a newer connection of this page is open",
            ));
        }
        if epoch != room.epoch() {
            return Err(Ended::new(
                ErrorCode::Gone,
                "the document was opened anew: start a new session",
            ));
        }
        self.link = link;
        self.saved_told = 0;
        self.presence_seen = 0;
        self.presence_told = false;
        self.trouble_told = false;
        self.asked = None;
        self.lost = false;
        self.replies.clear();
        self.replies.push_back(ServerFrame::Resumed {
            applied: self.applied,
        });
        self.cursor = after;
        if self.lacking || !room.reaches(after) {
            self.ask_for_state();
        }
        Ok(())
    }

    /// The session's public name.
    #[must_use]
    pub fn sid(&self) -> &SessionId {
        &self.sid
    }

    /// The session's secret, for a comparison in constant time.
    #[must_use]
    pub fn key(&self) -> &SessionKey {
        &self.key
    }

    /// The session's number in its room.
    #[must_use]
    pub fn author(&self) -> u64 {
        self.author
    }

    /// The client id that the session writes under.
    #[must_use]
    pub fn client(&self) -> ClientId {
        self.client
    }

    /// The last entry that the session was given.
    #[must_use]
    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    /// The number of the link that the session is on.
    #[must_use]
    pub fn link(&self) -> u64 {
        self.link
    }

    /// Takes one frame.
    ///
    /// # Errors
    /// [`Ended`]: the client is to be told and the link closed. The session itself stays as it was and may be resumed.
    pub fn receive(
        &mut self,
        frame: ClientFrame,
        room: &mut Room,
        now_ms: u64,
    ) -> Result<Received, Ended> {
        self.not_ended()?;
        self.own(room);
        match frame {
            ClientFrame::Data { seq, message } => self.data(seq, &message, room, now_ms),
            ClientFrame::Presence { .. } if !self.speaks(room) => Ok(Received::Nothing),
            ClientFrame::Presence { state } => {
                match room
                    .presence
                    .take_over(self.client, self.author, &state, now_ms)
                {
                    Ok(true) => Ok(Received::Presence),
                    // A later session of this page speaks for it now.
                    Ok(false) | Err(PresenceError::Taken) => Ok(Received::Nothing),
                    Err(error) => Err(Ended::new(ErrorCode::Protocol, error.to_string())),
                }
            }
            ClientFrame::Ping { nonce: 0 } => Ok(Received::Nothing),
            ClientFrame::Ping { nonce } => {
                // Pings are answered once, by the newest: a flood of them costs no memory.
                self.replies
                    .retain(|reply| !matches!(reply, ServerFrame::Pong { .. }));
                self.replies.push_back(ServerFrame::Pong { nonce });
                Ok(Received::Nothing)
            }
            ClientFrame::Probe { nonce, padding } => {
                self.probed(nonce, padding);
                Ok(Received::Nothing)
            }
            ClientFrame::Auth { token } => Ok(Received::Token(token)),
            ClientFrame::Bye => Ok(Received::Left),
            // The shell knows the other sessions.
            ClientFrame::Claim { .. } => Ok(Received::Nothing),
            ClientFrame::Hello(_) | ClientFrame::Resume { .. } => Err(Ended::new(
                ErrorCode::Protocol,
                "a session is opened once on a connection",
            )),
        }
    }

    /// The next frame for the client after its cursor; `None` when it has everything.
    ///
    /// # Errors
    /// [`Ended`] when its rights are over, or the client's state vector is none.
    pub fn next(&mut self, room: &mut Room) -> Result<Option<Bytes>, Ended> {
        self.not_ended()?;
        if let Some(reply) = self.replies.pop_front() {
            return Ok(Some(reply.encode()));
        }
        if let Some(vector) = self.asked.take() {
            let Some(diff) = room.diff(&vector) else {
                return Err(Ended::new(
                    ErrorCode::Protocol,
                    "the state vector is malformed",
                ));
            };
            self.cursor = room.head();
            let mut messages = vec![Bytes::from(Message::Step1(&room.state_vector()).encode())];
            if diff[..] != EMPTY_UPDATE {
                messages.insert(0, Message::Step2(&diff).encode().into());
            }
            return Ok(Some(encode_batch(self.cursor, messages.iter())));
        }
        if let Some(seq) = self.newly_saved(room) {
            return Ok(Some(ServerFrame::Saved { seq }.encode()));
        }
        if let Some(message) = room
            .failure()
            .filter(|_| !std::mem::replace(&mut self.trouble_told, true))
        {
            return Ok(Some(
                ServerFrame::Error {
                    code: ErrorCode::NotSaving,
                    message: message.to_owned(),
                }
                .encode(),
            ));
        }
        while !self.lost {
            match room.next_batch(self.cursor, self.author) {
                Next::Batch { upto, frame } => {
                    self.cursor = upto;
                    if frame.is_some() {
                        return Ok(frame);
                    }
                }
                Next::Lost => {
                    self.ask_for_state();
                    return Ok(self.replies.pop_front().map(|reply| reply.encode()));
                }
                Next::Nothing => break,
            }
        }
        Ok(None)
    }

    /// Presence of others that changed since the last call, as one frame. The transport asks on the room's tick. On a new link
    /// the first frame is the whole and comes also when nobody is there: the peer may remember people who have left.
    pub fn next_presence(&mut self, room: &Room) -> Option<Bytes> {
        let since = std::mem::replace(&mut self.presence_seen, room.presence.version());
        let first = !std::mem::replace(&mut self.presence_told, true);
        if since == self.presence_seen && !first {
            return None;
        }
        let changed: Vec<_> = room
            .presence
            .changed_since(since, self.author)
            // An earlier session of this page may not be swept yet.
            .filter(|change| change.client != self.client)
            .map(|change| (change.client, change.state.map(|state| state.to_string())))
            .collect();
        (first || !changed.is_empty()).then(|| ServerFrame::Presence { changed }.encode())
    }

    /// Probes are answered each, but no more than the newest few wait: a flood of them costs bounded memory.
    fn probed(&mut self, nonce: u64, padding: Bytes) {
        let probed = |reply: &ServerFrame| matches!(reply, ServerFrame::Probed { .. });
        if self.replies.iter().filter(|reply| probed(reply)).count() >= MAX_PROBES
            && let Some(oldest) = self.replies.iter().position(probed)
        {
            self.replies.remove(oldest);
        }
        self.replies
            .push_back(ServerFrame::Probed { nonce, padding });
    }

    /// Both sides exchange their states anew.
    fn ask_for_state(&mut self) {
        self.lost = true;
        if !self.replies.contains(&ServerFrame::Resync) {
            self.replies.push_back(ServerFrame::Resync);
        }
    }
}

/// An update without structs and deletions.
const EMPTY_UPDATE: [u8; 2] = [0, 0];

#[cfg(test)]
mod tests;
