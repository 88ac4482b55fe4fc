//! One open document as tasks share it: the pure room under a short lock, the log behind it, and a wake-up for each reader; the rules are `protocol::room`'s.
//!
//! The lock is never held across an await. Nothing is queued for a reader: a wake-up says "look again", and the
//! reader takes from its own cursor.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use bytes::Bytes;
use protocol::{
    frame::{ClientFrame, ErrorCode, Hello, SessionId, SessionKey, fragment},
    id::{ClientId, DocId},
    room::{Refused, Room},
    session::{Ended, Identity, Received, Session, yjs::YjsSession},
};
use subtle::ConstantTimeEq;
use tokio::{sync::Notify, task, time};

use crate::{
    log::{Compacted, Log, Record},
    metrics::{Metrics, Raised, Rejection},
    rooms::now_ms,
};

mod wake;

use wake::Wakes;

/// A session without a link is kept for this long, so that its client finds it again after a tunnel or a short sleep.
const KEEP_SESSION_MS: u64 = 120_000;
/// Its presence is kept for this long, so that a short gap does not make it flicker.
const KEEP_PRESENCE_MS: u64 = 10_000;
/// A tail of more records than this is folded into a snapshot.
const TAIL_RECORDS: u64 = 4_096;
/// A tail of more bytes than this, and than the snapshot before it, is folded into a snapshot.
const TAIL_BYTES: usize = 256 << 10;
/// What one call of [`OpenRoom::take`] hands out, in bytes, before the link must have written it.
const TAKE_BYTES: usize = 256 << 10;

/// A room that is open.
pub struct OpenRoom {
    doc: DocId,
    core: Mutex<Core>,
    log: Arc<dyn Log>,
    metrics: Arc<Metrics>,
    settled: Notify,
    this: Weak<Self>,
    _open: Raised,
}

struct Core {
    room: Room,
    sessions: HashMap<u64, Linked>,
    next_author: u64,
    wakes: Wakes,
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
    link: Option<u64>,
    since_ms: u64,
    presence_told: u64,
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
    /// Opens a room around what was loaded up to the log's place `position`.
    #[must_use]
    pub fn new(
        doc: DocId,
        room: Room,
        position: u64,
        log: Arc<dyn Log>,
        metrics: Arc<Metrics>,
    ) -> Arc<Self> {
        let open = Raised::new(&metrics.rooms_open);
        Arc::new_cyclic(|this| Self {
            doc,
            core: Mutex::new(Core {
                room,
                sessions: HashMap::new(),
                next_author: 1,
                wakes: Wakes::default(),
                broken: false,
                last_used: Instant::now(),
                position,
                tail_records: 0,
                tail_bytes: 0,
                snapshot_bytes: 0,
                compacting: false,
            }),
            log,
            metrics,
            settled: Notify::new(),
            this: this.clone(),
            _open: open,
        })
    }

    /// Opens a session; `wake` is notified when there is something to [`OpenRoom::take`].
    ///
    /// # Errors
    /// [`Ended`] with what the client is told.
    pub fn open_session(
        &self,
        hello: &Hello,
        sid: SessionId,
        key: SessionKey,
        wake: Arc<Notify>,
    ) -> Result<u64, Ended> {
        let mut core = self.lock();
        let author = core.next_author();
        let session = Session::open(hello, Identity { sid, key, author }, &core.room)?;
        core.sessions.insert(
            author,
            Linked {
                session,
                link: Some(0),
                since_ms: now_ms(),
                presence_told: 0,
            },
        );
        core.wakes.add(author, wake);
        Ok(author)
    }

    /// Continues a session on a new link; the link it had is woken and finds itself superseded.
    ///
    /// # Errors
    /// [`Ended`] with what the client is told.
    pub fn resume(
        &self,
        sid: &SessionId,
        key: &SessionKey,
        link: u64,
        epoch: u64,
        after: u64,
        wake: Arc<Notify>,
    ) -> Result<u64, Ended> {
        let mut core = self.lock();
        let Core {
            room,
            sessions,
            wakes,
            ..
        } = &mut *core;
        let gone = || {
            Ended::new(
                ErrorCode::Gone,
                "this session is over: the page opens a new one",
            )
        };
        let linked = sessions
            .values_mut()
            .find(|linked| linked.session.sid() == sid)
            .ok_or_else(gone)?;
        if !bool::from(linked.session.key()[..].ct_eq(&key[..])) {
            return Err(gone());
        }
        linked.session.resume(link, epoch, after, room)?;
        linked.link = Some(link);
        linked.presence_told = 0;
        let author = linked.session.author();
        wakes.wake(author);
        wakes.add(author, wake);
        Ok(author)
    }

    /// Opens a plain Yjs connection.
    pub fn open_yjs(&self, wake: Arc<Notify>) -> YjsSession {
        let mut core = self.lock();
        let author = core.next_author();
        core.wakes.add(author, wake);
        YjsSession::open(author, &core.room)
    }

    /// Takes a frame that came on a link of a session.
    ///
    /// # Errors
    /// [`Ended`] with what the client is told.
    pub fn receive(&self, author: u64, link: u64, frame: ClientFrame) -> Result<Received, Ended> {
        let mut core = self.lock();
        let Core { room, sessions, .. } = &mut *core;
        let linked = sessions
            .get_mut(&author)
            .filter(|linked| linked.link == Some(link))
            .ok_or_else(superseded)?;
        let client = linked.session.client();
        let received = linked.session.receive(frame, room, now_ms());
        self.after(&mut core, author, client, received)
    }

    /// Takes a message that came on a Yjs connection.
    ///
    /// # Errors
    /// [`Ended`] with what the client is told.
    pub fn receive_yjs(
        &self,
        session: &mut YjsSession,
        message: &Bytes,
    ) -> Result<Received, Ended> {
        let mut core = self.lock();
        let received = session.receive(message, &mut core.room, now_ms());
        self.after(
            &mut core,
            session.author(),
            session.client().unwrap_or(ClientId::from_random(0)),
            received,
        )
    }

    /// What a session's link writes next.
    ///
    /// # Errors
    /// [`Ended`] when the link is superseded or the session over.
    pub fn take(&self, author: u64, link: u64) -> Result<Taken, Ended> {
        let mut core = self.lock();
        if core.broken {
            return Err(Ended::new(
                ErrorCode::Gone,
                "the document is being opened anew: nothing is lost, the page connects again",
            ));
        }
        let published = core.wakes.presence_published();
        let Core { room, sessions, .. } = &mut *core;
        let linked = sessions
            .get_mut(&author)
            .filter(|linked| linked.link == Some(link))
            .ok_or_else(superseded)?;
        let before = linked.session.cursor();
        let mut taken = Taken::default();
        let mut bytes = 0;
        while bytes < TAKE_BYTES {
            let Some(frame) = linked.session.next(room)? else {
                break;
            };
            bytes += frame.len();
            taken.messages.extend(fragment::split(frame));
        }
        taken.more = bytes >= TAKE_BYTES;
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

    /// What a Yjs connection writes next; `told` is the presence tick that it has seen.
    ///
    /// # Errors
    /// [`Ended`] when the room is over.
    pub fn take_yjs(
        &self,
        session: &mut YjsSession,
        told: &mut u64,
        renew: bool,
    ) -> Result<Taken, Ended> {
        let mut core = self.lock();
        if core.broken {
            return Err(Ended::new(
                ErrorCode::Gone,
                "the document is being opened anew: nothing is lost, connect again",
            ));
        }
        let published = core.wakes.presence_published();
        let messages = session.next(&mut core.room)?;
        let mut taken = Taken {
            messages,
            more: false,
        };
        self.count(taken.messages.len() as u64);
        if renew {
            taken
                .messages
                .push(session.renewed_presence(&core.room, now_ms()));
        }
        if *told != published {
            *told = published;
            taken.messages.extend(session.next_presence(&core.room));
        }
        Ok(taken)
    }

    /// A link is gone. A session whose client left is forgotten, another is kept for a while.
    pub fn unlink(&self, author: u64, link: u64, left: bool) {
        let mut core = self.lock();
        core.last_used = Instant::now();
        let Some(linked) = core
            .sessions
            .get_mut(&author)
            .filter(|linked| linked.link == Some(link))
        else {
            return;
        };
        linked.link = None;
        linked.since_ms = now_ms();
        core.wakes.remove(author);
        if left {
            core.sessions.remove(&author);
            if core.room.presence.leave(author, now_ms()) {
                self.presence_changed(&mut core);
            }
        }
    }

    /// A Yjs connection is gone.
    pub fn unlink_yjs(&self, author: u64) {
        let mut core = self.lock();
        core.last_used = Instant::now();
        core.wakes.remove(author);
        if core.room.presence.leave(author, now_ms()) {
            self.presence_changed(&mut core);
        }
    }

    /// Forgets what was lost too long ago; returns the sessions that are over.
    pub fn sweep(&self, now_ms: u64) -> Vec<SessionId> {
        let mut core = self.lock();
        let lost = |linked: &Linked, for_ms: u64| {
            linked.link.is_none() && now_ms.saturating_sub(linked.since_ms) >= for_ms
        };
        let absent: Vec<u64> = core
            .sessions
            .iter()
            .filter(|(_, linked)| lost(linked, KEEP_PRESENCE_MS))
            .map(|(author, _)| *author)
            .collect();
        let mut changed = false;
        for author in absent {
            changed |= core.room.presence.leave(author, now_ms);
        }
        core.room.presence.sweep(now_ms);
        if changed {
            self.presence_changed(&mut core);
        }
        let gone: Vec<SessionId> = core
            .sessions
            .values()
            .filter(|linked| lost(linked, KEEP_SESSION_MS))
            .map(|linked| *linked.session.sid())
            .collect();
        core.sessions
            .retain(|_, linked| !lost(linked, KEEP_SESSION_MS));
        gone
    }

    /// Looks into the room, for a page that is being rendered.
    pub fn read<T>(&self, look: impl FnOnce(&mut Room) -> T) -> T {
        let mut core = self.lock();
        core.last_used = Instant::now();
        look(&mut core.room)
    }

    /// The sessions of the room.
    #[must_use]
    pub fn session_ids(&self) -> Vec<SessionId> {
        self.lock()
            .sessions
            .values()
            .map(|linked| *linked.session.sid())
            .collect()
    }

    /// Whether the room must be opened anew.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.lock().broken
    }

    /// How long ago the last link ended.
    #[must_use]
    pub fn idle_for(&self) -> Duration {
        self.lock().last_used.elapsed()
    }

    /// Whether the log holds rows that a snapshot could replace.
    #[must_use]
    pub fn has_tail(&self) -> bool {
        self.lock().tail_records > 0
    }

    /// Whether every accepted edit is durable.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let core = self.lock();
        core.room.durable() == core.room.head()
    }

    /// Waits until every accepted edit is durable or never will be.
    pub async fn settled(&self) {
        loop {
            let committed = self.settled.notified();
            let done = {
                let core = self.lock();
                core.room.durable() == core.room.head() || core.room.failure().is_some()
            };
            if done {
                return;
            }
            committed.await;
        }
    }

    /// Whether the log's tail has grown enough for a snapshot.
    #[must_use]
    pub fn wants_compaction(&self) -> bool {
        let core = self.lock();
        !core.compacting
            && core.room.failure().is_none()
            && (core.tail_records > TAIL_RECORDS
                || core.tail_bytes > TAIL_BYTES.max(core.snapshot_bytes))
    }

    /// Folds the log's tail into a snapshot, which is verified before anything is removed.
    pub async fn compact(&self) {
        let (snapshot, position, records, bytes) = {
            let mut core = self.lock();
            if core.compacting || !core.room.writable() || core.position == 0 {
                return;
            }
            core.compacting = true;
            (
                core.room.snapshot(),
                core.position,
                core.tail_records,
                core.tail_bytes,
            )
        };
        let state = snapshot.bytes.clone();
        let whole = task::spawn_blocking(move || snapshot.is_whole())
            .await
            .unwrap_or(false);
        let result = if whole {
            self.log
                .compact(&self.doc, position, state.clone())
                .await
                .map_err(|error| error.to_string())
        } else {
            Err("the snapshot did not hold what the document holds".to_owned())
        };
        let mut core = self.lock();
        core.compacting = false;
        match result {
            Ok(Compacted::Done) => {
                self.metrics.compactions.inc();
                core.tail_records -= records;
                core.tail_bytes -= bytes;
                core.snapshot_bytes = state.len();
            }
            Ok(Compacted::Raced) => {}
            Err(error) => {
                tracing::error!(%error, "a snapshot was not written; the log keeps every edit singly")
            }
        }
    }

    /// What follows from a frame: the log, the metrics, and who is woken.
    fn after(
        &self,
        core: &mut Core,
        author: u64,
        client: ClientId,
        received: Result<Received, Ended>,
    ) -> Result<Received, Ended> {
        match &received {
            Ok(Received::Append { n, update }) => {
                self.metrics.updates_accepted.inc();
                self.append(core, *n, update.clone(), client, author);
                self.wake_readers(core, author);
            }
            Ok(Received::Presence) => {
                self.metrics.presence_changes.inc();
                self.presence_changed(core);
            }
            Ok(Received::Nothing | Received::Left) => {}
            Err(ended) => {
                self.metrics.rejected(match ended.code {
                    ErrorCode::TooLarge => Rejection::UpdateTooLarge,
                    _ => Rejection::Malformed,
                });
                if ended.code == ErrorCode::Gone {
                    tracing::error!(reason = %Refused::Broken, "an update broke the document in memory; it is opened anew from the log");
                    core.broken = true;
                    core.wakes.wake_all();
                }
            }
        }
        received
    }

    fn append(&self, core: &mut Core, n: u64, update: Bytes, client: ClientId, author: u64) {
        core.tail_records += 1;
        core.tail_bytes += update.len();
        let (room, accepted) = (self.this.clone(), Instant::now());
        let done = Box::new(move |result: Result<u64, _>| {
            let Some(room) = room.upgrade() else { return };
            let mut core = room.lock();
            match result {
                Ok(position) => {
                    room.metrics
                        .saved_seconds
                        .observe(accepted.elapsed().as_secs_f64());
                    core.room.committed(n);
                    core.position = core.position.max(position);
                    core.wakes.wake(author);
                }
                Err(error) => {
                    core.room.fail(format!("the server cannot write to its disk ({error}). Your text is in this page: keep it open, or copy it."));
                    core.wakes.wake_all();
                }
            }
            drop(core);
            room.settled.notify_waiters();
        });
        self.log.append(
            &self.doc,
            Record {
                update,
                at_ms: now_ms(),
                author: client,
            },
            done,
        );
    }

    fn wake_readers(&self, core: &mut Core, author: u64) {
        if let Some(later) = core.wakes.entries(author) {
            self.call_later(later, |core| core.wakes.entries_due());
        }
    }

    fn presence_changed(&self, core: &mut Core) {
        if let Some(later) = core.wakes.presence() {
            self.call_later(later, |core| core.wakes.presence_due());
        }
    }

    fn call_later(&self, after: Duration, act: fn(&mut Core)) {
        let room = self.this.clone();
        tokio::spawn(async move {
            time::sleep(after).await;
            if let Some(room) = room.upgrade() {
                act(&mut room.lock());
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

impl Core {
    fn next_author(&mut self) -> u64 {
        self.last_used = Instant::now();
        let author = self.next_author;
        self.next_author += 1;
        author
    }
}

fn superseded() -> Ended {
    Ended::new(
        ErrorCode::Superseded,
        "a newer connection of this page is open",
    )
}
