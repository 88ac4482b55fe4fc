//! The page's side of a session: it decides what to send, when to give up a link and what counts as saved; it has no socket, clock or text.
//!
//! Every method takes the time and returns [`Effect`]s, which the shell performs in order. Times are milliseconds of a
//! monotonic clock.
//!
//! Over 400 lines because it is one machine whose every transition reads the same few fields.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::{
    frame::{
        ClientFrame, ErrorCode, Hello, MAX_PRESENCE, SessionId, SessionKey, VERSION,
        fragment::{Assembler, split},
    },
    id::{ClientId, DocId},
    replica::Replica,
    sync::Message,
};

mod answers;
pub mod backoff;
mod farewell;
mod held;
pub mod outbox;
mod rights;
mod switch;
mod told;

use backoff::Backoff;
pub use farewell::MAX_FAREWELL;
use outbox::Outbox;
use rights::Rights;
use switch::Switch;
pub use told::{Effect, LinkStatus, Status};

/// A link that is not open after this time is given up.
const CONNECT_MS: u64 = 10_000;
/// An open link on which the server does not answer HELLO or RESUME within this time is given up.
pub(crate) const OPEN_MS: u64 = 5_000;
/// A link without a byte for this long is dead: two heartbeats and some.
const SILENCE_MS: u64 = 45_000;
/// The same while nobody can see the page: browsers call such a page once a minute.
const HIDDEN_SILENCE_MS: u64 = 100_000;
/// An edit not saved for this long makes the client ask whether the link lives.
const DOUBT_MS: u64 = 5_000;
/// How long an answer to a ping may take.
const PONG_MS: u64 = 5_000;
/// The same after waking up, when most links are dead.
const WAKE_PONG_MS: u64 = 3_000;
/// The slowest uplink that is not taken for a dead one, in bytes a millisecond: an answer comes behind what was sent before.
const SLOWEST: u64 = 16;
/// A link must live this long before its end starts the waiting times anew.
const HEALTHY_MS: u64 = 30_000;
/// Malformed sessions in a row after which the client stops trying.
const MAX_PROTOCOL_ERRORS: u32 = 3;
/// The largest frame put together from pieces, in bytes: a whole document.
const MAX_ASSEMBLED: usize = 64 << 20;

/// So many sessions before this one are remembered: a server forgets a lost one after two minutes, and waiting times grow.
const MAX_FORMER: usize = 8;

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
    /// The number of the newest link.
    link: u64,
    /// The number of the link that is in use.
    in_use: u64,
}

impl Session {
    fn resume(&self, epoch: u64, after: u64) -> ClientFrame {
        ClientFrame::Resume {
            sid: self.sid,
            key: self.key,
            link: self.link,
            epoch,
            after,
        }
    }
}

/// The client of one document.
pub struct Client {
    doc: DocId,
    client: ClientId,
    generation: u64,
    epoch: u64,
    after: u64,
    session: Option<Session>,
    /// The sessions before, the oldest first, as far as the server may still know them: the next one takes this page's client
    /// id from whichever has it. A session may have ended before it came to that.
    former: VecDeque<(SessionId, SessionKey)>,
    link: Link,
    rights: Rights,
    trouble: Option<(ErrorCode, String)>,
    outbox: Outbox,
    /// The replica lacks something that only the server's state brings. Until that has come `after` promises nothing,
    /// and a link that dies before it is asked again on the next one.
    lacks: bool,
    /// The question is under way on this link: edits wait until the server has told what it has.
    exchanging: bool,
    /// The server lacks something that this page has and may not tell: that of others, who lost it with the server.
    untold: bool,
    /// Updates of others that the replica does not have yet.
    held: Vec<Bytes>,
    presence: Option<String>,
    /// Others' presence is from an older link: the next that comes is the whole.
    presence_old: bool,
    hidden: bool,
    switch: Option<Switch>,
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
            former: VecDeque::new(),
            link: Link::Waiting { until: 0 },
            rights: Rights::default(),
            trouble: None,
            outbox: Outbox::default(),
            lacks: false,
            exchanging: false,
            untold: false,
            held: Vec::new(),
            presence: None,
            presence_old: false,
            hidden: false,
            switch: None,
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
            role: self.rights.role,
            expires_at: self.rights.expires_at,
            stranded: self.is_stranded(),
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
                let silence = self.last_byte + self.silence_ms();
                let doubt = match self.ping {
                    Some((_, due)) => due,
                    // What may not be sent is waited for by nobody.
                    None if self.is_stranded() => u64::MAX,
                    None => self.outbox.oldest().map_or(u64::MAX, |oldest| {
                        oldest.max(self.last_byte) + DOUBT_MS + self.upload_ms()
                    }),
                };
                Some(silence.min(doubt))
            }
        }
    }

    /// Whether the session is open on a link.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.link, Link::Live { .. })
    }

    /// Whether a link is being opened, or its first answer waited for.
    #[must_use]
    pub fn is_opening(&self) -> bool {
        matches!(self.link, Link::Connecting { .. } | Link::Opening { .. })
    }

    /// A person acts on the connection: waiting times start anew.
    pub fn hasten(&mut self) {
        self.backoff.reset();
    }

    /// Nobody can see the page, or somebody can again.
    pub fn hide(&mut self, hidden: bool) {
        self.hidden = hidden;
    }

    /// A byte came that is no message.
    pub fn alive(&mut self, now: u64) {
        self.last_byte = now;
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
                let dead = now >= self.last_byte + self.silence_ms()
                    || self.ping.is_some_and(|(_, due)| now >= due);
                if dead {
                    self.drop_link(now)
                } else {
                    self.ping(now, PONG_MS + self.upload_ms())
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
                session.in_use = session.link;
                let resume = session.resume(self.epoch, self.after);
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

    /// The person wants another try: at once, and after a refusal with a new exchange of states.
    pub fn retry(&mut self, now: u64) -> Vec<Effect> {
        if self.link != Link::Refused {
            return self.wake(now);
        }
        self.give_session_up();
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
        let can_send = self.is_live() && !self.exchanging && self.rights.may_write();
        let mut effects = Vec::new();
        if let Some(frame) = self.outbox.push(message, now, can_send) {
            self.send_all(&frame, &mut effects);
        }
        if was_saved {
            effects.push(Effect::Status);
        }
        effects
    }

    /// This person's presence changed. A state longer than [`MAX_PRESENCE`], which no server takes, is left out.
    pub fn presence(&mut self, state: String) -> Vec<Effect> {
        if self.presence.as_ref() == Some(&state) || state.len() > MAX_PRESENCE {
            return Vec::new();
        }
        self.presence = Some(state.clone());
        if matches!(self.link, Link::Live { .. }) {
            vec![self.send(&ClientFrame::Presence { state })]
        } else {
            Vec::new()
        }
    }

    /// The replica found that something is missing in what it was given: ask for it, now or on the next link.
    pub fn incomplete(&mut self, now: u64, replica: &Replica) -> Vec<Effect> {
        self.lacks = true;
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

    fn refused(&mut self, now: u64, code: ErrorCode, message: &str) -> Vec<Effect> {
        self.trouble = Some((code, message.to_owned()));
        self.protocol_errors += 1;
        let mut effects = vec![Effect::Close];
        let again = matches!(code, ErrorCode::Protocol | ErrorCode::ReadOnly);
        if again && self.protocol_errors < MAX_PROTOCOL_ERRORS {
            effects.extend(self.wait(now, 0));
        } else {
            self.link = Link::Refused;
            effects.push(Effect::Status);
        }
        effects
    }

    /// The next link opens a new session.
    fn give_session_up(&mut self) {
        if let Some(session) = self.session.take() {
            if self.former.len() == MAX_FORMER {
                self.former.pop_front();
            }
            self.former.push_back((session.sid, session.key));
        }
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
            // Without an epoch the server tells its whole state.
            epoch: if self.lacks { 0 } else { self.epoch },
            after: self.after,
            state_vector: replica.state_vector().into(),
            token: self.rights.shown(),
        });
        let mut effects = Vec::new();
        self.send_all(&hello.encode(), &mut effects);
        effects
    }

    fn ask_for_state(&mut self, now: u64, replica: &Replica, effects: &mut Vec<Effect>) {
        self.exchanging = true;
        let message = Message::Step1(&replica.state_vector()).encode();
        for frame in self.outbox.ask(message.into(), now) {
            self.send_all(&frame, effects);
        }
    }

    /// Sends what waited for a link, and asks for what was found missing meanwhile.
    fn catch_up(&mut self, now: u64, replica: &Replica, effects: &mut Vec<Effect>) {
        self.send_edits(now, replica, effects);
        if self.lacks && !self.exchanging {
            self.ask_for_state(now, replica, effects);
        }
    }

    fn ping(&mut self, now: u64, within: u64) -> Vec<Effect> {
        let nonce = self.next_nonce;
        self.next_nonce += 1;
        self.ping = Some((nonce, now + within));
        vec![self.send(&ClientFrame::Ping { nonce })]
    }

    /// How long what is not saved may take on the slowest uplink.
    fn upload_ms(&self) -> u64 {
        self.outbox.bytes() as u64 / SLOWEST
    }

    fn drop_link(&mut self, now: u64) -> Vec<Effect> {
        let mut effects = vec![Effect::Close];
        effects.extend(self.wait(now, 0));
        effects
    }

    fn wait(&mut self, now: u64, at_least: u64) -> Vec<Effect> {
        if matches!(self.link, Link::Live { since } if now >= since + HEALTHY_MS) {
            self.backoff.reset();
            self.protocol_errors = 0;
        }
        self.ping = None;
        self.switch = None;
        self.link = Link::Waiting {
            until: now + at_least + self.backoff.draw(),
        };
        vec![Effect::Status]
    }

    fn silence_ms(&self) -> u64 {
        if self.hidden {
            HIDDEN_SILENCE_MS
        } else {
            SILENCE_MS
        }
    }

    fn send(&self, frame: &ClientFrame) -> Effect {
        Effect::Send(frame.encode())
    }

    fn send_all(&self, frame: &Bytes, effects: &mut Vec<Effect>) {
        effects.extend(split(frame.clone()).map(Effect::Send));
    }
}

#[cfg(test)]
mod tests;
