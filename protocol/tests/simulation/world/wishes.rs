//! What a page's client asks for, done: links opened and closed, messages sent, edits shown, timers armed.

use protocol::{connection::Effect, frame::ErrorCode, ladder::Rung};

use super::{Event, MAX_TICKS, World};
use crate::{link::Owner, oracle};

impl World {
    pub(super) fn perform(&mut self, i: usize, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Open { link, rung, check } => {
                    let id = self.open(Owner::Page(i), rung, check);
                    self.tell(|| format!("page {i} connects by link {id}, a {rung}"));
                    self.links[id].name = Some(link);
                    self.pages[i].linked(link, id);
                    if rung != Rung::WebSocket && !check {
                        self.link_opened(id);
                    }
                }
                Effect::Send { link, message } => {
                    self.pages[i].sends(link, &message);
                    let link = self.pages[i].links.get(&link).map(|wire| wire.link);
                    self.tell(|| format!("page {i} sends by {link:?} kind {}", message[0]));
                    self.up(link, message);
                }
                Effect::Established { link, hold_s, .. } => {
                    if let Some(wire) = self.pages[i].links.get(&link) {
                        let id = wire.link;
                        self.links[id].hold = hold_s * 1_000;
                        self.begin_stream(id);
                    }
                }
                Effect::Remember(_) | Effect::Renew { .. } => {}
                Effect::Close { link } => {
                    if let Some(wire) = self.pages[i].links.remove(&link) {
                        self.tell(|| format!("page {i} closes link {}", wire.link));
                        self.client_closes(wire.link);
                    }
                }
                Effect::Remote(updates) => {
                    self.pages[i].takes(&updates);
                    self.pages[i].connection.hold(updates);
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
                    let trouble = self.pages[i].connection.status().trouble;
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
        if page.composing || !page.connection.holds() {
            return;
        }
        let held = page.connection.take_held();
        let complete = page
            .replica
            .apply(held.iter().map(|update| &update[..]))
            .expect("updates apply");
        page.show();
        if !complete {
            let now = self.now;
            let page = &mut self.pages[i];
            let effects = page.connection.incomplete(now, &page.replica);
            self.tell(|| format!("page {i} finds a hole"));
            self.perform(i, effects);
        }
    }

    pub(super) fn rearm(&mut self, i: usize) {
        let deadline = self.pages[i].connection.deadline();
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
        let effects = page.connection.tick(now, &page.replica);
        self.perform(i, effects);
    }
}
