//! The page: what a person sees and touches.
//!
//! [`shell`] is the HTML around a [`page`]; a page is made of [`component`]s; what they show is decided by plain values
//! ([`saved_state`], [`identity`], [`panes`]) and said by [`phrases`].
pub mod shell;

pub mod home;
pub mod lab;
pub mod page;

pub mod component;

pub mod browser;
pub mod editor;
pub mod session;
pub mod start;
pub mod transport;

pub mod colour;
pub mod identity;
pub mod inspector;
pub mod keep;
pub mod lang;
pub mod note;
pub mod panes;
pub mod pass;
pub mod phrases;
pub mod preferences;
pub mod renewal;
pub mod saved_state;
pub mod share;
pub mod theme;
pub mod trouble;
pub mod way;

/// Takes over the server-rendered page.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(|| start::page().body());
}
