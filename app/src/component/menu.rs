//! Language, colours and what else a page offers: in the bar where there is room, behind one button where there is not.
use crate::component::icon::{Icon, shape, theme_shape};
use crate::lang::Lang;
use crate::phrases::Phrases;
use crate::preferences::Preferences;
use crate::theme::Theme;
use leptos::prelude::*;

/// The menu. A popover, so that it opens before any script has run.
#[component]
pub fn Menu<C: IntoView + 'static>(
    preferences: Preferences,
    /// Further items, first in the menu. Typed, since each erased type weighs some kilobytes in the page's module.
    children: TypedChildren<C>,
) -> impl IntoView {
    view! {
        <button type="button" class="quiet square menu-button" popovertarget="maru-menu" aria-label=preferences.say(|p| p.more)>
            <Icon path=shape::MORE />
        </button>
        <div class="menu" id="maru-menu" popover="auto">
            {children.into_inner()()}
            <ThemeToggle preferences />
            <LanguageSwitch preferences />
        </div>
    }
}

/// An item of a menu: an icon, and words where there is room for them.
#[component]
pub fn MenuItem(
    preferences: Preferences,
    #[prop(into)] path: Signal<&'static str>,
    words: fn(&Phrases) -> &'static str,
    on_press: Callback<()>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="quiet menu-item"
            popovertarget="maru-menu"
            popovertargetaction="hide"
            title=preferences.say(words)
            on:click=move |_| on_press.run(())
        >
            <Icon path />
            <span class="menu-words">{preferences.say(words)}</span>
        </button>
    }
}

/// Goes round light, dark, and as the system says.
#[component]
pub fn ThemeToggle(preferences: Preferences) -> impl IntoView {
    let words = move || {
        let say = preferences.lang.get().phrases();
        match preferences.theme.get() {
            Theme::System => say.theme_system,
            Theme::Light => say.theme_light,
            Theme::Dark => say.theme_dark,
        }
    };
    let path = Signal::derive(move || theme_shape(preferences.theme.get()));
    view! {
        <button
            type="button"
            class="quiet menu-item"
            title=words
            on:click=move |_| preferences.on_theme.run(preferences.theme.get_untracked().next())
        >
            <Icon path />
            <span class="menu-words">{words}</span>
        </button>
    }
}

/// Leads to the other language, named in that language.
#[component]
pub fn LanguageSwitch(preferences: Preferences) -> impl IntoView {
    let other = move || preferences.lang.get().other();
    view! {
        <button
            type="button"
            class="quiet menu-item"
            lang=move || other().tag()
            title=preferences.say(|p| p.switch_language)
            on:click=move |_| preferences.on_lang.run(preferences.lang.get_untracked().other())
        >
            <Icon path=shape::LANGUAGE />
            <span class="menu-words">{move || Lang::own_name(other())}</span>
        </button>
    }
}
