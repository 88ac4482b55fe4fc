//! The languages Maru speaks, and how one is chosen. The sentences are in [`crate::phrases`].
use crate::phrases::{Phrases, english, korean};

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
}

impl Lang {
    /// The first of our languages in an `Accept-Language` header, by its weights; English if there is none.
    #[must_use]
    pub fn from_accept_language(header: &str) -> Self {
        let mut best = (Self::En, 0.0_f32);
        for part in header.split(',') {
            let (tag, parameters) = part.split_once(';').unwrap_or((part, ""));
            let weight = parameters
                .trim()
                .strip_prefix("q=")
                .and_then(|q| q.parse().ok())
                .unwrap_or(1.0);
            if let Some(lang) = Self::from_tag(tag)
                && weight > best.1
            {
                best = (lang, weight);
            }
        }
        best.0
    }

    /// The language of a tag such as `ko` or `ko-KR`.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.trim().split(['-', '_']).next()? {
            primary if primary.eq_ignore_ascii_case("ko") => Some(Self::Ko),
            primary if primary.eq_ignore_ascii_case("en") => Some(Self::En),
            _ => None,
        }
    }

    /// The value of the `lang` attribute and of the `maru-lang` cookie.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    /// The language the switch leads to.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::En => Self::Ko,
            Self::Ko => Self::En,
        }
    }

    /// The name of a language in itself.
    #[must_use]
    pub fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Ko => "한국어",
        }
    }

    /// Every sentence in this language.
    #[must_use]
    pub fn phrases(self) -> &'static Phrases {
        match self {
            Self::En => &english::PHRASES,
            Self::Ko => &korean::PHRASES,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_known_language_wins() {
        for (header, expected) in [
            ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", Lang::Ko),
            ("en-US,en;q=0.9,ko;q=0.8", Lang::En),
            ("fr-FR, ko;q=0.3, en;q=0.2", Lang::Ko),
            ("en;q=0.1, KO", Lang::Ko),
            ("fr, de", Lang::En),
            ("ko;q=0", Lang::En),
            ("", Lang::En),
            (";;,q=,ko;q=x", Lang::Ko),
        ] {
            assert_eq!(Lang::from_accept_language(header), expected, "{header}");
        }
    }

    #[test]
    fn a_tag_comes_back() {
        for lang in [Lang::En, Lang::Ko] {
            assert_eq!(Lang::from_tag(lang.tag()), Some(lang));
            assert_eq!(lang.other().other(), lang);
        }
    }
}
