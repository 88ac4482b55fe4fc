//! Who a person is to the others: a name and a colour, given at first sight and changed at will. Not an account.
mod words;

use crate::colour::{Colour, PALETTE};
use crate::lang::Lang;

/// The longest name, in characters; longer ones would not fit a flag at a caret.
pub const NAME_CHARS: usize = 32;

/// A name and a colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What the others read.
    pub name: String,
    /// The colour of the caret and of the avatar.
    pub colour: Colour,
}

impl Identity {
    /// A friendly one for a newcomer; the same seed and language always give the same one.
    #[must_use]
    pub fn from_seed(seed: u64, lang: Lang) -> Self {
        let (adjectives, nouns) = match lang {
            Lang::En => (&words::ENGLISH_ADJECTIVES, &words::ENGLISH_NOUNS),
            Lang::Ko => (&words::KOREAN_ADJECTIVES, &words::KOREAN_NOUNS),
        };
        let mixed = mix(seed);
        let name = format!("{} {}", pick(adjectives, mixed), pick(nouns, mixed >> 16));
        Self {
            name,
            colour: *pick(&PALETTE, mixed >> 32),
        }
    }

    /// A name as a person typed it: trimmed, its spaces joined, control characters dropped, cut at [`NAME_CHARS`]. None if
    /// nothing is left.
    #[must_use]
    pub fn tidy_name(typed: &str) -> Option<String> {
        let visible: String = typed
            .chars()
            .map(|c| if c.is_whitespace() { ' ' } else { c })
            .filter(|c| !c.is_control())
            .collect();
        let joined = visible
            .split(' ')
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        let cut: String = joined.chars().take(NAME_CHARS).collect();
        (!cut.is_empty()).then(|| cut.trim_end().to_owned())
    }

    /// One or two letters for an avatar: two initials in Latin script, one syllable otherwise.
    #[must_use]
    pub fn initials(name: &str) -> String {
        let mut words = name
            .split_whitespace()
            .filter_map(|word| word.chars().next());
        let Some(first) = words.next() else {
            return "·".to_owned();
        };
        let second = words
            .next()
            .filter(|second| first.is_ascii_alphabetic() && second.is_ascii_alphabetic());
        first
            .to_uppercase()
            .chain(second.into_iter().flat_map(char::to_uppercase))
            .collect()
    }
}

fn pick<T>(from: &[T], number: u64) -> &T {
    &from[(number & 0xffff) as usize % from.len()]
}

/// The finisher of SplitMix64: seeds that differ in one bit give names that have nothing in common.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_seed_always_gives_the_same_person() {
        assert_eq!(
            Identity::from_seed(7, Lang::Ko),
            Identity::from_seed(7, Lang::Ko)
        );
        assert_ne!(
            Identity::from_seed(7, Lang::Ko).name,
            Identity::from_seed(7, Lang::En).name
        );
    }

    #[test]
    fn neighbours_differ() {
        for lang in [Lang::En, Lang::Ko] {
            let people: Vec<Identity> = (0..200)
                .map(|seed| Identity::from_seed(seed, lang))
                .collect();
            let names: HashSet<&str> = people.iter().map(|person| person.name.as_str()).collect();
            // 1,024 names: chance alone gives about 182 different ones.
            assert!(names.len() > 165, "{} names of 200 people", names.len());
            assert_eq!(
                people
                    .iter()
                    .map(|person| person.colour)
                    .collect::<HashSet<_>>()
                    .len(),
                PALETTE.len()
            );
        }
    }

    #[test]
    fn every_given_name_is_a_tidy_one() {
        for seed in 0..2_000 {
            for lang in [Lang::En, Lang::Ko] {
                let name = Identity::from_seed(seed, lang).name;
                assert_eq!(Identity::tidy_name(&name).as_deref(), Some(name.as_str()));
            }
        }
    }

    #[test]
    fn a_typed_name_is_tidied() {
        assert_eq!(
            Identity::tidy_name("  김 \t 하늘\u{7} ").as_deref(),
            Some("김 하늘")
        );
        assert_eq!(Identity::tidy_name(" \n "), None);
        assert_eq!(
            Identity::tidy_name(&"가".repeat(90))
                .unwrap()
                .chars()
                .count(),
            NAME_CHARS
        );
    }

    #[test]
    fn initials_fit_an_avatar() {
        for (name, expected) in [
            ("Amber Heron", "AH"),
            ("푸른 소나무", "푸"),
            ("kim", "K"),
            ("", "·"),
            ("É a", "É"),
        ] {
            assert_eq!(Identity::initials(name), expected, "{name}");
        }
    }
}
