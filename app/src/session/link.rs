//! The session's links: opened, written to and listened to, through the inspector and the faults it simulates; what is said on them is not decided here.
use super::{Inner, Session};
use crate::browser;
use crate::inspector::fault::Late;
use crate::inspector::record::{Direction, Record};
use crate::transport::{Link, LinkEvent, Listener};
use bytes::Bytes;
use leptos::prelude::*;
use protocol::connection::{LinkId, Why};
use protocol::ladder::Rung;
use std::rc::Rc;
use std::time::Duration;

/// A link and what is known of it here.
pub(super) struct Wired {
    rung: Rung,
    /// None when the browser refused it, or a simulated fault did.
    pub(super) link: Option<Link>,
    /// What comes in comes as a stream, which a simulated fault may swallow; not as the answer to a request.
    streams: bool,
    sent: Late,
    heard: Late,
}

impl Session {
    pub(super) fn open(&self, id: LinkId, rung: Rung, check: bool) {
        let blocked = self.inner.borrow().inspector.faults.block(rung);
        let link = if blocked {
            None
        } else {
            Link::open(rung, self.listener(id), None)
        };
        let refused = link.is_none();
        if let (Some(Link::EventStream(stream)), true) = (&link, check) {
            stream.check();
        }
        let wired = Wired {
            rung,
            link,
            streams: rung == Rung::WebSocket || check,
            sent: Late::default(),
            heard: Late::default(),
        };
        self.inner.borrow_mut().links.insert(id.0, wired);
        if refused {
            // As a browser tells it: later, not within the call.
            let session = self.clone();
            let tell = move || session.on_link(id, LinkEvent::Closed(Why::Refused));
            set_timeout(tell, Duration::ZERO);
        } else if rung != Rung::WebSocket {
            self.crowd(|crowd| crowd.uses(Some(rung)));
            if !check {
                // There is nothing to open before the first request.
                self.on_link(id, LinkEvent::Opened);
            }
        }
    }

    /// A message leaves, unless a simulated fault swallows it.
    pub(super) fn send(&self, id: LinkId, message: Bytes) {
        let now = browser::now();
        let late = {
            let mut inner = self.inner.borrow_mut();
            let inner = &mut *inner;
            let Some(wired) = inner.links.get_mut(&id.0) else {
                return;
            };
            let faults = inner.inspector.faults;
            let lost = faults.lose(browser::random());
            inner.inspector.note(Record {
                at: now,
                direction: Direction::Out,
                rung: wired.rung,
                link: id.0,
                bytes: message.clone(),
                lost,
            });
            let late = wired.sent.by(now, faults);
            if let (Some(link), 0, false) = (&wired.link, late, lost) {
                link.send(&message);
            }
            (late > 0 && !lost).then_some(late)
        };
        self.plan_look();
        if let Some(late) = late {
            let session = self.clone();
            let send = move || {
                if let Some(wired) = session.inner.borrow().links.get(&id.0)
                    && let Some(link) = &wired.link
                {
                    link.send(&message);
                }
            };
            set_timeout(send, Duration::from_millis(late));
        }
    }

    /// Breaks every link, as a network does that goes away for a moment.
    pub(crate) fn cut(&self, which: impl Fn(Rung) -> bool) {
        let cut: Vec<u64> = {
            let inner = self.inner.borrow();
            let links = inner.links.iter().filter(|(_, wired)| which(wired.rung));
            links.map(|(id, _)| *id).collect()
        };
        for id in cut {
            self.on_link(LinkId(id), LinkEvent::Closed(Why::Lost));
        }
    }

    fn listener(&self, id: LinkId) -> Listener {
        let session = self.clone();
        Rc::new(move |event| session.hear(id, event))
    }

    /// Something comes in, at once or later.
    fn hear(&self, id: LinkId, event: LinkEvent) {
        let late = {
            let mut inner = self.inner.borrow_mut();
            let faults = inner.inspector.faults;
            let Some(wired) = inner.links.get_mut(&id.0) else {
                return;
            };
            wired.heard.by(browser::now(), faults)
        };
        if late == 0 {
            self.on_link(id, event);
        } else {
            let session = self.clone();
            set_timeout(
                move || session.on_link(id, event),
                Duration::from_millis(late),
            );
        }
    }

    fn on_link(&self, id: LinkId, event: LinkEvent) {
        self.act(|inner, now| {
            // What an abandoned link still says is of no interest.
            let Some(wired) = inner.links.get_mut(&id.0) else {
                return Vec::new();
            };
            let rung = wired.rung;
            let swallowed = wired.streams && inner.inspector.faults.swallow(rung);
            match event {
                // A check is over; requests and their answers come next.
                LinkEvent::Opened if rung != Rung::WebSocket && swallowed => Vec::new(),
                LinkEvent::Opened => {
                    wired.streams = rung == Rung::WebSocket;
                    inner.connection.opened(now, id, &inner.replica)
                }
                LinkEvent::Message(bytes) => {
                    inner.inspector.note(Record {
                        at: now,
                        direction: Direction::In,
                        rung,
                        link: id.0,
                        bytes: bytes.clone(),
                        lost: swallowed,
                    });
                    if swallowed {
                        return Vec::new();
                    }
                    inner.connection.message(now, id, bytes, &inner.replica)
                }
                LinkEvent::Alive if swallowed => Vec::new(),
                LinkEvent::Alive => inner.connection.alive(now, id),
                LinkEvent::Closed(why) => {
                    inner.links.remove(&id.0);
                    inner.connection.closed(now, id, why, &inner.replica)
                }
            }
        });
        self.plan_look();
    }
}

impl Inner {
    /// The session is open on this link.
    pub(super) fn established(&mut self, id: LinkId, authorization: &str, hold_s: u64) {
        if let Some(wired) = self.links.get_mut(&id.0)
            && let Some(link) = &wired.link
        {
            wired.streams = true;
            link.established(authorization, hold_s);
        }
    }
}
