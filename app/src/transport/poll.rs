//! A link of polls downwards and POSTs upwards: held by the server (long), or answered at once and repeated at [`super::pace`] (short).
use super::Listener;
use super::event_stream::refused;
use super::pace::Pace;
use super::request::{Answer, Line};
use super::traffic::Watch;
use super::uplink::Uplink;
use crate::browser;
use bytes::Bytes;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// An answer that held nothing and came sooner than this, in milliseconds, was not held by our server: it is not asked at once.
const TOO_SOON_MS: u64 = 1_000;

/// A link whose downward half are polls.
pub struct Poll {
    polls: Rc<Polls>,
    uplink: Rc<Uplink>,
}

struct Polls {
    line: Rc<Line>,
    /// The server holds each until there is news.
    long: bool,
    pace: Cell<Pace>,
    visible: Cell<bool>,
    /// Ends the waiting between two polls.
    asleep: RefCell<Option<browser::Sleeper>>,
}

impl Poll {
    /// A link on which nothing is asked yet; `None` when the browser lacks what it takes.
    #[must_use]
    pub fn new(listener: Listener, watch: Option<Watch>, long: bool) -> Option<Self> {
        let polls = Rc::new(Polls {
            line: Rc::new(Line::new(listener, watch)?),
            long,
            pace: Cell::new(Pace::new(browser::now())),
            visible: Cell::new(!browser::hidden()),
            asleep: RefCell::default(),
        });
        let uplink = {
            let polls = Rc::clone(&polls);
            Uplink::new(Rc::clone(&polls.line), move || polls.hasten(Pace::sent))
        };
        Some(Self { polls, uplink })
    }

    /// Hands a message to the next POST.
    pub fn send(&self, message: &Bytes) {
        self.uplink.send(message);
    }

    /// The session is open: the polls start, each held for at most so many seconds if it is to be held.
    pub fn established(&self, authorization: &str, hold_s: u64) {
        self.uplink.established(authorization);
        let polls = Rc::clone(&self.polls);
        let hold_s = if polls.long { hold_s } else { 0 };
        spawn_local(async move { polls.run(hold_s).await });
    }

    /// Somebody looks at the page, or nobody does.
    pub fn visible(&self, visible: bool) {
        if !self.polls.visible.replace(visible) && visible {
            self.polls.hasten(Pace::shown);
        }
    }
}

impl Drop for Poll {
    fn drop(&mut self) {
        self.polls.line.end();
    }
}

impl Polls {
    async fn run(&self, hold_s: u64) {
        let mut number = 0_u64;
        loop {
            self.rest().await;
            if self.line.is_over() {
                return;
            }
            number += 1;
            let asked = browser::now();
            let address = format!("/rt/1/poll?n={number}&wait={hold_s}");
            match self.line.exchange(&address, None).await {
                Answer::Packet {
                    status: 200..300,
                    messages,
                } => {
                    self.answered(asked, !messages.is_empty());
                    self.line.heard(messages);
                }
                answer => {
                    refused(&self.line, answer);
                    return;
                }
            }
        }
    }

    fn answered(&self, asked: u64, news: bool) {
        let (now, mut pace) = (browser::now(), self.pace.get());
        if !self.long {
            pace.answered(now, news, !self.visible.get());
        } else if news || now >= asked + TOO_SOON_MS {
            pace = Pace::new(now);
        } else {
            pace = Pace::new(now + TOO_SOON_MS);
        }
        self.pace.set(pace);
    }

    /// Waits until the next poll is due, however that changes meanwhile.
    async fn rest(&self) {
        loop {
            let (now, due) = (browser::now(), self.pace.get().due());
            if now >= due || self.line.is_over() {
                return;
            }
            let (sleep, sleeper) = browser::sleep_lightly(due - now);
            self.asleep.replace(Some(sleeper));
            sleep.await;
        }
    }

    fn hasten(&self, change: fn(&mut Pace, u64)) {
        let mut pace = self.pace.get();
        change(&mut pace, browser::now());
        self.pace.set(pace);
        if let Some(sleeper) = self.asleep.take() {
            sleeper.wake();
        }
    }
}
