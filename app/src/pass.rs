//! Passes: the token of a link as it stands after `#` of an address, and as this browser keeps it for a document. Whether one is good is the server's to say.
use serde_json::Value;

/// What stands before the token in an address' fragment, which browsers send to nobody.
pub const FRAGMENT: &str = "#t=";
/// The longest token, in bytes; the wire's limit.
pub const MAX_BYTES: usize = 4_096;

/// Under this name the browser keeps the pass of a document. `boot.ts` puts it there.
#[must_use]
pub fn key(doc: &str) -> String {
    format!("maru-pass:{doc}")
}

/// Under this name the browser keeps the pass that another took the place of, until one of them proves good for nothing.
#[must_use]
pub fn key_before(doc: &str) -> String {
    format!("maru-pass-before:{doc}")
}

/// The address of a document with a pass to it.
#[must_use]
pub fn link(address: &str, token: &str) -> String {
    if token.is_empty() {
        address.to_owned()
    } else {
        format!("{address}{FRAGMENT}{token}")
    }
}

/// A token in the form that all have: letters, digits, `-`, `_` and dots. `None` for anything else.
#[must_use]
pub fn tidy(text: &str) -> Option<&str> {
    let token = text.trim();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (!token.is_empty() && token.len() <= MAX_BYTES && token.bytes().all(plain)).then_some(token)
}

/// Whether a token says of itself that it only reads; `decode` reads base64. A guess for the time before the server has spoken, so
/// that nobody begins to type what can never be saved.
#[must_use]
pub fn seems_to_read(token: &str, decode: impl Fn(&str) -> Option<Vec<u8>>) -> bool {
    claim(token, "access", decode).is_some_and(|access| access == "read")
}

/// Whose a token says that it is, for somebody who has not said what to be called.
#[must_use]
pub fn bearer(token: &str, decode: impl Fn(&str) -> Option<Vec<u8>>) -> Option<String> {
    claim(token, "name", decode)
}

fn claim(token: &str, name: &str, decode: impl Fn(&str) -> Option<Vec<u8>>) -> Option<String> {
    let claims = token.split('.').nth(1).and_then(decode)?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    claims[name].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_stands_after_the_sign_that_browsers_do_not_send() {
        let address = "https://maru.example/d/notes";
        assert_eq!(link(address, "a.b.c"), format!("{address}#t=a.b.c"));
        assert_eq!(link(address, ""), address);
    }

    #[test]
    fn what_has_not_the_form_of_a_token_is_none() {
        assert_eq!(tidy(" a.b.c\n"), Some("a.b.c"));
        for text in ["", "a b", "<a>", "ㄱ", &"a".repeat(MAX_BYTES + 1)] {
            assert_eq!(tidy(text), None, "{text}");
        }
    }

    #[test]
    fn a_token_is_taken_at_its_word_only_when_it_says_that_it_reads() {
        let plain = |text: &str| Some(text.as_bytes().to_vec());
        assert!(seems_to_read(r#"h.{"access":"read","doc":"d"}.s"#, plain));
        for token in [
            r#"h.{"access":"write"}.s"#,
            r#"h.{"access":true}.s"#,
            "h.read.s",
            "read",
            "",
        ] {
            assert!(!seems_to_read(token, plain), "{token}");
        }
        assert!(!seems_to_read("h.x.s", |_| None));
    }

    #[test]
    fn a_token_may_say_whose_it_is() {
        let plain = |text: &str| Some(text.as_bytes().to_vec());
        let ada = r#"h.{"access":"read","name":"에이다"}.s"#;
        assert_eq!(bearer(ada, plain).as_deref(), Some("에이다"));
        for token in [r#"h.{"name":7}.s"#, r#"h.{"access":"read"}.s"#, "h.{.s", ""] {
            assert_eq!(bearer(token, plain), None, "{token}");
        }
    }
}
