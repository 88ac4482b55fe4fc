//! One end of a lane: a whole session of the page's own kind, held to one transport, without an editor; what it measures is decided by whoever listens.
use crate::browser;
use crate::transport::traffic::{self, Traffic};
use crate::transport::{Link, LinkEvent, Listener, request};
use bytes::Bytes;
use protocol::client::{Client, Embedded, LinkStatus};
use protocol::connection::{Connection, Effect, LinkId, Why};
use protocol::id::{ClientId, DocId};
use protocol::ladder::Rung;
use protocol::replica::{Edit, Op, Replica};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

/// What happens at a seat. Whoever listens must not call the seat back.
#[derive(Debug)]
pub enum Seen {
    /// A link was asked for.
    Opened,
    /// A link is gone.
    Gone(Why),
    /// A message left.
    Out(Bytes),
    /// A message came.
    In(Bytes),
    /// Something passed on a link of requests.
    Traffic(Traffic),
    /// Others inserted this text.
    Inserted(String),
}

/// A session. Clones share it.
#[derive(Clone)]
pub struct Seat {
    inner: Rc<RefCell<Inner>>,
    tell: Rc<dyn Fn(Seen)>,
}

struct Inner {
    rung: Rung,
    connection: Connection,
    replica: Replica,
    links: BTreeMap<u64, Link>,
    effects: VecDeque<Effect>,
    performing: bool,
}

impl Seat {
    /// A session for a document that is not connected yet.
    #[must_use]
    pub fn new(doc: DocId, rung: Rung, tell: impl Fn(Seen) + 'static) -> Self {
        let (id, now) = (ClientId::from_random(browser::random()), browser::now());
        let client = Client::new(doc, id, Embedded::default(), browser::random());
        let mut connection = Connection::new(client, None, now, browser::wall(), browser::random());
        connection.force(now, Some(rung));
        let inner = Inner {
            rung,
            connection,
            replica: Replica::new(id, browser::now),
            links: BTreeMap::new(),
            effects: VecDeque::new(),
            performing: false,
        };
        Self {
            inner: Rc::new(RefCell::new(inner)),
            tell: Rc::new(tell),
        }
    }

    /// Time has passed.
    pub fn tick(&self) {
        self.act(|inner, now| inner.connection.tick(now, &inner.replica));
    }

    /// Whether the session is open.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.inner.borrow().connection.status().link == LinkStatus::Live
    }

    /// Writes at the end; beyond `most` code units what was there before goes.
    pub fn write(&self, text: String, most: u32) {
        self.act(|inner, now| {
            let len = inner.replica.len();
            let full = len > most;
            let edit = Edit {
                from: if full { 0 } else { len },
                delete: if full { len } else { 0 },
                insert: text,
            };
            if let Err(error) = inner.replica.edit(&[edit]) {
                browser::report(&error.to_string());
            }
            let updates = inner.replica.take_updates();
            updates
                .iter()
                .flat_map(|update| inner.connection.local(now, update))
                .collect()
        });
    }

    /// Says goodbye and closes; nothing more is told.
    pub fn end(&self) {
        let farewell = {
            let mut inner = self.inner.borrow_mut();
            let Inner {
                connection,
                replica,
                rung,
                ..
            } = &mut *inner;
            // A WebSocket takes its goodbye along; what a link of requests still has to send goes with the link.
            let needed = *rung != Rung::WebSocket && connection.status().link == LinkStatus::Live;
            needed.then(|| connection.farewell(replica)).flatten()
        };
        if let Some((authorization, packet)) = farewell {
            request::bye(&authorization, &packet);
        }
        self.act(|inner, now| inner.connection.leave(now));
        self.inner.borrow_mut().links.clear();
    }

    fn act(&self, change: impl FnOnce(&mut Inner, u64) -> Vec<Effect>) {
        {
            let mut inner = self.inner.borrow_mut();
            let effects = change(&mut inner, browser::now());
            inner.effects.extend(effects);
            if std::mem::replace(&mut inner.performing, true) {
                return;
            }
        }
        loop {
            let Some(effect) = self.inner.borrow_mut().effects.pop_front() else {
                break;
            };
            self.perform(effect);
        }
        self.inner.borrow_mut().performing = false;
    }

    fn perform(&self, effect: Effect) {
        match effect {
            Effect::Open { link, rung, check } => self.open(link, rung, check),
            Effect::Send { link, message } => {
                (self.tell)(Seen::Out(message.clone()));
                if let Some(link) = self.inner.borrow().links.get(&link.0) {
                    link.send(&message);
                }
            }
            Effect::Established {
                link,
                authorization,
                hold_s,
            } => {
                if let Some(link) = self.inner.borrow().links.get(&link.0) {
                    link.established(&authorization, hold_s);
                }
            }
            Effect::Close { link } => drop(self.inner.borrow_mut().links.remove(&link.0)),
            Effect::Remote(updates) => self.apply(&updates),
            // Nobody is shown here, and what this network lets through is for the document page to find out.
            Effect::Presence(_)
            | Effect::PresenceReset
            | Effect::Status
            | Effect::Remember(_)
            | Effect::Renew { .. } => {}
        }
    }

    fn open(&self, id: LinkId, rung: Rung, check: bool) {
        (self.tell)(Seen::Opened);
        let tell = Rc::clone(&self.tell);
        let watch = traffic::watch(move |traffic| tell(Seen::Traffic(traffic)));
        let Some(link) = Link::open(rung, self.listener(id), Some(watch)) else {
            self.hear(id, LinkEvent::Closed(Why::Refused));
            return;
        };
        if let (Link::EventStream(stream), true) = (&link, check) {
            stream.check();
        }
        self.inner.borrow_mut().links.insert(id.0, link);
        if rung != Rung::WebSocket && !check {
            self.hear(id, LinkEvent::Opened);
        }
    }

    fn listener(&self, id: LinkId) -> Listener {
        let seat = self.clone();
        Rc::new(move |event| seat.hear(id, event))
    }

    fn hear(&self, id: LinkId, event: LinkEvent) {
        match &event {
            LinkEvent::Message(message) => (self.tell)(Seen::In(message.clone())),
            LinkEvent::Closed(why) => (self.tell)(Seen::Gone(*why)),
            LinkEvent::Opened | LinkEvent::Alive => {}
        }
        self.act(|inner, now| match event {
            LinkEvent::Opened => inner.connection.opened(now, id, &inner.replica),
            LinkEvent::Message(message) => {
                inner.connection.message(now, id, message, &inner.replica)
            }
            LinkEvent::Alive => inner.connection.alive(now, id),
            LinkEvent::Closed(why) => {
                inner.links.remove(&id.0);
                inner.connection.closed(now, id, why, &inner.replica)
            }
        });
    }

    fn apply(&self, updates: &[Bytes]) {
        let mut inserted = String::new();
        self.act(|inner, now| {
            let complete = inner
                .replica
                .apply(updates.iter().map(|update| &update[..]));
            for op in inner.replica.take_ops().into_iter().flatten() {
                if let Op::Insert(text) = op {
                    inserted.push_str(&text);
                }
            }
            match complete {
                Ok(true) => Vec::new(),
                _ => inner.connection.incomplete(now, &inner.replica),
            }
        });
        (self.tell)(Seen::Inserted(inserted));
    }
}
