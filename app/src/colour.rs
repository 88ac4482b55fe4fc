//! The colour of a person: ours come from a palette, others' from whatever their client sent.

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// The twelve we give away, in the order of the swatches in `public/style/people.css`.
///
/// Each has a luminance near 0.15, where one colour serves both papers: 4.5:1 with white letters on it and as text on
/// the light paper, 3:1 as a caret or a ring on the dark one.
pub const PALETTE: [Colour; 12] = [
    Colour::new(0xac, 0x51, 0x07),
    Colour::new(0x8f, 0x63, 0x02),
    Colour::new(0x6e, 0x6f, 0x0c),
    Colour::new(0x27, 0x7b, 0x0a),
    Colour::new(0x09, 0x7a, 0x53),
    Colour::new(0x00, 0x7b, 0x7b),
    Colour::new(0x04, 0x73, 0xa0),
    Colour::new(0x33, 0x61, 0xe0),
    Colour::new(0x7d, 0x4e, 0xd7),
    Colour::new(0xa9, 0x3a, 0xb1),
    Colour::new(0xc4, 0x28, 0x78),
    Colour::new(0xcd, 0x27, 0x2f),
];

impl Colour {
    const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Reads `#rgb`, `#rrggbb` or `#rrggbbaa` (alpha is dropped), the forms editors send. Nothing else, so that no text
    /// of a stranger ever becomes style.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        let single = |at: usize| Some(u8::from_str_radix(digits.get(at..=at)?, 16).ok()? * 17);
        match digits.len() {
            3 => Some(Self::new(single(0)?, single(1)?, single(2)?)),
            6 | 8 => Some(Self::new(pair(0)?, pair(2)?, pair(4)?)),
            _ => None,
        }
    }

    /// As `#rrggbb`.
    #[must_use]
    pub fn css(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }

    /// The colour of letters on it: whichever of white and near-black is easier to read.
    #[must_use]
    pub fn letters(self) -> &'static str {
        let (white, black) = (
            self.contrast(Self::new(255, 255, 255)),
            self.contrast(Self::new(0x1b, 0x18, 0x15)),
        );
        if white >= black { "#ffffff" } else { "#1b1815" }
    }

    /// The contrast of two colours by WCAG 2, from 1 to 21.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance() + 0.05, other.luminance() + 0.05);
        if a > b { a / b } else { b / a }
    }

    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.040_45 {
                channel / 12.92
            } else {
                ((channel + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_palette_is_readable_on_both_papers() {
        let light = Colour::parse("#fbf7ef").unwrap();
        let dark = Colour::parse("#1b1815").unwrap();
        for colour in PALETTE {
            assert!(
                colour.contrast(light) >= 4.5,
                "{} as text on light paper",
                colour.css()
            );
            assert!(
                colour.contrast(dark) >= 3.0,
                "{} as a caret on dark paper",
                colour.css()
            );
            assert_eq!(colour.letters(), "#ffffff");
            assert!(
                colour.contrast(Colour::new(255, 255, 255)) >= 4.5,
                "white on {}",
                colour.css()
            );
        }
    }

    #[test]
    fn the_papers_here_are_those_of_the_style_sheet() {
        let tokens = include_str!("../../public/style/tokens.css");
        assert!(
            tokens.contains("--maru-paper: #fbf7ef") && tokens.contains("--maru-paper: #1b1815")
        );
        for (place, colour) in PALETTE.iter().enumerate() {
            let line = format!(".swatch-{place} {{ --person: {}; }}", colour.css());
            assert!(
                include_str!("../../public/style/people.css").contains(&line),
                "{line}"
            );
        }
    }

    #[test]
    fn a_strangers_colour_is_a_colour_or_nothing() {
        assert_eq!(Colour::parse("#30bced").unwrap().css(), "#30bced");
        assert_eq!(Colour::parse("#abc").unwrap().css(), "#aabbcc");
        assert_eq!(Colour::parse("#11223344").unwrap().css(), "#112233");
        assert_eq!(Colour::parse("#ffffff").unwrap().letters(), "#1b1815");
        for text in [
            "red", "#12", "#12345", "url(x)", "#+1+2+3", "#가나", "", "#",
        ] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }
}
