//! What the client does with each frame of the server; what it does by itself stands in [`super`].

use bytes::Bytes;

use super::{Client, Effect, Link, Session};
use crate::{
    frame::{ClientFrame, ErrorCode, ServerFrame},
    replica::{self, Replica},
    sync::Message,
    validate::{self, UpdateLimits},
};

impl Client {
    /// A message came in on the link.
    pub fn message(&mut self, now: u64, bytes: Bytes, replica: &Replica) -> Vec<Effect> {
        if matches!(
            self.link,
            Link::Waiting { .. } | Link::Connecting { .. } | Link::Refused
        ) {
            return Vec::new();
        }
        self.last_byte = now;
        let mut effects = Vec::new();
        let frame = match self.assembler.push(bytes) {
            Ok(None) => return effects,
            Ok(Some(frame)) => ServerFrame::decode(&frame).ok(),
            Err(_) => None,
        };
        let handled =
            frame.is_some_and(|frame| self.frame(now, frame, replica, &mut effects).is_some());
        if !handled {
            // Bytes that make no sense here: the session may be mended by starting anew.
            self.give_session_up();
            effects.extend(self.refused(
                now,
                ErrorCode::Protocol,
                "the server's answer could not be read",
            ));
        }
        effects
    }

    /// Handles a frame; `None` when it makes no sense now.
    fn frame(
        &mut self,
        now: u64,
        frame: ServerFrame,
        replica: &Replica,
        effects: &mut Vec<Effect>,
    ) -> Option<()> {
        match (frame, self.link) {
            (ServerFrame::Error { code, message }, _) => {
                self.error(now, code, message, replica, effects);
            }
            (ServerFrame::GoAway { retry_after_ms }, _) => {
                effects.push(Effect::Close);
                effects.extend(self.wait(now, retry_after_ms));
            }
            (
                ServerFrame::Welcome(welcome),
                Link::Opening {
                    resuming: false, ..
                },
            ) => {
                self.session = Some(Session {
                    sid: welcome.sid,
                    key: welcome.key,
                    link: 0,
                    in_use: 0,
                });
                self.generation = welcome.generation;
                self.epoch = welcome.epoch;
                self.after = welcome.after.unwrap_or(0);
                self.lacks = welcome.after.is_none();
                self.exchanging = self.lacks;
                self.outbox.renumber();
                self.rights.set(now, welcome.role, welcome.expires_in_ms);
                self.go_live(now, 0, replica, effects);
            }
            // A reader may not send again what it was sending as a writer, and its number may not become another message's.
            (ServerFrame::Resumed { applied }, Link::Opening { resuming: true, .. })
                if !self.rights.may_write() && self.outbox.has_sent_after(applied) =>
            {
                self.give_session_up();
                effects.extend(self.drop_link(now));
            }
            (ServerFrame::Resumed { applied }, Link::Opening { resuming: true, .. }) => {
                self.exchanging = false;
                self.go_live(now, applied, replica, effects);
            }
            (ServerFrame::Resync, Link::Live { .. }) => {
                self.lacks = true;
                // A question that is under way is answered with all of it.
                if !self.exchanging {
                    self.ask_for_state(now, replica, effects);
                }
            }
            (ServerFrame::Batch { upto, messages }, Link::Live { .. }) => {
                return self.batch(now, upto, &messages, replica, effects);
            }
            (ServerFrame::Saved { seq }, Link::Live { .. }) => {
                self.protocol_errors = 0;
                // What was saved before is told again now and then, also by a server that saves nothing any more.
                if self.outbox.saved(seq) {
                    self.trouble = None;
                }
                effects.push(Effect::Status);
            }
            (ServerFrame::Presence { changed }, Link::Live { .. }) => {
                if std::mem::take(&mut self.presence_old) {
                    effects.push(Effect::PresenceReset);
                }
                effects.push(Effect::Presence(changed));
            }
            (ServerFrame::AuthSoon { within_ms }, Link::Live { .. }) => {
                effects.push(Effect::Renew { within_ms });
            }
            (
                ServerFrame::Rights {
                    role,
                    expires_in_ms,
                },
                Link::Live { .. },
            ) => {
                self.rights.answered();
                self.rights.set(now, role, expires_in_ms);
                self.send_edits(now, replica, effects);
                effects.push(Effect::Status);
            }
            (ServerFrame::Pong { nonce: 0 }, Link::Live { .. }) => {
                let answer = self.send(&ClientFrame::Ping { nonce: 0 });
                effects.push(answer);
            }
            (ServerFrame::Pong { nonce }, Link::Live { .. }) => {
                if self.ping.is_some_and(|(expected, _)| expected == nonce) {
                    self.ping = None;
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn go_live(&mut self, now: u64, applied: u64, replica: &Replica, effects: &mut Vec<Effect>) {
        self.link = Link::Live { since: now };
        self.trouble = None;
        // Forgotten only when the whole comes: until then nobody would be there, and carets would flicker.
        self.presence_old = true;
        self.switch = None;
        // On every link: the one before may have died with it.
        let former = self.former.iter();
        effects.extend(former.map(|&(sid, key)| self.send(&ClientFrame::Claim { sid, key })));
        if let Some(state) = self.presence.clone() {
            let frame = self.send(&ClientFrame::Presence { state });
            effects.push(frame);
        }
        self.show_again(effects);
        if !self.exchanging {
            for frame in self.outbox.again(applied) {
                self.send_all(&frame, effects);
            }
            self.catch_up(now, replica, effects);
        }
        effects.push(Effect::Status);
    }

    fn batch(
        &mut self,
        now: u64,
        upto: u64,
        messages: &[Bytes],
        replica: &Replica,
        effects: &mut Vec<Effect>,
    ) -> Option<()> {
        let mut updates = Vec::with_capacity(messages.len());
        let mut vector = None;
        for message in messages {
            match Message::decode(message).ok()? {
                Message::Update(update) | Message::Step2(update) => {
                    validate::update(update, &UpdateLimits::document()).ok()?;
                    updates.push(message.slice_ref(update));
                }
                Message::Step1(told) => vector = Some(told),
                Message::Awareness(_) | Message::Auth(_) | Message::QueryAwareness => return None,
            }
        }
        let answer = match vector {
            Some(vector) => Some(self.answer(replica, vector, &updates)?),
            None => None,
        };
        self.after = upto;
        if !updates.is_empty() {
            effects.push(Effect::Remote(updates));
        }
        if let Some((diff, missing)) = answer {
            self.lacks = false;
            self.exchanging = false;
            self.untold = missing && !self.rights.may_write();
            // One update that holds all the server lacks takes the place of those that wait.
            let state = || Message::Step2(&diff).encode().into();
            let frames = if self.rights.may_write() {
                self.outbox.replace(missing, state, now)
            } else {
                Vec::new()
            };
            for frame in frames {
                self.send_all(&frame, effects);
            }
            effects.push(Effect::Status);
        }
        Some(())
    }

    fn error(
        &mut self,
        now: u64,
        code: ErrorCode,
        message: String,
        replica: &Replica,
        effects: &mut Vec<Effect>,
    ) {
        match code {
            ErrorCode::NotSaving => {
                self.trouble = Some((code, message));
                effects.push(Effect::Status);
            }
            ErrorCode::Gone => {
                self.session = None;
                if matches!(self.link, Link::Opening { resuming: true, .. }) {
                    effects.extend(self.hello(now, replica));
                } else {
                    effects.push(Effect::Close);
                    effects.extend(self.wait(now, 0));
                }
            }
            // Something was lost on the way: a new link says from where to send again.
            ErrorCode::Incomplete => effects.extend(self.drop_link(now)),
            ErrorCode::Rate
            | ErrorCode::TooSlow
            | ErrorCode::Unavailable
            | ErrorCode::Superseded => {
                // A link of our own that was given up before it answered may have got through after all; else somebody
                // speaks for this session who is not this page.
                let own = |session: &Session| session.in_use < session.link;
                if code == ErrorCode::Superseded && !self.session.as_ref().is_some_and(own) {
                    self.give_session_up();
                }
                self.trouble = Some((code, message));
                effects.push(Effect::Close);
                effects.extend(self.wait(now, 0));
            }
            // A newer token is on its way: it has not been judged yet.
            ErrorCode::NoToken | ErrorCode::Expired | ErrorCode::Revoked
                if self.rights.unanswered() =>
            {
                self.give_session_up();
                effects.extend(self.drop_link(now));
            }
            ErrorCode::ReadOnly => {
                // An edit crossed with the news that this person may only read: a new session begins as a reader's.
                self.give_session_up();
                self.rights.lose();
                effects.extend(self.refused(now, code, &message));
            }
            ErrorCode::NoToken
            | ErrorCode::Expired
            | ErrorCode::Revoked
            | ErrorCode::Protocol
            | ErrorCode::OtherGeneration
            | ErrorCode::TooLarge => {
                self.give_session_up();
                let refusal = self.refused(now, code, &message);
                effects.extend(refusal);
            }
        }
    }

    /// What a peer lacks that has told its state (a vector, and its deletions in `told`), and whether that is anything.
    fn answer(&self, replica: &Replica, vector: &[u8], told: &[Bytes]) -> Option<(Vec<u8>, bool)> {
        validate::state_vector(vector, crate::room::MAX_CLIENTS).ok()?;
        let diff = self.diff(replica, vector, told).ok()?;
        let summary = validate::update(&diff, &UpdateLimits::document()).ok()?;
        // Every diff holds all deletions: only those that the peer has not told itself are news.
        let missing = !summary.structs.is_empty()
            || (!summary.deleted.is_empty() && replica::deletes_more(&diff, told).ok()?);
        Some((diff, missing))
    }
}
