//! How a request of HTTP says which link it belongs to; whether its secret is right is the room's to say.

use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{FrameError, SessionId, SessionKey};

/// The scheme of the header's value.
const SCHEME: &str = "RT ";

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
            "{SCHEME}{}.{}.{}",
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
        let error = || FrameError::Field("authorization");
        let mut parts = value.strip_prefix(SCHEME).ok_or_else(error)?.split('.');
        let mut part = || parts.next().ok_or_else(error);
        let (sid, key, link) = (part()?, part()?, part()?);
        // Exactly as long as what it stands for, before anything is taken.
        if sid.len() != 22 || key.len() != 43 || parts.next().is_some() {
            return Err(error());
        }
        let bytes = |text| BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| error());
        Ok(Self {
            sid: bytes(sid)?.try_into().map_err(|_| error())?,
            key: bytes(key)?.try_into().map_err(|_| error())?,
            link: link.parse().map_err(|_| error())?,
        })
    }
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
        for wrong in [
            "",
            "RT ",
            "RT a.b.1",
            &value[3..],
            &value[..value.len() - 1],
            &format!("{value}.1"),
            &format!("{value}x"),
        ] {
            assert!(wrong.parse::<Authorization>().is_err(), "{wrong}");
        }
    }
}
