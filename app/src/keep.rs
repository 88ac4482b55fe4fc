//! Where a browser keeps the passes of a document: one for all its tabs, the one before that, and one for this tab alone. Whether one is good is the server's to say.
use crate::pass;

/// Something that remembers texts by name.
pub trait Shelf {
    /// What it remembers.
    fn get(&self, key: &str) -> Option<String>;
    /// Remembers this from now on.
    fn set(&self, key: &str, value: &str);
    /// Forgets it.
    fn remove(&self, key: &str);
}

/// The passes that a browser has. `pass.ts` puts those there that come in an address.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keep<S> {
    /// For this tab: a link that only reads, opened where another pass is kept, which it must not cost anybody.
    pub tab: S,
    /// For every tab.
    pub all: S,
}

impl<S: Shelf> Keep<S> {
    /// The pass to open a document by.
    #[must_use]
    pub fn pass(&self, doc: &str) -> Option<String> {
        let key = pass::key(doc);
        self.tab.get(&key).or_else(|| self.all.get(&key))
    }

    /// Whether this tab goes on by a pass that came to all of them, or in its own address.
    #[must_use]
    pub fn takes(&self, doc: &str, token: &str) -> bool {
        self.tab.get(&pass::key(doc)).is_none_or(|own| own == token)
    }

    /// Keeps the pass in use, where the one before it was kept.
    pub fn put(&self, doc: &str, token: &str) {
        let key = pass::key(doc);
        match self.tab.get(&key) {
            Some(_) => self.tab.set(&key, token),
            None => self.all.set(&key, token),
        }
    }

    /// What to try in place of a pass that was refused, which is forgotten then. Without anything else it stays, so that a reload
    /// says the same of it.
    #[must_use]
    pub fn instead_of(&self, doc: &str, refused: &str) -> Option<String> {
        let (key, before) = (pass::key(doc), pass::key_before(doc));
        let other = |kept: &String| kept != refused;
        let found = self.tab.get(&key).filter(other);
        let found = found.or_else(|| self.all.get(&key).filter(other));
        let found = found.or_else(|| self.all.get(&before).filter(other))?;
        self.drop_if(doc, refused);
        Some(found)
    }

    /// Forgets a pass wherever it is kept, and none that came meanwhile.
    pub fn drop_if(&self, doc: &str, refused: &str) {
        let (key, before) = (pass::key(doc), pass::key_before(doc));
        let is = |kept: Option<String>| kept.is_some_and(|kept| kept == refused);
        if is(self.tab.get(&key)) {
            self.tab.remove(&key);
        }
        for key in [key, before] {
            if is(self.all.get(&key)) {
                self.all.remove(&key);
            }
        }
    }

    /// Forgets every pass to a document.
    pub fn forget(&self, doc: &str) {
        let key = pass::key(doc);
        self.tab.remove(&key);
        self.all.remove(&key);
        self.all.remove(&pass::key_before(doc));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    #[derive(Default)]
    struct Memory(RefCell<BTreeMap<String, String>>);

    impl Shelf for Memory {
        fn get(&self, key: &str) -> Option<String> {
            self.0.borrow().get(key).cloned()
        }

        fn set(&self, key: &str, value: &str) {
            self.0.borrow_mut().insert(key.into(), value.into());
        }

        fn remove(&self, key: &str) {
            self.0.borrow_mut().remove(key);
        }
    }

    fn keep(tab: &str, all: &str, before: &str) -> Keep<Memory> {
        let keep = Keep::<Memory>::default();
        let (key, key_before) = (pass::key("d"), pass::key_before("d"));
        for (shelf, key, token) in [
            (&keep.tab, &key, tab),
            (&keep.all, &key, all),
            (&keep.all, &key_before, before),
        ] {
            if !token.is_empty() {
                shelf.set(key, token);
            }
        }
        keep
    }

    #[test]
    fn a_view_link_of_one_tab_leaves_the_pass_of_all_tabs_as_it_is() {
        let keep = keep("view", "edit", "");
        assert_eq!(keep.pass("d").as_deref(), Some("view"));
        assert!(keep.takes("d", "view"), "from its own address");
        assert!(!keep.takes("d", "another"), "from another tab");
        keep.put("d", "view renewed");
        assert_eq!(keep.pass("d").as_deref(), Some("view renewed"));
        assert_eq!(keep.all.get(&pass::key("d")).as_deref(), Some("edit"));
        assert!(keep.pass("e").is_none());
    }

    #[test]
    fn a_pass_that_is_refused_makes_room_for_another_once() {
        for (tab, all, before, refused, instead) in [
            ("view", "edit", "", "view", Some("edit")),
            ("", "bad", "good", "bad", Some("good")),
            ("", "newer", "good", "bad", Some("newer")),
            ("", "bad", "bad", "bad", None),
            ("", "bad", "", "bad", None),
            ("", "", "", "bad", None),
        ] {
            let keep = keep(tab, all, before);
            let found = keep.instead_of("d", refused);
            assert_eq!(found.as_deref(), instead, "{refused} of {all}");
            let Some(found) = found else {
                assert_eq!(keep.pass("d").unwrap_or_default(), all, "a reload finds it");
                continue;
            };
            keep.put("d", &found);
            assert_eq!(keep.pass("d").as_ref(), Some(&found));
            let next = keep.instead_of("d", &found);
            assert_ne!(next.as_deref(), Some(refused), "no way back");
        }
    }

    #[test]
    fn a_refused_pass_is_forgotten_and_one_that_came_meanwhile_is_not() {
        let old = keep("bad", "bad", "bad");
        old.drop_if("d", "bad");
        assert_eq!((old.pass("d"), old.instead_of("d", "bad")), (None, None));
        let newer = keep("", "good", "");
        newer.drop_if("d", "bad");
        assert_eq!(newer.pass("d").as_deref(), Some("good"));
    }

    #[test]
    fn a_document_taken_off_the_list_leaves_no_pass_behind() {
        let keep = keep("view", "edit", "before");
        keep.forget("d");
        assert_eq!(keep.pass("d"), None);
        assert_eq!(keep.instead_of("d", "x"), None);
    }
}
