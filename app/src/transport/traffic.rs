//! What a link of requests puts on the wire, told to whoever counts it; heads are counted as HTTP/1.1 writes them. Nobody counts on the document page.
use std::rc::Rc;
use web_sys::Response;

/// Something passed.
#[derive(Debug)]
pub enum Passed<'a> {
    /// A request left with a body of so many bytes.
    Asked(usize),
    /// The head of its answer came.
    Answered(&'a Response),
    /// The body of an answer of so many bytes came.
    Came(usize),
    /// A piece of a stream of so many bytes came.
    Streamed(usize),
}

/// Whom a link tells.
pub type Watch = Rc<dyn Fn(Passed<'_>)>;

/// The same in plain numbers. Bytes of heads are known once the answer is there: a page is not told its own request's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traffic {
    /// A request left with a body of so many bytes.
    Asked(usize),
    /// It was answered.
    Answered {
        /// Bytes of the request's head, in the words of the server; 0 when somebody else answered.
        asked_head: usize,
        /// Bytes of the answer's head.
        head: usize,
    },
    /// The body of an answer of so many bytes came.
    Came(usize),
    /// A piece of a stream of so many bytes came.
    Streamed(usize),
}

/// A watch that tells plain numbers.
#[must_use]
pub fn watch(tell: impl Fn(Traffic) + 'static) -> Watch {
    Rc::new(move |passed| {
        tell(match passed {
            Passed::Asked(bytes) => Traffic::Asked(bytes),
            Passed::Came(bytes) => Traffic::Came(bytes),
            Passed::Streamed(bytes) => Traffic::Streamed(bytes),
            Passed::Answered(response) => answered(response),
        });
    })
}

fn answered(response: &Response) -> Traffic {
    let headers = response.headers();
    let asked = headers.get("maru-head").ok().flatten();
    let pairs = js_sys::try_iter(&headers).ok().flatten();
    let lines: usize = pairs
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|pair| {
            let pair = js_sys::Array::from(&pair);
            let length = |at| pair.get(at).as_string().unwrap_or_default().len();
            length(0) + ": \r\n".len() + length(1)
        })
        .sum();
    let status = "HTTP/1.1 200 \r\n".len() + response.status_text().len();
    Traffic::Answered {
        asked_head: asked.and_then(|bytes| bytes.parse().ok()).unwrap_or(0),
        head: status + lines + "\r\n".len(),
    }
}
