//! One plain Yjs connection (`/ws/{doc}`, npm `y-websocket`) as the server sees it: the same cursor, other words, no acknowledgement.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::{
    EMPTY_UPDATE, Ended, Received,
    edits::{MAY_NOT_WRITE, payload},
    outcome::{MAX_FOREIGN, refusal, too_fast},
    pace::Pace,
};
use crate::{
    frame::{ErrorCode, Role},
    id::ClientId,
    presence::{Change, PresenceError, encode_awareness},
    room::{Admitted, Refused, Room},
    sync::Message,
    validate::{self, AwarenessLimits},
};

/// How often presence is told again, in milliseconds: a Yjs peer forgets what it has not heard of for 30 s.
pub const RENEW_MS: u64 = 15_000;

/// A Yjs connection.
pub struct YjsSession {
    author: u64,
    cursor: u64,
    /// The awareness id that this connection speaks for, claimed by its first message.
    client: Option<(ClientId, u64)>,
    presence_seen: u64,
    asked: Option<Bytes>,
    /// Send Step1: at the start, and when the peer's updates build on something missing.
    ask: bool,
    told: BTreeSet<ClientId>,
    role: Role,
    /// It has been told that its edits are not taken.
    denied: Denied,
    ended: Option<Ended>,
    pace: Pace,
    foreign: u32,
}

/// Whether a reader who wrote has been told that it may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Denied {
    Not,
    ToTell,
    Told,
}

impl YjsSession {
    /// Opens a connection; `author` is its number in the room.
    #[must_use]
    pub fn open(author: u64, role: Role, room: &Room) -> Self {
        Self {
            author,
            cursor: room.head(),
            client: None,
            presence_seen: 0,
            asked: None,
            ask: true,
            told: BTreeSet::new(),
            role,
            denied: Denied::Not,
            ended: None,
            pace: Pace::default(),
            foreign: 0,
        }
    }

    /// From now on the peer may do this.
    pub fn set_role(&mut self, role: Role) {
        self.role = role;
        self.denied = Denied::Not;
        // What it wrote as a reader was not taken: ask for it.
        self.ask |= role == Role::Write;
    }

    /// Its rights are over. The caller wakes whoever closes the connection.
    pub fn end(&mut self, why: Ended) {
        self.ended = Some(why);
    }

    /// The connection's number in its room.
    #[must_use]
    pub fn author(&self) -> u64 {
        self.author
    }

    /// The client id that the peer speaks for, once it has said so.
    #[must_use]
    pub fn client(&self) -> Option<ClientId> {
        self.client.map(|(client, _)| client)
    }

    /// Takes one message.
    ///
    /// # Errors
    /// [`Ended`]: the connection is to be closed.
    pub fn receive(
        &mut self,
        bytes: &Bytes,
        room: &mut Room,
        now_ms: u64,
    ) -> Result<Received, Ended> {
        self.not_ended()?;
        let message = Message::decode(bytes)
            .map_err(|error| Ended::new(ErrorCode::Protocol, error.to_string()))?;
        let admitted = match message {
            Message::Step1(vector) => {
                self.asked = Some(bytes.slice_ref(vector));
                return Ok(Received::Nothing);
            }
            Message::Step2(update) | Message::Update(update) if self.role == Role::Read => {
                if update != EMPTY_UPDATE && self.denied == Denied::Not {
                    self.denied = Denied::ToTell;
                }
                return Ok(Received::Nothing);
            }
            Message::Step2(_) | Message::Update(_) if !self.pace.allows(now_ms) => {
                return Err(too_fast());
            }
            Message::Step2(update) => room.admit(update, None, self.author),
            Message::Update(update) => room.admit(update, Some(bytes), self.author),
            Message::Awareness(states) => return self.awareness(states, room, now_ms),
            Message::QueryAwareness => {
                self.presence_seen = 0;
                return Ok(Received::Nothing);
            }
            Message::Auth(_) => return Ok(Received::Nothing),
        };
        self.pace.pay(&admitted, room);
        if admitted.is_ok() {
            self.foreign = 0;
        }
        match admitted {
            Ok(Admitted::New { n, update }) => Ok(Received::Append { n, update }),
            Ok(Admitted::Known { .. }) => Ok(Received::Nothing),
            Err(Refused::Heavy) => Ok(Received::Weigh {
                update: payload(bytes, &message),
            }),
            Err(refused @ (Refused::Incomplete | Refused::Foreign)) => {
                if refused == Refused::Foreign {
                    self.foreign += 1;
                    if self.foreign > MAX_FOREIGN {
                        return Err(refusal(&refused));
                    }
                }
                self.ask = true;
                Ok(Received::Nothing)
            }
            Err(refused) => Err(refusal(&refused)),
        }
    }

    /// The next messages for the peer, at most a few at once; empty when it has everything.
    ///
    /// # Errors
    /// [`Ended`] when its rights are over, or the peer's state vector is none.
    pub fn next(&mut self, room: &mut Room) -> Result<Vec<Bytes>, Ended> {
        self.not_ended()?;
        let mut out = Vec::new();
        if self.denied == Denied::ToTell {
            self.denied = Denied::Told;
            out.push(Message::permission_denied(MAY_NOT_WRITE).into());
        }
        if std::mem::take(&mut self.ask) {
            out.push(Message::Step1(&room.state_vector()).encode().into());
        }
        if let Some(vector) = self.asked.take() {
            let Some(diff) = room.diff(&vector) else {
                return Err(Ended::new(
                    ErrorCode::Protocol,
                    "the state vector is malformed",
                ));
            };
            // Always answered, also when nothing is missing: the provider counts itself synced by this message.
            out.push(Message::Step2(&diff).encode().into());
        }
        if room.reaches(self.cursor) {
            out.extend(room.messages_after(self.cursor, self.author));
        } else {
            // The peer cannot be asked what it has without a round trip, and applying twice is harmless.
            out.push(Message::Step2(&room.state()).encode().into());
        }
        self.cursor = room.head();
        Ok(out)
    }

    /// Presence of others that changed since the last call, as one message.
    pub fn next_presence(&mut self, room: &Room) -> Option<Bytes> {
        let since = std::mem::replace(&mut self.presence_seen, room.presence.version());
        let changes: Vec<Change> = (since != self.presence_seen)
            .then(|| room.presence.changed_since(since, self.author).collect())?;
        self.encode(&changes, 0)
    }

    /// Everybody's presence once more, as of now, before the peer forgets it. It is sent also when nobody else is there: a
    /// provider that hears nothing for 30 s takes its connection for dead.
    pub fn renewed_presence(&mut self, room: &Room, now_ms: u64) -> Bytes {
        let changes: Vec<Change> = room
            .presence
            .changed_since(0, self.author)
            .filter(|change| change.state.is_some())
            .collect();
        self.told.extend(changes.iter().map(|change| change.client));
        Message::Awareness(&encode_awareness(&changes, now_ms))
            .encode()
            .into()
    }

    /// Only under an id that nobody else has; and a reader has none (see [`super::Session::own`]).
    fn speaks(&self, client: ClientId, room: &mut Room) -> bool {
        if self.role == Role::Write {
            return room.claims.yjs(client, self.author);
        }
        if room.claims.is_owner(client, self.author) {
            room.claims.release(self.author);
        }
        !room.claims.is_anothers(client, self.author)
    }

    fn not_ended(&self) -> Result<(), Ended> {
        self.ended.clone().map_or(Ok(()), Err)
    }

    fn encode(&mut self, changes: &[Change], floor: u64) -> Option<Bytes> {
        // A leaving of somebody never told of would only confuse.
        let known: Vec<Change> = changes
            .iter()
            .filter(|change| {
                let news = if change.state.is_some() {
                    self.told.insert(change.client)
                } else {
                    self.told.remove(&change.client)
                };
                news || change.state.is_some()
            })
            .cloned()
            .collect();
        (!known.is_empty()).then(|| {
            Message::Awareness(&encode_awareness(&known, floor))
                .encode()
                .into()
        })
    }

    /// Only the peer's own state counts: a provider also sends back what it has heard of others.
    fn awareness(
        &mut self,
        states: &[u8],
        room: &mut Room,
        now_ms: u64,
    ) -> Result<Received, Ended> {
        let entries = validate::awareness(states, &AwarenessLimits::default())
            .map_err(|error| Ended::new(ErrorCode::Protocol, error.to_string()))?;
        let mut changed = false;
        for entry in entries {
            let is_stale = |(client, clock)| client != entry.client || entry.clock < clock;
            // Who has not shown itself cannot leave: a provider also tells of others who are gone.
            let is_nobody = self.client.is_none() && entry.state.is_none();
            if is_nobody || self.client.is_some_and(is_stale) || !self.speaks(entry.client, room) {
                continue;
            }
            self.client = Some((entry.client, entry.clock));
            changed |= match entry.state {
                Some(state) => match room.presence.set(entry.client, self.author, state, now_ms) {
                    Ok(changed) => changed,
                    Err(PresenceError::Taken) => {
                        // Its state is left from before; claim it again with the next renewal.
                        self.client = None;
                        room.claims.release(self.author);
                        false
                    }
                    Err(error) => return Err(Ended::new(ErrorCode::Protocol, error.to_string())),
                },
                None => room.presence.leave(self.author, now_ms),
            };
        }
        Ok(if changed {
            Received::Presence
        } else {
            Received::Nothing
        })
    }
}

#[cfg(test)]
mod tests;
