//! How a request of HTTP says which link it belongs to; whether its secret is right is the room's to say.

use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{FrameError, SessionId, SessionKey};
use crate::wire::MAX_SAFE_INTEGER;

/// The scheme of the header's value.
const SCHEME: &str = "RT";

/// The value of `Authorization`: `RT`, then the session's name and secret in base64url and the number of the link.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Authorization {
    /// The session's name.
    pub sid: SessionId,
    /// The session's secret.
    pub key: SessionKey,
    /// The number of the link.
    pub link: u64,
}

impl fmt::Display for Authorization {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        write!(
            formatter,
            "{SCHEME} {}.{}.{}",
            text(&self.sid),
            text(&self.key),
            self.link
        )
    }
}

/// The secret stays out of logs.
impl fmt::Debug for Authorization {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Authorization")
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

impl FromStr for Authorization {
    type Err = FrameError;

    fn from_str(value: &str) -> Result<Self, FrameError> {
        parse(value).ok_or(FrameError::Field("authorization"))
    }
}

fn parse(value: &str) -> Option<Authorization> {
    let (scheme, rest) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return None;
    }
    let (sid, rest) = rest.split_once('.')?;
    let (key, link) = rest.split_once('.')?;
    // The number's own parser would take a sign.
    if !link.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    Some(Authorization {
        sid: array(sid)?,
        key: array(key)?,
        link: link.parse().ok().filter(|link| *link <= MAX_SAFE_INTEGER)?,
    })
}

fn array<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_back_as_written_and_shows_no_secret() {
        let authorization = Authorization {
            sid: [251; 16],
            key: [62; 32],
            link: 7,
        };
        let value = authorization.to_string();
        assert_eq!(value.parse(), Ok(authorization));
        assert!(!format!("{authorization:?}").contains("Pj4"));
        let (sid, rest) = value[3..].split_once('.').expect("three parts");
        let (key, _) = rest.split_once('.').expect("three parts");
        assert!(format!("rt {sid}.{key}.7").parse::<Authorization>().is_ok());
        let too_large = MAX_SAFE_INTEGER + 1;
        for wrong in [
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
        ] {
            assert!(wrong.parse::<Authorization>().is_err(), "{wrong}");
        }
    }
}
