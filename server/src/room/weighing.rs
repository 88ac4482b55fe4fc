//! Takes in what links say without letting anybody wait for a costly update but its author; what costs too much is `protocol::room`'s to say.

use std::{sync::LazyLock, time::Duration};

use bytes::Bytes;
use cpu_time::ThreadTime;
use protocol::{
    frame::ClientFrame,
    session::{Ended, Received, yjs::YjsSession},
};
use tokio::{
    sync::{MutexGuard, Semaphore},
    task, time,
};

use super::OpenRoom;

/// Updates that are tried at the same time in the whole process: each takes a core and a copy of a document. The others wait.
static TRIALS: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Semaphore::new((cores / 2).max(1))
});

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
        self.weighing(author, update, || {
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
        self.weighing(session.author(), update, || {
            self.receive_yjs_now(session, message)
        })
        .await
    }

    /// Tries an update until the room says what becomes of it.
    pub(super) async fn weighing(
        &self,
        author: u64,
        mut update: Bytes,
        mut take: impl FnMut() -> (Result<Received, Ended>, Duration),
    ) -> Result<Received, Ended> {
        // One at a time in a room: what is tried becomes the document.
        let _room: MutexGuard<'_, ()> = self.weighing.lock().await;
        let _turn = TRIALS.acquire().await;
        loop {
            self.metrics.updates_weighed.inc();
            let trial = self.lock().room.trial(update, author);
            let weighed = task::spawn_blocking(move || {
                let begun = ThreadTime::now();
                trial.run(|| u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX))
            })
            .await;
            self.remember(weighed.ok());
            let (received, held) = take();
            // What has become too old on the way, or is over, holds a document that takes time to be freed.
            self.remember(None);
            match to_be_weighed(&received) {
                Some(again) => update = again,
                None => {
                    pause(held).await;
                    return received;
                }
            }
        }
    }

    fn remember(&self, weighed: Option<protocol::room::Weighed>) {
        let forgotten = self.lock().room.weighed(weighed);
        if let Some(forgotten) = forgotten {
            task::spawn_blocking(move || drop(forgotten));
        }
    }
}

fn to_be_weighed(received: &Result<Received, Ended>) -> Option<Bytes> {
    match received {
        Ok(Received::Weigh { update }) => Some(update.clone()),
        _ => None,
    }
}

/// Whoever has held the room for long lets the others go first.
async fn pause(held: Duration) {
    if held > LONG {
        time::sleep((held * PAUSE).min(MAX_PAUSE)).await;
    }
}
