//! What a message says: its kind, its number and what it changes, from the frames of `protocol`; the words for it are the panel's.
use super::record::Direction;
use bytes::Bytes;
use protocol::frame::{ClientFrame, Hello, ServerFrame, SessionId, SessionKey};
use protocol::id::ClientId;
use protocol::presence::Person;
use protocol::sync::Message;
use protocol::validate::{self, UpdateLimits};
use std::ops::Range;

/// What only the page knows.
pub trait Knows {
    /// Where a character is in the text now, in UTF-16 code units.
    fn place(&self, client: ClientId, clock: u32) -> Option<u32>;
    /// Who writes under this id; none for oneself and for strangers.
    fn name(&self, client: ClientId) -> Option<String>;
}

macro_rules! kinds {
    ($($kind:ident $name:literal $group:ident,)*) => {
        /// What sort of message it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind {
            $(#[doc = $name] $kind,)*
        }

        impl Kind {
            /// As `docs/protocol.md` has it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// To which sorts of messages it belongs.
            #[must_use]
            pub fn group(self) -> Group {
                match self { $(Self::$kind => Group::$group,)* }
            }
        }
    };
}

kinds! {
    Hello "HELLO" Session,
    Resume "RESUME" Session,
    Data "DATA" Edits,
    OwnPresence "PRESENCE" Presence,
    Auth "AUTH" Session,
    Ping "PING" Pulse,
    Probe "PROBE" Pulse,
    Bye "BYE" Session,
    Claim "CLAIM" Session,
    Welcome "WELCOME" Session,
    Resumed "RESUMED" Session,
    Resync "RESYNC" Edits,
    Batch "BATCH" Edits,
    Saved "SAVED" Saved,
    Presences "PRESENCE" Presence,
    Pong "PONG" Pulse,
    Probed "PROBED" Pulse,
    AuthSoon "AUTH_SOON" Session,
    GoAway "GOAWAY" Session,
    Rights "RIGHTS" Session,
    Error "ERROR" Session,
    Piece "PIECE" Edits,
    Unknown "?" Session,
}

/// Messages that one shows or hides together, in the order in which the panel names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// What changes the text.
    Edits,
    /// What is on the disk.
    Saved,
    /// Who is where.
    Presence,
    /// Whether the other side lives.
    Pulse,
    /// Beginning, end and refusal.
    Session,
}

/// What a message changes or tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Nothing that its kind does not say.
    Nothing,
    /// Changes of the text.
    Edit(Edit),
    /// Asks for what is missing here.
    Asks,
    /// Presence of these; and so many have left.
    People(Vec<String>, usize),
    /// The session begins, or goes on, after this entry.
    From(u64),
    /// All up to this number.
    Upto(u64),
    /// Come back after so many milliseconds.
    Later(u64),
    /// A refusal in the server's words.
    Says(String),
}

/// Changes of the text, summed up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edit {
    /// Characters that come in, in UTF-16 code units.
    pub inserted: u64,
    /// Characters that go.
    pub deleted: u64,
    /// Where the first that comes in is now.
    pub at: Option<u32>,
    /// Whose, where that is known and not oneself.
    pub by: Vec<String>,
}

/// A message, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// What sort.
    pub kind: Kind,
    /// Its number: of an edit in the session, of an entry in the document.
    pub seq: Option<u64>,
    /// What it changes or tells.
    pub what: What,
}

impl Read {
    /// Reads a message. What cannot be read is said to be so.
    #[must_use]
    pub fn new(direction: Direction, bytes: &Bytes, knows: &dyn Knows) -> Self {
        // Pieces of a frame above 48 KiB; see `protocol::frame::fragment`.
        if matches!(bytes.first(), Some(126 | 127)) {
            return Self::of(Kind::Piece, None, What::Nothing);
        }
        let read = match direction {
            Direction::Out => ClientFrame::decode(bytes).map(|frame| sent(frame, knows)),
            Direction::In => ServerFrame::decode(bytes).map(|frame| received(frame, knows)),
        };
        read.unwrap_or(Self::of(Kind::Unknown, None, What::Nothing))
    }

    fn of(kind: Kind, seq: Option<u64>, what: What) -> Self {
        Self { kind, seq, what }
    }
}

/// Where a secret stands in a message: the session's behind its name, in RESUME, CLAIM and WELCOME; a token at the end, in
/// HELLO and AUTH.
pub(super) fn secret(direction: Direction, bytes: &[u8]) -> Option<Range<usize>> {
    let frame = Bytes::copy_from_slice(bytes);
    let token = match ClientFrame::decode(&frame) {
        Ok(ClientFrame::Hello(Hello { token, .. }) | ClientFrame::Auth { token })
            if direction == Direction::Out && !token.is_empty() =>
        {
            Some(bytes.len() - token.as_str().len()..bytes.len())
        }
        _ => None,
    };
    if token.is_some() {
        return token;
    }
    let holds = match direction {
        Direction::Out => matches!(
            ClientFrame::decode(&frame),
            Ok(ClientFrame::Resume { .. } | ClientFrame::Claim { .. })
        ),
        Direction::In => matches!(ServerFrame::decode(&frame), Ok(ServerFrame::Welcome(_))),
    };
    let start = 1 + size_of::<SessionId>();
    holds.then_some(start..start + size_of::<SessionKey>())
}

fn sent(frame: ClientFrame, knows: &dyn Knows) -> Read {
    match frame {
        ClientFrame::Hello(hello) => Read::of(Kind::Hello, None, What::From(hello.after)),
        ClientFrame::Resume { after, .. } => Read::of(Kind::Resume, None, What::From(after)),
        ClientFrame::Data { seq, message } => {
            Read::of(Kind::Data, Some(seq), changes([&message], knows))
        }
        ClientFrame::Presence { state } => {
            let name = Person::from_state(&state).name;
            Read::of(Kind::OwnPresence, None, What::People(vec![name], 0))
        }
        ClientFrame::Auth { .. } => Read::of(Kind::Auth, None, What::Nothing),
        ClientFrame::Ping { nonce } => Read::of(Kind::Ping, Some(nonce), What::Nothing),
        ClientFrame::Probe { nonce, .. } => Read::of(Kind::Probe, Some(nonce), What::Nothing),
        ClientFrame::Bye => Read::of(Kind::Bye, None, What::Nothing),
        ClientFrame::Claim { .. } => Read::of(Kind::Claim, None, What::Nothing),
    }
}

fn received(frame: ServerFrame, knows: &dyn Knows) -> Read {
    match frame {
        ServerFrame::Welcome(welcome) => Read::of(
            Kind::Welcome,
            None,
            welcome.after.map_or(What::Nothing, What::From),
        ),
        ServerFrame::Resumed { applied } => Read::of(Kind::Resumed, None, What::Upto(applied)),
        ServerFrame::Resync => Read::of(Kind::Resync, None, What::Asks),
        ServerFrame::Batch { upto, messages } => {
            Read::of(Kind::Batch, Some(upto), changes(&messages, knows))
        }
        ServerFrame::Saved { seq } => Read::of(Kind::Saved, Some(seq), What::Upto(seq)),
        ServerFrame::Presence { changed } => {
            let here = changed.iter().filter_map(|(_, state)| state.as_ref());
            let names: Vec<String> = here.map(|state| Person::from_state(state).name).collect();
            let left = changed.len() - names.len();
            Read::of(Kind::Presences, None, What::People(names, left))
        }
        ServerFrame::Pong { nonce } => Read::of(Kind::Pong, Some(nonce), What::Nothing),
        ServerFrame::Probed { nonce, .. } => Read::of(Kind::Probed, Some(nonce), What::Nothing),
        ServerFrame::AuthSoon { within_ms } => {
            Read::of(Kind::AuthSoon, None, What::Later(within_ms))
        }
        ServerFrame::Rights { .. } => Read::of(Kind::Rights, None, What::Nothing),
        ServerFrame::GoAway { retry_after_ms } => {
            Read::of(Kind::GoAway, None, What::Later(retry_after_ms))
        }
        ServerFrame::Error { code, message } => Read::of(
            Kind::Error,
            Some(u64::from(code.number())),
            What::Says(message),
        ),
    }
}

/// What sync messages change.
fn changes<'a>(messages: impl IntoIterator<Item = &'a Bytes>, knows: &dyn Knows) -> What {
    let (mut edit, mut asks) = (Edit::default(), false);
    for message in messages {
        let update = match Message::decode(message) {
            Ok(Message::Update(update) | Message::Step2(update)) => update,
            Ok(Message::Step1(_)) => {
                asks = true;
                continue;
            }
            _ => continue,
        };
        let Ok(summary) = validate::update(update, &UpdateLimits::document()) else {
            continue;
        };
        edit.inserted += summary.text_utf16;
        edit.deleted += summary.deleted_clocks;
        for range in &summary.structs {
            edit.at = edit.at.or_else(|| knows.place(range.client, range.start));
            if let Some(name) = knows.name(range.client)
                && !edit.by.contains(&name)
            {
                edit.by.push(name);
            }
        }
    }
    if asks && edit.inserted + edit.deleted == 0 {
        return What::Asks;
    }
    What::Edit(edit)
}

#[cfg(test)]
mod tests;
