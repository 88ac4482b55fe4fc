//! The open documents: opened once however many arrive at once, kept while somebody is there, put away when idle; not what happens inside one.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use protocol::{
    frame::{ErrorCode, SessionId},
    id::DocId,
    room::{Room, RoomLimits},
    session::Ended,
};
use tokio::{sync::OnceCell, task, time};

use crate::{
    log::{Log, LogError},
    metrics::Metrics,
    room::OpenRoom,
    telemetry::DocTag,
};

/// How often idle rooms, lost sessions and large tails are looked for.
const SWEEP: Duration = Duration::from_secs(2);

/// All open documents.
pub struct Rooms {
    log: Arc<dyn Log>,
    metrics: Arc<Metrics>,
    limits: RoomLimits,
    idle: Duration,
    max_visitors: usize,
    open: Mutex<HashMap<DocId, Arc<Place>>>,
    sessions: Mutex<HashMap<SessionId, DocId>>,
}

/// Where a document is or will be; holding a visit keeps it from being put away.
struct Place {
    room: OnceCell<Arc<OpenRoom>>,
    visits: AtomicUsize,
}

/// Somebody's stay in a room; the room is kept while it lives.
pub struct Visit {
    room: Arc<OpenRoom>,
    _stay: Stay,
}

struct Stay(Arc<Place>);

impl Drop for Stay {
    fn drop(&mut self) {
        self.0.visits.fetch_sub(1, Ordering::AcqRel);
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
        metrics: Arc<Metrics>,
        limits: RoomLimits,
        idle: Duration,
        max_visitors: usize,
    ) -> Arc<Self> {
        Arc::new(Self {
            log,
            metrics,
            limits,
            idle,
            max_visitors,
            open: Mutex::default(),
            sessions: Mutex::default(),
        })
    }

    /// Opens a document or joins those who have it open.
    ///
    /// # Errors
    /// [`Ended`] with what the visitor is told, when the document cannot be read, is being opened anew, or is full.
    pub async fn enter(&self, doc: &DocId) -> Result<Visit, Ended> {
        let stay = {
            let mut open = lock(&self.open);
            let place = open.entry(doc.clone()).or_insert_with(|| {
                Arc::new(Place {
                    room: OnceCell::new(),
                    visits: AtomicUsize::new(0),
                })
            });
            // Counted under the lock, so that the room is not put away between here and its first use.
            if place.visits.fetch_add(1, Ordering::AcqRel) >= self.max_visitors {
                place.visits.fetch_sub(1, Ordering::AcqRel);
                return Err(Ended::new(
                    ErrorCode::Rate,
                    "this document has as many connections as the server allows: nothing is lost, the page tries again",
                ));
            }
            Stay(Arc::clone(place))
        };
        let room = Arc::clone(stay.0.room.get_or_try_init(|| self.load(doc)).await?);
        if room.is_broken() {
            return Err(Ended::new(
                ErrorCode::Unavailable,
                "this document is being opened anew: nothing is lost, the page tries again",
            ));
        }
        Ok(Visit { room, _stay: stay })
    }

    /// Remembers where a session is, for [`Rooms::find`].
    pub fn remember(&self, sid: SessionId, doc: DocId) {
        lock(&self.sessions).insert(sid, doc);
    }

    /// The room of a session, if the document is still open.
    pub async fn find(&self, sid: &SessionId) -> Option<Visit> {
        let doc = lock(&self.sessions).get(sid).cloned()?;
        if !lock(&self.open).contains_key(&doc) {
            return None;
        }
        self.enter(&doc).await.ok()
    }

    /// Looks after the rooms until the process ends: forgets lost sessions, compacts, puts idle rooms away.
    pub async fn look_after(self: Arc<Self>) {
        let mut sweep = time::interval(SWEEP);
        sweep.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            sweep.tick().await;
            for (doc, place) in self.places() {
                let Some(room) = place.room.get() else {
                    continue;
                };
                let gone = room.sweep(now_ms());
                if !gone.is_empty() {
                    let mut sessions = lock(&self.sessions);
                    gone.iter().for_each(|sid| drop(sessions.remove(sid)));
                }
                if room.wants_compaction() {
                    room.compact().await;
                }
                if self.is_idle(&place, room) {
                    self.put_away(&doc, &place, room).await;
                }
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
        let (limits, last) = (self.limits, loaded.last);
        let epoch = rand::random::<u64>() & protocol::wire::MAX_SAFE_INTEGER;
        // Applying a long tail takes a while: not on a thread that serves others.
        let opened = task::spawn_blocking(move || {
            let stored: Vec<&Bytes> = loaded.snapshot.iter().chain(&loaded.tail).collect();
            let writable = loaded.damage.is_none();
            Room::open(epoch, loaded.generation, writable, stored.iter().copied(), limits).or_else(|error| {
                tracing::error!(%error, "a stored update could not be applied; the document opens read-only with what is left");
                Room::open(epoch, loaded.generation, false, stored.iter().copied(), limits)
            })
        })
        .await;
        match opened {
            Ok(Ok(room)) => Ok(OpenRoom::new(
                doc.clone(),
                room,
                last,
                Arc::clone(&self.log),
                Arc::clone(&self.metrics),
            )),
            Ok(Err(error)) => Err(unreadable(&LogError::Unreadable(error.to_string()))),
            Err(error) => Err(unreadable(&LogError::Unreadable(error.to_string()))),
        }
    }

    fn is_idle(&self, place: &Place, room: &OpenRoom) -> bool {
        place.visits.load(Ordering::Acquire) == 0
            && (room.is_broken() || room.idle_for() >= self.idle)
    }

    /// Takes an idle room out of memory, once everything in it is durable.
    async fn put_away(&self, doc: &DocId, place: &Arc<Place>, room: &OpenRoom) {
        if !room.is_settled() {
            return;
        }
        if room.has_tail() && !room.is_broken() {
            room.compact().await;
        }
        let mut open = lock(&self.open);
        // Somebody may have come while the snapshot was written.
        if self.is_idle(place, room)
            && room.is_settled()
            && open.get(doc).is_some_and(|there| Arc::ptr_eq(there, place))
        {
            open.remove(doc);
            drop(open);
            let sids = room.session_ids();
            let mut sessions = lock(&self.sessions);
            sids.iter().for_each(|sid| drop(sessions.remove(sid)));
        }
    }
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
