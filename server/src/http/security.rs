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

/// Headers with their values.
pub(super) type Headers = Arc<[(HeaderName, HeaderValue)]>;

/// The headers of this process; pages may also fetch from the origin where tokens are renewed.
pub(super) fn headers(renewal: Option<&str>) -> Headers {
    let watched = std::env::var_os("LEPTOS_WATCH").is_some();
    let policy = if watched {
        WATCHED_CONTENT_SECURITY_POLICY
    } else {
        CONTENT_SECURITY_POLICY
    };
    let policy = match renewal {
        Some(origin) => policy.replace(
            "connect-src 'self'",
            &format!("connect-src 'self' {origin}"),
        ),
        None => policy.to_owned(),
    };
    // An origin was read from a flag and has no character that a header may not have.
    let policy =
        HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    let plain = [
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
    .map(|(name, value)| (name, HeaderValue::from_static(value)));
    std::iter::once((header::CONTENT_SECURITY_POLICY, policy))
        .chain(plain)
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
