//! The whole HTML document around a page. It holds no script of its own but what reloads it in development, so that the page's policy can refuse all inline ones.
use crate::lab::{self, Lab, LabModel};
use crate::lang::Lang;
use crate::page::Page;
use crate::theme::Theme;
use leptos::config::get_configuration;
use leptos::hydration::AutoReload;
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
    /// The JavaScript side of the instruments' wasm module.
    pub instruments: String,
    /// The instruments' wasm module.
    pub instruments_wasm: String,
    /// What only the lab looks like.
    pub lab_style: String,
    /// The icon.
    pub icon: String,
}

/// The data block `maru-boot`.
#[derive(Serialize)]
struct Boot<'a> {
    #[serde(flatten)]
    assets: &'a Assets,
    images: &'a str,
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
    /// The page's nonce, which the policy in its answer's header names: the editor's style elements carry it.
    pub nonce: String,
    /// The sites whose images are shown, as `markdown::render` takes them.
    pub images: String,
}

/// Renders the whole document, `<!DOCTYPE html>` first.
#[must_use]
pub fn html(head: Head, page: impl FnOnce() -> Page) -> String {
    Owner::new().with(|| {
        let page = page();
        let (name, say) = (page.name(), head.lang.phrases());
        let is_document = matches!(page, Page::Document(_));
        let title = match (is_document, &head.title) {
            (true, title) => format!("{} · Maru", title.as_deref().unwrap_or(say.untitled)),
            (false, _) => format!("Maru · {}", say.tagline),
        };
        let about = About {
            name,
            title,
            description: say.description,
        };
        // Whoever has the link may read: the link must not be found by searching. That it does not leak to where a
        // text points is the answer's header.
        let extra =
            is_document.then(|| view! { <meta name="robots" content="noindex, nofollow" /> });
        let preloads = view! { {extra} <Preloads assets=head.assets.clone() now=is_document /> };
        let body = page.body();
        shell(head, about, preloads, body).to_html()
    })
}

/// Renders the lab, likewise. It is no [`Page`]: the module that brings those to life does not carry it.
#[must_use]
pub fn lab(head: Head, model: impl FnOnce() -> LabModel) -> String {
    Owner::new().with(|| {
        let say = lab::phrases::phrases(head.lang);
        let about = About {
            name: "lab",
            title: format!("{} · Maru", say.title),
            description: say.description,
        };
        let assets = head.assets.clone();
        let preloads = view! {
            <link rel="stylesheet" href=assets.lab_style />
            <link rel="modulepreload" href=assets.instruments />
            <link rel="preload" r#as="fetch" r#type="application/wasm" crossorigin="anonymous" href=assets.instruments_wasm />
        };
        let body = view! {
            <p id="maru-boot-error" role="alert" hidden></p>
            <div id=lab::ROOT><Lab model=model() /></div>
        };
        shell(head, about, preloads, body).to_html()
    })
}

/// What the head says of the page.
struct About {
    /// `data-page`.
    name: &'static str,
    title: String,
    description: &'static str,
}

/// Under `cargo leptos watch`, what reloads the page when something was built anew.
fn live_reload() -> Option<impl IntoView> {
    std::env::var_os("LEPTOS_WATCH")?;
    let options = get_configuration(None).ok()?.leptos_options;
    Some(view! { <AutoReload options /> })
}

fn shell(head: Head, about: About, preloads: impl IntoView, body: impl IntoView) -> impl IntoView {
    let Head {
        lang,
        theme,
        assets,
        document,
        nonce,
        images,
        ..
    } = head;
    let boot = Boot {
        assets: &assets,
        images: &images,
    };
    let boot = serde_json::to_string(&boot).unwrap_or_default();
    view! {
        <!DOCTYPE html>
        <html lang=lang.tag() data-theme=theme.name() data-page=about.name>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content" />
                <title>{about.title}</title>
                <meta name="description" content=about.description />
                <Colours theme />
                <link rel="icon" type="image/svg+xml" href=assets.icon.clone() />
                <link rel="stylesheet" href=assets.style.clone() />
                {preloads}
                <script type="application/json" id="maru-boot" inner_html=data(&boot)></script>
                {document.map(|document| view! { <script type="application/json" id="maru-document" inner_html=data(&document)></script> })}
                <script type="module" nonce=nonce src=assets.boot></script>
                {live_reload()}
            </head>
            <body>{body}</body>
        </html>
    }
}

/// Tells the browser's own parts (address bar, scroll bars) which colours to take; the papers of `public/style/tokens.css`.
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
