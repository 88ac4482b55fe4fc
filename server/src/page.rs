//! The pages, rendered on the server: the document's text is readable before any script runs, and its state comes with it. The only file here that knows leptos.

use std::{sync::LazyLock, thread};

use app::{
    home::HomeModel,
    lab::LabModel,
    lang::Lang,
    page::{Page, document::DocumentModel},
    panes::Panes,
    preferences::Preferences,
    shell::{self, Head},
    start::Embed,
    theme::Theme,
};
use axum::{
    Extension, Form,
    extract::{Path, Query, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use protocol::{id::DocId, session::Ended};
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::{
    http::{AppState, security::Nonce},
    origin::AllowedOrigin,
    rates::{Guest, too_much},
};

/// A larger state is not put into the page but comes with the first sync, in bytes before base64.
const EMBEDDED_STATE: usize = 150 << 10;
/// Letters of a new document's name: 26 of them, from 31, are more than 128 random bits.
const NAME_LETTERS: &[u8] = b"23456789abcdefghjkmnpqrstuvwxyz";
/// How many letters a new document's name has.
const NAME_LENGTH: usize = 26;

/// Pages being rendered at once: one a core. More would not be done sooner, and who asks for page after page must not take the time
/// of those who write.
static RENDERING: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(thread::available_parallelism().map_or(1, Into::into)));

/// What `/open` is asked for.
#[derive(Deserialize)]
pub(crate) struct Asked {
    doc: String,
}

/// What `/` is told by [`open`].
#[derive(Deserialize)]
pub(crate) struct HomeQuery {
    refused: Option<String>,
}

/// `/`: makes or opens a document.
pub(crate) async fn home(
    State(state): State<AppState>,
    Query(query): Query<HomeQuery>,
    headers: HeaderMap,
) -> Response {
    let (head, nonce) = head(&state, &headers);
    let preferences = (head.lang, head.theme);
    let refused = query.refused.is_some();
    let html = shell::html(head, || {
        Page::Home(HomeModel::still(
            Preferences::still(preferences.0, preferences.1),
            refused,
        ))
    });
    page(nonce, html)
}

/// `/lab`: the four transports side by side.
pub(crate) async fn lab(State(state): State<AppState>, headers: HeaderMap) -> Response {
    let (head, nonce) = head(&state, &headers);
    let preferences = (head.lang, head.theme);
    let html = shell::lab(head, || {
        LabModel::still(Preferences::still(preferences.0, preferences.1))
    });
    page(nonce, html)
}

/// `/new`: to a document that nobody has, since nobody can guess its name.
pub(crate) async fn new() -> Response {
    let name: String = (0..NAME_LENGTH)
        .map(|_| char::from(NAME_LETTERS[rand::random_range(0..NAME_LETTERS.len())]))
        .collect();
    (
        [(header::CACHE_CONTROL, "no-store")],
        Redirect::to(&format!("/d/{name}")),
    )
        .into_response()
}

/// `/open?doc=`: to a document by its name or its whole address.
pub(crate) async fn open(Query(asked): Query<Asked>) -> Redirect {
    leads_to(&asked)
}

/// The same as the form sends it, which is not in an address, so that no log and no history has a link that was pasted whole. What
/// stands in it after `#` goes no further.
pub(crate) async fn open_posted(asked: Result<Form<Asked>, FormRejection>) -> Redirect {
    match asked {
        Ok(Form(asked)) => leads_to(&asked),
        Err(_) => Redirect::to("/?refused"),
    }
}

fn leads_to(asked: &Asked) -> Redirect {
    match named(&asked.doc) {
        Some(doc) => Redirect::to(&format!("/d/{doc}")),
        None => Redirect::to("/?refused"),
    }
}

/// `/d/{doc}`: straight to the text.
pub(crate) async fn document(
    State(state): State<AppState>,
    Path(doc): Path<String>,
    Extension(guest): Extension<Guest>,
    headers: HeaderMap,
) -> Response {
    let Ok(doc) = DocId::parse(&doc) else {
        return Redirect::to("/?refused").into_response();
    };
    let renew = state.config.jwt_renew_url.as_ref().map(|url| url.of(&doc));
    match state.access.is_open(&doc).await {
        Ok(true) => {}
        Ok(false) => return locked(&state, &doc, renew, &headers).await,
        Err(error) => return unavailable(&error.ended()),
    }
    if !state.rooms.is_open(&doc)
        && let Err(ended) = guest.opens_document()
    {
        return too_much(&ended);
    }
    let room = match state.rooms.look(&doc).await {
        Ok(room) => room,
        Err(ended) => return unavailable(&ended),
    };
    let (text, whole, embed) = room.read(|room| {
        let embed = Embed {
            doc: doc.as_str().to_owned(),
            generation: room.generation(),
            epoch: room.epoch(),
            after: room.head(),
            state: None,
            title: None,
            locked: false,
            renew,
        };
        (room.text(), room.state(), embed)
    });
    drop(room);
    render(&state, &headers, embed, text, Some(whole)).await
}

/// The page of a document that its name alone does not open: without its text and its state, also without a word on whether there
/// is one. The text comes by a session, if the page has a token.
async fn locked(
    state: &AppState,
    doc: &DocId,
    renew: Option<String>,
    headers: &HeaderMap,
) -> Response {
    let embed = Embed {
        doc: doc.as_str().to_owned(),
        generation: 0,
        epoch: 0,
        after: 0,
        state: None,
        title: None,
        locked: true,
        renew,
    };
    render(state, headers, embed, String::new(), None).await
}

fn unavailable(ended: &Ended) -> Response {
    (
        StatusCode::SERVICE_UNAVAILABLE,
        [(header::RETRY_AFTER, "5")],
        format!("{}\n", ended.message),
    )
        .into_response()
}

async fn render(
    state: &AppState,
    headers: &HeaderMap,
    mut embed: Embed,
    text: String,
    whole: Option<Bytes>,
) -> Response {
    let (head, nonce) = head(state, headers);
    let panes = cookie(headers, "maru-panes")
        .and_then(Panes::parse)
        .unwrap_or_default();
    // Rendering a long text takes milliseconds: not on a thread that carries everybody's keystrokes.
    // It is never closed, so that a turn always comes.
    let turn = RENDERING.acquire().await.ok();
    let rendered = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let title = markdown::title(&text);
        embed.title.clone_from(&title);
        embed.state = whole.as_ref().and_then(encoded);
        let locked = embed.locked;
        let article = if locked {
            opening(head.lang)
        } else {
            markdown::render(&text, &head.images)
        };
        let preferences = (head.lang, head.theme);
        let head = Head {
            title: title.clone(),
            document: serde_json::to_string(&embed).ok(),
            ..head
        };
        shell::html(head, || {
            let preferences = Preferences::still(preferences.0, preferences.1);
            let model = DocumentModel::still(preferences, embed.doc, title, article, panes);
            Page::Document(Box::new(DocumentModel { locked, ..model }))
        })
    })
    .await;
    match rendered {
        Ok(html) => page(nonce, html),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            (StatusCode::INTERNAL_SERVER_ERROR, "the server could not render this document. Its text is safe on the disk. Try again.\n").into_response()
        }
    }
}

/// What stands in the text's place until the session brings it.
fn opening(lang: Lang) -> String {
    format!("<p class=\"maru-opening\">{}</p>", lang.phrases().opening)
}

fn page(nonce: Nonce, html: String) -> Response {
    // The text changes with every keystroke, so the page is asked for anew each time. `no-store` would say so too, and would
    // keep browsers from holding a page in memory that somebody comes back to.
    let cache = [(header::CACHE_CONTROL, "private, no-cache")];
    (Extension(nonce), cache, Html(html)).into_response()
}

fn encoded(state: &Bytes) -> Option<String> {
    (state.len() <= EMBEDDED_STATE).then(|| STANDARD.encode(state))
}

fn head(state: &AppState, headers: &HeaderMap) -> (Head, Nonce) {
    let (assets, nonce) = (&state.assets, Nonce::random());
    let accepted = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let head = Head {
        lang: cookie(headers, "maru-lang")
            .and_then(Lang::from_tag)
            .unwrap_or_else(|| Lang::from_accept_language(accepted)),
        theme: cookie(headers, "maru-theme")
            .map(Theme::parse)
            .unwrap_or_default(),
        assets: shell::Assets {
            style: assets.url("pkg/maru.css"),
            boot: assets.url("editor/boot.js"),
            app: assets.url("pkg/maru.js"),
            wasm: assets.url("pkg/maru.wasm"),
            editor: assets.url("editor/editor.js"),
            preview: assets.url("editor/preview-worker.js"),
            markdown: assets.url("markdown/markdown.js"),
            markdown_wasm: assets.url("markdown/markdown.wasm"),
            instruments: assets.url("instruments/instruments.js"),
            instruments_wasm: assets.url("instruments/instruments.wasm"),
            lab_style: assets.url("instruments/lab.css"),
            icon: assets.url("favicon.svg"),
        },
        title: None,
        document: None,
        nonce: nonce.as_str().to_owned(),
        images: trusted(&state.config.image_origins),
    };
    (head, nonce)
}

fn trusted(origins: &[AllowedOrigin]) -> String {
    let origins: Vec<String> = origins.iter().map(ToString::to_string).collect();
    origins.join(" ")
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get(header::COOKIE)?.to_str().ok()?;
    all.split("; ")
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// A document's name in what a person typed or pasted: the name itself, or an address that ends in `/d/` and the name.
fn named(typed: &str) -> Option<DocId> {
    let typed = typed.trim();
    let name = typed.rsplit_once("/d/").map_or(typed, |(_, name)| name);
    let name = name.split(['?', '#', '/']).next()?;
    DocId::parse(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_found_by_its_name_or_its_address() {
        for (typed, expected) in [
            ("notes", Some("notes")),
            ("  notes ", Some("notes")),
            ("https://maru.example/d/notes?x=1#y", Some("notes")),
            ("http://127.0.0.1:3000/d/a-b_c/", Some("a-b_c")),
            ("", None),
            ("한글", None),
            ("a b", None),
        ] {
            assert_eq!(
                named(typed).as_ref().map(DocId::as_str),
                expected,
                "{typed}"
            );
        }
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::COOKIE,
            "a=1; maru-lang=ko; xmaru-theme=dark".parse().unwrap(),
        );
        assert_eq!(cookie(&headers, "maru-lang"), Some("ko"));
        assert_eq!(cookie(&headers, "maru-theme"), None);
    }
}
