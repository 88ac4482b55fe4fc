//! The rules of [`render`].
use super::{RENDERED_BYTES, title};
use std::time::{Duration, Instant};

fn render(text: &str) -> String {
    super::render(text, "")
}

#[track_caller]
fn contains(text: &str, expected: &str) {
    let html = render(text);
    assert!(html.contains(expected), "{expected}\nnot in\n{html}");
}

#[test]
fn korean_particles_may_follow_emphasis() {
    contains(
        "**마크다운(Markdown)**을 쓴다",
        ">마크다운(Markdown)</strong>을",
    );
    contains("**“인용”**이라고", ">“인용”</strong>이라고");
    contains("~~취소(X)~~는", ">취소(X)</del>는");
}

#[test]
fn the_usual_extensions_are_on() {
    contains("|a|b|\n|-|-|\n|1|2|", "<table");
    contains(
        "- [x] done\n- [ ] open",
        "<li data-sourcepos=\"1:1-1:10\"><input type=\"checkbox\" checked=\"\" disabled=\"\" aria-label=\"[x]\" /> done</li>",
    );
    contains("- [ ] open", "disabled=\"\" aria-label=\"[ ]\"");
    contains("see https://maru.kr now", "href=\"https://maru.kr\"");
    contains("a[^1]\n\n[^1]: note", "class=\"footnotes\"");
    contains("> [!NOTE]\n> text", "markdown-alert-note");
    contains(
        "$a^2$",
        "<code class=\"math\" data-math=\"inline\">a^2</code>",
    );
    contains("$$a^2$$", "data-math=\"display\"");
}

#[test]
fn front_matter_is_not_shown() {
    let html = render("---\nsecret: 1\n---\n\n# 제목\n");
    assert!(!html.contains("secret"), "{html}");
    assert!(
        html.contains("data-sourcepos=\"5:1-"),
        "lines count from the top of the file: {html}"
    );
}

#[test]
fn front_matter_is_read_by_nobody() {
    // Nine levels of nine are four hundred million words to whoever reads it as YAML.
    let mut text = String::from("---\ntitle: <b>not this</b>\na0: &a0 [lol]\n");
    for level in 1..10 {
        let before = format!("*a{}, ", level - 1).repeat(9);
        text += &format!("a{level}: &a{level} [{before}]\n");
    }
    text += "---\n\n# This\n";
    let html = render(&text);
    assert!(
        html.len() < 100 && !html.contains("lol") && !html.contains("not this"),
        "{html}"
    );
    assert_eq!(title(&text).as_deref(), Some("This"));
}

#[test]
fn a_list_begins_at_a_number_and_at_nothing_else() {
    contains("7. a", " start=\"7\">");
    for text in [
        "7\"onclick=x. a",
        "<ol start=\"1\"onclick=x>",
        "12345678901. a",
    ] {
        let html = render(text);
        assert!(!html.contains("<ol"), "{text:?} became {html}");
    }
}

#[test]
fn raw_html_is_text() {
    let html = render(
        "<script>alert(1)</script>\n\na <img src=x onerror=alert(1)> b\n\n<div onclick=x>\n",
    );
    assert!(
        html.contains("&lt;script&gt;") && html.contains("&lt;img"),
        "{html}"
    );
    assert!(
        !html.contains("<script") && !html.contains("<img") && !html.contains("<div"),
        "{html}"
    );
}

#[test]
fn a_refused_address_does_not_reach_the_page() {
    for text in [
        "[x](javascript:alert(1))",
        "[x](JAVASCRIPT:alert(1))",
        "[x](java&#10;script:alert(1))",
        "[x](&#x6a;avascript:alert(1))",
        "<javascript:alert(1)>",
        "[x][r]\n\n[r]: javascript:alert(1)",
        "![x](data:image/svg+xml,a)",
        "[x](data:text/html,a)",
        "![x](javascript:alert(1))",
        "[x](vbscript:a)",
        "[x](<\u{1}javascript:a>)",
    ] {
        let html = render(text);
        assert!(
            !html.contains("href=") && !html.contains("src="),
            "{text:?} became {html}"
        );
    }
}

#[test]
fn an_attribute_cannot_be_left() {
    let html = render("[a](https://a.kr/\"onclick=x '\"><b>') ![\"><b>](https://a.kr/\"x) # \"");
    assert!(!html.contains("<b>"), "{html}");
    contains("# a\"><b>x", "id=\"h-ax\"");
    contains("[a](/x 'say \"hi\"')", "title=\"say &quot;hi&quot;\"");
}

#[test]
fn links_out_tell_nothing_and_open_apart() {
    contains(
        "[a](https://a.kr)",
        "target=\"_blank\" rel=\"noopener noreferrer nofollow\"",
    );
    contains("[a](//a.kr)", "target=\"_blank\"");
    assert!(!render("[a](/d/other)").contains("target"));
}

#[test]
fn a_fragment_finds_its_heading() {
    contains("# 첫 제목", "<h1 id=\"h-첫-제목\"");
    contains("[x](#intro)", "href=\"#h-intro\"");
    let html = render("# maru-editor\n\n# maru-editor\n");
    assert!(
        html.contains("\"h-maru-editor\"") && html.contains("\"h-maru-editor-1\""),
        "ids differ: {html}"
    );
}

#[test]
fn images_wait_until_they_are_near() {
    contains(
        "![그림 *하나*](a.png \"t\")",
        "<img src=\"a.png\" loading=\"lazy\"",
    );
    contains("![그림 *하나*](a.png \"t\")", "alt=\"그림 하나\">");
}

#[test]
fn an_image_of_another_site_is_a_link_unless_the_site_is_trusted() {
    let text = "![a **cat**](https://img.example/cat.png \"t\")";
    contains(
        text,
        "<a class=\"maru-image\" href=\"https://img.example/cat.png\" target=\"_blank\" rel=\"noopener noreferrer nofollow\" \
         title=\"t\">a cat</a>",
    );
    for (images, shown) in [
        ("", false),
        ("https://other.example", false),
        ("https://other.example https://img.example", true),
        ("*", true),
    ] {
        let html = super::render(text, images);
        assert_eq!(
            html.contains("<img src=\"https://img.example/cat.png\""),
            shown,
            "{images}: {html}"
        );
    }
    for text in ["![](//a.kr/x.png)", "![](https://a.kr/x.png)"] {
        assert!(!render(text).contains("<img"), "{text}");
        contains(text, "a.kr/x.png</a>");
    }
}

#[test]
fn an_image_in_a_link_leaves_the_link_whole() {
    contains(
        "[![badge](https://a.kr/b.svg)](https://a.kr/)",
        "nofollow\"><span class=\"maru-image\">badge</span></a>",
    );
    let html = render("[![badge](https://a.kr/b.svg)](https://a.kr/)");
    assert_eq!(html.matches("<a ").count(), 1, "{html}");
}

#[test]
fn blocks_say_where_they_came_from() {
    contains("a\n\nb", "<p data-sourcepos=\"3:1-3:1\">b</p>");
}

#[test]
fn a_huge_document_is_shown_as_text() {
    let html = render(&"<a> & ".repeat(RENDERED_BYTES / 6 + 1));
    assert!(html.starts_with("<pre class=\"maru-plain\">&lt;a&gt; &amp; &lt;"));
}

/// Twice the text may cost about twice the time. Four times would be quadratic; the bar between them leaves room for a
/// busy machine, and three tries for a very busy one.
#[track_caller]
fn linear(failures: &mut Vec<String>, name: &str, text: impl Fn(usize) -> String) {
    let cost = |n: usize| {
        let text = text(n);
        let started = Instant::now();
        std::hint::black_box(render(&text));
        started.elapsed()
    };
    let n = 50_000;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let (once, thrice) = (cost(n), cost(3 * n));
        if thrice < Duration::from_millis(30) || thrice < once * 6 {
            return;
        }
        seen.push((once, thrice));
    }
    failures.push(format!("{name} is not linear: {seen:?}"));
}

#[test]
fn hostile_nesting_costs_linear_time() {
    let failed = &mut Vec::new();
    linear(failed, "quotes", |n| ">".repeat(n));
    linear(failed, "quotes and lines", |n| {
        format!("{}\n{}", ">".repeat(n / 2), "a\n".repeat(n / 4))
    });
    linear(failed, "brackets", |n| "[".repeat(n));
    linear(failed, "closed brackets", |n| {
        format!("{}a{}", "[".repeat(n / 2), "]".repeat(n / 2))
    });
    linear(failed, "images", |n| "![".repeat(n / 2));
    linear(failed, "link openers", |n| "[a](".repeat(n / 4));
    linear(failed, "angle openers", |n| "a <b ".repeat(n / 5));
    linear(failed, "emphasis", |n| "*a **b ".repeat(n / 7));
    linear(failed, "nested emphasis", |n| {
        format!("{}b{}", "*a ".repeat(n / 6), " a*".repeat(n / 6))
    });
    linear(failed, "heading of nested emphasis", |n| {
        format!("# {}b{}", "*a ".repeat(n / 6), " a*".repeat(n / 6))
    });
    linear(failed, "tildes", |n| "~a ~~b ".repeat(n / 7));
    linear(failed, "backticks", |n| {
        (1..)
            .map(|k: usize| "`".repeat(k) + " ")
            .scan(0, |sum, s| {
                *sum += s.len();
                (*sum < n).then_some(s)
            })
            .collect()
    });
    linear(failed, "lists", |n| "- ".repeat(n / 2));
    linear(failed, "equal headings", |n| "# a\n".repeat(n / 4));
    linear(failed, "equal footnotes", |n| {
        format!("{}\n\n[^a]: x", "[^a]".repeat(n / 4))
    });
    linear(failed, "footnote openers", |n| "[^".repeat(n / 2));
    linear(failed, "dollars", |n| "$a $$b ".repeat(n / 7));
    linear(failed, "wide table", |n| {
        format!(
            "{}|\n{}|\n{}",
            "|a".repeat(n / 8),
            "|-".repeat(n / 8),
            "|\n".repeat(n / 8)
        )
    });
    linear(failed, "addresses", |n| "www.".repeat(n / 4));
    linear(failed, "at signs", |n| "a@".repeat(n / 2));
    linear(failed, "entities", |n| "&".repeat(n));
    linear(failed, "definitions", |n| "[a]: b\n".repeat(n / 7));
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn any_bytes_that_are_text_are_rendered() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let alphabet: Vec<char> = "*_~`[]()!<>#-+=|$:.\\\n\t &\"'가각 a1👩‍👩‍👧\u{0}\u{feff}\r^"
        .chars()
        .collect();
    for _ in 0..3_000 {
        let text: String = (0..60)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                alphabet[(state >> 33) as usize % alphabet.len()]
            })
            .collect();
        let html = render(&text);
        assert!(!html.contains("<script"), "{text:?}");
        let _ = title(&text);
    }
}
