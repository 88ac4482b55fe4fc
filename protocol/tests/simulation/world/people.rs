//! What people do: type, delete, take back, move, compose, come; also those behind plain Yjs programs.

use protocol::{client::Embedded, id::ClientId, ladder::Rung, replica::Edit};

use super::{Event, World};
use crate::{link::Owner, page::Page, text};

impl World {
    pub(super) fn join(&mut self, delivered: bool) {
        let id = ClientId::from_random(self.random.next());
        let state = match &mut self.server {
            Some(server) if delivered => Some((
                Embedded {
                    generation: 1,
                    epoch: server.room.epoch(),
                    after: server.room.head(),
                },
                server.room.state(),
            )),
            _ => None,
        };
        let seed = self.random.next();
        let i = self.pages.len();
        self.tell(|| {
            format!(
                "page {i} comes, {}",
                if state.is_some() {
                    "with the text"
                } else {
                    "empty"
                }
            )
        });
        let mut page = Page::new(&self.doc, id, state, seed, self.now, &self.clock);
        let obstacles = &self.plan.obstacles;
        page.obstacle = obstacles.get(i % obstacles.len().max(1)).copied().flatten();
        page.connection.force(self.now, self.plan.forced);
        self.pages.push(page);
        let (low, high) = self.plan.act_every;
        self.after(low, high, Event::PageActs(i));
        self.rearm(i);
    }

    pub(super) fn page_acts(&mut self, i: usize) {
        if !self.pages[i].here || self.calm() {
            return;
        }
        let (low, high) = self.plan.act_every;
        self.after(low, high, Event::PageActs(i));
        if self.random.percent(self.plan.deletes) {
            return self.page_deletes(i);
        }
        match self.random.range(1, 100) {
            1..=72 => self.page_types(i, 1),
            73..=80 => {
                let count = self.random.range(2, 12);
                self.page_types(i, count);
            }
            81..=86 if self.plan.undo => self.page_undoes(i),
            81..=93 => {
                let state = format!("{{\"at\":{}}}", self.now);
                self.pages[i].presence = Some(state.clone());
                let now = self.now;
                let effects = self.pages[i].connection.presence(now, state);
                self.perform(i, effects);
            }
            94..=97 if !self.pages[i].composing => {
                self.pages[i].composing = true;
                self.after(100, 4_000, Event::Composed(i));
            }
            _ => {
                let now = self.now;
                let effects = self.pages[i].connection.wake(now);
                self.perform(i, effects);
            }
        }
    }

    pub(super) fn page_types(&mut self, i: usize, words: u64) {
        for _ in 0..words {
            let page = &mut self.pages[i];
            page.words += 1;
            let word = text::word(&mut self.random, page.id.get(), page.words);
            let from = text::place(&mut self.random, &page.editor, self.plan.anywhere);
            self.typed
                .insert(word.clone(), Some((i, page.made.len() + 1)));
            self.page_edits(i, from, 0, &word);
        }
    }

    pub(super) fn page_deletes(&mut self, i: usize) {
        let editor = &self.pages[i].editor;
        let Some((from, to)) = text::piece(&mut self.random, editor, self.plan.anywhere) else {
            return;
        };
        if !self.plan.anywhere {
            self.touched
                .extend(text::count(&editor[from..to]).into_keys());
        }
        self.page_edits(i, from, to - from, "");
    }

    pub(super) fn page_edits(&mut self, i: usize, from: usize, delete: usize, insert: &str) {
        let edit = Edit {
            from: from as u32,
            delete: delete as u32,
            insert: insert.into(),
        };
        self.tell(|| format!("page {i} edits {edit:?}"));
        let page = &mut self.pages[i];
        text::edit(&mut page.editor, &edit);
        page.replica.edit(&[edit]).expect("an edit within the text");
        self.page_made(i);
    }

    pub(super) fn page_undoes(&mut self, i: usize) {
        let page = &mut self.pages[i];
        let before = page.editor.clone();
        if self.random.percent(70) {
            page.replica.undo();
        } else {
            page.replica.redo();
        }
        page.show();
        if !self.plan.anywhere {
            let (before, after) = (text::count(&before), text::count(&page.editor));
            let changed = before
                .iter()
                .filter(|(word, n)| after.get(*word) != Some(n));
            let back = after
                .iter()
                .filter(|(word, n)| before.get(*word) != Some(n));
            self.touched
                .extend(changed.chain(back).map(|(word, _)| word.clone()));
        }
        self.tell(|| format!("page {i} takes back or repeats"));
        self.page_made(i);
    }

    pub(super) fn page_made(&mut self, i: usize) {
        for update in self.pages[i].take_made() {
            let now = self.now;
            let effects = self.pages[i].connection.local(now, &update);
            self.perform(i, effects);
        }
    }

    pub(super) fn peer_acts(&mut self, i: usize) {
        if self.calm() {
            return;
        }
        let (low, high) = self.plan.act_every;
        self.after(low, high, Event::PeerActs(i));
        let peer = &mut self.peers[i];
        let editor: Vec<u16> = peer.text().encode_utf16().collect();
        let message = match self.random.range(1, 10) {
            1..=7 => {
                peer.words += 1;
                let word = text::word(&mut self.random, peer.id.get(), peer.words);
                let from = text::place(&mut self.random, &editor, self.plan.anywhere);
                self.typed.insert(word.clone(), None);
                peer.edit(from as u32, 0, &word)
            }
            8..=9 => {
                let Some((from, to)) = text::piece(&mut self.random, &editor, self.plan.anywhere)
                else {
                    return;
                };
                if !self.plan.anywhere {
                    self.touched
                        .extend(text::count(&editor[from..to]).into_keys());
                }
                peer.edit(from as u32, (to - from) as u32, "")
            }
            _ => {
                peer.presence = format!("{{\"at\":{}}}", self.now);
                peer.presence_message()
            }
        };
        let link = peer.link;
        self.tell(|| format!("peer {i} acts"));
        self.up(link, message);
    }

    pub(super) fn peer_connects(&mut self, i: usize) {
        if self.peers[i].link.is_some() {
            return;
        }
        let id = self.open(Owner::Peer(i), Rung::WebSocket, false);
        self.peers[i].link = Some(id);
        self.peers[i].heard = self.now;
    }

    /// The provider's own timers: presence every 15 s, and a connection that says nothing for 30 s is dead.
    pub(super) fn peer_looks(&mut self, i: usize) {
        self.at(self.now + 15_000, Event::PeerLooks(i));
        let peer = &mut self.peers[i];
        let Some(link) = peer.link else { return };
        if self.now >= peer.heard + 30_000 {
            self.client_closes(link);
            self.peers[i].lost();
            self.after(100, 2_500, Event::PeerConnects(i));
        } else if self.links[link].server_open {
            let message = peer.presence_message();
            self.up(Some(link), message);
        }
    }
}
