//! Which images of other sites a reader's browser fetches by itself: none, unless whoever runs the server trusts their site.
//!
//! An image that is fetched tells its site who reads, and when. The page's policy refuses the same addresses; this decides
//! what stands there instead of a broken image.

/// The trusted sites, as origins (`https://img.example`) separated by spaces; `*` stands for every one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Images(String);

impl Images {
    pub(crate) fn new(origins: &str) -> Self {
        Self(origins.to_ascii_lowercase())
    }

    /// Whether an address is of one of them. Whatever is not spelled plainly is of none.
    pub(crate) fn show(&self, url: &str) -> bool {
        let url = url.to_ascii_lowercase();
        self.0.split_whitespace().any(|origin| {
            origin == "*"
                || url
                    .strip_prefix(origin)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_belongs_to_an_origin_only_when_it_is_spelled_so() {
        let images = Images::new("https://img.example http://127.0.0.1:8080");
        for url in [
            "https://img.example/a.png",
            "HTTPS://IMG.example/a.png",
            "https://img.example?x",
            "http://127.0.0.1:8080/a.png",
        ] {
            assert!(images.show(url), "{url}");
        }
        for url in [
            "https://img.example.evil.example/a.png",
            "https://img.example@evil.example/a.png",
            "https://img.example\\@evil.example/a.png",
            "https://img.example:444/a.png",
            "http://img.example/a.png",
            "//img.example/a.png",
            "https://evil.example/https://img.example/",
            "",
        ] {
            assert!(!images.show(url), "{url}");
        }
        assert!(!Images::default().show("https://img.example/a.png"));
        assert!(Images::new("*").show("https://any.example/a.png"));
    }
}
