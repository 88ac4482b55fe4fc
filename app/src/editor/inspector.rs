//! The inspector's panel and this page, as each sees the other: plain arrays, since the panel is TypeScript; no rule of its own.
//!
//! The words exchanged are in `app/editor/src/inspector/seam.ts`, and change together with these.
use crate::inspector::Row;
use crate::inspector::fault::Fault;
use crate::inspector::read::What;
use crate::inspector::record::Direction;
use crate::inspector::tally::Tally;
use crate::lang::Lang;
use crate::session::Session;
use crate::way::Way;
use js_sys::Array;
use protocol::ladder::Rung;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// An open panel, or one on its way.
    #[wasm_bindgen(typescript_type = "Panel")]
    #[derive(Clone)]
    pub type Panel;

    #[wasm_bindgen(js_namespace = maruEditor, js_name = openInspector)]
    fn open_js(parent: &web_sys::HtmlElement, inspected: Inspected, lang: &str) -> Panel;

    /// Something passed, or changed.
    #[wasm_bindgen(method)]
    pub fn changed(this: &Panel);

    /// From now on it speaks this language.
    #[wasm_bindgen(method)]
    pub fn speak(this: &Panel, lang: &str);

    /// Takes it out of the page.
    #[wasm_bindgen(method)]
    pub fn close(this: &Panel);
}

impl Panel {
    /// Opens the panel in an element.
    #[must_use]
    pub fn open(parent: &web_sys::HtmlElement, session: Session, lang: &str) -> Self {
        open_js(parent, Inspected { session }, lang)
    }
}

/// The page as the panel sees it.
#[wasm_bindgen]
pub struct Inspected {
    session: Session,
}

#[wasm_bindgen]
impl Inspected {
    /// The messages from a number on: an array each.
    pub fn rows(&self, from: f64) -> Array {
        self.session.rows(from as u64, row)
    }

    /// The bytes of a message, while they are kept.
    pub fn bytes(&self, number: f64) -> Option<Vec<u8>> {
        self.session.bytes(number as u64)
    }

    /// What each transport carried, five numbers each: messages and bytes out, messages and bytes in, round trip.
    pub fn totals(&self) -> Array {
        self.session.inspect(|inspector| totals(&inspector.tally))
    }

    /// The transport in use and the only one allowed, -1 for none; the faults' bits; the round trip; what the way means.
    pub fn state(&self, lang: &str) -> Array {
        let way: Way = self.session.way();
        let (forced, faults) = self
            .session
            .inspect(|inspector| (inspector.forced, inspector.faults.bits()));
        let index = |rung: Option<Rung>| rung.map_or(-1, |rung| rung as i32);
        let meaning = way.meaning(Lang::from_tag(lang).unwrap_or_default());
        Array::of5(
            &index(way.rung).into(),
            &index(forced).into(),
            &faults.into(),
            &way.rtt_ms.map(|ms| ms as f64).into(),
            &meaning.into(),
        )
    }

    /// Only this transport from now on; any other number leaves the choice to the page.
    pub fn force(&self, rung: i32) {
        let rung = usize::try_from(rung).ok();
        self.session
            .force(rung.and_then(|rung| Rung::ALL.get(rung).copied()));
    }

    /// Begins or ends to simulate a fault.
    pub fn fault(&self, fault: usize) {
        if let Some(fault) = Fault::ALL.get(fault) {
            self.session.simulate(*fault);
        }
    }

    /// Breaks the connection once.
    pub fn cut(&self) {
        self.session.cut(|_| true);
    }

    /// The panel is wanted no longer.
    pub fn close(&self) {
        self.session.close_inspector();
    }
}

fn row(row: &Row) -> JsValue {
    let cells = Array::new();
    let number = |n: u64| JsValue::from_f64(n as f64);
    cells.push(&number(row.number));
    cells.push(&number(row.at));
    cells.push(&(row.direction == Direction::Out).into());
    cells.push(&(row.rung as u32).into());
    cells.push(&number(row.link));
    cells.push(&number(row.size as u64));
    cells.push(&row.lost.into());
    cells.push(&row.read.kind.name().into());
    cells.push(&(row.read.kind.group() as u32).into());
    cells.push(&row.read.seq.map(|seq| seq as f64).into());
    let names = |names: &[String]| -> JsValue {
        names
            .iter()
            .map(|name| JsValue::from_str(name))
            .collect::<Array>()
            .into()
    };
    let said: &[JsValue] = match &row.read.what {
        What::Nothing => &[],
        What::Edit(edit) => &[
            "edit".into(),
            number(edit.inserted),
            number(edit.deleted),
            edit.at.into(),
            names(&edit.by),
        ],
        What::Asks => &["asks".into()],
        What::People(here, left) => &["people".into(), names(here), number(*left as u64)],
        What::From(after) => &["from".into(), number(*after)],
        What::Upto(seq) => &["upto".into(), number(*seq)],
        What::Later(ms) => &["later".into(), number(*ms)],
        What::Says(words) => &["says".into(), words.into()],
    };
    for cell in said {
        cells.push(cell);
    }
    cells.into()
}

fn totals(tally: &Tally) -> Array {
    let totals = Array::new();
    for rung in Rung::ALL {
        let carried = tally.of(rung);
        for number in [
            carried.out,
            carried.out_bytes,
            carried.into,
            carried.in_bytes,
        ] {
            totals.push(&JsValue::from_f64(number as f64));
        }
        totals.push(&carried.rtt_ms.map(|ms| ms as f64).into());
    }
    totals
}
