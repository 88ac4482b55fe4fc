//! The links that carry a session's messages; which one is used, and what the messages mean, is decided elsewhere.
use bytes::Bytes;

pub mod websocket;

/// What happens on a link. After [`LinkEvent::Closed`] nothing more comes.
#[derive(Debug)]
pub enum LinkEvent {
    /// It can be written to.
    Opened,
    /// A message came in.
    Message(Bytes),
    /// It broke, or could not be opened.
    Closed,
}
