//! What the editor asks of the page, as the object it calls: it passes everything on to the session.
use crate::session::Session;
use protocol::replica::Op;
use wasm_bindgen::prelude::*;

/// The page behind one editor.
#[wasm_bindgen]
pub struct Host {
    session: Session,
}

impl Host {
    /// A host for the editor of this session.
    #[must_use]
    pub fn new(session: Session) -> Self {
        Self { session }
    }
}

#[wasm_bindgen]
impl Host {
    /// One change; [`Host::flushed`] follows the last of a batch.
    pub fn local(&self, from: u32, del: u32, ins: String) {
        self.session.local(from, del, ins);
    }

    /// The batch is complete.
    pub fn flushed(&self) {
        self.session.flushed();
    }

    /// Applies what others wrote and tells what the editor has to do: for each change an array of numbers (keep, or delete
    /// when negative) and strings (insert).
    pub fn settle(&self) -> js_sys::Array {
        let step = |op: &Op| match op {
            Op::Retain(n) => JsValue::from(*n),
            Op::Delete(n) => JsValue::from(-f64::from(*n)),
            Op::Insert(text) => JsValue::from_str(text),
        };
        self.session
            .settle()
            .iter()
            .map(|change| JsValue::from(change.iter().map(step).collect::<js_sys::Array>()))
            .collect()
    }

    /// Takes back the newest own step.
    pub fn undo(&self) -> bool {
        self.session.undo()
    }

    /// Makes again what was taken back.
    pub fn redo(&self) -> bool {
        self.session.redo()
    }

    /// Ends the undo step.
    pub fn boundary(&self) {
        self.session.boundary();
    }

    /// The own selection.
    pub fn selection(&self, anchor: u32, head: u32) {
        self.session.selection(anchor, head);
    }

    /// Whether the replica holds a text of this length and FNV-1a hash over its UTF-16 code units.
    pub fn agrees(&self, length: u32, hash: u32) -> bool {
        self.session.agrees(length, hash)
    }

    /// The replica's text.
    pub fn text(&self) -> String {
        self.session.text()
    }

    /// The editor disagreed and took the replica's text.
    pub fn repaired(&self) {
        crate::browser::report(
            "editor and replica disagreed; the editor shows the replica's text now",
        );
    }

    /// A shortcut of the page pressed in the text.
    pub fn shortcut(&self, name: &str) {
        self.session.shortcut(name);
    }
}
