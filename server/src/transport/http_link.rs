//! Links that are plain requests: which of them are open, what each has heard and told, when one is dead; the requests themselves are the endpoints'.
//!
//! Such a link is the pair of a session and a link number. Between two requests nothing of it exists but its entry here.
//! The server keeps nothing to repeat: an answer that is lost ends the link, and the page goes on with another.
//!
//! Over 400 lines because a link, its turns and its numbers, and the list it ends with are one thing: each ends the others.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use bytes::Bytes;
use protocol::{
    frame::{ClientFrame, ErrorCode, SessionId, authorization::Authorization, fragment::Assembler},
    session::{Ended, Received},
};
use subtle::ConstantTimeEq;
use tokio::{
    sync::{Notify, watch},
    time::{self, Instant},
};

use super::{Link, assemble, deadlines::Deadlines, pulse::Pulse};
use crate::{
    http::AppState,
    metrics::{LinkKind, Metrics, Raised, Traffic},
    rates::LinkRates,
    room::{self, Taken},
};

/// The turn of a link that has ended.
const OVER: u64 = u64::MAX;

/// The open links, one a session: an older one has no business any more when a newer one opens.
pub struct HttpLinks {
    links: Mutex<HashMap<SessionId, Arc<HttpLink>>>,
    deadlines: Deadlines,
    metrics: Arc<Metrics>,
}

/// An open link.
pub struct HttpLink {
    link: Link,
    state: Mutex<State>,
    /// Held while a POST is taken in.
    inbox: tokio::sync::Mutex<()>,
    /// Who reads now: the number of the poll or stream, or [`OVER`].
    turn: watch::Sender<u64>,
    links: Weak<HttpLinks>,
}

struct State {
    assembler: Assembler,
    /// The newest POST that was taken in.
    posts: u64,
    reader: Reader,
    pulse: Pulse,
    opened: Instant,
    used: bool,
    /// Whether it continued a session and was not counted as that yet.
    resumed: bool,
    counted: Option<Counted>,
}

/// The frames in messages, and why they end before the last message if they do.
fn put_together(
    rates: &LinkRates,
    assembler: &mut Assembler,
    messages: Vec<Bytes>,
) -> (Vec<ClientFrame>, Result<(), Ended>) {
    let mut frames = Vec::new();
    let mut put = |message: Bytes| {
        rates.heard(message.len())?;
        let frame = assemble(assembler, message)?;
        if matches!(frame, Some(ClientFrame::Presence { .. })) {
            rates.moved()?;
        }
        frames.extend(frame);
        Ok(())
    };
    let then = messages.into_iter().try_for_each(&mut put);
    (frames, then)
}

/// How the page reads what it is told. Two ways at once would overtake each other.
enum Reader {
    None,
    /// The newest poll's number.
    Polls(u64),
    /// The newest stream's number, and whether it goes on.
    Streams(u64, bool),
}

/// A link as it stands in the metrics.
struct Counted {
    kind: LinkKind,
    traffic: Traffic,
    _open: Raised,
}

/// A reader's turn: it lasts until the next one reads or the link ends.
pub struct Turn {
    number: u64,
    now: watch::Receiver<u64>,
}

impl Turn {
    /// Waits for the end of the turn. Cancelling loses nothing.
    pub async fn over(&mut self) {
        let number = self.number;
        // The link lives as long as its readers, so that the wait cannot fail before.
        drop(self.now.wait_for(|now| *now != number).await);
    }
}

impl HttpLinks {
    /// None is open.
    #[must_use]
    pub fn new(deadlines: Deadlines, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self {
            links: Mutex::default(),
            // What is silence on a connection may be a hidden page here.
            deadlines: Deadlines {
                silence: deadlines.unheard,
                ..deadlines
            },
            metrics,
        })
    }

    /// Opens a link; `assembler` puts its frames together.
    #[must_use]
    pub fn open(
        self: &Arc<Self>,
        link: Link,
        resumed: bool,
        assembler: Assembler,
    ) -> Arc<HttpLink> {
        let (sid, number) = (link.sid, link.number);
        let opened = Arc::new(HttpLink {
            link,
            state: Mutex::new(State {
                assembler,
                posts: 0,
                reader: Reader::None,
                pulse: Pulse::new(self.deadlines),
                opened: Instant::now(),
                used: false,
                resumed,
                counted: None,
            }),
            inbox: tokio::sync::Mutex::default(),
            turn: watch::Sender::new(0),
            links: Arc::downgrade(self),
        });
        self.supersede(&sid, number);
        lock(&self.links)
            .entry(sid)
            .or_insert_with(|| Arc::clone(&opened));
        opened
    }

    /// Forgets the session's link if it is older than the link `number`, on whatever transport that is. Who reads on it was
    /// woken by the room and finds itself superseded.
    pub fn supersede(&self, sid: &SessionId, number: u64) {
        let mut links = lock(&self.links);
        let older = |link: &Arc<HttpLink>| link.link.number < number;
        let old = links.get(sid).is_some_and(older).then(|| links.remove(sid));
        // It may be the last to hold the link, whose end wants the room.
        drop(links);
        drop(old);
    }

    /// The link that a request belongs to.
    ///
    /// # Errors
    /// [`Ended`] with what its page is told when it is not open.
    pub async fn find(
        &self,
        state: &AppState,
        asked: &Authorization,
    ) -> Result<Arc<HttpLink>, Ended> {
        let found = lock(&self.links).get(&asked.sid).cloned();
        if let Some(found) = found.filter(|found| found.is(asked)) {
            return Ok(found);
        }
        let room = state.rooms.find(&asked.sid).await.ok_or_else(room::gone)?;
        Err(room.why_not(&asked.sid, &asked.key, asked.link))
    }

    /// How many are open.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.links).len()
    }

    /// Whether none is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ends dead links, until the process ends.
    pub async fn look_after(self: Arc<Self>) {
        let soonest = self.deadlines.silence.min(self.deadlines.unused);
        let mut sweep = time::interval(soonest / 4);
        sweep.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            sweep.tick().await;
            let links: Vec<_> = lock(&self.links).values().cloned().collect();
            for link in links {
                if link.is_dead(&self.deadlines) {
                    link.end(false);
                }
            }
        }
    }

    fn remove(&self, link: &HttpLink) {
        let mut links = lock(&self.links);
        let there = links.get(&link.link.sid);
        let is_there = there.is_some_and(|there| std::ptr::eq(Arc::as_ptr(there), link));
        let removed = is_there.then(|| links.remove(&link.link.sid));
        drop(links);
        drop(removed);
    }
}

impl HttpLink {
    /// Takes in the messages of POST number `n`. One that came before is not taken in again: a proxy or browser repeats what
    /// it got no answer to.
    ///
    /// # Errors
    /// [`Ended`] with what the page is told; the link has ended, unless one before `n` is missing.
    pub async fn receive(&self, n: u64, messages: Vec<Bytes>) -> Result<(), Ended> {
        // What one POST says is taken in before what the next says.
        let _in_order = self.inbox.lock().await;
        let (frames, then) = {
            let mut state = self.used()?;
            if n <= state.posts {
                return Ok(());
            }
            if n != state.posts + 1 {
                return Err(missing("POST"));
            }
            state.posts = n;
            if let Some(counted) = &state.counted {
                let bytes: usize = messages.iter().map(Bytes::len).sum();
                counted.traffic.received.inc_by(bytes as u64);
            }
            put_together(&self.link.rates, &mut state.assembler, messages)
        };
        match self.receive_all(frames).await.and(then) {
            Ok(()) => {
                // What a session answers is told by another request than the one that asked.
                self.link.wake.notify_one();
                Ok(())
            }
            Err(ended) => {
                self.end(false);
                Err(ended)
            }
        }
    }

    async fn receive_all(&self, frames: Vec<ClientFrame>) -> Result<(), Ended> {
        let Link {
            room,
            author,
            number,
            ..
        } = &self.link;
        for frame in frames {
            if room.receive(*author, *number, frame).await? == Received::Left {
                self.end(true);
                break;
            }
        }
        Ok(())
    }

    /// Begins poll number `n`; one that waits ends.
    ///
    /// # Errors
    /// [`Ended`] when `n` is not the next one: the answer to the one before may be lost.
    pub fn poll(&self, n: u64, kind: LinkKind) -> Result<Turn, Ended> {
        let mut state = self.used()?;
        match state.reader {
            Reader::None if n == 1 => {}
            Reader::Polls(before) if n == before + 1 => {}
            _ => return Err(missing("poll")),
        }
        state.reader = Reader::Polls(n);
        self.read_as(&mut state, kind);
        Ok(self.turn(n))
    }

    /// Begins stream number `n`.
    ///
    /// # Errors
    /// [`Ended`] when `n` is not the next one, or the one before has not ended by itself.
    pub fn stream(&self, n: u64) -> Result<Turn, Ended> {
        let mut state = self.used()?;
        match state.reader {
            Reader::None if n == 1 => {}
            Reader::Streams(before, false) if n == before + 1 => {}
            _ => return Err(missing("stream")),
        }
        state.reader = Reader::Streams(n, true);
        self.read_as(&mut state, LinkKind::RtEventStream);
        Ok(self.turn(n))
    }

    /// A stream ends by itself; the page asks for the next.
    pub fn stream_ended(&self) {
        let mut state = lock(&self.state);
        if let Reader::Streams(_, open) = &mut state.reader {
            *open = false;
        }
    }

    /// What the page is told next; `None` when the turn is over.
    ///
    /// # Errors
    /// [`Ended`] when the link is superseded or the session over.
    pub fn take(&self, turn: &Turn, limit: usize) -> Result<Option<Taken>, Ended> {
        let _state = lock(&self.state);
        if *self.turn.borrow() != turn.number {
            return Ok(None);
        }
        self.take_first(limit).map(Some)
    }

    /// What the page is told with the answer that opens the link.
    ///
    /// # Errors
    /// [`Ended`] when the link is superseded or the session over.
    pub fn take_first(&self, limit: usize) -> Result<Taken, Ended> {
        self.link
            .room
            .take(self.link.author, self.link.number, limit)
    }

    /// Notified when there is something to take.
    #[must_use]
    pub fn wake(&self) -> &Notify {
        &self.link.wake
    }

    /// Something was handed to a connection, so many bytes.
    pub fn sent(&self, bytes: usize) {
        let mut state = lock(&self.state);
        state.pulse.wrote();
        if let Some(counted) = &state.counted {
            counted.traffic.sent.inc_by(bytes as u64);
        }
    }

    /// When [`HttpLink::beat`] is to be called next.
    #[must_use]
    pub fn due(&self) -> Instant {
        lock(&self.state).pulse.due()
    }

    /// The time of [`HttpLink::due`] has come: true when the page is to be asked for a sign of life, false when it is dead.
    #[must_use]
    pub fn beat(&self) -> bool {
        lock(&self.state).pulse.beat()
    }

    /// Ends the link. A page that has not `left` finds out with its next request, and goes on with another link.
    pub fn end(&self, left: bool) {
        if self.turn.send_replace(OVER) == OVER {
            return;
        }
        let Link {
            room,
            author,
            number,
            ..
        } = &self.link;
        room.unlink(*author, *number, left);
        if let Some(links) = self.links.upgrade() {
            links.remove(self);
        }
    }

    fn is(&self, asked: &Authorization) -> bool {
        self.link.number == asked.link && bool::from(self.link.key[..].ct_eq(&asked.key[..]))
    }

    fn is_dead(&self, deadlines: &Deadlines) -> bool {
        let state = lock(&self.state);
        let unused = !state.used && state.opened.elapsed() >= deadlines.unused;
        let silent = state.pulse.is_dead();
        drop(state);
        unused || silent || !self.link.room.is_linked(self.link.author, self.link.number)
    }

    /// A request has come.
    fn used(&self) -> Result<MutexGuard<'_, State>, Ended> {
        let mut state = lock(&self.state);
        if *self.turn.borrow() == OVER {
            return Err(Ended::new(
                ErrorCode::Incomplete,
                "this connection has ended: the page goes on with another",
            ));
        }
        state.pulse.heard();
        state.used = true;
        Ok(state)
    }

    fn turn(&self, number: u64) -> Turn {
        self.turn.send_if_modified(|now| {
            let goes_on = *now != OVER;
            if goes_on {
                *now = number;
            }
            goes_on
        });
        // If the link has just ended, the turn is over before it begins.
        let now = self.turn.subscribe();
        Turn { number, now }
    }

    fn read_as(&self, state: &mut State, kind: LinkKind) {
        let Some(links) = self.links.upgrade() else {
            return;
        };
        if std::mem::take(&mut state.resumed) {
            links.metrics.resumed(kind);
        }
        if state
            .counted
            .as_ref()
            .is_none_or(|counted| counted.kind != kind)
        {
            state.counted = Some(Counted {
                kind,
                traffic: links.metrics.traffic(kind),
                _open: links.metrics.link(kind),
            });
        }
    }
}

fn missing(what: &str) -> Ended {
    Ended::new(
        ErrorCode::Incomplete,
        format!("a {what} or its answer was lost: the page goes on with another connection"),
    )
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing under these locks leaves them half-changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
