//! How messages travel: each link keeps its order unless the plan says otherwise, and links overlap, fall silent and end.

use bytes::Bytes;
use protocol::{connection::Why, frame::ServerFrame, ladder::Rung};

use super::{Event, World};
use crate::{
    link::{Link, LinkId, Owner},
    obstacle::Obstacle,
    plan::Lie,
    server::Around,
};

impl World {
    pub(super) fn open(&mut self, owner: Owner, rung: Rung, check: bool) -> LinkId {
        let mut link = Link::new(owner);
        link.rung = rung;
        if !self.calm() && self.random.percent(self.plan.short_lived) {
            link.lives = Some(self.random.range(1, 12));
        }
        let obstacle = self.obstacle(owner);
        if let (Rung::WebSocket, Some(Obstacle::Dead { up, down })) = (rung, obstacle) {
            (link.up_silent, link.down_silent) = (up, down);
        }
        self.links.push(link);
        let id = self.links.len() - 1;
        let (low, high) = self.plan.delay;
        match obstacle {
            _ if rung == Rung::WebSocket && self.plan.no_websocket => {
                self.after(low, 2 * high, Event::EndedDown(id));
            }
            Some(Obstacle::Refused) if rung == Rung::WebSocket => {
                self.after(low, 2 * high, Event::EndedDown(id));
            }
            Some(Obstacle::Swallowed) if rung == Rung::WebSocket => {}
            Some(Obstacle::Buffered | Obstacle::BufferedLater(_)) if check => {
                self.after(low + 400, 2 * high + 800, Event::EndedDown(id));
            }
            _ if rung != Rung::WebSocket && !check => {}
            _ => self.after(low, 2 * high, Event::Opened(id)),
        }
        id
    }

    fn obstacle(&self, owner: Owner) -> Option<Obstacle> {
        match owner {
            Owner::Page(i) => self.pages[i].obstacle,
            Owner::Peer(_) => None,
        }
    }

    /// A link of HTTP has the session: its stream or its polls begin.
    pub(super) fn begin_stream(&mut self, id: LinkId) {
        self.links[id].established = true;
        self.links[id].polled = self.now;
        self.plan_hold(id);
    }

    fn plan_hold(&mut self, id: LinkId) {
        let at = self.held_until(id);
        self.at(at, Event::Held(id));
    }

    /// When the poll or the stream ends that is under way.
    fn held_until(&self, id: LinkId) -> u64 {
        let link = &self.links[id];
        let obstacle = self.obstacle(link.owner);
        let held = match link.rung {
            Rung::LongPoll => link.hold,
            Rung::ShortPoll => 6_000,
            Rung::WebSocket | Rung::EventStream => 120_000,
        };
        let held = match obstacle {
            Some(Obstacle::Cut(after)) => held.min(after),
            _ => held,
        };
        link.polled + held
    }

    /// A poll has been held, or was cut; a stream is cut only.
    pub(super) fn held(&mut self, id: LinkId) {
        let link = &self.links[id];
        if !link.client_open {
            return;
        }
        if self.now < self.held_until(id) {
            // That poll was answered with news: another one is under way.
            self.plan_hold(id);
            return;
        }
        let cut = match self.obstacle(link.owner) {
            Some(Obstacle::Cut(after)) => {
                let long = match link.rung {
                    Rung::LongPoll => link.hold > after,
                    Rung::EventStream => true,
                    Rung::WebSocket | Rung::ShortPoll => false,
                };
                long && self.now >= link.polled + after
            }
            _ => false,
        };
        if cut {
            self.tell(|| format!("link {id} is cut"));
            self.after(0, 30, Event::EndedDown(id));
            self.after(0, 3_000, Event::EndedUp(id));
            return;
        }
        let (poll, down) = (
            link.rung >= Rung::LongPoll,
            link.down_silent || link.up_silent,
        );
        if poll && !down {
            if self.server.is_none() {
                self.after(1, 30, Event::EndedDown(id));
                return;
            }
            self.links[id].heard = self.now;
            self.links[id].polled = self.now;
            if let (Owner::Page(i), Some(name)) = (self.links[id].owner, self.links[id].name) {
                let now = self.now;
                let effects = self.pages[i].connection.alive(now, name);
                self.perform(i, effects);
            }
        } else {
            self.links[id].polled = self.now;
        }
        self.plan_hold(id);
    }

    pub(super) fn link_opened(&mut self, id: LinkId) {
        if !self.links[id].client_open {
            return;
        }
        let owner = self.links[id].owner;
        let http = self.links[id].rung != Rung::WebSocket;
        let offline = match owner {
            Owner::Page(i) => self.now < self.pages[i].offline_until,
            Owner::Peer(_) => false,
        };
        match self.server.as_mut().filter(|_| !offline) {
            Some(server) => server.accept(&mut self.links[id], self.now),
            // There is nothing to open: the first request finds out.
            None if http => {
                self.links[id].up_silent = true;
                if self.random.percent(70) {
                    self.after(1, 500, Event::EndedDown(id));
                }
            }
            None => {
                // Refused at once, or no answer at all.
                if self.random.percent(70) || matches!(owner, Owner::Peer(_)) {
                    self.client_hears_end(id);
                }
                return;
            }
        }
        match owner {
            Owner::Page(i) => {
                if let Some(Obstacle::ShortLived(after)) = self.pages[i].obstacle
                    && !http
                {
                    self.after(after, after + 50, Event::EndedDown(id));
                    self.after(after, after + 2_000, Event::EndedUp(id));
                }
                let now = self.now;
                let page = &mut self.pages[i];
                if let Some(name) = page.name_of(id) {
                    let effects = page.connection.opened(now, name, &page.replica);
                    self.perform(i, effects);
                }
            }
            Owner::Peer(i) => {
                for message in self.peers[i].greet() {
                    self.up(Some(id), message);
                }
            }
        }
        self.pump();
    }

    pub(super) fn up(&mut self, link: Option<LinkId>, bytes: Bytes) {
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

    pub(super) fn down(&mut self, id: LinkId, bytes: Bytes) {
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
        let wait = if link.rung == Rung::ShortPoll && link.established {
            self.random.range(0, 1_500)
        } else {
            0
        };
        let link = &mut self.links[id];
        let at = (self.now + wait + self.random.range(low, high)).max(link.last_down);
        link.last_down = at;
        self.at(at, Event::Down(id, bytes));
    }

    /// Counts a message on a link that is to die young.
    pub(super) fn ages(&mut self, id: LinkId) {
        let Some(lives) = &mut self.links[id].lives else {
            return;
        };
        *lives -= 1;
        if *lives > 0 {
            return;
        }
        self.links[id].lives = None;
        self.tell(|| format!("link {id} dies young"));
        let (up, down) =
            self.random
                .pick(&[(false, false), (true, false), (false, true), (true, true)]);
        self.links[id].up_silent |= up;
        self.links[id].down_silent |= down;
        if self.random.percent(80) {
            self.after(0, 30, Event::EndedDown(id));
            self.after(0, 3_000, Event::EndedUp(id));
        }
    }

    pub(super) fn came_up(&mut self, id: LinkId, bytes: Bytes) {
        self.ages(id);
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
            allowed: &self.allowed,
            plan: &self.plan,
            random: &mut self.random,
            now: self.now,
        };
        let acts = server.receive(id, bytes, around);
        self.act(acts);
        self.pump();
    }

    pub(super) fn came_down(&mut self, id: LinkId, bytes: Bytes) {
        self.ages(id);
        let obstacle = self.obstacle(self.links[id].owner);
        let link = &mut self.links[id];
        link.down_under_way -= 1;
        if link.rung == Rung::EventStream && link.established {
            let most = match obstacle {
                Some(Obstacle::Buffered) => 0,
                Some(Obstacle::BufferedLater(most)) => most,
                _ => u32::MAX,
            };
            link.down_silent |= link.streamed >= most;
            link.streamed += 1;
        }
        if link.down_silent {
            link.down_under_way += 1;
            return;
        }
        link.polled = self.now;
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

    pub(super) fn page_hears(&mut self, i: usize, id: LinkId, bytes: Bytes) {
        let Some(name) = self.pages[i].name_of(id) else {
            return;
        };
        if self.plan.lie == Lie::LostBatch && i == 0 && self.random.percent(10) && bytes[0] == 68 {
            self.plan.lie = Lie::None;
            return;
        }
        self.tell(|| format!("page {i} gets by {id} {}", brief(&bytes)));
        let now = self.now;
        let page = &mut self.pages[i];
        page.gets(name, &bytes);
        let effects = page.connection.message(now, name, bytes, &page.replica);
        self.perform(i, effects);
    }

    pub(super) fn client_closes(&mut self, id: LinkId) {
        self.links[id].client_open = false;
        if !self.links[id].up_silent {
            let (low, high) = self.plan.delay;
            let at = (self.now + self.random.range(low, high)).max(self.links[id].last_up);
            self.at(at, Event::EndedUp(id));
        }
    }

    pub(super) fn client_hears_end(&mut self, id: LinkId) {
        if !self.links[id].client_open {
            return;
        }
        self.links[id].client_open = false;
        match self.links[id].owner {
            Owner::Page(i) => {
                let Some(name) = self.pages[i].name_of(id) else {
                    return;
                };
                self.pages[i].links.remove(&name);
                self.tell(|| format!("page {i} hears that link {id} is gone"));
                let (now, link) = (self.now, &self.links[id]);
                let why = match link.rung {
                    Rung::WebSocket if link.heard == 0 => Why::Refused,
                    Rung::WebSocket => Why::Lost,
                    _ if link.established => Why::Lost,
                    _ => Why::Unreachable,
                };
                let page = &mut self.pages[i];
                let effects = page.connection.closed(now, name, why, &page.replica);
                self.perform(i, effects);
            }
            Owner::Peer(i) => {
                self.peers[i].lost();
                self.after(100, 2_500, Event::PeerConnects(i));
            }
        }
    }

    pub(super) fn server_hears_end(&mut self, id: LinkId) {
        if self.links[id].server_open {
            let now = self.now;
            match &mut self.server {
                Some(server) => server.closed(id, &mut self.links[id], now),
                None => self.links[id].server_open = false,
            }
        }
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
