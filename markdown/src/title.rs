//! What a document is called: its first heading. It has no other name.
use crate::{nesting, options};
use comrak::nodes::NodeValue;
use comrak::{Arena, parse_document};

/// The longest title, in characters; tab strips and lists cut far earlier.
pub const TITLE_CHARS: usize = 80;

/// A heading is looked for in so many bytes from the start: a title is wanted on every page load, the parse is not.
const SEARCHED_BYTES: usize = 8 * 1024;

/// The plain text of the first heading, its spaces joined; none if no heading near the start has any text.
#[must_use]
pub fn title(text: &str) -> Option<String> {
    let text = &text[..text.floor_char_boundary(SEARCHED_BYTES)];
    if nesting::absurd(text) {
        return None;
    }
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options());
    root.descendants()
        .filter(|node| matches!(node.data().value, NodeValue::Heading(_)))
        .find_map(|heading| {
            let text = heading.collect_text();
            let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
            (!joined.is_empty()).then(|| shorten(&joined))
        })
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= TITLE_CHARS {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(TITLE_CHARS - 1).collect();
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_heading_names_the_document() {
        assert_eq!(
            title("글\n\n## 둘째 **굵은** `code`\n\n# First").as_deref(),
            Some("둘째 굵은 code")
        );
        assert_eq!(title("Maru\n====\n").as_deref(), Some("Maru"));
        assert_eq!(
            title("---\ntitle: hidden\n---\n# Shown").as_deref(),
            Some("Shown")
        );
    }

    #[test]
    fn no_heading_no_title() {
        assert_eq!(title(""), None);
        assert_eq!(title("just text"), None);
        assert_eq!(title("#\n\ntext"), None);
        assert_eq!(title("```\n# code\n```"), None);
    }

    #[test]
    fn a_long_title_is_cut_between_characters() {
        let long = title(&format!("# {}", "가".repeat(200))).unwrap();
        assert_eq!(long.chars().count(), TITLE_CHARS);
        assert!(long.ends_with('…'));
        assert!(title(&"가".repeat(SEARCHED_BYTES)).is_none());
    }
}
