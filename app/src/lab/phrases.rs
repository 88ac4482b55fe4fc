//! The sentences of the lab, once per language. They are not among the page's own, since the document page would carry them.
mod english;
mod korean;

use crate::lang::Lang;
use leptos::prelude::*;
use protocol::connection::Why;
use protocol::ladder::Rung;

/// All of them in one language. No figure is among them: figures are measured.
pub struct Phrases {
    pub title: &'static str,
    pub description: &'static str,
    pub intro: &'static str,
    pub needs_script: &'static str,

    pub start: &'static str,
    /// With the seconds that are left.
    pub stop: fn(u32) -> String,
    pub again: &'static str,
    pub rate: &'static str,
    pub per_second: fn(u32) -> String,
    pub size: &'static str,
    pub of_bytes: fn(usize) -> String,

    pub running: &'static str,
    pub found: fn(&str) -> String,
    pub nothing: &'static str,

    pub lanes_label: &'static str,
    pub unmeasured: &'static str,
    pub opening: &'static str,
    pub silent: &'static str,
    pub blocked: fn(Rung, Why) -> String,
    pub works: &'static str,
    pub worked: &'static str,

    pub median: &'static str,
    pub p95: &'static str,
    pub saved: &'static str,
    pub saved_p95: &'static str,
    pub arrived: &'static str,
    pub requests: &'static str,
    pub up: &'static str,
    pub down: &'static str,
    pub links: &'static str,
    pub kept: &'static str,
    pub format: &'static str,
    pub plot: &'static str,
    pub breaks: &'static str,
    pub choose: &'static str,

    /// In the order of the ladder.
    pub lanes: [LanePhrases; 4],

    pub method: &'static str,
    pub methods: [&'static str; 5],
    pub shares_connections: &'static str,
}

/// What is said about one transport.
pub struct LanePhrases {
    pub name: &'static str,
    pub way: &'static str,
    pub kept: &'static str,
    pub format: &'static str,
    pub breaks: &'static str,
    pub choose: &'static str,
}

/// The sentences in a language.
#[must_use]
pub fn phrases(lang: Lang) -> &'static Phrases {
    match lang {
        Lang::En => &english::PHRASES,
        Lang::Ko => &korean::PHRASES,
    }
}

/// A sentence in the reader's language.
pub fn say(
    lang: Signal<Lang>,
    pick: fn(&Phrases) -> &'static str,
) -> impl Fn() -> &'static str + Copy + Send + Sync + 'static {
    move || pick(phrases(lang.get()))
}
