//! How deep one line may nest; comrak sets no bound, and its time grows with the square of the depth.

/// More containers on one line than a person would open. Browsers flatten what is deeper than about 500 elements anyway.
const DEEPEST: usize = 100;

/// Whether some line opens more than [`DEEPEST`] quotes and list items.
pub(crate) fn absurd(text: &str) -> bool {
    text.lines().any(|line| containers(line) > DEEPEST)
}

fn containers(line: &str) -> usize {
    let mut bytes = line.bytes().peekable();
    let mut depth = 0;
    let mut digits = false;
    while let Some(byte) = bytes.next() {
        let spaced = matches!(bytes.peek(), None | Some(b' ' | b'\t'));
        match byte {
            b' ' | b'\t' => {}
            b'0'..=b'9' => digits = true,
            b'>' => depth += 1,
            b'+' if spaced => depth += 1,
            b'.' | b')' if spaced && digits => depth += 1,
            b'-' | b'*' if spaced && !is_rule(line) => depth += 1,
            _ => break,
        }
        digits &= byte.is_ascii_digit();
        if depth > DEEPEST {
            break;
        }
    }
    depth
}

/// A line of nothing but one mark, such as `- - -`, is a rule across the page.
fn is_rule(line: &str) -> bool {
    let mut marks = line.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let Some(mark) = marks.next() else {
        return false;
    };
    marks.all(|byte| byte == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_markers_that_open_something_count() {
        assert_eq!(containers("> > - 1. + * a > b"), 6);
        assert_eq!(containers("a > b - c"), 0);
        assert_eq!(containers("-5 and *so* on"), 0);
        assert_eq!(containers("2026.11"), 0);
        assert!(!absurd(&"- ".repeat(500)));
        assert!(!absurd(&"*".repeat(500)));
        assert!(absurd(&">".repeat(101)));
        assert!(absurd(&format!("ok\n{}x", "- ".repeat(101))));
    }
}
