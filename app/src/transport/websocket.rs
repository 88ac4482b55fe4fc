//! A link over the browser's WebSocket: binary messages in both directions; dropping it closes it.
use super::{LinkEvent, Listener};
use crate::browser;
use bytes::Bytes;
use protocol::connection::Why;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent, WebSocket};

/// The path on the page's own server.
const PATH: &str = "/rt/1/ws";
/// "Normal closure", the only code that a page may send beside its own 3000 to 4999.
const NORMAL: u16 = 1000;

/// An open or opening WebSocket.
pub struct WebSocketLink {
    socket: WebSocket,
    _opened: Closure<dyn Fn(Event)>,
    _message: Closure<dyn Fn(MessageEvent)>,
    _closed: Closure<dyn Fn(CloseEvent)>,
}

impl WebSocketLink {
    /// Opens a link; `None` when the browser refuses at once.
    #[must_use]
    pub fn open(listener: Listener) -> Option<Self> {
        let socket = WebSocket::new_with_str(&browser::socket_address(PATH), "rt.1").ok()?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let was_open = Rc::new(Cell::new(false));
        let opened = {
            let (listener, was_open) = (Rc::clone(&listener), Rc::clone(&was_open));
            Closure::new(move |_| {
                was_open.set(true);
                listener(LinkEvent::Opened);
            })
        };
        let message = {
            let listener = Rc::clone(&listener);
            Closure::new(move |event: MessageEvent| {
                // Text never comes from our server; something in between is speaking.
                match event.data().dyn_into::<js_sys::ArrayBuffer>() {
                    Ok(buffer) => listener(LinkEvent::Message(Bytes::from(
                        js_sys::Uint8Array::new(&buffer).to_vec(),
                    ))),
                    Err(_) => listener(LinkEvent::Message(Bytes::new())),
                }
            })
        };
        let closed = Closure::new(move |_| {
            listener(LinkEvent::Closed(if was_open.get() {
                Why::Lost
            } else {
                Why::Refused
            }));
        });
        socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        // An error is always followed by a close.
        socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
        Some(Self {
            socket,
            _opened: opened,
            _message: message,
            _closed: closed,
        })
    }

    /// Hands a message to the browser. One that has just lost the connection would say so in its console for each message.
    pub fn send(&self, message: &[u8]) {
        if self.socket.ready_state() == WebSocket::OPEN {
            drop(self.socket.send_with_u8_array(message));
        }
    }
}

impl Drop for WebSocketLink {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        drop(self.socket.close_with_code(NORMAL));
    }
}
