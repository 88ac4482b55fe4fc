//! What the page derives from a text: its title, a caret's line, its hash, pieces of a large paste. Pure.
use crate::component::status_bar::Position;
use protocol::replica::{Edit, Op};

/// The longest title, in characters.
const TITLE_CHARS: usize = 80;

/// The first heading of a Markdown text outside code fences and front matter, without its marks.
#[must_use]
pub fn title(text: &str) -> Option<String> {
    let mut lines = text.lines();
    let mut fence: Option<&str> = None;
    if text.starts_with("---\n") {
        lines.next();
        lines
            .by_ref()
            .find(|line| matches!(line.trim_end(), "---" | "..."))?;
    }
    for line in lines {
        let trimmed = line.trim_start();
        let opens = ["```", "~~~"]
            .into_iter()
            .find(|mark| trimmed.starts_with(mark));
        match (fence, opens) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) => {
                let words = trimmed.trim_start_matches('#');
                let level = trimmed.len() - words.len();
                if (1..=6).contains(&level) && (words.is_empty() || words.starts_with([' ', '\t']))
                {
                    let plain: String = words
                        .trim()
                        .trim_end_matches('#')
                        .trim_end()
                        .chars()
                        .filter(|c| !"*_`".contains(*c))
                        .take(TITLE_CHARS)
                        .collect();
                    if !plain.is_empty() {
                        return Some(plain);
                    }
                }
            }
            _ => {}
        }
    }
    None
}

/// Line and column of an offset in UTF-16 code units, both from 1.
#[must_use]
pub fn position(text: &str, offset: u32) -> Position {
    let (mut line, mut column, mut at) = (1, 1, 0);
    for c in text.chars() {
        if at >= offset {
            break;
        }
        at += c.len_utf16() as u32;
        if c == '\n' {
            (line, column) = (line + 1, 1);
        } else {
            column += 1;
        }
    }
    Position { line, column }
}

/// Where an offset is after changes of others: text that comes exactly there pushes it on.
#[must_use]
pub fn moved(offset: u32, changes: &[Vec<Op>]) -> u32 {
    changes.iter().fold(offset, |offset, change| {
        // `at` walks the text before the change, `offset` is where the mark stands in the text after it.
        let (mut at, mut after) = (0, offset);
        for op in change {
            match op {
                _ if at > offset => break,
                Op::Retain(n) => at += n,
                Op::Insert(text) => after += text.encode_utf16().count() as u32,
                Op::Delete(n) => {
                    after -= (*n).min(offset - at);
                    at += n;
                }
            }
        }
        after
    })
}

/// FNV-1a, 32 bits, over UTF-16 code units: what the editor compares when it is idle.
#[must_use]
pub fn fnv1a(text: &str) -> u32 {
    text.encode_utf16().fold(0x811c_9dc5, |hash, unit| {
        (hash ^ u32::from(unit)).wrapping_mul(0x0100_0193)
    })
}

/// Cuts edits that insert more than `max` bytes into several; each inner list is one change of the replica.
#[must_use]
pub fn in_pieces(edits: Vec<Edit>, max: usize) -> Vec<Vec<Edit>> {
    if edits.iter().map(|edit| edit.insert.len()).sum::<usize>() <= max {
        return vec![edits];
    }
    let mut out = Vec::new();
    for Edit {
        mut from,
        mut delete,
        insert,
    } in edits
    {
        let mut rest = &insert[..];
        loop {
            let mut end = rest.len().min(max);
            while !rest.is_char_boundary(end) {
                end -= 1;
            }
            let (piece, after) = rest.split_at(end);
            out.push(vec![Edit {
                from,
                delete,
                insert: piece.to_owned(),
            }]);
            from += piece.encode_utf16().count() as u32;
            delete = 0;
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_is_the_first_heading_that_is_text() {
        for (text, expected) in [
            ("# 회의록\n", Some("회의록")),
            (
                "intro\n\n## The *second* `level` ##\n",
                Some("The second level"),
            ),
            ("```\n# code\n```\n# real", Some("real")),
            ("---\ntitle: x\n# no\n---\n# yes", Some("yes")),
            ("#hashtag\n####### seven\n#\n", None),
            ("", None),
        ] {
            assert_eq!(title(text).as_deref(), expected, "{text}");
        }
        assert_eq!(
            title(&format!("# {}", "가".repeat(200)))
                .unwrap()
                .chars()
                .count(),
            TITLE_CHARS
        );
    }

    #[test]
    fn a_caret_has_a_line_and_a_column_in_characters() {
        assert_eq!(position("한글\n😀b", 6), Position { line: 2, column: 3 });
        assert_eq!(position("", 0), Position { line: 1, column: 1 });
        assert_eq!(position("a\n", 2), Position { line: 2, column: 1 });
    }

    #[test]
    fn a_large_paste_becomes_several_changes_with_the_same_result() {
        let apply = |text: &str, edits: &[Edit]| {
            let mut units: Vec<u16> = text.encode_utf16().collect();
            for edit in edits {
                units.splice(
                    edit.from as usize..(edit.from + edit.delete) as usize,
                    edit.insert.encode_utf16(),
                );
            }
            String::from_utf16(&units).unwrap()
        };
        let edits = vec![
            Edit {
                from: 1,
                delete: 2,
                insert: "가나😀다라마바사".into(),
            },
            Edit {
                from: 0,
                delete: 1,
                insert: "x".into(),
            },
        ];
        let pieces = in_pieces(edits.clone(), 7);
        assert!(pieces.len() > 2 && pieces.iter().flatten().all(|edit| edit.insert.len() <= 7));
        assert_eq!(apply("abcd", &pieces.concat()), apply("abcd", &edits));
        assert_eq!(in_pieces(edits.clone(), 100), [edits]);
    }

    #[test]
    fn a_caret_stays_with_its_text_while_others_write() {
        let insert = |at, text: &str| vec![Op::Retain(at), Op::Insert(text.into())];
        let delete = |at, n| vec![Op::Retain(at), Op::Delete(n)];
        for (offset, change, expected) in [
            (5, insert(2, "한글"), 7),
            (5, insert(6, "한글"), 5),
            (5, insert(5, "ab"), 7),
            (5, delete(0, 3), 2),
            (5, delete(3, 10), 3),
            (5, delete(7, 2), 5),
            (
                5,
                vec![Op::Delete(2), Op::Retain(1), Op::Insert("xyz".into())],
                6,
            ),
        ] {
            assert_eq!(
                moved(offset, std::slice::from_ref(&change)),
                expected,
                "{change:?}"
            );
        }
    }

    #[test]
    fn the_hash_is_fnv1a() {
        assert_eq!(fnv1a(""), 0x811c_9dc5);
        assert_ne!(fnv1a("한"), fnv1a("글"));
    }
}
