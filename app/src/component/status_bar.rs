//! Numbers about the text, on screens with room for them.
use crate::component::link_badge::LinkBadge;
use crate::preferences::Preferences;
use crate::way::Way;
use leptos::prelude::*;

/// How long the text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextSize {
    /// Characters as a person counts them, line ends left out.
    pub characters: u32,
    /// Runs of what is not space.
    pub words: u32,
}

impl TextSize {
    /// Counts a text. Code points are counted, not clusters: near enough for a number one glances at, and linear.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            characters: count(text.chars().filter(|c| *c != '\n').count()),
            words: count(text.split_whitespace().count()),
        }
    }
}

/// Where the caret is, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line.
    pub line: u32,
    /// Column, in characters.
    pub column: u32,
}

/// The bar at the foot of the document page.
#[component]
pub fn StatusBar(
    preferences: Preferences,
    #[prop(into)] size: Signal<Option<TextSize>>,
    #[prop(into)] position: Signal<Option<Position>>,
    /// How the page is connected.
    #[prop(into)]
    way: Signal<Way>,
    /// Whether the inspector is open.
    #[prop(into)]
    open: Signal<bool>,
    /// Open the inspector, or close it.
    on_open: Callback<()>,
) -> impl IntoView {
    let say = move || preferences.lang.get().phrases();
    let characters = move || {
        size.get()
            .map(|size| (say().characters)(size.characters))
            .unwrap_or_default()
    };
    let words = move || {
        size.get()
            .map(|size| (say().words)(size.words))
            .unwrap_or_default()
    };
    let caret = move || {
        position
            .get()
            .map(|at| (say().position)(at.line, at.column))
            .unwrap_or_default()
    };
    view! {
        <footer class="status" aria-label=preferences.say(|p| p.status)>
            <span>{characters}</span>
            <span>{words}</span>
            <span class="status-gap"></span>
            <span>{caret}</span>
            <LinkBadge preferences way open on_open />
        </footer>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hangul_counts_by_syllable_and_line_ends_do_not_count() {
        assert_eq!(
            TextSize::of("함께 쓰는\n마루"),
            TextSize {
                characters: 7,
                words: 3
            }
        );
        assert_eq!(TextSize::of(""), TextSize::default());
    }
}
