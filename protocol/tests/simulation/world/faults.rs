//! What goes wrong, when the plan's turn comes.

use super::{Event, World};
use crate::{link::LinkId, obstacle::Obstacle, plan::Fault};
use protocol::ladder::Rung;

impl World {
    pub(super) fn goes_wrong(&mut self) {
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
                let links: Vec<LinkId> = self.pages[i].links.values().map(|w| w.link).collect();
                for id in links {
                    self.links[id].up_silent = true;
                    self.links[id].down_silent = true;
                    if self.random.percent(70) {
                        self.after(0, 2_000, Event::EndedDown(id));
                    }
                }
            }
            Fault::Obstacle => {
                let i = self.random.below(self.pages.len());
                let obstacle = self
                    .random
                    .percent(70)
                    .then(|| Obstacle::any(&mut self.random));
                self.tell(|| format!("before page {i} stands {obstacle:?}"));
                self.pages[i].obstacle = obstacle;
            }
            Fault::Aside => {
                let i = self.random.below(self.pages.len());
                self.says_aside(i);
            }
            Fault::Attention => {
                let i = self.random.below(self.pages.len());
                let now = self.now;
                if self.random.percent(50) {
                    let visible = self.random.percent(50);
                    let effects = self.pages[i].connection.visible(now, visible);
                    self.perform(i, effects);
                } else {
                    let ceiling = self.random.pick(&[None, Some(Rung::ShortPoll)]);
                    self.pages[i].connection.ceiling(now, ceiling);
                    self.rearm(i);
                }
            }
            Fault::Rights => self.rights_change(),
            Fault::Crash => self.crash(),
            Fault::Restart => self.restart(),
            Fault::Disk => self.disk.failed = true,
            Fault::Leave => {
                let bye = self.random.percent(50);
                self.leave(bye);
            }
            Fault::CrashAndLeave => {
                self.crash();
                self.leave(false);
            }
            Fault::Join => {
                if self.pages.len() < 7 {
                    let delivered = self.random.percent(60);
                    self.join(delivered);
                }
            }
        }
    }

    /// A page is closed for good; the last one stays.
    pub(super) fn leave(&mut self, bye: bool) {
        let here: Vec<usize> = (0..self.pages.len())
            .filter(|i| self.pages[*i].here)
            .collect();
        if here.len() < 2 {
            return;
        }
        let i = self.random.pick(&here);
        self.tell(|| format!("page {i} leaves"));
        if bye {
            let now = self.now;
            let effects = self.pages[i].connection.leave(now);
            self.perform(i, effects);
        }
        for (_, wire) in std::mem::take(&mut self.pages[i].links) {
            self.client_closes(wire.link);
        }
        self.pages[i].here = false;
        // A timer of a closed page never runs.
        self.pages[i].timer = None;
    }

    pub(super) fn some_link(&mut self) -> Option<LinkId> {
        let open: Vec<LinkId> = (0..self.links.len())
            .filter(|id| self.links[*id].client_open)
            .collect();
        (!open.is_empty()).then(|| self.random.pick(&open))
    }
}
