//! Single questions to a server in JSON or plain text, each with its answer; what is asked, and what an answer means, is decided elsewhere.
use crate::share::Request;
use leptos::prelude::set_timeout_with_handle;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, RequestCache, RequestCredentials, RequestInit, RequestRedirect, Response,
};

/// A question that is not answered within this time, whole, is not answered.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks the page's own server; the status and the body, or `None` when there was no answer.
pub async fn ask(request: &Request, authorization: &str) -> Option<(u16, String)> {
    let init = RequestInit::new();
    init.set_method(request.method);
    // The session's key is the only credential.
    init.set_credentials(RequestCredentials::Omit);
    let headers = js_sys::Object::new();
    let set = |name: &str, value: &str| {
        // A plain object takes every key.
        drop(js_sys::Reflect::set(&headers, &name.into(), &value.into()));
    };
    set("authorization", authorization);
    if let Some(body) = &request.body {
        set("content-type", "application/json");
        init.set_body(&JsValue::from_str(body));
    }
    init.set_headers(&headers);
    fetch(&request.path, &init).await
}

/// Asks an operator's system for a token, as whoever is signed in there.
pub async fn token(address: &str) -> Option<(u16, String)> {
    let init = RequestInit::new();
    init.set_credentials(RequestCredentials::Include);
    // A redirect leads to a page to sign in on, which is no token.
    init.set_redirect(RequestRedirect::Error);
    fetch(address, &init).await
}

async fn fetch(address: &str, init: &RequestInit) -> Option<(u16, String)> {
    init.set_cache(RequestCache::NoStore);
    let abort = AbortController::new().ok()?;
    init.set_signal(Some(&abort.signal()));
    let timer = set_timeout_with_handle(move || abort.abort(), PATIENCE);
    let answer = read(address, init).await;
    if let Ok(timer) = timer {
        timer.clear();
    }
    answer
}

async fn read(address: &str, init: &RequestInit) -> Option<(u16, String)> {
    let promise = web_sys::window()?.fetch_with_str_and_init(address, init);
    let response: Response = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    let text = JsFuture::from(response.text().ok()?).await.ok()?;
    Some((response.status(), text.as_string()?))
}
