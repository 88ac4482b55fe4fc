//! The whole HTML document around a page. It holds no script of its own, so that the page's policy can refuse all inline ones.
use crate::lang::Lang;
use crate::page::Page;
use crate::theme::Theme;
use leptos::prelude::*;
use serde::Serialize;

/// Where the files of the page are; the server knows, since their names carry a hash of their content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Assets {
    /// The style sheet.
    pub style: String,
    /// The module that loads the others; small, and the only script in the page.
    pub boot: String,
    /// The JavaScript side of the page's wasm module.
    pub app: String,
    /// The page's wasm module.
    pub wasm: String,
    /// The editor's module.
    pub editor: String,
    /// The worker that renders the preview.
    pub preview: String,
    /// The JavaScript side of the preview's wasm module.
    pub markdown: String,
    /// The preview's wasm module.
    pub markdown_wasm: String,
    /// The icon.
    pub icon: String,
}

/// What the head of the document needs to know.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// Chosen by the cookie `maru-lang`, else by `Accept-Language`.
    pub lang: Lang,
    /// Chosen by the cookie `maru-theme`.
    pub theme: Theme,
    /// Where the files are.
    pub assets: Assets,
    /// The title of a document; none on the home page.
    pub title: Option<String>,
    /// JSON for the page: the document's state, so that the first sync needs no round trip. Its `<` are escaped here.
    pub document: Option<String>,
}

/// Renders the whole document, `<!DOCTYPE html>` first.
#[must_use]
pub fn html(head: Head, page: impl FnOnce() -> Page) -> String {
    Owner::new().with(|| view! { <Shell head page=page() /> }.into_view().to_html())
}

#[component]
fn Shell(head: Head, page: Page) -> impl IntoView {
    let Head {
        lang,
        theme,
        assets,
        title,
        document,
    } = head;
    let say = lang.phrases();
    let name = page.name();
    let is_document = matches!(page, Page::Document(_));
    let title = match (is_document, title) {
        (true, title) => format!(
            "{} · Maru",
            title.unwrap_or_else(|| say.untitled.to_owned())
        ),
        (false, _) => format!("Maru · {}", say.tagline),
    };
    let boot = serde_json::to_string(&assets).unwrap_or_default();
    view! {
        <!DOCTYPE html>
        <html lang=lang.tag() data-theme=theme.name() data-page=name>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content" />
                <title>{title}</title>
                <meta name="description" content=say.description />
                <Colours theme />
                // Whoever has the link may read: the link must not be found by searching. That it does not leak to where a
                // text points is the answer's header.
                {is_document.then(|| view! { <meta name="robots" content="noindex, nofollow" /> })}
                <link rel="icon" type="image/svg+xml" href=assets.icon.clone() />
                <link rel="stylesheet" href=assets.style.clone() />
                <Preloads assets=assets.clone() now=is_document />
                <script type="application/json" id="maru-boot" inner_html=data(&boot)></script>
                {document.map(|document| view! { <script type="application/json" id="maru-document" inner_html=data(&document)></script> })}
                <script type="module" src=assets.boot></script>
            </head>
            <body>{page.body()}</body>
        </html>
    }
}

/// Tells the browser's own parts (address bar, scroll bars) which colours to take; the papers of `style/tokens.css`.
#[component]
fn Colours(theme: Theme) -> impl IntoView {
    let (light, dark) = ("#fbf7ef", "#1b1815");
    let (scheme, when_light, when_dark) = match theme {
        Theme::System => ("light dark", light, dark),
        Theme::Light => ("light", light, light),
        Theme::Dark => ("dark", dark, dark),
    };
    view! {
        <meta name="color-scheme" content=scheme />
        {theme_colour(when_light, "(prefers-color-scheme: light)")}
        {theme_colour(when_dark, "(prefers-color-scheme: dark)")}
    }
}

/// Built by hand, since the macro's `<meta>` knows no `media`.
fn theme_colour(colour: &'static str, media: &'static str) -> impl IntoView {
    leptos::html::meta()
        .name("theme-color")
        .content(colour)
        .attr("media", media)
}

/// Fetches at once what the boot module would ask for one after the other. The home page needs only its own module, and
/// warms the cache for the document that comes next.
#[component]
fn Preloads(assets: Assets, now: bool) -> impl IntoView {
    let editor = if now {
        leptos::either::Either::Left(view! { <link rel="modulepreload" href=assets.editor /> })
    } else {
        leptos::either::Either::Right(view! { <link rel="prefetch" href=assets.editor /> })
    };
    let priority = if now { "high" } else { "low" };
    view! {
        <link rel="modulepreload" href=assets.app fetchpriority=priority />
        <link rel="preload" r#as="fetch" r#type="application/wasm" crossorigin="anonymous" href=assets.wasm fetchpriority=priority />
        {editor}
    }
}

/// JSON as the content of a `<script>`: no `<`, hence no `</script>` and no `<!--`.
fn data(json: &str) -> String {
    json.replace('<', "\\u003c")
}
