//! `Authorization` of a request: which session asks, and on which of its links; what it looks like is `protocol`'s, whether it is so, the room's.

use axum::http::{HeaderMap, header};
use protocol::{
    frame::{ErrorCode, authorization::Authorization},
    session::Ended,
};

/// Reads it from a request.
///
/// # Errors
/// [`Ended`] when there is none, more than one, or one that cannot be read; the message says nothing of what was sent.
pub fn authorization(headers: &HeaderMap) -> Result<Authorization, Ended> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    match (sent.next().map(|value| value.to_str()), sent.next()) {
        (Some(Ok(text)), None) => text.parse().ok(),
        _ => None,
    }
    .ok_or_else(|| {
        Ended::new(
            ErrorCode::Protocol,
            "the request does not say which session it belongs to (Authorization: RT ...)",
        )
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn it_is_said_once_or_refused_without_a_word_of_it() {
        let said = Authorization {
            sid: [0xfb; 16],
            key: [0xff; 32],
            link: 12,
        };
        let value = HeaderValue::from_str(&said.to_string()).unwrap();
        let mut headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.clone())]);
        assert_eq!(authorization(&headers).ok(), Some(said));
        headers.append(header::AUTHORIZATION, value);
        assert!(authorization(&headers).is_err(), "twice");
        assert!(authorization(&HeaderMap::new()).is_err(), "never");
        let secret = HeaderValue::from_static("RT secret");
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, secret)]);
        let refused = authorization(&headers).unwrap_err();
        assert_eq!(refused.code, ErrorCode::Protocol);
        assert!(!refused.message.contains("secret"));
    }
}
