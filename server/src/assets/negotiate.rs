//! Which compressed form a browser takes (`Accept-Encoding`, RFC 9110 section 12.5.3).

use axum::http::{HeaderMap, header};

/// A compressed form that a file may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
}

impl Encoding {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }
}

/// The one of `there`, best first, that the browser likes best; `None` for the plain form. A browser that likes several
/// equally gets the first, and one that likes the plain form better than any gets that.
pub(super) fn choose(
    request: &HeaderMap,
    there: impl Iterator<Item = Encoding>,
) -> Option<Encoding> {
    let accepted: Vec<(String, f32)> = request
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(weighted)
        .collect();
    let weight = |name: &str| {
        accepted
            .iter()
            .find(|(accepted, _)| accepted == name)
            .map(|(_, weight)| *weight)
    };
    let any = weight("*");
    // A plain form that is not mentioned is acceptable and never preferred.
    let plain = weight("identity").unwrap_or(0.0);
    let mut best = None;
    for encoding in there {
        let weight = weight(encoding.name()).or(any).unwrap_or(0.0);
        if weight > 0.0 && weight >= plain && best.is_none_or(|(_, most)| weight > most) {
            best = Some((encoding, weight));
        }
    }
    best.map(|(encoding, _)| encoding)
}

/// Splits `name;q=0.5`; without a weight it is 1, with one that is no number 0.
fn weighted(entry: &str) -> (String, f32) {
    let (name, parameters) = entry.split_once(';').unwrap_or((entry, ""));
    let weight = match parameters.trim().split_once('=') {
        Some((q, weight)) if q.trim().eq_ignore_ascii_case("q") => {
            weight.trim().parse().unwrap_or(0.0)
        }
        _ => 1.0,
    };
    (name.trim().to_ascii_lowercase(), weight)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_browsers_weights_decide_and_then_the_smaller_form() {
        use Encoding::{Brotli, Gzip};
        let table = [
            ("gzip, deflate, br, zstd", Some(Brotli)),
            ("gzip, deflate", Some(Gzip)),
            ("GZIP", Some(Gzip)),
            ("br;q=0.5, gzip;q=0.8", Some(Gzip)),
            ("br;q=0, gzip", Some(Gzip)),
            ("br ; Q = 1.0", Some(Brotli)),
            ("*", Some(Brotli)),
            ("*;q=0.1, gzip;q=0.1", Some(Brotli)),
            ("br;q=0, *", Some(Gzip)),
            ("*;q=0", None),
            ("identity", None),
            ("identity;q=1, gzip;q=0.5", None),
            ("br;q=nonsense", None),
            ("deflate", None),
            ("", None),
        ];
        for (sent, chosen) in table {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(sent));
            assert_eq!(
                choose(&headers, [Brotli, Gzip].into_iter()),
                chosen,
                "{sent:?}"
            );
        }
        assert_eq!(
            choose(&HeaderMap::new(), [Brotli].into_iter()),
            None,
            "without the header"
        );
    }

    #[test]
    fn a_form_that_is_not_there_is_not_chosen() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("br, gzip"),
        );
        assert_eq!(
            choose(&headers, [Encoding::Gzip].into_iter()),
            Some(Encoding::Gzip)
        );
        assert_eq!(choose(&headers, [].into_iter()), None);
    }
}
