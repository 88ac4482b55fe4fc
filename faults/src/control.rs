//! The proxy's faults and counters over HTTP, for tests that are not written in Rust.
//!
//! | request | does |
//! |---|---|
//! | `PUT /faults` | sets [`Faults`] from JSON; 400 with the reason when they cannot be read |
//! | `GET /faults` | tells them |
//! | `GET /seen` | tells [`crate::Seen`] |
//! | `POST /cut`, `POST /strand` | as the methods of [`Proxy`] |

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::net::TcpListener;

use crate::{Faults, Proxy};

/// No list of faults is as long as that.
const LONGEST: usize = 256 << 10;

/// Serves on `listener` for as long as the future is polled.
pub async fn serve(listener: TcpListener, proxy: Arc<Proxy>) {
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            continue;
        };
        let proxy = Arc::clone(&proxy);
        tokio::spawn(async move {
            let service =
                service_fn(async |request| Ok::<_, Infallible>(answer(&proxy, request).await));
            // An error here is a client that left.
            http1::Builder::new()
                .serve_connection(TokioIo::new(socket), service)
                .await
                .ok();
        });
    }
}

async fn answer(proxy: &Proxy, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    match (&parts.method, parts.uri.path()) {
        (&Method::PUT, "/faults") => {
            let Ok(body) = Limited::new(body, LONGEST).collect().await else {
                return plain(StatusCode::PAYLOAD_TOO_LARGE, "too long\n");
            };
            match serde_json::from_slice::<Faults>(&body.to_bytes()) {
                Ok(faults) => {
                    proxy.set(faults);
                    plain(StatusCode::NO_CONTENT, "")
                }
                Err(error) => plain(StatusCode::BAD_REQUEST, &format!("{error}\n")),
            }
        }
        (&Method::GET, "/faults") => json(&proxy.faults()),
        (&Method::GET, "/seen") => json(&proxy.seen()),
        (&Method::POST, "/cut") => {
            proxy.cut();
            plain(StatusCode::NO_CONTENT, "")
        }
        (&Method::POST, "/strand") => {
            proxy.strand();
            plain(StatusCode::NO_CONTENT, "")
        }
        _ => plain(StatusCode::NOT_FOUND, "no such thing here\n"),
    }
}

fn json(value: &impl Serialize) -> Response<Full<Bytes>> {
    match serde_json::to_vec_pretty(value) {
        Ok(text) => Response::new(Full::new(text.into())),
        Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error}\n")),
    }
}

fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.to_owned().into()));
    *response.status_mut() = status;
    response
}
