//! When a link's client is asked for a sign of life, and when it is taken for dead; how it is asked is the transport's.

use tokio::time::Instant;

use super::deadlines::Deadlines;

/// The signs of life of one link.
///
/// What the server writes says nothing of its client: a machine that vanished takes writes for many minutes, until its
/// kernel gives up. So a link that is only written to is asked as often as a quiet one.
#[derive(Debug)]
pub struct Pulse {
    deadlines: Deadlines,
    heard: Instant,
    wrote: Instant,
    asked: Instant,
}

impl Pulse {
    /// A link that has just been opened.
    #[must_use]
    pub fn new(deadlines: Deadlines) -> Self {
        let now = Instant::now();
        Self {
            deadlines,
            heard: now,
            wrote: now,
            asked: now,
        }
    }

    /// Something came from the client.
    pub fn heard(&mut self) {
        self.heard = Instant::now();
    }

    /// Something went to the client.
    pub fn wrote(&mut self) {
        self.wrote = Instant::now();
    }

    /// When [`Pulse::beat`] is to be called next.
    #[must_use]
    pub fn due(&self) -> Instant {
        let quiet = self.asked.max(self.heard.min(self.wrote));
        (quiet + self.deadlines.heartbeat).min(self.heard + self.deadlines.silence)
    }

    /// Whether the client has been silent for too long.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.heard.elapsed() >= self.deadlines.silence
    }

    /// The time of [`Pulse::due`] has come: true when the client is to be asked, false when it is dead.
    #[must_use]
    pub fn beat(&mut self) -> bool {
        self.asked = Instant::now();
        !self.is_dead()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time;

    use super::*;

    async fn live_until_dead(mut meanwhile: impl FnMut(&mut Pulse)) -> (u32, Duration) {
        let deadlines = Deadlines::default();
        let (begun, mut pulse, mut asked) = (Instant::now(), Pulse::new(deadlines), 0);
        let mut write = time::interval(Duration::from_secs(3));
        loop {
            tokio::select! {
                _ = write.tick() => meanwhile(&mut pulse),
                () = time::sleep_until(pulse.due()) => {
                    if !pulse.beat() {
                        return (asked, begun.elapsed());
                    }
                    asked += 1;
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_client_is_asked_twice_and_then_dead() {
        let (asked, after) = live_until_dead(|_| {}).await;
        assert_eq!((asked, after), (2, Deadlines::default().silence));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_is_only_written_to_is_asked_and_found_dead_all_the_same() {
        let (asked, after) = live_until_dead(Pulse::wrote).await;
        assert_eq!((asked, after), (2, Deadlines::default().silence));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_speaks_is_not_dead_and_asked_only_where_nothing_is_written() {
        let deadlines = Deadlines::default();
        let mut pulse = Pulse::new(deadlines);
        for _ in 0..100 {
            time::advance(deadlines.heartbeat / 2).await;
            pulse.heard();
            pulse.wrote();
            assert!(pulse.due() > Instant::now());
        }
        for _ in 0..100 {
            time::sleep_until(pulse.due()).await;
            assert!(pulse.beat());
            pulse.heard();
        }
    }
}
