//! What a page's client asks for, done: links opened and closed, messages sent, edits shown, timers armed.

use protocol::{client::Effect, frame::ErrorCode};

use super::{Event, MAX_TICKS, World};
use crate::{link::Owner, oracle};

impl World {
    pub(super) fn perform(&mut self, i: usize, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Connect => {
                    let id = self.open(Owner::Page(i));
                    self.tell(|| format!("page {i} connects by link {id}"));
                    self.pages[i].linked(id);
                }
                Effect::Send(bytes) => {
                    self.pages[i].sends(&bytes);
                    let link = self.pages[i].link;
                    self.up(link, bytes);
                }
                Effect::Close => {
                    if let Some(link) = self.pages[i].link.take() {
                        self.tell(|| format!("page {i} closes link {link}"));
                        self.client_closes(link);
                    }
                }
                Effect::Remote(updates) => {
                    self.pages[i].held.extend(updates);
                    self.show_held(i);
                }
                Effect::Presence(changed) => {
                    for (client, state) in changed {
                        let others = &mut self.pages[i].others;
                        match state {
                            Some(state) => others.insert(client, state),
                            None => others.remove(&client),
                        };
                    }
                }
                Effect::PresenceReset => self.pages[i].others.clear(),
                Effect::Status => {
                    let trouble = self.pages[i].client.status().trouble;
                    self.not_saving +=
                        usize::from(trouble.is_some_and(|(code, _)| code == ErrorCode::NotSaving));
                }
            }
        }
        oracle::promises(&mut self.pages[i], &mut self.disk);
        self.rearm(i);
    }

    pub(super) fn show_held(&mut self, i: usize) {
        let page = &mut self.pages[i];
        if page.composing || page.held.is_empty() {
            return;
        }
        let held = std::mem::take(&mut page.held);
        let complete = page
            .replica
            .apply(held.iter().map(|update| &update[..]))
            .expect("updates apply");
        page.show();
        if !complete {
            let now = self.now;
            let page = &mut self.pages[i];
            let effects = page.client.incomplete(now, &page.replica);
            self.tell(|| format!("page {i} finds a hole"));
            self.perform(i, effects);
        }
    }

    pub(super) fn rearm(&mut self, i: usize) {
        let deadline = self.pages[i].client.deadline();
        if deadline != self.pages[i].timer {
            self.pages[i].timer = deadline;
            if let Some(at) = deadline {
                self.at(at.max(self.now), Event::Tick(i));
            }
        }
    }

    pub(super) fn page_ticks(&mut self, i: usize) {
        let page = &mut self.pages[i];
        if page.timer.is_none_or(|at| at > self.now) {
            return;
        }
        page.timer = None;
        let second = self.now / 1_000;
        page.ticks = match page.ticks {
            (same, count) if same == second => (same, count + 1),
            _ => (second, 1),
        };
        assert!(page.ticks.1 <= MAX_TICKS, "page {i} ticks without progress");
        let now = self.now;
        let effects = page.client.tick(now);
        self.perform(i, effects);
    }
}
