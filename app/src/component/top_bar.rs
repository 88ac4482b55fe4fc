//! The bar at the top of pages that are no document: the way home, and the menu.
use super::floor::Mark;
use super::menu::Menu;
use crate::preferences::Preferences;
use leptos::prelude::*;

/// The bar.
#[component]
pub fn TopBar(preferences: Preferences) -> impl IntoView {
    // In braces, so that Leptos makes no HTML of them: see `floor`.
    view! {
        <header class="home-bar">
            <a class="wordmark" href="/" aria-label=preferences.say(|p| p.home)>
                <Mark />
                <span>{"Maru"}</span>
                <span class="wordmark-ko" lang="ko">{"마루"}</span>
            </a>
            <Menu preferences>{None::<()>}</Menu>
        </header>
    }
}
