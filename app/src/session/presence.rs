//! Who else is here and where, shown; and where oneself is, told: at most a few times a second.
use super::{Inner, PRESENCE_EVERY, Session, report};
use crate::editor::Caret;
use leptos::prelude::*;
use protocol::id::ClientId;
use protocol::presence::Person;

impl Session {
    pub(super) fn plan_presence(&self) {
        if std::mem::replace(&mut self.inner.borrow_mut().presence_planned, true) {
            return;
        }
        let session = self.clone();
        set_timeout(move || session.tell_presence(), PRESENCE_EVERY);
    }

    pub(super) fn tell_presence(&self) {
        self.act(|inner, now| {
            inner.presence_planned = false;
            let cursor = inner
                .selection
                .map(|(anchor, head)| (inner.replica.anchor(anchor), inner.replica.anchor(head)));
            let me = Person {
                name: inner.me.name.clone(),
                color: inner.me.colour.css(),
                cursor,
            };
            inner.connection.presence(now, me.to_state())
        });
    }

    pub(super) fn show_people(&self) {
        let (editor, carets, others) = {
            let inner = self.inner.borrow();
            (
                inner.editor.clone(),
                inner.carets(),
                report::shown(inner.people.values()),
            )
        };
        if let Some(editor) = editor {
            editor.carets(&carets);
        }
        if self
            .signals
            .others
            .with_untracked(|before| *before != others)
        {
            self.signals.others.set(others);
        }
    }
}

impl Inner {
    pub(super) fn meet(&mut self, changed: Vec<(ClientId, Option<String>)>) {
        for (client, state) in changed {
            match state {
                Some(state) => self.people.insert(client, Person::from_state(&state)),
                None => self.people.remove(&client),
            };
        }
    }

    /// Carets whose text has arrived; the others are drawn when it does.
    pub(super) fn carets(&self) -> Vec<Caret> {
        let caret = |(client, person): (&ClientId, &Person)| {
            let (anchor, head) = person.cursor.as_ref()?;
            Some(Caret {
                id: client.to_string(),
                name: person.name.clone(),
                color: report::colour(person).css(),
                anchor: self.replica.offset(anchor)?,
                head: self.replica.offset(head)?,
            })
        };
        self.people.iter().filter_map(caret).collect()
    }
}
