//! The server's life: what it writes, when entries become durable, how it stops, dies and starts again.

use protocol::frame::ServerFrame;

use super::{Event, SERVER_TICK_MS, World};
use crate::server::{Act, Server};

impl World {
    pub(super) fn act(&mut self, acts: Vec<Act>) {
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

    pub(super) fn pump(&mut self) {
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

    pub(super) fn flush_soon(&mut self) {
        if !self.flushing {
            self.flushing = true;
            let (low, high) = self.plan.disk;
            let incarnation = self.starts;
            self.after(low, high, Event::Flushed(incarnation));
        }
    }

    pub(super) fn flushed(&mut self, incarnation: u64) {
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

    pub(super) fn server_ticks(&mut self, incarnation: u64) {
        let Some(server) = self
            .server
            .as_mut()
            .filter(|server| server.incarnation == incarnation)
        else {
            return;
        };
        let acts = server.tick(&mut self.links, &self.plan, self.now);
        self.act(acts);
        self.pump();
        self.at(self.now + SERVER_TICK_MS, Event::ServerTicks(incarnation));
    }

    pub(super) fn server_starts(&mut self) {
        if self.server.is_some() {
            return;
        }
        self.starts += 1;
        self.flushing = false;
        if self.random.percent(50) {
            self.disk.compact();
        }
        let starts = self.starts;
        let server = Server::start(&self.disk, &self.plan, starts, &mut self.random);
        self.server = Some(server);
        self.tell(|| format!("the server starts, for the {starts}. time"));
        self.at(self.now + SERVER_TICK_MS, Event::ServerTicks(starts));
    }

    /// The server is gone; every link ends, heard of or not.
    pub(super) fn server_stops(&mut self, may_be_silent: bool) {
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

    pub(super) fn crash(&mut self) {
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

    pub(super) fn restart(&mut self) {
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
