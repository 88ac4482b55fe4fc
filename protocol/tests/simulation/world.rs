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
    client::LinkStatus,
    frame::authorization::Authorization,
    id::{ClientId, DocId},
    sync::Message,
};

use crate::{
    disk::Disk,
    link::{Link, LinkId},
    page::Page,
    peer::Peer,
    plan::{Lie, Plan},
    random::Random,
    rights::Allowed,
    server::Server,
    text,
};

mod aside;
mod faults;
mod network;
mod people;
mod rights;
mod upkeep;
mod wishes;

/// What happens at a time.
#[derive(Debug)]
enum Event {
    PageActs(usize),
    PeerActs(usize),
    Tick(usize),
    Composed(usize),
    Opened(LinkId),
    Up(LinkId, Bytes),
    /// What a page said beside its links, and who it is.
    Aside(Authorization, Bytes),
    Down(LinkId, Bytes),
    /// The server hears that a link is gone.
    EndedUp(LinkId),
    /// The client hears that a link is gone.
    EndedDown(LinkId),
    /// A poll ends, a stream is recycled, or something on the way ends it.
    Held(LinkId),
    Flushed(u64),
    ServerTicks(u64),
    ServerStarts,
    PeerConnects(usize),
    PeerLooks(usize),
    /// A page is given another token.
    Renewed(usize),
    GoesWrong,
}

/// How often the server looks after presence and dead links, in milliseconds.
const SERVER_TICK_MS: u64 = 400;
/// Nothing is under way for longer than this, in milliseconds, and no dead link unnoticed.
const LATE_MS: u64 = 60_000;
/// So many seconds the text must stay the same.
const STEADY_S: u32 = 5;
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
    /// What each page may do.
    pub allowed: Allowed,
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
            allowed: Allowed::default(),
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
        if self.plan.written {
            let mut yesterday = Peer::new(ClientId::from_random(self.random.next()));
            for count in 0..self.random.range(1, 5) {
                let word = text::word(&mut self.random, yesterday.id.get(), count);
                let update = yesterday.edit(0, 0, &word);
                self.typed.insert(word, None);
                let Ok(Message::Update(update)) = Message::decode(&update) else {
                    unreachable!("an edit is an update");
                };
                self.disk.append(count + 1, Bytes::copy_from_slice(update));
            }
            self.disk.flush(usize::MAX);
        }
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
        if self.plan.rights {
            self.rights_settle();
        }
        self.plan.faults.clear();
        self.plan.lie = match self.plan.lie {
            Lie::LostBatch => Lie::None,
            lie => lie,
        };
        if self.disk.failed {
            self.crash();
        }
        self.settles();
        self.stays_settled();
        crate::oracle::final_state(self);
    }

    /// Runs until everything is mended.
    fn settles(&mut self) {
        let mut unsettled = Ok(());
        // Where links live for seconds, and a person chose that, all is well between two of them only: it is looked for often.
        let often = std::iter::repeat_n(1_000, 420);
        for wait in [2_000, 10_000].into_iter().chain(often) {
            self.run_until(self.now + wait);
            unsettled = crate::oracle::settled(self);
            if unsettled.is_ok() {
                return;
            }
        }
        if let Err(what) = unsettled {
            panic!("not settled: {what}");
        }
    }

    /// One good moment proves little: when everything that was under way has come and every dead link is noticed, the text
    /// is the same everywhere and stays so, and nobody stays away.
    fn stays_settled(&mut self) {
        self.run_until(self.now + LATE_MS);
        for _ in 0..STEADY_S {
            self.run_until(self.now + 1_000);
            if let Err(what) = crate::oracle::alike(self) {
                panic!("not settled for long: {what}");
            }
        }
        if self.pages.iter().all(|page| page.obstacle.is_none()) {
            self.settles();
        } else {
            self.all_come_back();
        }
    }

    /// Where links are cut every few seconds, and waiting times have grown, rarely are all there at one moment.
    fn all_come_back(&mut self) {
        let mut away: BTreeSet<usize> = (0..self.pages.len())
            .filter(|i| self.pages[*i].here)
            .collect();
        for _ in 0..420 {
            away.retain(|i| self.pages[*i].connection.status().link != LinkStatus::Live);
            if away.is_empty() {
                return;
            }
            self.run_until(self.now + 1_000);
        }
        panic!("pages {away:?} stay away");
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
            Event::Aside(whose, packet) => self.came_aside(&whose, &packet),
            Event::Down(id, bytes) => self.came_down(id, bytes),
            Event::EndedUp(id) => self.server_hears_end(id),
            Event::EndedDown(id) => self.client_hears_end(id),
            Event::Held(id) => self.held(id),
            Event::Flushed(incarnation) => self.flushed(incarnation),
            Event::ServerTicks(incarnation) => self.server_ticks(incarnation),
            Event::ServerStarts => self.server_starts(),
            Event::PeerConnects(i) => self.peer_connects(i),
            Event::PeerLooks(i) => self.peer_looks(i),
            Event::Renewed(i) => self.renewed(i),
            Event::GoesWrong => self.goes_wrong(),
        }
    }
}
