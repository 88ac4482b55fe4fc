//! What a reader has chosen for every page: language and colours. Read here, remembered by whoever gets the callbacks.
use crate::lang::Lang;
use crate::phrases::{Phrases, say};
use crate::theme::Theme;
use leptos::prelude::*;

/// Language and colours, and how to change them.
#[derive(Clone, Copy)]
pub struct Preferences {
    /// The language of the page.
    pub lang: Signal<Lang>,
    /// The colours of the page.
    pub theme: Signal<Theme>,
    /// The reader wants another language: keep it in the cookie `maru-lang` and in `lang` of `<html>`.
    pub on_lang: Callback<Lang>,
    /// The reader wants other colours: keep them in the cookie `maru-theme` and in `data-theme` of `<html>`.
    pub on_theme: Callback<Theme>,
}

impl Preferences {
    /// What the server renders: nothing moves.
    #[must_use]
    pub fn still(lang: Lang, theme: Theme) -> Self {
        Self {
            lang: Signal::stored(lang),
            theme: Signal::stored(theme),
            on_lang: Callback::new(|_| ()),
            on_theme: Callback::new(|_| ()),
        }
    }

    /// A sentence in the reader's language.
    pub fn say(
        self,
        pick: fn(&Phrases) -> &'static str,
    ) -> impl Fn() -> &'static str + Copy + Send + Sync + 'static {
        say(self.lang, pick)
    }
}
