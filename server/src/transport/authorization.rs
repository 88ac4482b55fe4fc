//! `Authorization: RT <sid>.<key>.<link>`: which session asks, and on which of its links; whether that is so, the room says.

use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::{
    frame::{ErrorCode, SessionId, SessionKey},
    session::Ended,
    wire::MAX_SAFE_INTEGER,
};

/// What the header says. It has no `Debug`: the key must not get into a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization {
    /// The session's name.
    pub sid: SessionId,
    /// The session's secret.
    pub key: SessionKey,
    /// The link's number.
    pub link: u64,
}

impl Authorization {
    /// Reads it from a request.
    ///
    /// # Errors
    /// [`Ended`] when there is none, or none that can be read.
    pub fn of(headers: &HeaderMap) -> Result<Self, Ended> {
        let mut sent = headers.get_all(header::AUTHORIZATION).iter();
        match (sent.next().map(|value| value.to_str()), sent.next()) {
            (Some(Ok(text)), None) => Self::parse(text),
            _ => None,
        }
        .ok_or_else(|| {
            Ended::new(
                ErrorCode::Protocol,
                "the request does not say which session it belongs to (Authorization: RT ...)",
            )
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("RT") {
            return None;
        }
        let (sid, rest) = rest.split_once('.')?;
        let (key, link) = rest.split_once('.')?;
        // `parse` alone would take a sign.
        if !link.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let link = link.parse().ok().filter(|link| *link <= MAX_SAFE_INTEGER)?;
        Some(Self {
            sid: array(sid)?,
            key: array(key)?,
            link,
        })
    }
}

fn array<const N: usize>(text: &str) -> Option<[u8; N]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn header(value: &str) -> HeaderMap {
        let value = HeaderValue::from_str(value).unwrap();
        HeaderMap::from_iter([(header::AUTHORIZATION, value)])
    }

    fn words() -> (String, String) {
        (
            URL_SAFE_NO_PAD.encode([0xfb; 16]),
            URL_SAFE_NO_PAD.encode([0xff; 32]),
        )
    }

    #[test]
    fn session_key_and_link_are_read_from_the_header() {
        let (sid, key) = words();
        for scheme in ["RT", "rt"] {
            let read = Authorization::of(&header(&format!("{scheme} {sid}.{key}.12"))).ok();
            let expected = Authorization {
                sid: [0xfb; 16],
                key: [0xff; 32],
                link: 12,
            };
            assert!(read == Some(expected));
        }
    }

    #[test]
    fn anything_else_is_refused_and_says_nothing_of_the_key() {
        let (sid, key) = words();
        let too_large = MAX_SAFE_INTEGER + 1;
        let wrong = [
            String::new(),
            "RT".into(),
            format!("Bearer {sid}.{key}.0"),
            format!("RT {sid}.{key}"),
            format!("RT {sid}.{key}.0.0"),
            format!("RT {sid}.{key}."),
            format!("RT {sid}.{key}.+1"),
            format!("RT {sid}.{key}.{too_large}"),
            format!("RT {sid}=.{key}.0"),
            format!("RT {sid}A.{key}.0"),
            format!("RT {key}.{sid}.0"),
            format!("RT  {sid}.{key}.0"),
        ];
        for text in wrong {
            let Err(refused) = Authorization::of(&header(&text)) else {
                panic!("{text} was read")
            };
            assert_eq!(refused.code, ErrorCode::Protocol);
            assert!(!refused.message.contains(&key));
        }
        assert!(Authorization::of(&HeaderMap::new()).is_err());
        let mut twice = header(&format!("RT {sid}.{key}.1"));
        let second = HeaderValue::from_str(&format!("RT {sid}.{key}.2")).unwrap();
        twice.append(header::AUTHORIZATION, second);
        assert!(Authorization::of(&twice).is_err());
    }
}
