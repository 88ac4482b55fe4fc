//! The open documents: opened once however many arrive at once, kept while somebody is there, put away when idle; not what happens inside one.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use protocol::{
    frame::{ErrorCode, SessionId},
    id::DocId,
    room::{OpenError, Room, RoomLimits},
    session::Ended,
};
use tokio::{sync::OnceCell, task, time};

use crate::{
    access::Access,
    log::{Loaded, Log, LogError},
    metrics::Metrics,
    room::{Around, OpenRoom},
    telemetry::DocTag,
};

mod directory;
#[cfg(test)]
mod tests;

pub use directory::{Directory, Listed};

/// How often idle rooms, lost sessions and large tails are looked for.
const SWEEP: Duration = Duration::from_secs(2);

/// All open documents.
pub struct Rooms {
    log: Arc<dyn Log>,
    access: Arc<Access>,
    metrics: Arc<Metrics>,
    limits: RoomLimits,
    idle: Duration,
    max_connections: usize,
    open: Mutex<HashMap<DocId, Arc<Place>>>,
    directory: Directory,
}

/// Where a document is or will be; holding a visit keeps it from being put away.
#[derive(Default)]
struct Place {
    room: OnceCell<Arc<OpenRoom>>,
    visits: AtomicUsize,
    /// Those of the visits that are connections.
    connections: AtomicUsize,
}

/// Somebody's stay in a room; the room is kept while it lives.
pub struct Visit {
    room: Arc<OpenRoom>,
    _stay: Stay,
}

struct Stay {
    place: Arc<Place>,
    purpose: Purpose,
}

/// What a visit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To read the document once, as for a page.
    Look,
    /// To stay connected, as one more.
    Connect,
    /// To stay connected in place of a link that this session had.
    Return,
}

impl Drop for Stay {
    fn drop(&mut self) {
        if self.purpose != Purpose::Look {
            self.place.connections.fetch_sub(1, Ordering::AcqRel);
        }
        self.place.visits.fetch_sub(1, Ordering::AcqRel);
    }
}

impl std::ops::Deref for Visit {
    type Target = Arc<OpenRoom>;

    fn deref(&self) -> &Arc<OpenRoom> {
        &self.room
    }
}

impl Rooms {
    /// No document is open yet.
    #[must_use]
    pub fn new(
        log: Arc<dyn Log>,
        access: Arc<Access>,
        metrics: Arc<Metrics>,
        limits: RoomLimits,
        idle: Duration,
        max_connections: usize,
    ) -> Arc<Self> {
        Arc::new(Self {
            log,
            access,
            metrics,
            limits,
            idle,
            max_connections,
            open: Mutex::default(),
            directory: Directory::default(),
        })
    }

    /// Opens a document, or joins those who have it open, for a connection.
    ///
    /// # Errors
    /// [`Ended`] with what the visitor is told, when the document cannot be read, is being opened anew, or is full.
    pub async fn enter(&self, doc: &DocId) -> Result<Visit, Ended> {
        self.visit(doc, Purpose::Connect).await
    }

    /// As [`Rooms::enter`], for a short look that is no connection: a page is readable also where nobody more may connect.
    ///
    /// # Errors
    /// [`Ended`] with what the visitor is told, when the document cannot be read or is being opened anew.
    pub async fn look(&self, doc: &DocId) -> Result<Visit, Ended> {
        self.visit(doc, Purpose::Look).await
    }

    /// The room of a session, if the document is still open. It is never full for a session that was let in: the link
    /// that this one follows may not have ended yet.
    pub async fn find(&self, sid: &SessionId) -> Option<Visit> {
        let doc = self.directory.find(sid)?;
        self.visit(&doc, Purpose::Return).await.ok()
    }

    async fn visit(&self, doc: &DocId, purpose: Purpose) -> Result<Visit, Ended> {
        let stay = self.stay(doc, purpose)?;
        let room = Arc::clone(stay.place.room.get_or_try_init(|| self.load(doc)).await?);
        if room.is_broken() {
            return Err(Ended::new(
                ErrorCode::Unavailable,
                "this document is being opened anew: nothing is lost, the page tries again",
            ));
        }
        Ok(Visit { room, _stay: stay })
    }

    /// Counted under the lock, so that the room is not put away between here and its first use.
    fn stay(&self, doc: &DocId, purpose: Purpose) -> Result<Stay, Ended> {
        let mut open = lock(&self.open);
        let place = open.entry(doc.clone()).or_default();
        if purpose == Purpose::Connect
            && place.connections.load(Ordering::Acquire) >= self.max_connections
        {
            return Err(Ended::new(
                ErrorCode::Rate,
                "this document has as many connections as the server allows: nothing is lost, the page tries again",
            ));
        }
        if purpose != Purpose::Look {
            place.connections.fetch_add(1, Ordering::AcqRel);
        }
        place.visits.fetch_add(1, Ordering::AcqRel);
        Ok(Stay {
            place: Arc::clone(place),
            purpose,
        })
    }

    /// Looks after the rooms until the process ends: forgets lost sessions, compacts, puts idle rooms away.
    pub async fn look_after(self: Arc<Self>) {
        let mut sweep = time::interval(SWEEP);
        sweep.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            sweep.tick().await;
            self.sweep().await;
        }
    }

    async fn sweep(&self) {
        for (doc, place) in self.places() {
            let Some(room) = place.room.get() else {
                // Nobody could open it: the next visitor tries anew.
                self.remove(&doc, &place, || true);
                continue;
            };
            room.sweep(now_ms());
            if room.wants_compaction() {
                room.compact().await;
            }
            if self.is_idle(&place, room) {
                self.put_away(&doc, &place, room).await;
            }
        }
    }

    /// Compacts nothing, waits for nothing new: makes everything durable that can be, at the end of the process.
    pub async fn close(&self) {
        for (_, place) in self.places() {
            if let Some(room) = place.room.get() {
                room.settled().await;
            }
        }
        if let Err(error) = self.log.close().await {
            tracing::error!(%error, "the log did not close cleanly");
        }
    }

    /// Every document that is open.
    pub fn each(&self, mut look: impl FnMut(&Arc<OpenRoom>)) {
        for (_, place) in self.places() {
            if let Some(room) = place.room.get() {
                look(room);
            }
        }
    }

    /// Which document each session is in.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The log, for health and metrics.
    #[must_use]
    pub fn log(&self) -> &Arc<dyn Log> {
        &self.log
    }

    fn places(&self) -> Vec<(DocId, Arc<Place>)> {
        lock(&self.open)
            .iter()
            .map(|(doc, place)| (doc.clone(), Arc::clone(place)))
            .collect()
    }

    async fn load(&self, doc: &DocId) -> Result<Arc<OpenRoom>, Ended> {
        self.metrics.loads.inc();
        let loaded = self
            .log
            .load(doc)
            .await
            .map_err(|error| unreadable(&error))?;
        if let Some(damage) = &loaded.damage {
            tracing::error!(doc = %DocTag::of(doc), %damage, "a document is damaged on disk; it opens read-only with what is left");
        }
        let limits = self.limits;
        let epoch = rand::random::<u64>() & protocol::wire::MAX_SAFE_INTEGER;
        // Applying a long tail takes a while: not on a thread that serves others.
        let opened = task::spawn_blocking(move || {
            let room = open(epoch, &loaded, limits)?;
            Ok((room, loaded))
        })
        .await;
        let (room, loaded) = opened
            .map_err(|error| error.to_string())
            .and_then(|opened: Result<_, OpenError>| opened.map_err(|error| error.to_string()))
            .map_err(|error| unreadable(&LogError::Unreadable(error)))?;
        let around = Around {
            log: Arc::clone(&self.log),
            metrics: Arc::clone(&self.metrics),
            directory: self.directory.clone(),
            access: Arc::clone(&self.access),
            // As many may be waited for as may be connected.
            max_sessions: self.max_connections.saturating_mul(2),
        };
        Ok(OpenRoom::new(doc.clone(), room, &loaded, around))
    }

    fn is_idle(&self, place: &Place, room: &OpenRoom) -> bool {
        place.visits.load(Ordering::Acquire) == 0
            && (room.is_broken() || room.idle_for() >= self.idle)
    }

    /// Takes an idle room out of memory, once everything in it is durable. A broken room goes also when that can never be:
    /// what was not saved is in the pages that wrote it.
    async fn put_away(&self, doc: &DocId, place: &Arc<Place>, room: &OpenRoom) {
        let may_go = || room.is_settled() || (room.is_broken() && room.has_failed());
        if !may_go() {
            return;
        }
        if room.has_tail() && !room.is_broken() {
            room.compact().await;
        }
        // Somebody may have come while the snapshot was written.
        self.remove(doc, place, || self.is_idle(place, room) && may_go());
    }

    fn remove(&self, doc: &DocId, place: &Arc<Place>, may_go: impl FnOnce() -> bool) {
        let mut open = lock(&self.open);
        if open.get(doc).is_some_and(|there| Arc::ptr_eq(there, place))
            && place.visits.load(Ordering::Acquire) == 0
            && may_go()
        {
            open.remove(doc);
        }
    }
}

/// A document that cannot be applied as a whole opens read-only, with what can.
fn open(epoch: u64, loaded: &Loaded, limits: RoomLimits) -> Result<Room, OpenError> {
    let stored = || loaded.snapshot.iter().chain(&loaded.tail);
    let writable = loaded.damage.is_none();
    Room::open(epoch, loaded.generation, writable, stored(), limits).or_else(|error| {
        tracing::error!(%error, "a stored update could not be applied; the document opens read-only with what is left");
        Room::open(epoch, loaded.generation, false, stored(), limits)
    })
}

/// Milliseconds since 1970.
#[must_use]
pub fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX))
}

fn unreadable(error: &LogError) -> Ended {
    tracing::error!(%error, "a document could not be opened; nothing was written over it");
    Ended::new(
        ErrorCode::Unavailable,
        "the server could not read this document from its disk; nothing was written over it. Tell whoever runs the server.",
    )
}

/// What a panic left behind is still whole: every change under these locks is one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
