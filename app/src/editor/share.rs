//! The share dialog and this page, as each sees the other: plain arrays, since the dialog is TypeScript; no rule of its own.
//!
//! The words exchanged are in `app/editor/src/share/seam.ts`, and change together with these.
use crate::browser;
use crate::pass;
use crate::session::Session;
use crate::share::{Access, Ask, Left, Lifetime, Link};
use js_sys::Array;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// An open dialog, or one on its way.
    #[wasm_bindgen(typescript_type = "Dialog")]
    #[derive(Clone)]
    pub type Dialog;

    #[wasm_bindgen(js_namespace = maruEditor, js_name = openShare)]
    fn open_js(sharing: Sharing, lang: &str) -> Dialog;

    /// Something is known that was not.
    #[wasm_bindgen(method)]
    pub fn changed(this: &Dialog);
}

impl Dialog {
    /// Opens the dialog.
    #[must_use]
    pub fn open(session: Session, lang: &str) -> Self {
        open_js(Sharing { session }, lang)
    }
}

/// The page as the dialog sees it.
#[wasm_bindgen]
pub struct Sharing {
    session: Session,
}

#[wasm_bindgen]
impl Sharing {
    /// Whether an answer is awaited; the problem, -1 for none; whether the document is closed and whether that may be changed,
    /// both undefined before the list is known; one's own link, and whether it holds a pass; the newest link, and whether it is
    /// one's own.
    pub fn state(&self) -> Array {
        let (address, pass) = (browser::address(), self.session.pass());
        self.session.sharing(|share| {
            let listed = share.listed.as_ref();
            let made = share.made.as_ref();
            let cells: [JsValue; 8] = [
                share.waiting.into(),
                share.problem().map_or(-1, |problem| problem as i32).into(),
                listed.map(|listed| listed.closed).into(),
                listed.map(|listed| listed.can_close).into(),
                pass::link(&address, &pass).into(),
                (!pass.is_empty()).into(),
                made.map(|made| pass::link(&address, &made.token)).into(),
                made.is_some_and(|made| made.own).into(),
            ];
            cells.into_iter().collect()
        })
    }

    /// The links that work: name to the server, right, label, and what is left of each: how many, and of which unit.
    pub fn links(&self) -> Array {
        self.session.sharing(|share| {
            let row = |link: &Link| {
                let (left, unit) = match Left::until(link.expires_ms, share.listed_ms) {
                    Left::Minutes(n) => (n, 0),
                    Left::Hours(n) => (n, 1),
                    Left::Days(n) => (n, 2),
                    Left::Ever => (0, 3),
                };
                JsValue::from(Array::of5(
                    &(&*link.id).into(),
                    &(link.access as u32).into(),
                    &(&*link.label).into(),
                    &(left as f64).into(),
                    &unit.into(),
                ))
            };
            let links = share.listed.iter().flat_map(|listed| &listed.links);
            links.map(row).collect()
        })
    }

    /// Makes a link.
    pub fn make(&self, access: usize, lifetime: usize, label: String) {
        if let (Some(&access), Some(&lifetime)) =
            (Access::ALL.get(access), Lifetime::ALL.get(lifetime))
        {
            self.session.ask(Ask::Make {
                access,
                lifetime,
                label,
            });
        }
    }

    /// Another right for a link.
    pub fn allow(&self, id: String, access: usize) {
        if let Some(&access) = Access::ALL.get(access) {
            self.session.ask(Ask::Allow(id, access));
        }
    }

    /// Another end for a link.
    pub fn last(&self, id: String, lifetime: usize) {
        if let Some(&lifetime) = Lifetime::ALL.get(lifetime) {
            self.session.ask(Ask::Last(id, lifetime));
        }
    }

    /// Ends a link.
    pub fn revoke(&self, id: String) {
        self.session.ask(Ask::Revoke(id));
    }

    /// Closes the document to all without a link, or opens it.
    pub fn shut(&self, closed: bool) {
        let has_pass = !self.session.pass().is_empty();
        self.session.ask(Ask::to_close(closed, has_pass));
    }

    /// The dialog could not be fetched.
    pub fn missing(&self) {
        self.session.miss_share();
    }

    /// The dialog was closed.
    pub fn forget(&self) {
        self.session.forget_share();
    }
}
