//! A link over the browser's WebSocket: binary messages in both directions; dropping it closes it.
use super::LinkEvent;
use bytes::Bytes;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent, WebSocket};

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
    /// Opens a link to an address of the form `wss://host/path`; `None` when the browser refuses at once.
    #[must_use]
    pub fn open(address: &str, act: Rc<dyn Fn(LinkEvent)>) -> Option<Self> {
        let socket = WebSocket::new_with_str(address, "rt.1").ok()?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let opened = {
            let act = Rc::clone(&act);
            Closure::new(move |_| act(LinkEvent::Opened))
        };
        let message = {
            let act = Rc::clone(&act);
            Closure::new(move |event: MessageEvent| {
                // Text never comes from our server; something in between is speaking.
                match event.data().dyn_into::<js_sys::ArrayBuffer>() {
                    Ok(buffer) => act(LinkEvent::Message(Bytes::from(
                        js_sys::Uint8Array::new(&buffer).to_vec(),
                    ))),
                    Err(_) => act(LinkEvent::Message(Bytes::new())),
                }
            })
        };
        let closed = Closure::new(move |_| act(LinkEvent::Closed));
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

    /// Hands a message to the browser. What a broken link does not deliver, the session sends again.
    pub fn send(&self, message: &[u8]) {
        drop(self.socket.send_with_u8_array(message));
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
