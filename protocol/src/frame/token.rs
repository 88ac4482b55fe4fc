//! The token that a page shows to be let in: bounded, and never shown; what stands in it is the server's affair.

use std::fmt;

use thiserror::Error;

/// The longest token, in bytes.
pub const MAX_TOKEN: usize = 4 * 1024;

/// What a page was given to be let in; empty for none. Whoever has it has its rights, so that `Debug` does not show it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Token(String);

/// Why a text is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the token has {0} bytes; at most {MAX_TOKEN} are taken")]
pub struct TokenTooLong(pub usize);

impl Token {
    /// A token as it was given.
    ///
    /// # Errors
    /// [`TokenTooLong`] beyond [`MAX_TOKEN`] bytes.
    pub fn new(text: impl Into<String>) -> Result<Self, TokenTooLong> {
        let text = text.into();
        if text.len() > MAX_TOKEN {
            return Err(TokenTooLong(text.len()));
        }
        Ok(Self(text))
    }

    /// The token; a secret.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() {
            "Token(none)"
        } else {
            "Token(…)"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_bounded_and_does_not_show_itself() {
        let token = Token::new("e.y.J").unwrap();
        assert_eq!(format!("{token:?}"), "Token(…)");
        assert_eq!(
            Token::new("x".repeat(MAX_TOKEN + 1)),
            Err(TokenTooLong(MAX_TOKEN + 1))
        );
        assert!(Token::new("x".repeat(MAX_TOKEN)).is_ok() && Token::default().is_empty());
    }
}
