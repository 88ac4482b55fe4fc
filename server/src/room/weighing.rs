//! Takes in what links say without letting anybody wait for a costly update but its author; what costs too much is `protocol::room`'s to say.

use std::{
    collections::HashMap,
    sync::{LazyLock, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use cpu_time::ThreadTime;
use protocol::{
    frame::{ClientFrame, ErrorCode},
    room::{LAST_ENTRIES, Weighed},
    session::{Ended, Received, yjs::YjsSession},
};
use tokio::{
    sync::{Mutex, MutexGuard, Semaphore},
    task, time,
};

use super::OpenRoom;

/// Updates that are tried at the same time in the whole process: each takes a core and a copy of a document. The others wait.
static TRIALS: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Semaphore::new((cores / 2).max(1))
});

/// An update is tried so often at most, if others change what it was tried on in a way that the trial cannot follow.
const TRIES: usize = 3;
/// So often a copy follows what was taken meanwhile, each time for what came during the time before.
const ROUNDS: usize = 8;
/// So many updates of one session may wait to be tried: one on its link, one in its last words.
const PLACES: usize = 2;
/// What held a room for longer than this is followed by a pause of its link.
const LONG: Duration = Duration::from_millis(5);
/// The pause is so many times as long, so that one link has at most a fifth of the room's time…
const PAUSE: u32 = 4;
/// … and no longer than this.
const MAX_PAUSE: Duration = Duration::from_secs(2);

impl OpenRoom {
    /// Takes a frame that came on a link of a session. Not to be cancelled: a frame that is half taken in is lost.
    ///
    /// # Errors
    /// [`Ended`] with what the client is told.
    pub async fn receive(
        &self,
        author: u64,
        link: u64,
        frame: ClientFrame,
    ) -> Result<Received, Ended> {
        let again = match &frame {
            ClientFrame::Data { .. } => Some(frame.clone()),
            _ => None,
        };
        let (first, held) = self.receive_now(author, link, frame);
        let Some((update, frame)) = to_be_weighed(&first).zip(again) else {
            pause(held).await;
            return first;
        };
        self.weigh(author, update, || {
            self.receive_now(author, link, frame.clone())
        })
        .await
    }

    /// Takes a message that came on a Yjs connection. Not to be cancelled.
    ///
    /// # Errors
    /// [`Ended`] with what the client is told.
    pub async fn receive_yjs(
        &self,
        session: &mut YjsSession,
        message: &Bytes,
    ) -> Result<Received, Ended> {
        let (first, held) = self.receive_yjs_now(session, message);
        let Some(update) = to_be_weighed(&first) else {
            pause(held).await;
            return first;
        };
        self.weigh(session.author(), update, || {
            self.receive_yjs_now(session, message)
        })
        .await
    }

    /// Tries an update until the room says what becomes of it.
    pub(super) async fn weigh(
        &self,
        author: u64,
        mut update: Bytes,
        mut take: impl FnMut() -> (Result<Received, Ended>, Duration),
    ) -> Result<Received, Ended> {
        let _place = self.weighing.place(author)?;
        let (room, waited) = self.weighing.turn_or_wait().await;
        if waited {
            // Whoever was tried before may have brought the same.
            let (received, held) = take();
            match to_be_weighed(&received) {
                Some(again) => update = again,
                None => return after(room, held, received).await,
            }
        }
        for _ in 0..TRIES {
            let tried = self.tried(update.clone(), author).await;
            if tried.is_none() {
                break;
            }
            self.remember(tried);
            let (received, held) = take();
            // What has become too old on the way, or is over, holds a document that takes time to be freed.
            self.remember(None);
            match to_be_weighed(&received) {
                Some(again) => update = again,
                None => return after(room, held, received).await,
            }
        }
        Err(Ended::new(
            ErrorCode::Unavailable,
            "the server is busy with this document; nothing is lost, what you wrote is sent again",
        ))
    }

    /// Tries an update on a copy of the document, and lets the copy follow what is taken meanwhile.
    async fn tried(&self, update: Bytes, author: u64) -> Option<Weighed> {
        let _turn = TRIALS.acquire().await;
        self.metrics.updates_weighed.inc();
        let trial = self.lock().room.trial(update, author);
        let mut weighed = task::spawn_blocking(move || {
            let begun = ThreadTime::now();
            trial.run(|| u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX))
        })
        .await
        .ok()?;
        // Each round is shorter than the one before it, unless others bring more than this machine can take.
        for _ in 0..ROUNDS {
            let Some(later) = self.lock().room.taken_since(&weighed) else {
                break;
            };
            if later.len() as u64 <= LAST_ENTRIES / 2 {
                break;
            }
            weighed = task::spawn_blocking(move || {
                weighed.follow(&later);
                weighed
            })
            .await
            .ok()?;
        }
        Some(weighed)
    }

    fn remember(&self, weighed: Option<Weighed>) {
        let forgotten = self.lock().room.weighed(weighed);
        if let Some(forgotten) = forgotten {
            task::spawn_blocking(move || drop(forgotten));
        }
    }
}

/// Whose turn it is in a room, and who waits.
#[derive(Default)]
pub(super) struct Weighing {
    /// One at a time: what is tried becomes the document.
    turn: Mutex<()>,
    waiting: std::sync::Mutex<HashMap<u64, usize>>,
}

impl Weighing {
    /// After everybody who waits now.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// The turn, and whether others were first.
    async fn turn_or_wait(&self) -> (MutexGuard<'_, ()>, bool) {
        match self.turn.try_lock() {
            Ok(turn) => (turn, false),
            Err(_) => (self.turn.lock().await, true),
        }
    }

    /// A place among those who wait.
    fn place(&self, author: u64) -> Result<Place<'_>, Ended> {
        let mut waiting = self.lock();
        let places = waiting.entry(author).or_default();
        if *places >= PLACES {
            return Err(Ended::new(
                ErrorCode::Rate,
                "the server still looks at what this page sent before; nothing is lost, it is sent again",
            ));
        }
        *places += 1;
        Ok(Place {
            weighing: self,
            author,
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, usize>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among those who wait, until it is dropped.
struct Place<'a> {
    weighing: &'a Weighing,
    author: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut waiting = self.weighing.lock();
        if let Some(places) = waiting.get_mut(&self.author) {
            *places -= 1;
            if *places == 0 {
                waiting.remove(&self.author);
            }
        }
    }
}

fn to_be_weighed(received: &Result<Received, Ended>) -> Option<Bytes> {
    match received {
        Ok(Received::Weigh { update }) => Some(update.clone()),
        _ => None,
    }
}

/// Nobody waits for another's pause.
async fn after(
    turn: MutexGuard<'_, ()>,
    held: Duration,
    received: Result<Received, Ended>,
) -> Result<Received, Ended> {
    drop(turn);
    pause(held).await;
    received
}

/// Whoever has held the room for long lets the others go first.
async fn pause(held: Duration) {
    if held > LONG {
        time::sleep((held * PAUSE).min(MAX_PAUSE)).await;
    }
}

#[cfg(test)]
mod tests;
