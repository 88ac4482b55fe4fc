//! Who is here and where: the server's slots, one a client, newest state wins; and a person as a page reads it. Never logged.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};
use thiserror::Error;

use crate::{
    frame::MAX_PRESENCE,
    id::ClientId,
    validate::{AwarenessLimits, Fault},
    wire::{put_str, put_var_u64},
};

/// How long a client that left is remembered, so that everybody learns of it, in milliseconds.
const FORGET_AFTER_MS: u64 = 60_000;

/// The presence of everybody in a room.
#[derive(Debug, Default)]
pub struct Presences {
    slots: BTreeMap<ClientId, Slot>,
    version: u64,
}

#[derive(Debug)]
struct Slot {
    owner: u64,
    state: Option<Arc<str>>,
    /// Yjs' awareness clock. It starts at the time of day, so that it grows over restarts of the server as well.
    clock: u64,
    version: u64,
    since_ms: u64,
}

/// A change of one client's presence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whose.
    pub client: ClientId,
    /// The awareness clock, for Yjs peers.
    pub clock: u64,
    /// The JSON state; `None` when the client has left.
    pub state: Option<Arc<str>>,
}

/// Why a presence is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PresenceError {
    /// Longer than [`MAX_PRESENCE`] bytes.
    #[error("a presence state has at most {MAX_PRESENCE} bytes")]
    TooLong,
    /// Not a JSON object.
    #[error("a presence state is a JSON object")]
    NotAnObject,
    /// Nested deeper than [`AwarenessLimits::depth`].
    #[error("a presence state nests at most {0} deep")]
    TooDeep(u8),
    /// The client id belongs to another session.
    #[error("this client id belongs to another session")]
    Taken,
}

impl Presences {
    /// Grows with every change; what a session has seen is a number of this kind.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Sets a client's state for the session `owner`; tells whether anything changed.
    ///
    /// # Errors
    /// [`PresenceError`] when the state or the claim is refused.
    pub fn set(
        &mut self,
        client: ClientId,
        owner: u64,
        state: &str,
        now_ms: u64,
    ) -> Result<bool, PresenceError> {
        self.claim(client, owner, state, now_ms, |holder| holder == owner)
    }

    /// As [`Presences::set`], for a session that has opened under this client id: a later one takes it from an earlier
    /// one. A page that had to open a new session would else be invisible until the old one is forgotten.
    ///
    /// # Errors
    /// [`PresenceError`] when the state is refused, or the claim of the earlier session.
    pub fn take_over(
        &mut self,
        client: ClientId,
        owner: u64,
        state: &str,
        now_ms: u64,
    ) -> Result<bool, PresenceError> {
        self.claim(client, owner, state, now_ms, |holder| holder <= owner)
    }

    fn claim(
        &mut self,
        client: ClientId,
        owner: u64,
        state: &str,
        now_ms: u64,
        yields: impl Fn(u64) -> bool,
    ) -> Result<bool, PresenceError> {
        AwarenessLimits::default()
            .check(state)
            .map_err(|fault| match fault {
                Fault::TooLong { .. } => PresenceError::TooLong,
                Fault::Depth(most) => PresenceError::TooDeep(most),
                _ => PresenceError::NotAnObject,
            })?;
        if let Some(slot) = self.slots.get(&client) {
            if slot.state.is_some() && !yields(slot.owner) {
                return Err(PresenceError::Taken);
            }
            if slot.owner == owner && slot.state.as_deref() == Some(state) {
                return Ok(false);
            }
        }
        self.put(client, owner, Some(state.into()), now_ms);
        Ok(true)
    }

    /// The session `from` goes on as the session `to`, and what it has set stays: others see no leaving.
    pub fn pass_on(&mut self, from: u64, to: u64) {
        for slot in self.slots.values_mut() {
            if slot.owner == from {
                slot.owner = to;
            }
        }
    }

    /// Takes away what a session has set; tells whether there was anything.
    pub fn leave(&mut self, owner: u64, now_ms: u64) -> bool {
        let gone: Vec<ClientId> = self
            .slots
            .iter()
            .filter(|(_, slot)| slot.owner == owner && slot.state.is_some())
            .map(|(client, _)| *client)
            .collect();
        for client in &gone {
            self.put(*client, owner, None, now_ms);
        }
        !gone.is_empty()
    }

    /// Forgets clients that left long ago.
    pub fn sweep(&mut self, now_ms: u64) {
        self.slots.retain(|_, slot| {
            slot.state.is_some() || now_ms.saturating_sub(slot.since_ms) < FORGET_AFTER_MS
        });
    }

    /// What changed after `version`, without what `owner` has set itself.
    pub fn changed_since(&self, version: u64, owner: u64) -> impl Iterator<Item = Change> + '_ {
        self.slots
            .iter()
            .filter(move |(_, slot)| slot.version > version && slot.owner != owner)
            .map(|(client, slot)| Change {
                client: *client,
                clock: slot.clock,
                state: slot.state.clone(),
            })
    }

    /// How many clients are here.
    #[must_use]
    pub fn present(&self) -> usize {
        self.slots
            .values()
            .filter(|slot| slot.state.is_some())
            .count()
    }

    fn put(&mut self, client: ClientId, owner: u64, state: Option<Arc<str>>, now_ms: u64) {
        self.version += 1;
        let before = self.slots.get(&client).map_or(0, |slot| slot.clock);
        let clock = (before + 1).max(now_ms + 1);
        self.slots.insert(
            client,
            Slot {
                owner,
                state,
                clock,
                version: self.version,
                since_ms: now_ms,
            },
        );
    }
}

/// Encodes changes as the payload of a Yjs awareness message; `clock_floor` renews what a peer would otherwise let expire.
#[must_use]
pub fn encode_awareness(changes: &[Change], clock_floor: u64) -> Vec<u8> {
    let mut out = Vec::new();
    put_var_u64(&mut out, changes.len() as u64);
    for change in changes {
        put_var_u64(&mut out, change.client.get());
        put_var_u64(&mut out, change.clock.max(clock_floor));
        put_str(&mut out, change.state.as_deref().unwrap_or("null"));
    }
    out
}

/// A person as others see them.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// The name shown at the caret.
    pub name: String,
    /// A CSS colour.
    pub color: String,
    /// The ends of the selection as anchors, see [`crate::replica::Replica::anchor`]; `None` when the text has no caret.
    pub cursor: Option<(Value, Value)>,
}

impl Person {
    /// The longest name that is shown, in characters.
    const MAX_NAME: usize = 60;

    /// Reads a state as Yjs programs write it (`user.name`, `user.color`, `cursor.anchor`, `cursor.head`); what is
    /// missing or strange becomes harmless.
    #[must_use]
    pub fn from_state(state: &str) -> Self {
        let value: Value = serde_json::from_str(state).unwrap_or(Value::Null);
        let name = value["user"]["name"].as_str().unwrap_or("").trim();
        let color = value["user"]["color"].as_str().unwrap_or("");
        let cursor = &value["cursor"];
        Self {
            name: name
                .chars()
                .filter(|c| !c.is_control())
                .take(Self::MAX_NAME)
                .collect(),
            // It ends up in a style: only what a colour is made of may pass.
            color: if color
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "#(),.% ".contains(c))
            {
                color.chars().take(40).collect()
            } else {
                String::new()
            },
            cursor: (cursor["anchor"].is_object() && cursor["head"].is_object())
                .then(|| (cursor["anchor"].clone(), cursor["head"].clone())),
        }
    }

    /// The state that others read.
    #[must_use]
    pub fn to_state(&self) -> String {
        let cursor = self.cursor.as_ref().map_or(
            Value::Null,
            |(anchor, head)| json!({ "anchor": anchor, "head": head }),
        );
        json!({ "user": { "name": self.name, "color": self.color, "colorLight": format!("{}33", self.color) }, "cursor": cursor }).to_string()
    }
}

#[cfg(test)]
mod tests;
