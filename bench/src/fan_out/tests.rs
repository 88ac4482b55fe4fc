//! The load is true: what it counts has arrived, and what does not arrive is told.

use tokio::{net::TcpListener, task::LocalSet};

use super::*;
use crate::floor;

const SMALL: Load = Load {
    rooms: 2,
    people: 3,
    rate: 1_000,
    bars: [None; 3],
};

/// Three people in each of two rooms of the floor, which stands in for a server.
async fn crowd(at: SocketAddr, messages: Vec<Bytes>) -> Crowd<'static> {
    let path = |room: &str| format!("/{room}");
    Crowd::join(&SMALL, at, path, false, messages.into())
        .await
        .unwrap()
}

#[tokio::test(flavor = "current_thread")]
async fn every_delivery_is_counted_once_and_timed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    LocalSet::new()
        .run_until(async {
            task::spawn_local(floor::serve(listener));
            let messages = keystrokes(20).unwrap();
            let mut crowd = crowd(at, messages).await;
            crowd.type_on(0..20).await.unwrap();
            assert_eq!(crowd.late().len(), 20 * 2 * 2);
        })
        .await;
}

#[tokio::test(flavor = "current_thread")]
async fn an_update_that_comes_out_of_order_fails_the_run() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    LocalSet::new()
        .run_until(async {
            task::spawn_local(floor::serve(listener));
            let messages = keystrokes(4).unwrap();
            let mut crowd = crowd(at, messages).await;
            let told = crowd.type_on(1..4).await.unwrap_err().to_string();
            assert!(told.contains("out of order"), "{told}");
        })
        .await;
}
