//! The instruments: what measures and shows the connection, in a module that only who asks for it loads. It starts them; what they are is `app`'s.
#![cfg(target_arch = "wasm32")]
use wasm_bindgen::prelude::wasm_bindgen;

/// Brings `/lab` to life in place of what the server rendered.
#[wasm_bindgen]
pub fn lab() {
    console_error_panic_hook::set_once();
    app::lab::start::mount();
}
