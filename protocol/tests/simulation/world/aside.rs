//! What a page says beside its links because it may be left: a request that nobody waits for, lost, late, or beside the same on a link.

use bytes::Bytes;
use protocol::frame::{authorization::Authorization, packet::unpack};

use super::{Event, World};

impl World {
    /// A page says what is unsaved beside its links; it may be lost, and late.
    pub(super) fn says_aside(&mut self, i: usize) {
        let page = &mut self.pages[i];
        if !page.here {
            return;
        }
        let Some((whose, packet)) = page.connection.unsaved(&page.replica) else {
            return;
        };
        for frame in unpack(&packet).expect("a packet") {
            page.says(&frame);
        }
        if page.offline_until <= self.now && self.random.percent(70) {
            let whose = whose.parse().expect("an authorization");
            self.tell(|| format!("page {i} says {} bytes aside", packet.len()));
            self.after(1, 3_000, Event::Aside(whose, packet));
        }
    }

    pub(super) fn came_aside(&mut self, whose: &Authorization, packet: &Bytes) {
        let Some(server) = &mut self.server else {
            return;
        };
        let acts = server.aside(whose, packet, &mut self.disk, self.now);
        self.act(acts);
        self.pump();
    }
}
