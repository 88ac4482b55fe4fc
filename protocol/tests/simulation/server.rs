//! The thin shell that a server puts around the real room and sessions: who is linked, what is kept for how long, and the log.

use std::collections::BTreeMap;

use bytes::Bytes;
use protocol::{
    frame::{
        ClientFrame, ErrorCode, Role, ServerFrame, SessionId, SessionKey,
        authorization::Authorization, packet::unpack,
    },
    id::ClientId,
    room::Room,
    session::{Ended, Identity, Received, Session, yjs::YjsSession},
    sync::Message,
    validate::{self, UpdateLimits},
};

use crate::{
    disk::Disk,
    link::{Link, LinkId, Owner},
    plan::{Lie, Plan},
    random::Random,
    rights::Allowed,
};

mod telling;
mod weighing;

use weighing::weighing;

/// A session and the link it is on.
struct Kept {
    session: Session,
    link: Option<LinkId>,
    since: u64,
    /// The last DATA that came, to tell a new one from one sent again.
    came: u64,
}

/// What the server finds around itself when a message comes.
pub struct Around<'a> {
    /// All links.
    pub links: &'a mut [Link],
    /// The log.
    pub disk: &'a mut Disk,
    /// What each page may do.
    pub allowed: &'a Allowed,
    /// The plan.
    pub plan: &'a Plan,
    /// Chance, for names and secrets.
    pub random: &'a mut Random,
    /// The time.
    pub now: u64,
}

/// What the world has to do for the server.
pub enum Act {
    /// Send a message down a link.
    Down(LinkId, Bytes),
    /// Close a link.
    Close(LinkId),
    /// Something waits for the disk.
    Flush,
}

/// A server that is up.
pub struct Server {
    /// The document.
    pub room: Room,
    /// Counts the times that the server was started.
    pub incarnation: u64,
    sessions: BTreeMap<SessionId, Kept>,
    authors: u64,
    /// Texts that came new within their session and were in the room already.
    pub known_edits: usize,
    emptied: bool,
    /// Rights come and go here; elsewhere nobody is refused for them.
    rights: bool,
}

impl Server {
    /// Starts from what the disk holds.
    pub fn start(disk: &Disk, plan: &Plan, incarnation: u64, random: &mut Random) -> Self {
        let room = Room::open(random.next() >> 11, 1, true, disk.rows(), plan.limits)
            .expect("what is durable makes a room");
        Self {
            room,
            incarnation,
            sessions: BTreeMap::new(),
            authors: 0,
            known_edits: 0,
            emptied: false,
            rights: plan.rights,
        }
    }

    /// How many sessions are kept.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// A link has come in.
    pub fn accept(&mut self, link: &mut Link, now: u64) {
        link.server_open = true;
        (link.heard, link.told, link.renewed) = (now, now, now);
        if matches!(link.owner, Owner::Peer(_)) {
            self.authors += 1;
            link.yjs = Some(YjsSession::open(self.authors, Role::Write, &self.room));
        }
    }

    /// A message came up.
    pub fn receive(&mut self, id: LinkId, bytes: Bytes, around: Around<'_>) -> Vec<Act> {
        let Around {
            links,
            disk,
            allowed,
            plan,
            random,
            now,
        } = around;
        let mut acts = Vec::new();
        let link = &mut links[id];
        link.heard = now;
        let received = if let Some(yjs) = &mut link.yjs {
            weighing(&mut self.room, yjs.author(), |room| {
                yjs.receive(&bytes, room, now)
            })
        } else {
            let Some(bytes) = link.assembler.push(bytes).expect("pieces in order") else {
                return acts;
            };
            let frame = ClientFrame::decode(&bytes).expect("a frame");
            match frame {
                ClientFrame::Hello(hello) if link.session.is_none() => {
                    self.authors += 1;
                    let mut sid = [0; 16];
                    sid[..8].copy_from_slice(&random.next().to_le_bytes());
                    let key = [sid[0]; 32];
                    let identity = Identity {
                        sid,
                        key,
                        author: self.authors,
                    };
                    let judged = allowed.judge(hello.client, &hello.token);
                    let opened = judged
                        .and_then(|rights| Session::open(&hello, identity, rights, &mut self.room));
                    opened.map(|session| {
                        link.session = Some(sid);
                        let kept = Kept {
                            session,
                            link: Some(id),
                            since: now,
                            came: 0,
                        };
                        self.sessions.insert(sid, kept);
                        Received::Nothing
                    })
                }
                ClientFrame::Resume {
                    sid,
                    key,
                    link: number,
                    epoch,
                    after,
                } if link.session.is_none() => match self.sessions.get_mut(&sid) {
                    Some(kept) if *kept.session.key() == key => {
                        let resumed = kept.session.resume(number, epoch, after, &self.room);
                        if resumed.is_ok() {
                            let rights = allowed.of(kept.session.client());
                            kept.session.set_rights(rights, &mut self.room);
                            link.session = Some(sid);
                            if let Some(old) = kept.link.replace(id)
                                && !plan.stale_data
                            {
                                acts.push(Act::Close(old));
                            }
                        }
                        resumed.map(|()| Received::Nothing)
                    }
                    _ => Err(Ended::new(ErrorCode::Gone, "this session is over")),
                },
                ClientFrame::Probe { nonce, padding } if link.session.is_none() => {
                    acts.push(Act::Down(
                        id,
                        ServerFrame::Probed { nonce, padding }.encode(),
                    ));
                    Ok(Received::Nothing)
                }
                frame => self.session_frame(id, link.session, frame, plan, now),
            }
        };
        match received {
            Ok(Received::Append { n, update }) => {
                disk.append(n, update);
                if plan.lie == Lie::SavedEarly {
                    self.room.committed(n);
                }
                acts.push(Act::Flush);
            }
            Ok(Received::Left) => {
                if let Some(kept) = links[id].session.and_then(|sid| self.sessions.remove(&sid)) {
                    self.room.presence.leave(kept.session.author(), now);
                    self.room.claims.release(kept.session.author());
                }
                acts.push(Act::Close(id));
            }
            Ok(Received::Token(token)) => {
                let kept = links[id]
                    .session
                    .and_then(|sid| self.sessions.get_mut(&sid));
                if let Some(kept) = kept {
                    match allowed.judge(kept.session.client(), &token) {
                        Ok(rights) => kept.session.set_rights(rights, &mut self.room),
                        Err(ended) => kept.session.end(ended),
                    }
                }
            }
            Ok(Received::Nothing | Received::Presence | Received::Weigh { .. }) => {}
            Err(ended) => self.refuse(id, links, &ended, plan, &mut acts),
        }
        acts
    }

    /// What a page says beside its links: DATA that is due counts.
    pub fn aside(
        &mut self,
        whose: &Authorization,
        packet: &Bytes,
        disk: &mut Disk,
        now: u64,
    ) -> Vec<Act> {
        let mut acts = Vec::new();
        let known = self.sessions.get_mut(&whose.sid);
        let Some(kept) = known.filter(|kept| *kept.session.key() == whose.key) else {
            return acts;
        };
        for message in unpack(packet).expect("a packet") {
            let frame = ClientFrame::decode(&message).expect("a frame");
            if let ClientFrame::Data { seq, .. } = frame
                && seq == kept.came + 1
            {
                kept.came = seq;
            }
            let author = kept.session.author();
            let received = weighing(&mut self.room, author, |room| {
                kept.session.receive(frame.clone(), room, now)
            });
            match received {
                Ok(Received::Append { n, update }) => {
                    disk.append(n, update);
                    acts.push(Act::Flush);
                }
                Ok(_) => {}
                Err(ended) => {
                    // The requests before it may be lost, or late.
                    let expected = ended.code == ErrorCode::Incomplete
                        || self.rights && is_about_rights(&ended);
                    assert!(expected, "{ended:?}");
                }
            }
        }
        acts
    }

    fn session_frame(
        &mut self,
        id: LinkId,
        sid: Option<SessionId>,
        mut frame: ClientFrame,
        plan: &Plan,
        now: u64,
    ) -> Result<Received, Ended> {
        if let ClientFrame::Claim { sid: former, key } = &frame {
            self.claim(sid, former, key);
        }
        let data = matches!(frame, ClientFrame::Data { .. });
        let kept = sid
            .and_then(|sid| self.sessions.get_mut(&sid))
            .filter(|kept| kept.link == Some(id) || (plan.stale_data && data));
        let Some(kept) = kept else {
            return Err(Ended::new(ErrorCode::Superseded, "a newer link is there"));
        };
        let mut fresh_edit = false;
        if let ClientFrame::Data { seq, message } = &mut frame {
            if plan.lie == Lie::EmptiedEdit && !self.emptied && is_edit(message) {
                *message = Message::Update(&[0, 0]).encode().into();
                self.emptied = true;
            }
            if *seq == kept.came + 1 {
                kept.came = *seq;
                fresh_edit = writes(message);
            }
        }
        let author = kept.session.author();
        let received = weighing(&mut self.room, author, |room| {
            kept.session.receive(frame.clone(), room, now)
        });
        self.known_edits += usize::from(fresh_edit && received == Ok(Received::Nothing));
        received
    }

    /// A session goes on for an earlier one of the same page.
    fn claim(&mut self, sid: Option<SessionId>, former: &SessionId, key: &SessionKey) {
        let Some(to) = sid.and_then(|sid| self.sessions.get(&sid)) else {
            return;
        };
        let (to, client) = (to.session.author(), to.session.client());
        let known = self.sessions.get(former).is_some_and(|kept| {
            kept.session.key() == key
                && kept.session.client() == client
                && kept.session.author() != to
        });
        if known && let Some(kept) = self.sessions.remove(former) {
            self.room.claims.pass_on(kept.session.author(), to);
            self.room.presence.pass_on(kept.session.author(), to);
        }
    }

    fn refuse(
        &mut self,
        id: LinkId,
        links: &[Link],
        ended: &Ended,
        plan: &Plan,
        acts: &mut Vec<Act>,
    ) {
        // Among honest parties only these happen; anything else is a bug on one of the two sides.
        let expected = match ended.code {
            ErrorCode::Gone => links[id].session.is_none(),
            ErrorCode::Superseded => true,
            ErrorCode::Incomplete => plan.unordered,
            _ => self.rights && is_about_rights(ended),
        };
        assert!(expected, "link {id} was refused: {ended:?}");
        if links[id].yjs.is_none() {
            acts.push(Act::Down(id, ended.frame()));
        }
        if ended.code != ErrorCode::Gone || plan.gone_closes {
            acts.push(Act::Close(id));
        }
    }

    /// Somebody's rights have changed.
    pub fn tell_rights(&mut self, client: ClientId, allowed: &Allowed) {
        let sessions = self.sessions.values_mut();
        for kept in sessions.filter(|kept| kept.session.client() == client) {
            kept.session.set_rights(allowed.of(client), &mut self.room);
        }
    }

    /// Somebody's token is over.
    pub fn expire(&mut self, client: ClientId) {
        for kept in self
            .sessions
            .values_mut()
            .filter(|kept| kept.session.client() == client)
        {
            kept.session
                .end(Ended::new(ErrorCode::Expired, "the token is over"));
        }
    }

    /// A link is gone.
    pub fn closed(&mut self, id: LinkId, link: &mut Link, now: u64) {
        link.server_open = false;
        if let Some(yjs) = link.yjs.take() {
            self.room.presence.leave(yjs.author(), now);
            self.room.claims.release(yjs.author());
        }
        if let Some(kept) = link.session.and_then(|sid| self.sessions.get_mut(&sid))
            && kept.link == Some(id)
        {
            kept.link = None;
            kept.since = now;
        }
    }
}

/// Whether somebody is refused for a right that is over.
fn is_about_rights(ended: &Ended) -> bool {
    matches!(ended.code, ErrorCode::Expired | ErrorCode::ReadOnly)
}

fn is_edit(message: &Bytes) -> bool {
    matches!(Message::decode(message), Ok(Message::Update(_)))
}

/// Whether a message brings text; a deletion may bring nothing because another was faster.
fn writes(message: &Bytes) -> bool {
    let Ok(Message::Update(update)) = Message::decode(message) else {
        return false;
    };
    validate::update(update, &UpdateLimits::document())
        .is_ok_and(|summary| !summary.structs.is_empty())
}
