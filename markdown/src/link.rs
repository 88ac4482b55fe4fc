//! Which addresses a document may point at; an allow-list, since the dangerous ones cannot be counted.

/// Where a link leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Another site, or a program such as the mail reader.
    External,
    /// This site: relative, or a `#fragment`.
    Internal,
    /// Nowhere we let a reader go.
    Refused,
}

/// Judges the address of a link.
pub(crate) fn link(url: &str) -> Target {
    judge(url, &["http", "https", "mailto", "tel"])
}

/// Judges the address of an image.
pub(crate) fn image(url: &str) -> Target {
    judge(url, &["http", "https"])
}

fn judge(url: &str, schemes: &[&str]) -> Target {
    // Browsers drop these before they look for a scheme, so `java\nscript:` is one.
    let mut seen = url
        .chars()
        .filter(|c| !c.is_ascii_control())
        .skip_while(|c| c.is_whitespace())
        .peekable();
    if matches!(seen.peek(), Some('/' | '\\')) {
        seen.next();
        // A browser reads `\` as `/`, and two of them as "the same scheme, another host".
        return if matches!(seen.peek(), Some('/' | '\\')) {
            Target::External
        } else {
            Target::Internal
        };
    }
    let mut scheme = String::new();
    for character in seen {
        match character {
            ':' if schemes.contains(&scheme.as_str()) => return Target::External,
            ':' => return Target::Refused,
            '/' | '\\' | '?' | '#' => return Target::Internal,
            other => scheme.extend(other.to_lowercase()),
        }
    }
    Target::Internal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_runs_no_script() {
        for url in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " javascript:alert(1)",
            "java\nscript:alert(1)",
            "\u{1}javascript:x",
            "java\tscript:x",
            "vbscript:x",
            "data:text/html,<script>",
            "data:image/svg+xml,x",
            "blob:x",
            "file:///etc/passwd",
            "view-source:x",
            ":x",
        ] {
            assert_eq!(link(url), Target::Refused, "{url:?}");
            assert_eq!(image(url), Target::Refused, "{url:?}");
        }
    }

    #[test]
    fn ordinary_addresses_pass() {
        for url in [
            "https://a.kr/길",
            "HTTP://a.kr",
            "mailto:a@b.kr",
            "tel:+82",
            "//a.kr/x",
            "\\\\a.kr",
            "/\\a.kr",
        ] {
            assert_eq!(link(url), Target::External, "{url}");
        }
        for url in [
            "",
            "#제목",
            "/d/other",
            "other",
            "a/b:c",
            "?x=a:b",
            "그림.png",
        ] {
            assert_eq!(link(url), Target::Internal, "{url}");
        }
    }

    #[test]
    fn an_image_is_no_mail() {
        assert_eq!(image("mailto:a@b.kr"), Target::Refused);
        assert_eq!(image("https://a.kr/x.png"), Target::External);
    }
}
