//! One open document as tasks share it: the pure room under a short lock, the log behind it, and a wake-up for each reader; the rules are `protocol::room`'s.
//!
//! The lock is never held across an await. Nothing is queued for a reader: a wake-up says "look again", and the
//! reader takes from its own cursor.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, atomic::AtomicU64},
    time::{Duration, Instant},
};

use bytes::Bytes;
use protocol::{
    frame::{ClientFrame, ErrorCode, SessionId, SessionKey, fragment},
    id::{ClientId, DocId},
    room::{Refused, Room},
    session::{Ended, Received, Session},
};
use subtle::ConstantTimeEq;
use tokio::{sync::Notify, time};

use crate::{
    access::Access,
    log::{Loaded, Log},
    metrics::{Metrics, Raised, Rejection},
    rooms::{Directory, Listed, now_ms},
};

mod entering;
mod leaving;
mod rights;
mod saving;
mod wake;
mod weighing;
mod yjs;

use rights::{Guest, Standing};
use wake::Wakes;
use weighing::Weighing;

/// What one call of [`OpenRoom::take`] hands out to a link that has room, in bytes, before the link must have written it.
pub const TAKE_BYTES: usize = 256 << 10;

/// A room that is open.
pub struct OpenRoom {
    doc: DocId,
    core: Mutex<Core>,
    wakes: Wakes,
    log: Arc<dyn Log>,
    metrics: Arc<Metrics>,
    settled: Notify,
    weighing: Weighing,
    directory: Directory,
    access: Arc<Access>,
    /// When somebody's rights end, or a new token is to be asked for: milliseconds since 1970.
    due: AtomicU64,
    max_sessions: usize,
    max_update: usize,
    this: Weak<Self>,
    _open: Raised,
}

struct Core {
    room: Room,
    sessions: HashMap<u64, Linked>,
    /// The plain Yjs connections.
    guests: HashMap<u64, Guest>,
    next_author: u64,
    broken: bool,
    last_used: Instant,
    /// The log's place of the newest durable record.
    position: u64,
    tail_records: u64,
    tail_bytes: usize,
    snapshot_bytes: usize,
    compacting: bool,
}

/// A session and its link.
struct Linked {
    session: Session,
    standing: Standing,
    _listed: Listed,
    link: Option<u64>,
    since_ms: u64,
    presence_told: u64,
}

/// What a room works with.
pub struct Around {
    /// Where its entries go.
    pub log: Arc<dyn Log>,
    /// Where it counts.
    pub metrics: Arc<Metrics>,
    /// Where its sessions are listed.
    pub directory: Directory,
    /// Who judges them.
    pub access: Arc<Access>,
    /// Beyond so many sessions the one lost longest ago is forgotten.
    pub max_sessions: usize,
}

/// What a link writes next.
#[derive(Debug, Default)]
pub struct Taken {
    /// Messages in order.
    pub messages: Vec<Bytes>,
    /// Whether there is more after these.
    pub more: bool,
}

impl OpenRoom {
    /// Opens a `room` made of what was `loaded`.
    #[must_use]
    pub fn new(doc: DocId, room: Room, loaded: &Loaded, around: Around) -> Arc<Self> {
        let Around {
            log,
            metrics,
            directory,
            access,
            max_sessions,
        } = around;
        let open = Raised::new(&metrics.rooms_open);
        let max_update = room.limits().update;
        Arc::new_cyclic(|this| Self {
            doc,
            core: Mutex::new(Core {
                room,
                sessions: HashMap::new(),
                guests: HashMap::new(),
                next_author: 1,
                broken: false,
                last_used: Instant::now(),
                position: loaded.last,
                tail_records: loaded.tail.len() as u64,
                tail_bytes: loaded.tail.iter().map(Bytes::len).sum(),
                snapshot_bytes: loaded.snapshot.as_ref().map_or(0, Bytes::len),
                compacting: false,
            }),
            wakes: Wakes::default(),
            log,
            metrics,
            settled: Notify::new(),
            weighing: Weighing::default(),
            directory,
            access,
            due: AtomicU64::new(u64::MAX),
            max_sessions,
            max_update,
            this: this.clone(),
            _open: open,
        })
    }

    /// Takes a frame that came on a link of a session, and tells how long that held the room.
    fn receive_now(
        &self,
        author: u64,
        link: u64,
        frame: ClientFrame,
    ) -> (Result<Received, Ended>, Duration) {
        let mut core = self.lock();
        let begun = Instant::now();
        if let ClientFrame::Claim { sid, key } = &frame {
            self.claim(&mut core, author, sid, key);
        }
        let Core { room, sessions, .. } = &mut *core;
        let Some(linked) = sessions
            .get_mut(&author)
            .filter(|linked| linked.link == Some(link))
        else {
            return (Err(superseded()), Duration::ZERO);
        };
        let client = linked.session.client();
        let update = match &frame {
            ClientFrame::Data { message, .. } => Some(message.len()),
            _ => None,
        };
        let received = linked.session.receive(frame, room, now_ms());
        if let (Some(len), Err(ended)) = (update, &received) {
            self.count_rejected(len, ended);
        }
        let held = begun.elapsed();
        (self.after(core, author, client, true, received), held)
    }

    /// What a session's link writes next: whole frames until they have `limit` bytes together, and presence.
    ///
    /// # Errors
    /// [`Ended`] when the link is superseded or the session over.
    pub fn take(&self, author: u64, link: u64, limit: usize) -> Result<Taken, Ended> {
        let mut core = self.lock();
        if core.broken {
            return Err(Ended::new(
                ErrorCode::Gone,
                "the document is being opened anew: nothing is lost, the page connects again",
            ));
        }
        let published = self.wakes.presence_published();
        let Core { room, sessions, .. } = &mut *core;
        let linked = sessions
            .get_mut(&author)
            .filter(|linked| linked.link == Some(link))
            .ok_or_else(superseded)?;
        let before = linked.session.cursor();
        let mut taken = Taken::default();
        let mut bytes = 0;
        while bytes < limit {
            let Some(frame) = linked.session.next(room)? else {
                break;
            };
            bytes += frame.len();
            taken.messages.extend(fragment::split(frame));
        }
        taken.more = bytes >= limit;
        if linked.presence_told != published {
            linked.presence_told = published;
            taken.messages.extend(
                linked
                    .session
                    .next_presence(room)
                    .into_iter()
                    .flat_map(fragment::split),
            );
        }
        self.count(linked.session.cursor().saturating_sub(before));
        Ok(taken)
    }

    /// Looks into the room, for a page that is being rendered.
    pub fn read<T>(&self, look: impl FnOnce(&mut Room) -> T) -> T {
        let mut core = self.lock();
        core.last_used = Instant::now();
        look(&mut core.room)
    }

    /// Whether the room must be opened anew.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.lock().broken
    }

    /// Whether the log takes nothing of this room any more.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.lock().room.failure().is_some()
    }

    /// Marks the room as broken, as an update does that yrs cannot take.
    #[cfg(test)]
    pub(crate) fn break_now(&self) {
        self.break_up(&mut self.lock());
    }

    fn break_up(&self, core: &mut Core) {
        tracing::error!(reason = %Refused::Broken, "an update broke the document in memory; it is opened anew from the log");
        core.broken = true;
        self.wakes.wake_all();
    }

    /// How long ago the last link ended.
    #[must_use]
    pub fn idle_for(&self) -> Duration {
        self.lock().last_used.elapsed()
    }

    /// What follows from a frame: the log, the metrics, and who is woken.
    fn after(
        &self,
        mut core: MutexGuard<'_, Core>,
        author: u64,
        client: ClientId,
        awaited: bool,
        received: Result<Received, Ended>,
    ) -> Result<Received, Ended> {
        match &received {
            Ok(Received::Append { n, update }) => {
                self.metrics.updates_accepted.inc();
                self.append(*n, update.clone(), client, author, awaited);
                drop(core);
                self.wake_readers(author);
            }
            Ok(Received::Presence) => {
                self.metrics.presence_changes.inc();
                drop(core);
                self.presence_changed();
            }
            Ok(Received::Token(token)) => self.show(&mut core, author, token.clone()),
            Ok(Received::Nothing | Received::Left | Received::Weigh { .. }) => {}
            Err(ended) if ended.code == ErrorCode::Gone => self.break_up(&mut core),
            Err(_) => {}
        }
        received
    }

    fn count_rejected(&self, len: usize, ended: &Ended) {
        let why = match ended.code {
            ErrorCode::Protocol => Rejection::Malformed,
            ErrorCode::TooLarge if len > self.max_update => Rejection::UpdateTooLarge,
            ErrorCode::TooLarge => Rejection::DocumentTooLarge,
            ErrorCode::ReadOnly => Rejection::ReadOnly,
            // No fault of the update's.
            _ => return,
        };
        self.metrics.rejected(why);
    }

    fn wake_readers(&self, author: u64) {
        if let Some(later) = self.wakes.entries(author) {
            self.call_later(later, Wakes::entries_due);
        }
    }

    fn presence_changed(&self) {
        if let Some(later) = self.wakes.presence() {
            self.call_later(later, Wakes::presence_due);
        }
    }

    fn call_later(&self, after: Duration, act: fn(&Wakes)) {
        let room = self.this.clone();
        tokio::spawn(async move {
            time::sleep(after).await;
            if let Some(room) = room.upgrade() {
                act(&room.wakes);
            }
        });
    }

    fn count(&self, entries: u64) {
        if entries > 0 {
            self.metrics.updates_delivered.inc_by(entries);
            self.metrics.batches_sent.inc();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Core> {
        // A panic under this lock is caught by the room, which is then marked broken: what is here is whole.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Linked {
    /// Whether it is this session, by its name and its secret.
    fn is(&self, sid: &SessionId, key: &SessionKey) -> bool {
        self.session.sid() == sid && bool::from(self.session.key()[..].ct_eq(&key[..]))
    }
}

impl Core {
    fn next_author(&mut self) -> u64 {
        self.last_used = Instant::now();
        let author = self.next_author;
        self.next_author += 1;
        author
    }
}

/// The session of this name, for who has its key.
fn named<'a>(
    sessions: &'a mut HashMap<u64, Linked>,
    sid: &SessionId,
    key: &SessionKey,
) -> Result<&'a mut Linked, Ended> {
    let mut sessions = sessions.values_mut();
    sessions.find(|linked| linked.is(sid, key)).ok_or_else(gone)
}

/// What is told about a session that is not known, or not by this key: which of both is nobody's business.
#[must_use]
pub fn gone() -> Ended {
    Ended::new(
        ErrorCode::Gone,
        "this session is over: the page opens a new one",
    )
}

fn superseded() -> Ended {
    Ended::new(
        ErrorCode::Superseded,
        "a newer connection of this page is open",
    )
}
