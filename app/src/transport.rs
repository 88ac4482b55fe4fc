//! The links that carry a session's messages, one kind a rung of the ladder; which one is used, and what the messages mean, is decided elsewhere.
use bytes::Bytes;
use event_stream::EventStream;
use poll::Poll;
use protocol::connection::Why;
use protocol::ladder::Rung;
use std::rc::Rc;
use traffic::Watch;
use websocket::WebSocketLink;

pub mod api;
pub mod event_stream;
pub mod events;
pub mod outgoing;
pub mod pace;
pub mod poll;
pub mod request;
pub mod slot;
pub mod traffic;
pub mod uplink;
pub mod websocket;

/// What happens on a link. After [`LinkEvent::Closed`] nothing more comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkEvent {
    /// It can be written to.
    Opened,
    /// A message came in.
    Message(Bytes),
    /// Something came in that is no message: the other side lives.
    Alive,
    /// It broke, or could not be opened.
    Closed(Why),
}

/// Whom a link tells.
pub type Listener = Rc<dyn Fn(LinkEvent)>;

/// A link of any kind. Dropping it closes it, and nothing more is told.
pub enum Link {
    /// Both directions at once.
    WebSocket(WebSocketLink),
    /// A stream down, POSTs up.
    EventStream(EventStream),
    /// Polls down, POSTs up.
    Poll(Poll),
}

impl Link {
    /// Opens a link; `None` when the browser refuses at once. What passes in requests is told to `watch`; the messages of a
    /// WebSocket are known to whoever sends and hears them.
    #[must_use]
    pub fn open(rung: Rung, listener: Listener, watch: Option<Watch>) -> Option<Self> {
        Some(match rung {
            Rung::WebSocket => Self::WebSocket(WebSocketLink::open(listener)?),
            Rung::EventStream => Self::EventStream(EventStream::new(listener, watch)?),
            Rung::LongPoll => Self::Poll(Poll::new(listener, watch, true)?),
            Rung::ShortPoll => Self::Poll(Poll::new(listener, watch, false)?),
        })
    }

    /// Hands a message over. What a broken link does not deliver, the session sends again.
    pub fn send(&self, message: &Bytes) {
        match self {
            Self::WebSocket(link) => link.send(message),
            Self::EventStream(link) => link.send(message),
            Self::Poll(link) => link.send(message),
        }
    }

    /// The session is open on this link: its later requests say so with `authorization`. `hold_s` is how long the server
    /// may hold a poll, in seconds.
    pub fn established(&self, authorization: &str, hold_s: u64) {
        match self {
            Self::WebSocket(_) => {}
            Self::EventStream(link) => link.established(authorization),
            Self::Poll(link) => link.established(authorization, hold_s),
        }
    }

    /// Somebody looks at the page, or nobody does.
    pub fn visible(&self, visible: bool) {
        if let Self::Poll(link) = self {
            link.visible(visible);
        }
    }
}
