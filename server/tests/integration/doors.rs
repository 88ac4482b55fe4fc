//! The doors of the server: TLS, HTTP/2, the rules of WebSocket byte by byte, and clients that want to hurt.

mod addresses;
mod certificate;
mod hostile;
mod http2;
mod patience;
mod rates;
mod raw;
mod rfc6455;
mod tls;
