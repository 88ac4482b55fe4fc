//! Which of the two panes a reader looks at.

/// Source, preview, or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panes {
    /// The text as it is written.
    Source,
    /// Both, side by side. On a narrow screen the style sheet shows it as [`Panes::Source`].
    #[default]
    Split,
    /// The text as it is read.
    Preview,
}

impl Panes {
    /// All, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::Source, Self::Split, Self::Preview];

    /// Reads a remembered choice.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|panes| panes.name() == text)
    }

    /// What to remember, and the value of `data-panes`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Split => "split",
            Self::Preview => "preview",
        }
    }

    /// What a screen can show: side by side needs [`WIDE_PX`].
    #[must_use]
    pub fn on(self, wide: bool) -> Self {
        if self == Self::Split && !wide {
            Self::Source
        } else {
            self
        }
    }
}

/// From this width, in CSS pixels, two panes stand side by side; the same number is in `public/style/panes.css`.
pub const WIDE_PX: u32 = 880;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_screen_has_one_pane() {
        assert_eq!(Panes::Split.on(false), Panes::Source);
        assert_eq!(Panes::Preview.on(false), Panes::Preview);
        assert_eq!(Panes::Split.on(true), Panes::Split);
    }

    #[test]
    fn a_name_comes_back() {
        for panes in Panes::ALL {
            assert_eq!(Panes::parse(panes.name()), Some(panes));
        }
        assert_eq!(Panes::parse("both"), None);
    }
}
