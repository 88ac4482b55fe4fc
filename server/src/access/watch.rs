//! Brings what changed to those who are in: revoked links, closed documents, dropped keys, and time that passes.

use std::{sync::Arc, time::Duration};

use tokio::time;

use super::Access;
use crate::rooms::{Rooms, now_ms};

/// How often other processes' changes, and times that have come, are looked for: a change is to be everywhere within a second.
const LOOK: Duration = Duration::from_millis(250);

impl Access {
    /// Looks after the rights of everybody who is in, until the process ends.
    pub async fn look_after(self: Arc<Self>, rooms: Arc<Rooms>) {
        let mut look = time::interval(LOOK);
        look.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        let mut judged = self.version();
        loop {
            tokio::select! {
                _ = look.tick() => {
                    if self.folder.is_some() {
                        self.off_thread(Self::look).await.ok();
                    }
                }
                () = self.changed.notified() => {}
            }
            let version = self.version();
            let all_judged = version == judged || self.judge_all(&rooms).await;
            if all_judged {
                judged = version;
            }
            rooms.each(|room| room.rights_due(now_ms()));
        }
    }

    /// False when the store could not be read: it is tried again.
    async fn judge_all(self: &Arc<Self>, rooms: &Rooms) -> bool {
        let mut open = Vec::new();
        rooms.each(|room| open.push(Arc::clone(room)));
        for room in open {
            if room.judge_again().await.is_err() {
                return false;
            }
        }
        true
    }
}
