//! Rights that come and go while people write, and the tokens that their pages are given.

use protocol::frame::Role;

use super::{Event, World};

impl World {
    pub(super) fn rights_change(&mut self) {
        let i = self.random.below(self.pages.len());
        let client = self.pages[i].id;
        match self.random.range(0, 4) {
            0 | 1 => {
                let role = self.random.pick(&[Role::Read, Role::Write]);
                self.tell(|| format!("page {i} may {role:?}"));
                self.allowed.set(client, role);
                if let Some(server) = &mut self.server {
                    server.tell_rights(client, &self.allowed);
                }
            }
            // In time: the page has the new one before the server ends the old one.
            2 => {
                self.tell(|| format!("page {i} renews"));
                self.allowed.renew(client);
                self.renewed(i);
            }
            _ => {
                self.tell(|| format!("the token of page {i} expires"));
                self.allowed.renew(client);
                if let Some(server) = &mut self.server {
                    server.expire(client);
                }
                self.after(0, 8_000, Event::Renewed(i));
            }
        }
        self.pump();
    }

    /// A page is given the token that counts.
    pub(super) fn renewed(&mut self, i: usize) {
        if !self.pages[i].here {
            return;
        }
        let token = self.allowed.token(self.pages[i].id);
        let now = self.now;
        let effects = self.pages[i].connection.token(now, token);
        self.perform(i, effects);
    }

    /// Everybody may write again, and has what that takes.
    pub(super) fn rights_settle(&mut self) {
        for i in 0..self.pages.len() {
            let client = self.pages[i].id;
            self.allowed.set(client, Role::Write);
            if let Some(server) = &mut self.server {
                server.tell_rights(client, &self.allowed);
            }
            self.renewed(i);
        }
        self.pump();
    }
}
