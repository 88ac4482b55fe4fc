//! The security headers that every answer carries; who may send requests is [`crate::origin`]'s.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header, uri::Authority},
    middleware::Next,
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{Config, config::RenewUrl};

/// For a year, this host only: what else its domain serves is not ours to decide.
const STRICT_TRANSPORT_SECURITY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Lets the style elements of one page through its policy. A page puts it into its answer's extensions, and the policy in
/// the answer's header names it.
#[derive(Debug, Clone)]
pub(crate) struct Nonce(String);

impl Nonce {
    /// One that nobody can guess: 128 random bits.
    pub(crate) fn random() -> Self {
        Self(STANDARD.encode(rand::random::<[u8; 16]>()))
    }

    /// As it stands in the page.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the answers of this process carry.
pub(super) struct Headers {
    policy: Policy,
    others: Vec<(HeaderName, HeaderValue)>,
    secure: bool,
}

impl Headers {
    /// As `config` has them.
    pub(super) fn new(config: &Config) -> Arc<Self> {
        let others = [
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            // A document's address is what opens it, so it is told to nobody.
            (header::REFERRER_POLICY, "no-referrer"),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                "same-origin",
            ),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                "same-origin",
            ),
            // The names in a text's links would be asked for before anybody follows one.
            (HeaderName::from_static("x-dns-prefetch-control"), "off"),
            (
                HeaderName::from_static("permissions-policy"),
                "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            ),
        ];
        Arc::new(Self {
            policy: Policy::new(config, std::env::var_os("LEPTOS_WATCH").is_some()),
            others: others
                .into_iter()
                .map(|(name, value)| (name, HeaderValue::from_static(value)))
                .collect(),
            // In front of it, that is the proxy's to promise.
            secure: config.tls.is_some(),
        })
    }
}

/// The Content-Security-Policy, of which only the nonce differs from page to page.
#[derive(Debug)]
struct Policy {
    before_nonce: String,
    after_nonce: String,
}

impl Policy {
    /// Scripts, workers and sockets from this server only; style sheets too, and the editor's style elements by nonce; images
    /// also from the sites that the operator trusts, and requests also to the system that renews tokens. Strings become HTML
    /// or a script's address only by the policy `maru` (app/editor/src/trusted.ts). `'self'` covers the WebSocket of the same
    /// host too.
    ///
    /// Under `cargo leptos watch` the live reload is an inline script with a socket to another port.
    fn new(config: &Config, watched: bool) -> Self {
        let (inline, sockets) = if watched {
            (" 'unsafe-inline'", " ws: wss:")
        } else {
            ("", "")
        };
        let images: String = config
            .image_origins
            .iter()
            .map(|origin| format!(" {origin}"))
            .collect();
        let renewal = config.jwt_renew_url.as_ref().map(RenewUrl::origin);
        let renewal = renewal.map_or_else(String::new, |origin| format!(" {origin}"));
        Self {
            before_nonce: format!(
                "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{inline}; style-src 'self'"
            ),
            after_nonce: format!(
                "; img-src 'self' data:{images}; connect-src 'self'{renewal}{sockets}; worker-src 'self'; object-src 'none'; \
                 base-uri 'none'; frame-ancestors 'none'; form-action 'self'; require-trusted-types-for 'script'; \
                 trusted-types maru"
            ),
        }
    }

    fn with(&self, nonce: Option<&Nonce>) -> HeaderValue {
        let source = nonce.map_or_else(String::new, |Nonce(nonce)| format!(" 'nonce-{nonce}'"));
        let policy = format!("{}{source}{}", self.before_nonce, self.after_nonce);
        // It is made of visible ASCII: an origin has no other, and base64 neither. If it were not, nothing would be allowed.
        HeaderValue::try_from(policy)
            .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
    }
}

/// Adds them; a route that needs another value sets it itself and keeps it.
pub(super) async fn add_headers(
    State(headers): State<Arc<Headers>>,
    request: Request,
    next: Next,
) -> Response {
    let promised = headers.secure && is_usual_port(request.headers());
    let mut response = next.run(request).await;
    if carries_messages(response.headers()) {
        let nosniff = HeaderValue::from_static("nosniff");
        response
            .headers_mut()
            .insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
        return response;
    }
    let policy = headers.policy.with(response.extensions().get::<Nonce>());
    let answered = response.headers_mut();
    answered
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(policy);
    for (name, value) in &headers.others {
        answered.entry(name).or_insert_with(|| value.clone());
    }
    if promised {
        answered.insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT_SECURITY);
    }
    response
}

/// Whether the server was asked on the port that https has by itself. The promise is one of the whole host: from another port, it
/// would close whatever the host serves by http.
fn is_usual_port(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    host.is_some_and(|host| {
        host.parse::<Authority>()
            .is_ok_and(|name| matches!(host.strip_prefix(name.host()), Some("" | ":443")))
    })
}

/// Whether an answer carries messages of a session: a page reads them and never shows them, and what is said about pages would
/// be several times their size.
fn carries_messages(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind == "application/octet-stream" || kind == "text/event-stream")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::AllowedOrigin;

    fn policy(config: &Config) -> String {
        let policy = Policy::new(config, false).with(Some(&Nonce("abc".to_owned())));
        policy.to_str().unwrap().to_owned()
    }

    #[test]
    fn nothing_inline_is_allowed_and_nothing_from_other_sites() {
        let policy = policy(&Config::default());
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
        assert!(
            !policy.contains("http") && !policy.contains('*'),
            "{policy}"
        );
        assert!(policy.contains("style-src 'self' 'nonce-abc';"), "{policy}");
        assert!(policy.contains("require-trusted-types-for 'script'; trusted-types maru"));
    }

    #[test]
    fn an_answer_that_is_no_page_has_no_nonce() {
        let policy = Policy::new(&Config::default(), false).with(None);
        let policy = policy.to_str().unwrap();
        assert!(policy.contains("style-src 'self';"), "{policy}");
    }

    #[test]
    fn only_a_host_on_the_usual_port_is_promised_to_stay_with_https() {
        for (host, usual) in [
            (Some("maru.test"), true),
            (Some("maru.test:443"), true),
            (Some("[2001:db8::1]"), true),
            (Some("maru.test:8443"), false),
            (Some("[2001:db8::1]:8443"), false),
            (Some("maru.test:none"), false),
            (None, false),
        ] {
            let host = host.map(|host| (header::HOST, HeaderValue::from_static(host)));
            let headers = host.into_iter().collect();
            assert_eq!(is_usual_port(&headers), usual, "{headers:?}");
        }
    }

    #[test]
    fn no_two_pages_have_one_nonce() {
        let (one, other) = (Nonce::random(), Nonce::random());
        assert_ne!(one.as_str(), other.as_str());
        assert_eq!(one.as_str().len(), 24);
    }

    #[test]
    fn pages_may_ask_the_system_that_renews_their_tokens() {
        let config = Config {
            jwt_renew_url: RenewUrl::parse("https://id.example/maru?doc={doc}").ok(),
            ..Config::default()
        };
        let policy = policy(&config);
        assert!(
            policy.contains("connect-src 'self' https://id.example;"),
            "{policy}"
        );
    }

    #[test]
    fn images_come_from_the_sites_that_the_operator_trusts() {
        let config = Config {
            image_origins: ["https://img.example", "http://127.0.0.1:8080"]
                .map(|origin| AllowedOrigin::parse(origin).unwrap())
                .into(),
            ..Config::default()
        };
        let policy = policy(&config);
        let images = "img-src 'self' data: https://img.example http://127.0.0.1:8080;";
        assert!(policy.contains(images), "{policy}");
    }
}
