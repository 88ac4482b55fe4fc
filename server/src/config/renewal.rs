//! Where a page fetches a new token of the operator's own system; the page does it, and the policy of its scripts allows that origin only.

use axum::http::Uri;
use protocol::id::DocId;

/// What stands for the document's name.
const DOC: &str = "{doc}";

/// An address of http or https with a place for the document's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenewUrl {
    text: String,
    origin: String,
}

impl RenewUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// Says what is allowed.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const ALLOWED: &str = "give an address such as https://id.example/maru?doc={doc}";
        let uri: Uri = text.replace(DOC, "doc").parse().map_err(|_| ALLOWED)?;
        let scheme = uri
            .scheme_str()
            .filter(|scheme| matches!(*scheme, "http" | "https"));
        let authority = uri.authority().filter(|authority| {
            // It becomes a word of a policy.
            let sound = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
            authority.as_str().chars().all(sound)
                && !text.split('/').nth(2).unwrap_or(DOC).contains(DOC)
        });
        match (scheme, authority) {
            (Some(scheme), Some(authority)) => Ok(Self {
                text: text.to_owned(),
                origin: format!("{scheme}://{authority}"),
            }),
            _ => Err(ALLOWED),
        }
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The address for one document, whose name needs no escaping.
    #[must_use]
    pub fn of(&self, doc: &DocId) -> String {
        self.text.replace(DOC, doc.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_the_document_and_one_origin() {
        let url = RenewUrl::parse("https://id.example:8443/maru?doc={doc}&x=1").unwrap();
        assert_eq!(url.origin(), "https://id.example:8443");
        let doc = DocId::parse("plan").unwrap();
        assert_eq!(url.of(&doc), "https://id.example:8443/maru?doc=plan&x=1");
        for wrong in [
            "",
            "/maru",
            "ftp://id.example/",
            "https://{doc}.example/",
            "https://a@b/",
            "https://a;b/",
            "javascript:1",
        ] {
            assert!(RenewUrl::parse(wrong).is_err(), "{wrong}");
        }
    }
}
