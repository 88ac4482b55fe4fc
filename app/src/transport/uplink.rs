//! The way up of a link of single requests: posts what [`super::outgoing`] says, when it says so; it decides nothing.
use super::outgoing::{Fared, Outgoing, Then};
use super::request::{Answer, Line};
use crate::browser;
use bytes::Bytes;
use protocol::connection::Why;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// The POSTs of one link.
pub struct Uplink {
    line: Rc<Line>,
    outgoing: RefCell<Outgoing>,
    planned: Cell<bool>,
    /// Called when a POST was taken.
    taken: Box<dyn Fn()>,
}

impl Uplink {
    /// Posts on a line.
    #[must_use]
    pub fn new(line: Rc<Line>, taken: impl Fn() + 'static) -> Rc<Self> {
        Rc::new(Self {
            line,
            outgoing: RefCell::default(),
            planned: Cell::new(false),
            taken: Box::new(taken),
        })
    }

    /// Takes a message; all those of one turn leave in one body.
    pub fn send(self: &Rc<Self>, message: &Bytes) {
        self.outgoing.borrow_mut().push(message.clone());
        if !self.planned.replace(true) {
            let uplink = Rc::clone(self);
            spawn_local(async move { uplink.post().await });
        }
    }

    /// The session is open on this link.
    pub fn established(&self, authorization: &str) {
        self.line.authorize(authorization);
        self.outgoing.borrow_mut().establish();
    }

    async fn post(&self) {
        self.planned.set(false);
        // None also while an earlier call of this posts: that one goes on.
        let mut next = self.outgoing.borrow_mut().next_post();
        while let Some(post) = next {
            let address = match post.number {
                Some(number) => format!("/rt/1/send?n={number}"),
                None => "/rt/1/session".to_owned(),
            };
            let answer = self.line.exchange(&address, Some(&post.body)).await;
            if self.line.is_over() {
                return;
            }
            let (fared, status, messages) = match answer {
                Answer::Packet { status, messages } => (Fared::Answered, status, messages),
                Answer::Stranger {
                    status,
                    retry_after_s,
                } => (
                    Fared::Stranger {
                        status,
                        retry_after_s,
                    },
                    status,
                    Vec::new(),
                ),
                Answer::Failed => (Fared::Failed, 0, Vec::new()),
            };
            let then = self.outgoing.borrow_mut().fared(fared);
            next = match then {
                Then::Next => {
                    (self.taken)();
                    self.line.heard(messages);
                    let next = self.outgoing.borrow_mut().next_post();
                    // A refusal that leads to nothing more being said ends the link.
                    if next.is_none() && status >= 400 {
                        self.line.gone(Why::Status(status));
                    }
                    next
                }
                Then::Again(ms) => {
                    browser::sleep(ms).await;
                    self.outgoing.borrow().again()
                }
                Then::Gone(why) => {
                    self.line.gone(why);
                    None
                }
            };
            if self.line.is_over() {
                return;
            }
        }
    }
}
