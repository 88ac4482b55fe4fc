//! The inspector within the session: carries out what a person wants of it, and looks at leisure while it is open.
use super::Session;
use crate::browser;
use crate::inspector::export::export;
use crate::inspector::fault::Fault;
use crate::inspector::read::Knows;
use crate::inspector::{Shown, Wish};
use leptos::prelude::*;
use protocol::id::ClientId;
use protocol::ladder::Rung;
use protocol::presence::Person;
use protocol::replica::Replica;
use std::collections::BTreeMap;
use std::time::Duration;

/// The list follows what passes at most so often. By then an edit that came in is in the text.
const LOOK_EVERY: Duration = Duration::from_millis(150);

struct Here<'a> {
    replica: &'a Replica,
    people: &'a BTreeMap<ClientId, Person>,
}

impl Knows for Here<'_> {
    fn place(&self, client: ClientId, clock: u32) -> Option<u32> {
        self.replica.place(client, clock)
    }

    fn name(&self, client: ClientId) -> Option<String> {
        let person = self.people.get(&client)?;
        (!person.name.is_empty()).then(|| person.name.clone())
    }
}

impl Session {
    /// A person wants something of the inspector.
    pub fn wish(&self, wish: Wish) {
        let open = self.inner.borrow().inspector.is_open();
        match wish {
            Wish::Toggle => self.inner.borrow_mut().inspector.set_open(!open),
            Wish::Close => self.inner.borrow_mut().inspector.set_open(false),
            Wish::Pause => self.inner.borrow_mut().inspector.pause(),
            Wish::Clear => self.inner.borrow_mut().inspector.clear(),
            Wish::Filter(filter) => self.inner.borrow_mut().inspector.filter = filter,
            Wish::Export => self.export(),
            Wish::Force(rung) => {
                self.inner.borrow_mut().inspector.forced = rung;
                self.act(|inner, now| inner.connection.force(now, rung));
            }
            Wish::Fault(fault) => {
                self.inner.borrow_mut().inspector.faults.toggle(fault);
                if fault == Fault::BlockWebSocket && self.inner.borrow().inspector.faults.has(fault)
                {
                    self.cut(|rung| rung == Rung::WebSocket);
                }
            }
            Wish::Cut => self.cut(|_| true),
        }
        self.look();
    }

    /// Something passed, or changed.
    pub(super) fn plan_look(&self) {
        let mut inner = self.inner.borrow_mut();
        if inner.inspector.is_open() && !std::mem::replace(&mut inner.look_planned, true) {
            let session = self.clone();
            set_timeout(move || session.look(), LOOK_EVERY);
        }
    }

    fn look(&self) {
        let shown = {
            let mut inner = self.inner.borrow_mut();
            inner.look_planned = false;
            inner.inspector.is_open().then(|| inner.shown())
        };
        self.signals.inspector.set(shown);
    }

    fn export(&self) {
        let (doc, shown) = {
            let mut inner = self.inner.borrow_mut();
            (inner.doc.clone(), inner.shown())
        };
        let json = export(doc.as_str(), &shown, browser::iso);
        browser::download(&format!("{}-connection.json", doc.as_str()), &json);
    }
}

impl super::Inner {
    fn shown(&mut self) -> Shown {
        let here = Here {
            replica: &self.replica,
            people: &self.people,
        };
        self.inspector.look(browser::since_midnight(), &here)
    }
}
