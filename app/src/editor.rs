//! The editor and the preview as Rust sees them: what `app/editor` (TypeScript) exports, with its words; no rule of editing.
use wasm_bindgen::prelude::*;

pub mod host;
pub mod inspector;
pub mod share;

use host::Host;

#[wasm_bindgen]
extern "C" {
    /// A mounted editor.
    #[wasm_bindgen(typescript_type = "Handle")]
    #[derive(Clone)]
    pub type Editor;

    /// A running preview.
    #[wasm_bindgen(typescript_type = "Preview")]
    #[derive(Clone)]
    pub type Preview;

    #[wasm_bindgen(js_namespace = maruEditor, js_name = mount, catch)]
    fn mount_js(
        parent: &web_sys::HtmlElement,
        text: &str,
        host: Host,
        options: &JsValue,
    ) -> Result<Editor, JsValue>;

    #[wasm_bindgen(js_namespace = maruEditor, js_name = startPreview, catch)]
    fn start_preview_js(target: &web_sys::HtmlElement, urls: &JsValue) -> Result<Preview, JsValue>;

    /// There are updates of others: the editor asks for them when it is ready.
    #[wasm_bindgen(method)]
    pub fn wake(this: &Editor);

    /// Hands over an open composition now.
    #[wasm_bindgen(method)]
    pub fn flush(this: &Editor);

    /// Gives the keyboard to the editor.
    #[wasm_bindgen(method)]
    pub fn focus(this: &Editor);

    /// Whether the text may be changed.
    #[wasm_bindgen(method, js_name = setReadOnly)]
    pub fn set_read_only(this: &Editor, on: bool);

    /// Says a sentence to a screen reader.
    #[wasm_bindgen(method)]
    pub fn announce(this: &Editor, text: &str);

    #[wasm_bindgen(method, js_name = carets)]
    fn carets_js(this: &Editor, list: js_sys::Array);

    /// Shows a text.
    #[wasm_bindgen(method)]
    pub fn render(this: &Preview, text: &str);

    /// From now on scrolls with an editor.
    #[wasm_bindgen(method)]
    pub fn follow(this: &Preview, editor: &Editor);
}

/// Somebody else's selection, in UTF-16 code units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caret {
    /// Tells carets apart.
    pub id: String,
    /// Shown at the caret.
    pub name: String,
    /// A CSS colour.
    pub color: String,
    /// Where the selection began.
    pub anchor: u32,
    /// Where the caret is.
    pub head: u32,
}

impl Editor {
    /// Puts an editor with a text into an element; `None`, reported, when it does not start.
    #[must_use]
    pub fn mount(
        parent: &web_sys::HtmlElement,
        text: &str,
        host: Host,
        lang: &str,
        placeholder: &str,
        label: &str,
        read_only: bool,
    ) -> Option<Self> {
        let options = object(&[
            ("lang", lang.into()),
            ("readOnly", read_only.into()),
            ("placeholder", placeholder.into()),
            ("label", label.into()),
        ]);
        mount_js(parent, text, host, &options)
            .map_err(|error| leptos::logging::error!("the editor did not start: {error:?}"))
            .ok()
    }

    /// Shows everybody else's carets.
    pub fn carets(&self, carets: &[Caret]) {
        let caret = |caret: &Caret| {
            object(&[
                ("id", (&*caret.id).into()),
                ("name", (&*caret.name).into()),
                ("color", (&*caret.color).into()),
                ("anchor", caret.anchor.into()),
                ("head", caret.head.into()),
            ])
        };
        self.carets_js(carets.iter().map(caret).collect());
    }
}

impl Preview {
    /// Starts the worker that renders into an element; `None`, reported, when it does not start.
    #[must_use]
    pub fn start(
        target: &web_sys::HtmlElement,
        worker: &str,
        js: &str,
        wasm: &str,
        images: &str,
    ) -> Option<Self> {
        let urls = object(&[
            ("worker", worker.into()),
            ("js", js.into()),
            ("wasm", wasm.into()),
            ("images", images.into()),
        ]);
        start_preview_js(target, &urls)
            .map_err(|error| leptos::logging::error!("the preview did not start: {error:?}"))
            .ok()
    }
}

fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = js_sys::Object::new();
    for (name, value) in fields {
        // A plain object takes every key.
        drop(js_sys::Reflect::set(
            &object,
            &JsValue::from_str(name),
            value,
        ));
    }
    object.into()
}
