//! One file of the site and its answer: type, caching, and the form that suits the browser.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;

use super::negotiate::{Encoding, choose};

/// A file with its compressed forms; clones share the bytes.
#[derive(Debug, Clone)]
pub(super) struct File {
    content_type: &'static str,
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
    immutable: bool,
    /// Of the plain form.
    hash: u64,
}

impl File {
    pub(super) fn new(name: &str, plain: Bytes) -> Self {
        // It tells versions of our own file apart and guards nothing, so a quick hash does.
        let mut hasher = DefaultHasher::new();
        plain.hash(&mut hasher);
        let hash = hasher.finish();
        Self {
            content_type: content_type(name),
            plain,
            brotli: None,
            gzip: None,
            immutable: false,
            hash,
        }
    }

    pub(super) fn with_brotli(self, brotli: Option<Bytes>) -> Self {
        Self { brotli, ..self }
    }

    pub(super) fn with_gzip(self, gzip: Option<Bytes>) -> Self {
        Self { gzip, ..self }
    }

    /// Its name holds its hash, so what a browser has of it is never out of date.
    pub(super) fn immutable(self) -> Self {
        Self {
            immutable: true,
            ..self
        }
    }

    /// Answers a GET or a HEAD (whose body the HTTP layer leaves out). Ranges are not served: no file is large.
    pub(super) fn answer(&self, request: &HeaderMap) -> Response {
        let (encoding, body) = self.form(request);
        let etag = match encoding {
            Some(encoding) => format!("\"{:016x}-{}\"", self.hash, encoding.name()),
            None => format!("\"{:016x}\"", self.hash),
        };
        let fresh = has_etag(request, &etag);
        let mut response = Response::new(if fresh {
            Body::empty()
        } else {
            Body::from(body.clone())
        });
        if fresh {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        let caching = if self.immutable {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            headers.insert(header::ETAG, etag);
        }
        if !fresh {
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static(self.content_type),
            );
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
            if let Some(encoding) = encoding {
                headers.insert(
                    header::CONTENT_ENCODING,
                    HeaderValue::from_static(encoding.name()),
                );
            }
        }
        response
    }

    fn form(&self, request: &HeaderMap) -> (Option<Encoding>, &Bytes) {
        let forms = [
            (Encoding::Brotli, &self.brotli),
            (Encoding::Gzip, &self.gzip),
        ];
        let there: Vec<_> = forms
            .into_iter()
            .filter_map(|(name, form)| Some((name, form.as_ref()?)))
            .collect();
        let chosen = choose(request, there.iter().map(|(name, _)| *name));
        there
            .into_iter()
            .find(|(name, _)| Some(*name) == chosen)
            .map_or((None, &self.plain), |(name, form)| (Some(name), form))
    }
}

/// Whether the browser has this version already.
fn has_etag(request: &HeaderMap, etag: &str) -> bool {
    let mut tags = request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok());
    tags.any(|tags| {
        tags.split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
    })
}

/// The type by the name's end. Only what the site has: anything else is bytes, which a browser saves and does not run.
fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("css") => "text/css; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("ico") => "image/x-icon",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("webmanifest") => "application/manifest+json",
        Some("webp") => "image/webp",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
