//! Markdown to safe HTML, for the server's first paint and for the page's preview worker.

/// Renders a document.
#[must_use]
pub fn render(text: &str) -> String {
    comrak::markdown_to_html(text, &comrak::Options::default())
}
