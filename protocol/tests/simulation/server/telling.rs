//! What the simulated server says unasked: entries while there is room on the way, presence and heartbeats, and whom it forgets.

use protocol::{
    frame::{ErrorCode, ServerFrame, fragment::split},
    session::{HEARTBEAT_MS, yjs::RENEW_MS},
};

use super::{Act, Server};
use crate::{
    link::{Link, LinkId},
    plan::Plan,
};

const KEEP_PRESENCE_MS: u64 = 10_000;
const SILENCE_MS: u64 = 60_000;

impl Server {
    /// What a link gets next, as long as there is room on its way.
    pub fn pump(&mut self, id: LinkId, link: &Link, window: usize) -> Vec<Act> {
        let mut acts = Vec::new();
        let sid = link.session;
        let Some(kept) = sid
            .and_then(|sid| self.sessions.get_mut(&sid))
            .filter(|kept| kept.link == Some(id))
        else {
            return acts;
        };
        while link.down_under_way + acts.len() < window {
            match kept.session.next(&mut self.room) {
                Ok(Some(frame)) => acts.extend(split(frame).map(|piece| Act::Down(id, piece))),
                Ok(None) => break,
                Err(ended) if self.rights && ended.code == ErrorCode::Expired => {
                    acts.extend([Act::Down(id, ended.frame()), Act::Close(id)]);
                    break;
                }
                Err(ended) => panic!("{ended:?}"),
            }
        }
        acts
    }

    /// What a Yjs connection gets next.
    pub fn pump_yjs(&mut self, id: LinkId, link: &mut Link, window: usize) -> Vec<Act> {
        match &mut link.yjs {
            Some(yjs) if link.down_under_way < window => {
                let messages = yjs.next(&mut self.room).expect("a sound state vector");
                messages.into_iter().map(|m| Act::Down(id, m)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Time passes: presence, heartbeats, dead links, forgotten sessions.
    pub fn tick(&mut self, links: &mut [Link], plan: &Plan, now: u64) -> Vec<Act> {
        let mut acts = Vec::new();
        for (id, link) in links.iter_mut().enumerate() {
            if !link.server_open {
                continue;
            }
            if now >= link.heard + SILENCE_MS {
                acts.push(Act::Close(id));
                continue;
            }
            if link.down_under_way >= plan.window {
                continue;
            }
            if let Some(yjs) = &mut link.yjs {
                acts.extend(yjs.next_presence(&self.room).map(|m| Act::Down(id, m)));
                if now >= link.renewed + RENEW_MS {
                    link.renewed = now;
                    acts.push(Act::Down(id, yjs.renewed_presence(&self.room, now)));
                }
            } else if let Some(kept) = link
                .session
                .and_then(|sid| self.sessions.get_mut(&sid))
                .filter(|kept| kept.link == Some(id))
            {
                let presence = kept.session.next_presence(&self.room);
                acts.extend(presence.map(|frame| Act::Down(id, frame)));
                if now >= link.told + HEARTBEAT_MS {
                    let heartbeat = ServerFrame::Pong { nonce: 0 }.encode();
                    acts.push(Act::Down(id, heartbeat));
                }
            }
        }
        let room = &mut self.room;
        self.sessions.retain(|_, kept| {
            let without = plan.keep_session.min(KEEP_PRESENCE_MS);
            if kept.link.is_none() && now >= kept.since + without {
                room.presence.leave(kept.session.author(), now);
            }
            let stays = kept.link.is_some() || now < kept.since + plan.keep_session;
            if !stays {
                room.claims.release(kept.session.author());
            }
            stays
        });
        room.presence.sweep(now);
        acts
    }
}
