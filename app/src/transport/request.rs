//! One HTTP request of a link, by `fetch`: made, read, and told from what strangers answer; not which request, and not when.
use super::traffic::{Passed, Watch};
use super::{LinkEvent, Listener};
use bytes::Bytes;
use protocol::connection::Why;
use protocol::frame::packet::unpack;
use std::cell::{Cell, RefCell};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortController, ReadableStreamDefaultReader, ReadableStreamReadResult, RequestCache,
    RequestInit, Response,
};

/// What packets are sent as.
const PACKET: &str = "application/octet-stream";
/// What streams of events are sent as.
const STREAM: &str = "text/event-stream";

/// What all requests of one link share: the secret, whom to tell, and the end.
pub struct Line {
    listener: Listener,
    watch: Option<Watch>,
    abort: AbortController,
    authorization: RefCell<String>,
    over: Cell<bool>,
}

impl Line {
    /// A line on which nothing is under way; `None` in a browser that cannot take a request back.
    #[must_use]
    pub fn new(listener: Listener, watch: Option<Watch>) -> Option<Self> {
        Some(Self {
            listener,
            watch,
            abort: AbortController::new().ok()?,
            authorization: RefCell::default(),
            over: Cell::new(false),
        })
    }

    /// Who asks, from now on.
    pub fn authorize(&self, authorization: &str) {
        authorization.clone_into(&mut self.authorization.borrow_mut());
    }

    /// Tells what came in.
    pub fn heard(&self, messages: Vec<Bytes>) {
        if messages.is_empty() {
            self.tell(LinkEvent::Alive);
        }
        for message in messages {
            self.tell(LinkEvent::Message(message));
        }
    }

    /// Tells something, unless it is over.
    pub fn tell(&self, event: LinkEvent) {
        if !self.over.get() {
            (self.listener)(event);
        }
    }

    /// Whether the link is gone or dropped.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over.get()
    }

    /// The link is gone: tells why, once, and takes back what is under way.
    pub fn gone(&self, why: Why) {
        if !self.over.get() {
            self.end();
            (self.listener)(LinkEvent::Closed(why));
        }
    }

    /// Nobody listens any more.
    pub fn end(&self) {
        self.over.set(true);
        self.abort.abort();
    }

    /// Makes a request; `None` when no answer came.
    async fn fetch(&self, address: &str, body: Option<&[u8]>) -> Option<Response> {
        let request = request(body, &self.authorization.borrow());
        request.set_signal(Some(&self.abort.signal()));
        request.set_cache(RequestCache::NoStore);
        let promise = web_sys::window()?.fetch_with_str_and_init(address, &request);
        self.passed(Passed::Asked(body.map_or(0, <[u8]>::len)));
        let response = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
        self.passed(Passed::Answered(&response));
        Some(response)
    }

    fn passed(&self, what: Passed<'_>) {
        if let Some(watch) = &self.watch {
            watch(what);
        }
    }

    /// Makes a request whose answer is a packet: a POST when there is a body, else a GET.
    pub async fn exchange(&self, address: &str, body: Option<&[u8]>) -> Answer {
        match self.fetch(address, body).await {
            None => Answer::Failed,
            Some(response) => self.packet(&response).await,
        }
    }

    /// Asks for a stream of events.
    pub async fn stream(&self, address: &str) -> Result<Pieces, Answer> {
        let response = self.fetch(address, None).await.ok_or(Answer::Failed)?;
        if response.ok() && header(&response, "content-type").starts_with(STREAM) {
            let stream = response.body().ok_or(Answer::Failed)?;
            return Ok(Pieces {
                reader: stream.get_reader().unchecked_into(),
                watch: self.watch.clone(),
            });
        }
        Err(self.packet(&response).await)
    }

    /// Reads an answer that should be a packet.
    async fn packet(&self, response: &Response) -> Answer {
        let status = response.status();
        let stranger = Answer::Stranger {
            status,
            retry_after_s: header(response, "retry-after").parse().ok(),
        };
        if !header(response, "content-type").starts_with(PACKET) {
            return stranger;
        }
        let Ok(body) = response.array_buffer() else {
            return Answer::Failed;
        };
        let Ok(buffer) = JsFuture::from(body).await else {
            return Answer::Failed;
        };
        let body = js_sys::Uint8Array::new(&buffer).to_vec();
        self.passed(Passed::Came(body.len()));
        match unpack(&Bytes::from(body)) {
            // A refusal without a word is as good as a stranger's.
            Ok(messages) if response.ok() || !messages.is_empty() => {
                Answer::Packet { status, messages }
            }
            _ => stranger,
        }
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A packet of the server.
    Packet {
        /// The HTTP status.
        status: u16,
        /// What was in it.
        messages: Vec<Bytes>,
    },
    /// Something that is not the server's.
    Stranger {
        /// The HTTP status.
        status: u16,
        /// The header `Retry-After`, where it holds a number of seconds.
        retry_after_s: Option<u64>,
    },
    /// No answer, or half of one.
    Failed,
}

/// The body of an answer, as it comes.
pub struct Pieces {
    reader: ReadableStreamDefaultReader,
    watch: Option<Watch>,
}

impl Pieces {
    /// The next piece; `None` at the end and when the network fails, which a stream that says when it ends need not tell apart.
    pub async fn next(&self) -> Option<Vec<u8>> {
        let result = JsFuture::from(self.reader.read()).await.ok()?;
        let result: ReadableStreamReadResult = result.unchecked_into();
        if result.get_done().unwrap_or(true) {
            return None;
        }
        let piece = js_sys::Uint8Array::new(&result.get_value()).to_vec();
        if let Some(watch) = &self.watch {
            watch(Passed::Streamed(piece.len()));
        }
        Some(piece)
    }
}

/// Says goodbye in a request that the browser finishes after the page is gone.
pub fn bye(authorization: &str, packet: &[u8]) {
    let request = request(Some(packet), authorization);
    // No typed setter exists for it.
    drop(js_sys::Reflect::set(
        &request,
        &JsValue::from_str("keepalive"),
        &JsValue::TRUE,
    ));
    if let Some(window) = web_sys::window() {
        let promise = window.fetch_with_str_and_init("/rt/1/bye", &request);
        // Nobody is there to read the answer; a promise that nobody awaits would be reported when it fails.
        spawn_local(async move { drop(JsFuture::from(promise).await) });
    }
}

fn request(body: Option<&[u8]>, authorization: &str) -> RequestInit {
    let request = RequestInit::new();
    let headers = js_sys::Object::new();
    let set = |name: &str, value: &str| {
        // A plain object takes every key.
        drop(js_sys::Reflect::set(&headers, &name.into(), &value.into()));
    };
    if !authorization.is_empty() {
        set("authorization", authorization);
    }
    if let Some(body) = body {
        request.set_method("POST");
        set("content-type", PACKET);
        request.set_body(&js_sys::Uint8Array::from(body));
    }
    request.set_headers(&headers);
    request
}

fn header(response: &Response, name: &str) -> String {
    response
        .headers()
        .get(name)
        .ok()
        .flatten()
        .unwrap_or_default()
}
