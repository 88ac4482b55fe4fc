//! Markdown to safe HTML, for the server's first paint and for the page's preview worker; it knows no document and no page.
//!
//! The text comes from anybody, so what leaves here is fit for `innerHTML`: raw HTML is shown as text, and a link or an
//! image keeps its address only if [`link`] allows it.
mod html;
mod images;
mod link;
mod nesting;
mod title;

pub use title::{TITLE_CHARS, title};

use comrak::{Arena, Options, parse_document};

/// Above this many bytes a document is shown as plain text. At about 20 MB/s in the page's module, 2 MiB is 100 ms of
/// a worker's time and of a server core's; the HTML of more than that is also too much for a phone to lay out.
pub const RENDERED_BYTES: usize = 2 * 1024 * 1024;

/// Renders a document; total on any input.
///
/// Images of other sites are links to them, except those of `images`: origins such as `https://img.example`, separated by
/// spaces, or `*` for all.
///
/// Every block carries `data-sourcepos="line:column-line:column"` (from 1, columns in bytes) so that source and preview
/// scroll together. Heading ids start with `h-`, footnote ids with `fn`, so that no text can take the id of a part of
/// the page. Longer than [`RENDERED_BYTES`] or nested absurdly, it comes back as one `<pre class="maru-plain">`.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen::prelude::wasm_bindgen)]
#[must_use]
pub fn render(text: &str, images: &str) -> String {
    if text.len() > RENDERED_BYTES || nesting::absurd(text) {
        return plain(text);
    }
    let (options, images) = (options(), images::Images::new(images));
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options);
    let mut out = String::with_capacity(text.len() * 2);
    match html::Formatter::format_document(root, &options, &mut out, images) {
        Ok(_) => out,
        Err(_) => plain(text),
    }
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    let extension = &mut options.extension;
    extension.table = true;
    extension.strikethrough = true;
    extension.autolink = true;
    extension.tasklist = true;
    extension.footnotes = true;
    extension.alerts = true;
    extension.math_dollars = true;
    extension.math_code = true;
    extension.front_matter_delimiter = Some("---".to_owned());
    // Without it `**마크다운(Markdown)**을` stays two pairs of asterisks: a Korean particle follows with no space.
    extension.cjk_friendly_emphasis = true;
    options.render.escape = true;
    options.render.sourcepos = true;
    options
}

fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    out.push_str("<pre class=\"maru-plain\">");
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            other => out.push(other),
        }
    }
    out.push_str("</pre>");
    out
}

#[cfg(test)]
mod tests;
