//! The security headers that every answer carries; who may send requests is [`crate::origin`]'s.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::Response,
};

/// Scripts, styles, workers and sockets from this server only; images from anywhere, since Markdown names images anywhere.
/// Styles may be inline: the editor places carets with them. `'self'` covers the WebSocket of the same host too.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' https: http: data: blob:; connect-src 'self'; worker-src 'self'; \
    object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// The same under `cargo leptos watch`, whose live reload is an inline script with a socket to another port.
const WATCHED_CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' 'unsafe-inline'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' https: http: data: blob:; connect-src 'self' ws: wss:; worker-src 'self'; \
    object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// For a year, this host only: what else its domain serves is not ours to decide.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000";

/// Headers with their values.
pub(super) type Headers = Arc<[(HeaderName, HeaderValue)]>;

/// The headers of this process; `secure` says whether it speaks TLS itself. In front of it, that is the proxy's to promise.
pub(super) fn headers(secure: bool) -> Headers {
    let watched = std::env::var_os("LEPTOS_WATCH").is_some();
    let policy = if watched {
        WATCHED_CONTENT_SECURITY_POLICY
    } else {
        CONTENT_SECURITY_POLICY
    };
    [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // A document's address is what opens it, so it is told to nobody.
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ]
    .into_iter()
    .chain(secure.then_some((header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT_SECURITY)))
    .map(|(name, value)| (name, HeaderValue::from_static(value)))
    .collect()
}

/// Adds them; a route that needs another value sets it itself and keeps it.
pub(super) async fn add_headers(
    State(headers): State<Headers>,
    mut response: Response,
) -> Response {
    for (name, value) in headers.iter() {
        response
            .headers_mut()
            .entry(name)
            .or_insert_with(|| value.clone());
    }
    response
}
