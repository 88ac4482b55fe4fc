//! The page's side of a session: it decides what to send, when to give up a link and what counts as saved; it has no socket, clock or text.
//!
//! Every method takes the time and returns [`Effect`]s, which the shell performs in order. Times are milliseconds of a
//! monotonic clock.

use bytes::Bytes;

use crate::{
    frame::{
        ClientFrame, ErrorCode, Hello, Role, ServerFrame, SessionId, SessionKey, VERSION,
        fragment::{Assembler, split},
    },
    id::{ClientId, DocId},
    replica::Replica,
    sync::Message,
    validate::{self, UpdateLimits},
};

pub mod backoff;
pub mod outbox;

use backoff::Backoff;
use outbox::Outbox;

/// A link that is not open after this time is given up.
const CONNECT_MS: u64 = 10_000;
/// An open link on which the server does not answer HELLO or RESUME within this time is given up.
const OPEN_MS: u64 = 5_000;
/// A link without a byte for this long is dead: two heartbeats and some.
const SILENCE_MS: u64 = 45_000;
/// An edit not saved for this long makes the client ask whether the link lives.
const DOUBT_MS: u64 = 5_000;
/// How long an answer to a ping may take.
const PONG_MS: u64 = 5_000;
/// The same after waking up, when most links are dead.
const WAKE_PONG_MS: u64 = 3_000;
/// A link must live this long before its end starts the waiting times anew.
const HEALTHY_MS: u64 = 30_000;
/// Malformed sessions in a row after which the client stops trying.
const MAX_PROTOCOL_ERRORS: u32 = 3;
/// The largest frame put together from pieces, in bytes: a whole document.
const MAX_ASSEMBLED: usize = 64 << 20;

/// What the shell has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Open a link; then call [`Client::opened`] or [`Client::closed`].
    Connect,
    /// Send these bytes on the link, as one message.
    Send(Bytes),
    /// Close the link; [`Client::closed`] need not be called.
    Close,
    /// Give these updates of others to the replica when the editor is ready for them.
    Remote(Vec<Bytes>),
    /// Presence of others changed.
    Presence(Vec<(ClientId, Option<String>)>),
    /// Forget everybody's presence: what follows is the whole.
    PresenceReset,
    /// [`Client::status`] changed.
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
    /// The server refuses; only a person can go on ([`Client::retry`]).
    Refused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Waiting { until: u64 },
    Connecting { since: u64 },
    Opening { since: u64, resuming: bool },
    Live { since: u64 },
    Refused,
}

#[derive(Debug, Clone, Copy)]
struct Session {
    sid: SessionId,
    key: SessionKey,
    link: u64,
}

/// The client of one document.
pub struct Client {
    doc: DocId,
    client: ClientId,
    generation: u64,
    epoch: u64,
    after: u64,
    session: Option<Session>,
    link: Link,
    role: Role,
    trouble: Option<(ErrorCode, String)>,
    outbox: Outbox,
    /// States are being exchanged: edits wait until the server has told what it has.
    exchanging: bool,
    presence: Option<String>,
    assembler: Assembler,
    backoff: Backoff,
    protocol_errors: u32,
    last_byte: u64,
    ping: Option<(u64, u64)>,
    next_nonce: u64,
}

/// What the page was delivered with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Embedded {
    /// The document's generation; 0 when nothing was delivered.
    pub generation: u64,
    /// The room's epoch.
    pub epoch: u64,
    /// The replica has every entry of that epoch up to this one.
    pub after: u64,
}

impl Client {
    /// A client that is not connected; `seed` spreads the waiting times of many clients.
    #[must_use]
    pub fn new(doc: DocId, client: ClientId, embedded: Embedded, seed: u64) -> Self {
        Self {
            doc,
            client,
            generation: embedded.generation,
            epoch: embedded.epoch,
            after: embedded.after,
            session: None,
            link: Link::Waiting { until: 0 },
            role: Role::Write,
            trouble: None,
            outbox: Outbox::default(),
            exchanging: false,
            presence: None,
            assembler: Assembler::new(MAX_ASSEMBLED),
            backoff: Backoff::new(seed),
            protocol_errors: 0,
            last_byte: 0,
            ping: None,
            next_nonce: 1,
        }
    }

    /// How things stand.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            link: match self.link {
                Link::Waiting { until } => LinkStatus::Waiting { until },
                Link::Connecting { .. } | Link::Opening { .. } => LinkStatus::Connecting,
                Link::Live { .. } => LinkStatus::Live,
                Link::Refused => LinkStatus::Refused,
            },
            unsaved_since: self.outbox.oldest(),
            trouble: self.trouble.clone(),
            role: self.role,
        }
    }

    /// The document's generation; 0 before the first session.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// When [`Client::tick`] wants to be called next, at the latest.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        match self.link {
            Link::Waiting { until } => Some(until),
            Link::Connecting { since } => Some(since + CONNECT_MS),
            Link::Opening { since, .. } => Some(since + OPEN_MS),
            Link::Refused => None,
            Link::Live { .. } => {
                let silence = self.last_byte + SILENCE_MS;
                let doubt = match self.ping {
                    Some((_, due)) => due,
                    None => self
                        .outbox
                        .oldest()
                        .map_or(u64::MAX, |oldest| oldest.max(self.last_byte) + DOUBT_MS),
                };
                Some(silence.min(doubt))
            }
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: u64) -> Vec<Effect> {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Vec::new();
        }
        match self.link {
            Link::Waiting { .. } => {
                self.link = Link::Connecting { since: now };
                vec![Effect::Connect, Effect::Status]
            }
            Link::Connecting { .. } | Link::Opening { .. } => self.drop_link(now),
            Link::Live { .. } => {
                let dead = now >= self.last_byte + SILENCE_MS
                    || self.ping.is_some_and(|(_, due)| now >= due);
                if dead {
                    self.drop_link(now)
                } else {
                    self.ping(now, PONG_MS)
                }
            }
            Link::Refused => Vec::new(),
        }
    }

    /// The link is open.
    pub fn opened(&mut self, now: u64, replica: &Replica) -> Vec<Effect> {
        if !matches!(self.link, Link::Connecting { .. }) {
            return vec![Effect::Close];
        }
        self.assembler = Assembler::new(MAX_ASSEMBLED);
        self.last_byte = now;
        self.ping = None;
        match &mut self.session {
            Some(session) => {
                session.link += 1;
                let resume = ClientFrame::Resume {
                    sid: session.sid,
                    key: session.key,
                    link: session.link,
                    epoch: self.epoch,
                    after: self.after,
                };
                self.link = Link::Opening {
                    since: now,
                    resuming: true,
                };
                vec![self.send(&resume)]
            }
            None => self.hello(now, replica),
        }
    }

    /// The link is gone.
    pub fn closed(&mut self, now: u64) -> Vec<Effect> {
        match self.link {
            Link::Waiting { .. } | Link::Refused => Vec::new(),
            _ => self.wait(now, 0),
        }
    }

    /// The browser says that there is a network again, or the page was woken: try at once, and doubt what is open.
    pub fn wake(&mut self, now: u64) -> Vec<Effect> {
        match self.link {
            Link::Waiting { .. } => {
                self.backoff.reset();
                self.link = Link::Waiting { until: now };
                self.tick(now)
            }
            Link::Live { .. } if self.ping.is_none_or(|(_, due)| due > now + WAKE_PONG_MS) => {
                self.ping(now, WAKE_PONG_MS)
            }
            _ => Vec::new(),
        }
    }

    /// The person wants another try after a refusal: the states are exchanged anew.
    pub fn retry(&mut self, now: u64) -> Vec<Effect> {
        self.session = None;
        self.epoch = 0;
        self.trouble = None;
        self.protocol_errors = 0;
        self.link = Link::Waiting { until: now };
        self.tick(now)
    }

    /// The replica made an update of this person.
    pub fn local(&mut self, now: u64, update: &[u8]) -> Vec<Effect> {
        let was_saved = self.outbox.oldest().is_none();
        let message = Bytes::from(Message::Update(update).encode());
        let can_send = matches!(self.link, Link::Live { .. }) && !self.exchanging;
        let mut effects = Vec::new();
        if let Some(frame) = self.outbox.push(message, now, can_send) {
            self.send_all(&frame, &mut effects);
        }
        if was_saved {
            effects.push(Effect::Status);
        }
        effects
    }

    /// This person's presence changed.
    pub fn presence(&mut self, state: String) -> Vec<Effect> {
        if self.presence.as_ref() == Some(&state) {
            return Vec::new();
        }
        self.presence = Some(state.clone());
        if matches!(self.link, Link::Live { .. }) {
            vec![self.send(&ClientFrame::Presence { state })]
        } else {
            Vec::new()
        }
    }

    /// The replica found that something is missing in what it was given: ask for it.
    pub fn incomplete(&mut self, now: u64, replica: &Replica) -> Vec<Effect> {
        if !matches!(self.link, Link::Live { .. }) || self.exchanging {
            return Vec::new();
        }
        let mut effects = Vec::new();
        self.ask_for_state(now, replica, &mut effects);
        effects
    }

    /// The page is left for good.
    pub fn leave(&mut self) -> Vec<Effect> {
        let live = matches!(self.link, Link::Live { .. });
        self.link = Link::Refused;
        if live {
            vec![self.send(&ClientFrame::Bye), Effect::Close]
        } else {
            vec![Effect::Close]
        }
    }

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
            self.session = None;
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
                self.error(now, code, message, replica, effects)
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
                });
                self.generation = welcome.generation;
                self.epoch = welcome.epoch;
                self.after = welcome.after.unwrap_or(0);
                self.role = welcome.role;
                self.exchanging = welcome.after.is_none();
                self.outbox.renumber();
                self.go_live(now, 0, replica, effects);
            }
            (ServerFrame::Resumed { applied }, Link::Opening { resuming: true, .. }) => {
                self.exchanging = false;
                self.go_live(now, applied, replica, effects);
            }
            (ServerFrame::Resync, Link::Live { .. }) => self.ask_for_state(now, replica, effects),
            (ServerFrame::Batch { upto, messages }, Link::Live { .. }) => {
                return self.batch(now, upto, &messages, replica, effects);
            }
            (ServerFrame::Saved { seq }, Link::Live { .. }) => {
                self.protocol_errors = 0;
                self.outbox.saved(seq);
                self.trouble = None;
                effects.push(Effect::Status);
            }
            (ServerFrame::Presence { changed }, Link::Live { .. }) => {
                effects.push(Effect::Presence(changed))
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
        effects.push(Effect::PresenceReset);
        if let Some(state) = self.presence.clone() {
            let frame = self.send(&ClientFrame::Presence { state });
            effects.push(frame);
        }
        if !self.exchanging {
            for frame in self.outbox.after(applied) {
                self.send_all(&frame, effects);
            }
            if self.outbox.is_collapsed() {
                self.ask_for_state(now, replica, effects);
            }
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
        self.after = upto;
        if !updates.is_empty() {
            effects.push(Effect::Remote(updates));
        }
        if let Some(vector) = vector {
            validate::state_vector(vector, crate::room::MAX_CLIENTS).ok()?;
            let diff = replica.diff(vector).ok()?;
            let missing = validate::update(&diff, &UpdateLimits::document())
                .is_ok_and(|summary| !summary.structs.is_empty());
            self.exchanging = false;
            // One update that holds all the server lacks takes the place of those that wait.
            if let Some(frame) =
                self.outbox
                    .replace(missing, || Message::Step2(&diff).encode().into(), now)
            {
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
            ErrorCode::Rate
            | ErrorCode::TooSlow
            | ErrorCode::Unavailable
            | ErrorCode::Superseded
            | ErrorCode::Incomplete => {
                if code == ErrorCode::Superseded {
                    self.session = None;
                }
                self.trouble = Some((code, message));
                effects.push(Effect::Close);
                effects.extend(self.wait(now, 0));
            }
            ErrorCode::Protocol
            | ErrorCode::ReadOnly
            | ErrorCode::OtherGeneration
            | ErrorCode::TooLarge => {
                self.session = None;
                let refusal = self.refused(now, code, &message);
                effects.extend(refusal);
            }
        }
    }

    fn refused(&mut self, now: u64, code: ErrorCode, message: &str) -> Vec<Effect> {
        self.trouble = Some((code, message.to_owned()));
        self.protocol_errors += 1;
        let mut effects = vec![Effect::Close];
        if code == ErrorCode::Protocol && self.protocol_errors < MAX_PROTOCOL_ERRORS {
            effects.extend(self.wait(now, 0));
        } else {
            self.link = Link::Refused;
            effects.push(Effect::Status);
        }
        effects
    }

    fn hello(&mut self, now: u64, replica: &Replica) -> Vec<Effect> {
        self.link = Link::Opening {
            since: now,
            resuming: false,
        };
        let hello = ClientFrame::Hello(Hello {
            version: VERSION,
            doc: self.doc.clone(),
            client: self.client,
            generation: self.generation,
            epoch: self.epoch,
            after: self.after,
            state_vector: replica.state_vector().into(),
        });
        let mut effects = Vec::new();
        self.send_all(&hello.encode(), &mut effects);
        effects
    }

    fn ask_for_state(&mut self, now: u64, replica: &Replica, effects: &mut Vec<Effect>) {
        self.exchanging = true;
        let message = Message::Step1(&replica.state_vector()).encode();
        let frame = self.outbox.ask(message.into(), now);
        self.send_all(&frame, effects);
    }

    fn ping(&mut self, now: u64, within: u64) -> Vec<Effect> {
        let nonce = self.next_nonce;
        self.next_nonce += 1;
        self.ping = Some((nonce, now + within));
        vec![self.send(&ClientFrame::Ping { nonce })]
    }

    fn drop_link(&mut self, now: u64) -> Vec<Effect> {
        let mut effects = vec![Effect::Close];
        effects.extend(self.wait(now, 0));
        effects
    }

    fn wait(&mut self, now: u64, at_least: u64) -> Vec<Effect> {
        if matches!(self.link, Link::Live { since } if now >= since + HEALTHY_MS) {
            self.backoff.reset();
        }
        self.ping = None;
        self.link = Link::Waiting {
            until: now + at_least + self.backoff.next(),
        };
        vec![Effect::Status]
    }

    fn send(&self, frame: &ClientFrame) -> Effect {
        Effect::Send(frame.encode())
    }

    fn send_all(&self, frame: &Bytes, effects: &mut Vec<Effect>) {
        effects.extend(split(frame.clone()).map(Effect::Send));
    }
}
