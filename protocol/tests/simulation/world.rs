//! One schedule: a clock that jumps from event to event, people who act, things that go wrong, and a network in between.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use protocol::{
    client::{Effect, Embedded},
    frame::{ErrorCode, ServerFrame},
    id::{ClientId, DocId},
    replica::Edit,
};

use crate::{
    disk::Disk,
    link::{Link, LinkId, Owner},
    page::Page,
    peer::Peer,
    plan::{Fault, Lie, Plan},
    random::Random,
    server::{Act, Around, Server},
    text,
};

/// What happens at a time.
#[derive(Debug)]
enum Event {
    PageActs(usize),
    PeerActs(usize),
    Tick(usize),
    Composed(usize),
    Opened(LinkId),
    Up(LinkId, Bytes),
    Down(LinkId, Bytes),
    /// The server hears that a link is gone.
    EndedUp(LinkId),
    /// The client hears that a link is gone.
    EndedDown(LinkId),
    Flushed(u64),
    ServerTicks(u64),
    ServerStarts,
    PeerConnects(usize),
    PeerLooks(usize),
    GoesWrong,
}

/// How often the server looks after presence and dead links, in milliseconds.
const SERVER_TICK_MS: u64 = 400;
/// A timer that asks to be called more often than this within one second makes no progress.
const MAX_TICKS: u32 = 12;

/// Everything.
pub struct World {
    /// What may happen.
    pub plan: Plan,
    /// The time in milliseconds.
    pub now: u64,
    /// The pages, also those that were closed.
    pub pages: Vec<Page>,
    /// The Yjs peers.
    pub peers: Vec<Peer>,
    /// The server, when it is up.
    pub server: Option<Server>,
    /// The log.
    pub disk: Disk,
    /// Words that somebody deleted, took back or made again.
    pub touched: BTreeSet<String>,
    /// Words and the page's edit that typed them; peers have no number.
    pub typed: BTreeMap<String, Option<(usize, usize)>>,
    /// Edits that came new and brought the room nothing, over all incarnations.
    pub known_edits: usize,
    /// Notices "cannot save" seen by pages.
    pub not_saving: usize,
    /// What happened, when it is to be told.
    pub story: Option<String>,
    random: Random,
    doc: DocId,
    clock: Arc<AtomicU64>,
    links: Vec<Link>,
    events: BTreeMap<(u64, u64), Event>,
    scheduled: u64,
    flushing: bool,
    starts: u64,
}

impl World {
    /// A world at its beginning.
    pub fn new(plan: Plan, random: Random, tell: bool) -> Self {
        let mut world = Self {
            plan,
            now: 1_000_000,
            pages: Vec::new(),
            peers: Vec::new(),
            server: None,
            disk: Disk::default(),
            touched: BTreeSet::new(),
            typed: BTreeMap::new(),
            known_edits: 0,
            not_saving: 0,
            story: tell.then(String::new),
            random,
            doc: DocId::parse("hall").expect("a name"),
            clock: Arc::default(),
            links: Vec::new(),
            events: BTreeMap::new(),
            scheduled: 0,
            flushing: false,
            starts: 0,
        };
        world.start();
        world
    }

    fn start(&mut self) {
        self.server_starts();
        for _ in 0..self.plan.pages {
            self.join(false);
        }
        for i in 0..self.plan.peers {
            let id = ClientId::from_random(self.random.next());
            let mut peer = Peer::new(id);
            peer.presence = format!("{{\"peer\":{i}}}");
            self.peers.push(peer);
            self.after(0, 3_000, Event::PeerConnects(i));
            self.after(0, 3_000, Event::PeerActs(i));
            self.at(self.now + 1_000, Event::PeerLooks(i));
        }
        if !self.plan.faults.is_empty() {
            let (low, high) = self.plan.fault_every;
            self.after(low, high, Event::GoesWrong);
        }
    }

    /// Runs until people have stopped acting and everything is mended.
    pub fn run(&mut self) {
        let calm = self.now + self.plan.span;
        self.run_until(calm);
        self.tell(|| "calm: nothing goes wrong any more".into());
        self.plan.faults.clear();
        self.plan.lie = match self.plan.lie {
            Lie::LostBatch => Lie::None,
            lie => lie,
        };
        if self.disk.failed {
            self.crash();
        }
        let mut unsettled = Ok(());
        for wait in [2_000, 10_000, 20_000, 40_000, 60_000, 100_000, 200_000] {
            self.run_until(self.now + wait);
            unsettled = crate::oracle::settled(self);
            if unsettled.is_ok() {
                break;
            }
        }
        if let Err(what) = unsettled {
            panic!("not settled: {what}");
        }
        crate::oracle::final_state(self);
    }

    fn run_until(&mut self, end: u64) {
        while let Some(entry) = self.events.first_entry()
            && entry.key().0 <= end
        {
            let ((at, _), event) = entry.remove_entry();
            self.now = at;
            self.clock.store(at, Ordering::Relaxed);
            self.happen(event);
        }
        self.now = end;
    }

    fn calm(&self) -> bool {
        self.now >= 1_000_000 + self.plan.span
    }

    fn at(&mut self, at: u64, event: Event) {
        self.scheduled += 1;
        self.events.insert((at, self.scheduled), event);
    }

    fn after(&mut self, low: u64, high: u64, event: Event) {
        let at = self.now + self.random.range(low, high);
        self.at(at, event);
    }

    fn tell(&mut self, what: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            let _ = writeln!(story, "{:>9} {}", self.now - 1_000_000, what());
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::PageActs(i) => self.page_acts(i),
            Event::PeerActs(i) => self.peer_acts(i),
            Event::Tick(i) => self.page_ticks(i),
            Event::Composed(i) => {
                self.pages[i].composing = false;
                self.show_held(i);
            }
            Event::Opened(id) => self.link_opened(id),
            Event::Up(id, bytes) => self.came_up(id, bytes),
            Event::Down(id, bytes) => self.came_down(id, bytes),
            Event::EndedUp(id) => self.server_hears_end(id),
            Event::EndedDown(id) => self.client_hears_end(id),
            Event::Flushed(incarnation) => self.flushed(incarnation),
            Event::ServerTicks(incarnation) => self.server_ticks(incarnation),
            Event::ServerStarts => self.server_starts(),
            Event::PeerConnects(i) => self.peer_connects(i),
            Event::PeerLooks(i) => self.peer_looks(i),
            Event::GoesWrong => self.goes_wrong(),
        }
    }
}

/// People.
impl World {
    fn join(&mut self, delivered: bool) {
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
        self.pages
            .push(Page::new(&self.doc, id, state, seed, &self.clock));
        let (low, high) = self.plan.act_every;
        self.after(low, high, Event::PageActs(i));
        self.rearm(i);
    }

    fn page_acts(&mut self, i: usize) {
        if !self.pages[i].here || self.calm() {
            return;
        }
        let (low, high) = self.plan.act_every;
        self.after(low, high, Event::PageActs(i));
        match self.random.range(1, 100) {
            1..=60 => self.page_types(i, 1),
            61..=66 => {
                let count = self.random.range(2, 12);
                self.page_types(i, count);
            }
            67..=80 => self.page_deletes(i),
            81..=86 if self.plan.undo => self.page_undoes(i),
            81..=93 => {
                let state = format!("{{\"at\":{}}}", self.now);
                self.pages[i].presence = Some(state.clone());
                let effects = self.pages[i].client.presence(state);
                self.perform(i, effects);
            }
            94..=97 if !self.pages[i].composing => {
                self.pages[i].composing = true;
                self.after(100, 4_000, Event::Composed(i));
            }
            _ => {
                let now = self.now;
                let effects = self.pages[i].client.wake(now);
                self.perform(i, effects);
            }
        }
    }

    fn page_types(&mut self, i: usize, words: u64) {
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

    fn page_deletes(&mut self, i: usize) {
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

    fn page_edits(&mut self, i: usize, from: usize, delete: usize, insert: &str) {
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

    fn page_undoes(&mut self, i: usize) {
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

    fn page_made(&mut self, i: usize) {
        for update in self.pages[i].take_made() {
            let now = self.now;
            let effects = self.pages[i].client.local(now, &update);
            self.perform(i, effects);
        }
    }

    fn peer_acts(&mut self, i: usize) {
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

    fn peer_connects(&mut self, i: usize) {
        if self.peers[i].link.is_some() {
            return;
        }
        let id = self.open(Owner::Peer(i));
        self.peers[i].link = Some(id);
        self.peers[i].heard = self.now;
    }

    /// The provider's own timers: presence every 15 s, and a connection that says nothing for 30 s is dead.
    fn peer_looks(&mut self, i: usize) {
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

/// What a page's client wants.
impl World {
    fn perform(&mut self, i: usize, effects: Vec<Effect>) {
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
        crate::oracle::promises(&mut self.pages[i], &mut self.disk);
        self.rearm(i);
    }

    fn show_held(&mut self, i: usize) {
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

    fn rearm(&mut self, i: usize) {
        let deadline = self.pages[i].client.deadline();
        if deadline != self.pages[i].timer {
            self.pages[i].timer = deadline;
            if let Some(at) = deadline {
                self.at(at.max(self.now), Event::Tick(i));
            }
        }
    }

    fn page_ticks(&mut self, i: usize) {
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

/// The network.
impl World {
    fn open(&mut self, owner: Owner) -> LinkId {
        self.links.push(Link::new(owner));
        let id = self.links.len() - 1;
        let (low, high) = self.plan.delay;
        self.after(low, 2 * high, Event::Opened(id));
        id
    }

    fn link_opened(&mut self, id: LinkId) {
        if !self.links[id].client_open {
            return;
        }
        let owner = self.links[id].owner;
        let offline = match owner {
            Owner::Page(i) => self.now < self.pages[i].offline_until,
            Owner::Peer(_) => false,
        };
        let Some(server) = self.server.as_mut().filter(|_| !offline) else {
            // Refused at once, or no answer at all.
            if self.random.percent(70) || matches!(owner, Owner::Peer(_)) {
                self.client_hears_end(id);
            }
            return;
        };
        server.accept(&mut self.links[id], self.now);
        match owner {
            Owner::Page(i) => {
                let now = self.now;
                let page = &mut self.pages[i];
                let effects = page.client.opened(now, &page.replica);
                self.perform(i, effects);
            }
            Owner::Peer(i) => {
                for message in self.peers[i].greet() {
                    self.up(Some(id), message);
                }
            }
        }
        self.pump();
    }

    fn up(&mut self, link: Option<LinkId>, bytes: Bytes) {
        let Some(id) = link else { return };
        let unordered = self.plan.unordered && !self.calm();
        let link = &mut self.links[id];
        if !link.client_open || link.up_silent {
            return;
        }
        let (low, high) = self.plan.delay;
        let way = self.random.range(low, high);
        let data = matches!(link.owner, Owner::Page(_)) && bytes.first() == Some(&3);
        if unordered && data {
            let late = if self.random.percent(10) {
                self.random.range(0, 12_000)
            } else {
                0
            };
            if self.random.percent(20) {
                self.after(low, 30_000, Event::Up(id, bytes.clone()));
            }
            self.at(self.now + way + late, Event::Up(id, bytes));
            return;
        }
        let at = (self.now + way).max(link.last_up);
        link.last_up = at;
        self.at(at, Event::Up(id, bytes));
    }

    fn down(&mut self, id: LinkId, bytes: Bytes) {
        let link = &mut self.links[id];
        link.told = self.now;
        if !link.server_open {
            return;
        }
        link.down_under_way += 1;
        if link.down_silent {
            // It never arrives, so the way stays full and the server waits: a queue in a kernel, not here.
            return;
        }
        let (low, high) = self.plan.delay;
        let at = (self.now + self.random.range(low, high)).max(link.last_down);
        link.last_down = at;
        self.at(at, Event::Down(id, bytes));
    }

    fn came_up(&mut self, id: LinkId, bytes: Bytes) {
        let link = &self.links[id];
        // What was sent before a silence fell is lost with it; a late POST arrives also when its link is gone.
        let late = self.plan.unordered && bytes.first() == Some(&3) && link.session.is_some();
        if link.up_silent || !(link.server_open || late) {
            return;
        }
        let Some(server) = &mut self.server else {
            return;
        };
        let around = Around {
            links: &mut self.links,
            disk: &mut self.disk,
            plan: &self.plan,
            random: &mut self.random,
            now: self.now,
        };
        let acts = server.receive(id, bytes, around);
        self.act(acts);
        self.pump();
    }

    fn came_down(&mut self, id: LinkId, bytes: Bytes) {
        let link = &mut self.links[id];
        link.down_under_way -= 1;
        if link.down_silent {
            link.down_under_way += 1;
            return;
        }
        if link.client_open {
            match link.owner {
                Owner::Page(i) => self.page_hears(i, id, bytes),
                Owner::Peer(i) => {
                    let answer = self.peers[i].receive(&bytes, self.now);
                    if let Some(answer) = answer {
                        self.up(Some(id), answer);
                    }
                }
            }
        }
        self.pump();
    }

    fn page_hears(&mut self, i: usize, id: LinkId, bytes: Bytes) {
        if self.pages[i].link != Some(id) {
            return;
        }
        if self.plan.lie == Lie::LostBatch && i == 0 && self.random.percent(10) && bytes[0] == 68 {
            self.plan.lie = Lie::None;
            return;
        }
        self.tell(|| format!("page {i} gets {}", brief(&bytes)));
        let now = self.now;
        let page = &mut self.pages[i];
        page.gets(&bytes);
        let effects = page.client.message(now, bytes, &page.replica);
        self.perform(i, effects);
    }

    fn client_closes(&mut self, id: LinkId) {
        self.links[id].client_open = false;
        if !self.links[id].up_silent {
            let (low, high) = self.plan.delay;
            let at = (self.now + self.random.range(low, high)).max(self.links[id].last_up);
            self.at(at, Event::EndedUp(id));
        }
    }

    fn client_hears_end(&mut self, id: LinkId) {
        if !self.links[id].client_open {
            return;
        }
        self.links[id].client_open = false;
        match self.links[id].owner {
            Owner::Page(i) if self.pages[i].link == Some(id) => {
                self.pages[i].link = None;
                self.tell(|| format!("page {i} hears that link {id} is gone"));
                let now = self.now;
                let effects = self.pages[i].client.closed(now);
                self.perform(i, effects);
            }
            Owner::Page(_) => {}
            Owner::Peer(i) => {
                self.peers[i].lost();
                self.after(100, 2_500, Event::PeerConnects(i));
            }
        }
    }

    fn server_hears_end(&mut self, id: LinkId) {
        if self.links[id].server_open {
            let now = self.now;
            match &mut self.server {
                Some(server) => server.closed(id, &mut self.links[id], now),
                None => self.links[id].server_open = false,
            }
        }
    }
}

/// The server.
impl World {
    fn act(&mut self, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Down(id, bytes) => self.down(id, bytes),
                Act::Close(id) => {
                    self.server_hears_end(id);
                    if !self.links[id].down_silent {
                        let (low, high) = self.plan.delay;
                        let at = self.now + self.random.range(low, high);
                        self.at(at.max(self.links[id].last_down), Event::EndedDown(id));
                    }
                }
                Act::Flush => self.flush_soon(),
            }
        }
    }

    fn pump(&mut self) {
        let Some(server) = &mut self.server else {
            return;
        };
        let mut acts = Vec::new();
        for (id, link) in self.links.iter_mut().enumerate() {
            if link.server_open {
                acts.extend(server.pump(id, link, self.plan.window));
                acts.extend(server.pump_yjs(id, link, self.plan.window));
            }
        }
        self.act(acts);
    }

    fn flush_soon(&mut self) {
        if !self.flushing {
            self.flushing = true;
            let (low, high) = self.plan.disk;
            let incarnation = self.starts;
            self.after(low, high, Event::Flushed(incarnation));
        }
    }

    fn flushed(&mut self, incarnation: u64) {
        let Some(server) = self
            .server
            .as_mut()
            .filter(|server| server.incarnation == incarnation)
        else {
            return;
        };
        self.flushing = false;
        if self.disk.failed {
            server.room.fail("the disk is full".into());
        } else if self.disk.waiting() > 0 {
            let count = self.random.range(1, self.disk.waiting() as u64) as usize;
            if let Some(n) = self.disk.flush(count) {
                server.room.committed(n);
                self.tell(|| format!("entry {n} is durable"));
            }
            if self.disk.waiting() > 0 {
                self.flush_soon();
            }
        }
        self.pump();
    }

    fn server_ticks(&mut self, incarnation: u64) {
        let Some(server) = self
            .server
            .as_mut()
            .filter(|server| server.incarnation == incarnation)
        else {
            return;
        };
        let acts = server.tick(&mut self.links, self.plan.window, self.now);
        self.act(acts);
        self.pump();
        self.at(self.now + SERVER_TICK_MS, Event::ServerTicks(incarnation));
    }

    fn server_starts(&mut self) {
        if self.server.is_some() {
            return;
        }
        self.starts += 1;
        self.flushing = false;
        if self.random.percent(50) {
            self.disk.compact();
        }
        let (limits, starts) = (self.plan.limits, self.starts);
        self.server = Some(Server::start(&self.disk, limits, starts, &mut self.random));
        self.tell(|| format!("the server starts, for the {starts}. time"));
        self.at(self.now + SERVER_TICK_MS, Event::ServerTicks(starts));
    }

    /// The server is gone; every link ends, heard of or not.
    fn server_stops(&mut self, may_be_silent: bool) {
        if let Some(server) = self.server.take() {
            self.known_edits += server.known_edits;
        }
        for id in 0..self.links.len() {
            let link = &mut self.links[id];
            if !link.server_open {
                continue;
            }
            link.server_open = false;
            link.yjs = None;
            link.session = None;
            if may_be_silent && self.random.percent(20) {
                link.down_silent = true;
                link.up_silent = true;
            } else {
                let (low, high) = self.plan.delay;
                let at = (self.now + self.random.range(low, high)).max(link.last_down);
                self.at(at, Event::EndedDown(id));
            }
        }
        self.after(100, 6_000, Event::ServerStarts);
    }

    fn crash(&mut self) {
        if self.server.is_none() {
            return;
        }
        // Some of what waited reached the disk, and nobody was told.
        if !self.disk.failed && self.disk.waiting() > 0 {
            let count = self.random.below(self.disk.waiting() + 1);
            self.disk.flush(count);
        }
        let lost = self.disk.waiting();
        self.tell(|| format!("the server crashes, {lost} entries are lost"));
        self.disk.crash();
        self.server_stops(true);
    }

    fn restart(&mut self) {
        if self.server.is_none() || self.disk.failed {
            return;
        }
        self.tell(|| "the server stops in good order".into());
        self.disk.flush(usize::MAX);
        let retry_after_ms = self.random.range(0, 2_000);
        for id in 0..self.links.len() {
            if self.links[id].server_open && self.links[id].yjs.is_none() {
                self.down(id, ServerFrame::GoAway { retry_after_ms }.encode());
            }
        }
        self.server_stops(false);
    }
}

/// What goes wrong.
impl World {
    fn goes_wrong(&mut self) {
        if self.calm() {
            return;
        }
        let (low, high) = self.plan.fault_every;
        self.after(low, high, Event::GoesWrong);
        let fault = self.random.pick(&self.plan.faults);
        self.tell(|| format!("fault: {fault:?}"));
        match fault {
            Fault::Cut => {
                if let Some(id) = self.some_link() {
                    self.after(0, 500, Event::EndedDown(id));
                    self.after(0, 5_000, Event::EndedUp(id));
                    let link = &mut self.links[id];
                    // What is under way may still arrive, at times after the end was heard of; what was silent stays so.
                    let (up, down) = self.random.pick(&[
                        (false, false),
                        (true, false),
                        (false, true),
                        (true, true),
                    ]);
                    link.up_silent |= up;
                    link.down_silent |= down;
                }
            }
            Fault::Silence => {
                if let Some(id) = self.some_link() {
                    let link = &mut self.links[id];
                    match self.random.range(0, 2) {
                        0 => link.up_silent = true,
                        1 => link.down_silent = true,
                        _ => (link.up_silent, link.down_silent) = (true, true),
                    }
                }
            }
            Fault::Offline => {
                let i = self.random.below(self.pages.len());
                let long = if self.random.percent(30) {
                    200_000
                } else {
                    9_000
                };
                self.pages[i].offline_until = self.now + self.random.range(500, long);
                if let Some(id) = self.pages[i].link {
                    self.links[id].up_silent = true;
                    self.links[id].down_silent = true;
                    if self.random.percent(70) {
                        self.after(0, 2_000, Event::EndedDown(id));
                    }
                }
            }
            Fault::Crash => self.crash(),
            Fault::Restart => self.restart(),
            Fault::Disk => self.disk.failed = true,
            Fault::Leave => {
                let here = self.pages.iter().filter(|page| page.here).count();
                let i = self.random.below(self.pages.len());
                if here > 1 && self.pages[i].here {
                    if self.random.percent(50) {
                        let effects = self.pages[i].client.leave();
                        self.perform(i, effects);
                    } else if let Some(id) = self.pages[i].link.take() {
                        self.client_closes(id);
                    }
                    self.pages[i].here = false;
                    // A timer of a closed page never runs.
                    self.pages[i].timer = None;
                }
            }
            Fault::Join => {
                if self.pages.len() < 7 {
                    let delivered = self.random.percent(60);
                    self.join(delivered);
                }
            }
        }
    }

    fn some_link(&mut self) -> Option<LinkId> {
        let open: Vec<LinkId> = (0..self.links.len())
            .filter(|id| self.links[*id].client_open)
            .collect();
        (!open.is_empty()).then(|| self.random.pick(&open))
    }
}

fn brief(bytes: &Bytes) -> String {
    match ServerFrame::decode(bytes) {
        Ok(ServerFrame::Batch { upto, messages }) => {
            format!("a batch of {} up to {upto}", messages.len())
        }
        Ok(frame) => format!("{frame:?}"),
        Err(_) => "a piece".into(),
    }
}
