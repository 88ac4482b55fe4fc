//! The inspector within the session: opened and closed, told when something passed, asked and obeyed; what it shows is the panel's.
use super::Session;
use crate::browser;
use crate::editor::inspector::Panel;
use crate::inspector::fault::Fault;
use crate::inspector::read::Knows;
use crate::inspector::{Inspector, Row};
use crate::way::Way;
use leptos::prelude::*;
use protocol::id::ClientId;
use protocol::ladder::Rung;
use protocol::presence::Person;
use protocol::replica::Replica;
use std::collections::BTreeMap;
use std::time::Duration;

/// The list follows what passes at most so often.
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
    /// Opens the inspector, or closes it.
    pub fn toggle_inspector(&self, lang: &str) {
        if self.inner.borrow().inspector.is_open() {
            self.close_inspector();
            return;
        }
        if let Some(parent) = browser::element("maru-inspector") {
            self.inner.borrow_mut().inspector.set_open(true);
            self.signals.inspector.set(true);
            let panel = Panel::open(&parent, self.clone(), lang);
            self.inner.borrow_mut().panel = Some(panel);
            self.act(|inner, now| inner.connection.measure(now));
        }
    }

    /// Closes the inspector.
    pub fn close_inspector(&self) {
        self.inner.borrow_mut().inspector.set_open(false);
        self.signals.inspector.set(false);
        let panel = self.inner.borrow_mut().panel.take();
        if let Some(panel) = panel {
            panel.close();
        }
    }

    /// Another language was chosen.
    pub fn inspector_speaks(&self, lang: &str) {
        let panel = self.inner.borrow().panel.clone();
        if let Some(panel) = panel {
            panel.speak(lang);
        }
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
        let (panel, waits) = {
            let mut inner = self.inner.borrow_mut();
            inner.look_planned = false;
            // Where an edit is can be told once it is in the text, with the next frame. Somebody who composes a syllable may
            // keep it waiting for much longer, and the list does not wait for that.
            inner.look_put_off = !inner.look_put_off && inner.connection.holds();
            (inner.panel.clone(), inner.look_put_off)
        };
        match panel {
            Some(_) if waits => self.plan_look(),
            Some(panel) => panel.changed(),
            None => {}
        }
    }

    pub(crate) fn rows<T, R: FromIterator<T>>(&self, from: u64, show: fn(&Row) -> T) -> R {
        let inner = self.inner.borrow();
        let here = Here {
            replica: &inner.replica,
            people: &inner.people,
        };
        let rows = inner.inspector.rows(from, &here);
        rows.map(|row| show(&row)).collect()
    }

    pub(crate) fn bytes(&self, number: u64) -> Option<Vec<u8>> {
        self.inspect(|inspector| inspector.bytes(number))
    }

    pub(crate) fn inspect<T>(&self, look: impl FnOnce(&Inspector) -> T) -> T {
        look(&self.inner.borrow().inspector)
    }

    pub(crate) fn way(&self) -> Way {
        self.signals.way.get_untracked()
    }

    pub(crate) fn force(&self, rung: Option<Rung>) {
        self.inner.borrow_mut().inspector.forced = rung;
        self.act(|inner, now| inner.connection.force(now, rung));
        self.plan_look();
    }

    pub(crate) fn simulate(&self, fault: Fault) {
        let faults = {
            let mut inner = self.inner.borrow_mut();
            inner.inspector.faults.toggle(fault);
            inner.inspector.faults
        };
        self.cut(|rung| fault == Fault::BlockWebSocket && faults.block(rung));
        self.plan_look();
    }
}
