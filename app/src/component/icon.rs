//! Icons as strokes on a grid of 20: shape, not colour, tells them apart.
use crate::panes::Panes;
use crate::saved_state::SavedState;
use crate::theme::Theme;
use leptos::prelude::*;

/// Path data by what the icon stands for.
pub mod shape {
    /// Two sheets: copy.
    pub const COPY: &str = "M7 7V4.5A1.5 1.5 0 0 1 8.5 3h7A1.5 1.5 0 0 1 17 4.5v7a1.5 1.5 0 0 1-1.5 1.5H13M4.5 7h7A1.5 1.5 0 0 1 13 8.5v7a1.5 1.5 0 0 1-1.5 1.5h-7A1.5 1.5 0 0 1 3 15.5v-7A1.5 1.5 0 0 1 4.5 7z";
    /// Two links of a chain.
    pub const LINK: &str = "M8.500 11.500l3-3M7 9l-2.200 2.200a3 3 0 0 0 4.200 4.200L11.200 13.200M13 11l2.200-2.200a3 3 0 0 0-4.200-4.200L8.800 6.800";
    /// A tick.
    pub const TICK: &str = "M4 10.5l4 4 8-9";
    /// An arrow into a tray.
    pub const DOWNLOAD: &str = "M10 3v9M6 8.5l4 4 4-4M4 16.5h12";
    /// Three dots.
    pub const MORE: &str = "M4.5 10h.01M10 10h.01M15.5 10h.01";
    /// A question mark.
    pub const HELP: &str = "M7 7.5a3 3 0 1 1 4.2 2.7c-.8.4-1.2 1-1.2 1.8v.5M10 16h.01";
    /// A globe.
    pub const LANGUAGE: &str = "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM2.5 10h15M10 2.5c2.3 2 3.3 4.6 3.3 7.5s-1 5.5-3.3 7.500c-2.3-2-3.3-4.6-3.3-7.500S7.7 4.5 10 2.500z";
    /// A plus sign.
    pub const PLUS: &str = "M10 4v12M4 10h12";
    /// A cross.
    pub const CROSS: &str = "M5 5l10 10M15 5L5 15";
    /// A warning triangle.
    pub const WARNING: &str = "M10 3.500L17.5 16.500h-15zM10 8.500v3.500M10 14.300h.01";
}

/// A decorative icon; the words stand beside it or in the label of its button.
#[component]
pub fn Icon(
    /// Path data, one of [`shape`].
    #[prop(into)]
    path: Signal<&'static str>,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
            <path d=move || path.get() />
        </svg>
    }
}

/// The shape of a saved state; no two alike, so that colour is never needed.
#[must_use]
pub fn saved_shape(state: SavedState) -> &'static str {
    match state {
        // A dotted circle, a ticked circle, an arrow rising from a line.
        SavedState::Connecting => {
            "M10 3h.01M15 5h.01M17 10h.01M15 15h.01M10 17h.01M5 15h.01M3 10h.01M5 5h.01"
        }
        SavedState::Saved => {
            "M10 2.500a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM6.5 10.300l2.5 2.5 4.5-5.3"
        }
        SavedState::Saving { .. } => "M10 12.500v-9M6 7.300l4-4 4 4M4 16.500h12",
        // A cable pulled apart, the same with something waiting, a cross in an octagon, an eye.
        SavedState::Offline { unsaved_ms: None } => {
            "M2.5 10h4M13.5 10h4M6.5 7v6M13.5 7v6M9 4.500L11 15.5"
        }
        SavedState::Offline {
            unsaved_ms: Some(_),
        } => "M10 2.500a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM10 6v4.300l2.8 1.9",
        SavedState::CannotSave { .. } => {
            "M7 2.500h6l4.5 4.500v6L13 17.500H7L2.5 13V7zM7.5 7.500l5 5M12.5 7.500l-5 5"
        }
        SavedState::ReadOnly => {
            "M2 10c2-3.6 4.8-5.4 8-5.400s6 1.8 8 5.400c-2 3.6-4.8 5.4-8 5.400S4 13.6 2 10zM10 7.800a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.400z"
        }
    }
}

/// The shape of a way to look at a document.
#[must_use]
pub fn panes_shape(panes: Panes) -> &'static str {
    match panes {
        Panes::Source => "M7 6l-4 4 4 4M13 6l4 4-4 4",
        Panes::Split => {
            "M4.5 3.500h11a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1v-11a1 1 0 0 1 1-1zM10 3.500v13"
        }
        Panes::Preview => "M4.5 5h11M4.5 8.500h11M4.5 12h11M4.5 15.500h6",
    }
}

/// The shape of a choice of colours.
#[must_use]
pub fn theme_shape(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14M12.5 4v12M15 5.500v9",
        Theme::Light => {
            "M10 6.500a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.500M10 16.500V18M2 10h1.500M16.5 10H18M4.3 4.300l1.1 1.100M14.6 14.600l1.1 1.100M4.3 15.700l1.1-1.100M14.6 5.400l1.1-1.1"
        }
        Theme::Dark => "M16.5 12.200A7 7 0 0 1 7.8 3.500a7 7 0 1 0 8.7 8.700z",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trouble::Trouble;
    use std::collections::HashSet;

    #[test]
    fn states_differ_in_shape() {
        let shapes: HashSet<&str> = [
            SavedState::Connecting,
            SavedState::Saved,
            SavedState::Saving { oldest_ms: 0 },
            SavedState::Offline { unsaved_ms: None },
            SavedState::Offline {
                unsaved_ms: Some(1),
            },
            SavedState::CannotSave {
                reason: Trouble::Refused,
            },
            SavedState::ReadOnly,
        ]
        .map(saved_shape)
        .into();
        assert_eq!(shapes.len(), 7);
    }
}
