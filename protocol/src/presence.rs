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
mod tests {
    use super::*;

    fn id(n: u64) -> ClientId {
        ClientId::from_random(n)
    }

    #[test]
    fn the_newest_state_wins_and_each_session_sees_only_changes_of_others() {
        let mut all = Presences::default();
        assert_eq!(all.set(id(1), 10, "{\"a\":1}", 5), Ok(true));
        assert_eq!(all.set(id(1), 10, "{\"a\":1}", 6), Ok(false));
        assert_eq!(all.set(id(1), 10, "{\"a\":2}", 6), Ok(true));
        assert_eq!(all.set(id(2), 20, "{}", 7), Ok(true));
        let seen: Vec<Change> = all.changed_since(0, 20).collect();
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].state.as_deref(), Some("{\"a\":2}"));
        assert_eq!(all.changed_since(all.version(), 20).count(), 0);
    }

    #[test]
    fn nobody_speaks_for_another_until_that_one_has_left() {
        let mut all = Presences::default();
        all.set(id(1), 10, "{}", 0).unwrap();
        assert_eq!(all.set(id(1), 20, "{}", 0), Err(PresenceError::Taken));
        assert!(all.leave(10, 1));
        assert!(!all.leave(10, 1));
        let seen = all.version() - 1;
        assert_eq!(
            all.changed_since(seen, 20).next().unwrap().state,
            None,
            "the leaving is told"
        );
        assert_eq!(all.set(id(1), 20, "{}", 2), Ok(true));
        assert_eq!(
            all.take_over(id(1), 30, "{}", 2),
            Ok(true),
            "a later session of the same page speaks for it"
        );
        assert_eq!(all.take_over(id(1), 20, "{}", 2), Err(PresenceError::Taken));
        assert!(!all.leave(20, 3), "and stays when the earlier one is swept");
        all.leave(30, 3);
        all.sweep(3 + FORGET_AFTER_MS);
        assert_eq!(all.changed_since(0, 0).count(), 0);
    }

    #[test]
    fn who_goes_on_as_another_session_is_seen_without_a_gap_and_leaves_as_that_one() {
        let mut all = Presences::default();
        all.set(id(1), 10, "{}", 0).unwrap();
        let seen = all.version();
        all.pass_on(10, 20);
        assert_eq!(all.changed_since(seen, 30).count(), 0, "nobody is told");
        assert!(!all.leave(10, 1), "nothing is left of the former");
        assert!(all.leave(20, 1));
        assert_eq!(all.present(), 0);
    }

    #[test]
    fn clocks_grow_also_when_the_server_starts_anew() {
        let mut first = Presences::default();
        first.set(id(1), 1, "{}", 1_000).unwrap();
        let before = first.changed_since(0, 0).next().unwrap().clock;
        let mut second = Presences::default();
        second.set(id(1), 1, "{}", 2_000).unwrap();
        assert!(second.changed_since(0, 0).next().unwrap().clock > before);
    }

    /// What `/rt/1` says of a state, and what `/ws` says of it.
    fn doors(state: &str) -> (Result<bool, PresenceError>, Result<bool, Fault>) {
        let change = Change {
            client: id(1),
            clock: 1,
            state: Some(state.into()),
        };
        let message = encode_awareness(&[change], 0);
        let yjs = crate::validate::awareness(&message, &AwarenessLimits::default());
        (
            Presences::default().set(id(1), 1, state, 0),
            yjs.map(|entries| entries.len() == 1)
                .map_err(|invalid| invalid.fault),
        )
    }

    #[test]
    fn a_state_nests_no_deeper_than_sixteen_by_whichever_door_it_comes() {
        let lists = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        let objects = |depth| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        for deepest in [lists(15), objects(16)] {
            assert_eq!(doors(&deepest), (Ok(true), Ok(true)), "{deepest}");
        }
        for deeper in [lists(16), objects(17), lists(120), lists(2_000)] {
            let refused = (Err(PresenceError::TooDeep(16)), Err(Fault::Depth(16)));
            assert_eq!(doors(&deeper), refused, "{deeper}");
        }
        let brackets = "{\"a\":\"[[[[[[[[[[[[[[[[[[[[\\\"{{{{\"}";
        assert_eq!(
            doors(brackets),
            (Ok(true), Ok(true)),
            "in a text they nest nothing"
        );
    }

    #[test]
    fn what_one_door_takes_for_an_object_the_other_does_too() {
        // Half a character, as JavaScript cuts a name; a number that no float is; space in front.
        for taken in [
            "{\"user\":{\"name\":\"\\ud83d\"}}",
            "{\"a\":1e999}",
            " \n{}",
        ] {
            assert_eq!(doors(taken), (Ok(true), Ok(true)), "{taken}");
            assert_eq!(Person::from_state(taken).name, "", "and it harms nobody");
        }
        for refused in [
            "",
            "[]",
            "{",
            "{}}",
            "{} {}",
            "\u{feff}{}",
            "{'a':1}",
            "{\"a\":\"\n\"}",
        ] {
            let expected = (Err(PresenceError::NotAnObject), Err(Fault::Json));
            assert_eq!(doors(refused), expected, "{refused:?}");
        }
    }

    #[test]
    fn strange_states_are_refused_or_become_harmless() {
        let mut all = Presences::default();
        for bad in [
            "",
            "[]",
            "3",
            "{",
            &format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_PRESENCE)),
            &"[".repeat(4_000),
        ] {
            assert!(all.set(id(1), 1, bad, 0).is_err(), "{bad}");
        }
        let person = Person::from_state(
            "{\"user\":{\"name\":\" a\\u0000b \",\"color\":\"red;background:url(x)\"},\"cursor\":3}",
        );
        assert_eq!(
            person,
            Person {
                name: "ab".into(),
                color: String::new(),
                cursor: None
            }
        );
        let person = Person {
            name: "푸른 소나무".into(),
            color: "#3a7".into(),
            cursor: None,
        };
        assert_eq!(Person::from_state(&person.to_state()), person);
    }
}
