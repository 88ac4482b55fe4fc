//! What happens to connections, whatever they carry: silence, slowness, ends.

use std::time::{Duration, Instant};

use faults::{Faults, Line};
use tokio::io::AsyncWriteExt;

use crate::{
    client::{ended, get, piece, post, read, text, upgrade},
    nothing, pair, soon,
};

#[tokio::test]
async fn in_a_black_hole_nothing_passes_and_nothing_closes_until_it_is_lifted() {
    let (upstream, proxy) = pair(Faults::default()).await;
    let (mut open, _) = upgrade(proxy.addr()).await;
    proxy.set(Faults::black_hole());
    open.write_all(b"held").await.unwrap();
    let new = tokio::spawn(post(proxy.addr(), "/echo", "new"));
    soon(proxy.until(|seen| seen.connections == 2)).await;
    assert!(nothing(read(&mut open, 1)).await);
    assert!(!new.is_finished());
    assert_eq!((upstream.posted().len(), proxy.seen().open), (0, 2));
    proxy.set(Faults::default());
    assert_eq!(read(&mut open, 4).await, b"held");
    assert_eq!(text(soon(new).await.unwrap()).await.unwrap(), "new");
}

#[tokio::test]
async fn stranded_connections_stay_dead_and_new_ones_live() {
    let (upstream, proxy) = pair(Faults::default()).await;
    let (mut old, _) = upgrade(proxy.addr()).await;
    proxy.strand();
    old.write_all(b"lost").await.unwrap();
    let (mut new, _) = upgrade(proxy.addr()).await;
    new.write_all(b"live").await.unwrap();
    assert_eq!(read(&mut new, 4).await, b"live");
    assert!(nothing(read(&mut old, 1)).await);
    // Nor is the server told of its end.
    drop(old);
    assert!(nothing(upstream.open(1)).await);
    drop(new);
    upstream.open(1).await;
    proxy.cut();
    upstream.open(0).await;
}

#[tokio::test]
async fn an_idle_connection_is_cut_and_a_busy_one_is_not() {
    let idle = Line {
        idle_ms: Some(400),
        ..Line::default()
    };
    let (_upstream, proxy) = pair(Faults::line(idle)).await;
    let (mut idle, _) = upgrade(proxy.addr()).await;
    let (mut busy, _) = upgrade(proxy.addr()).await;
    let working = async {
        loop {
            busy.write_all(b"x").await.unwrap();
            read(&mut busy, 1).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = ended(&mut idle) => {}
        () = working => {}
    }
    assert_eq!(proxy.seen().cut, 1);
    // The last echo may not have been read.
    busy.write_all(b"y").await.unwrap();
    while read(&mut busy, 1).await != b"y" {}
}

#[tokio::test]
async fn every_open_connection_is_cut_and_new_ones_are_not() {
    let (upstream, proxy) = pair(Faults::default()).await;
    let (mut old, _) = upgrade(proxy.addr()).await;
    proxy.cut();
    ended(&mut old).await;
    upstream.open(0).await;
    assert_eq!(proxy.seen().cut, 1);
    assert_eq!(
        text(soon(post(proxy.addr(), "/echo", "new")).await)
            .await
            .unwrap(),
        "new"
    );
}

#[tokio::test]
async fn a_slow_line_takes_its_time() {
    let rate = Line {
        bytes_per_second: Some(20_000),
        ..Line::default()
    };
    let (_upstream, proxy) = pair(Faults::line(rate)).await;
    let began = Instant::now();
    let body = "x".repeat(10_000);
    assert_eq!(
        text(soon(post(proxy.addr(), "/echo", &body)).await)
            .await
            .unwrap(),
        body
    );
    assert!(
        began.elapsed() >= Duration::from_millis(450),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_line_that_takes_nothing_stops_the_server_and_goes_on_later() {
    let (upstream, proxy) = pair(Faults::default()).await;
    let mut answer = soon(get(proxy.addr(), "/stream")).await.unwrap();
    upstream.say("before");
    assert_eq!(piece(&mut answer).await.unwrap().unwrap(), "before");
    let nothing_taken = Line {
        bytes_per_second: Some(0),
        ..Line::default()
    };
    proxy.set(Faults::line(nothing_taken));
    // One piece was waited for before; it still passes.
    upstream.say("first ");
    let mut came = piece(&mut answer).await.unwrap().unwrap();
    upstream.say("then");
    assert!(nothing(piece(&mut answer)).await);
    proxy.set(Faults::default());
    while came != "first then" {
        came += &piece(&mut answer).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_zombie_keeps_the_server_until_it_is_let_go() {
    let zombies = Line {
        holds_open: true,
        ..Line::default()
    };
    let (upstream, proxy) = pair(Faults::line(zombies)).await;
    let answer = soon(get(proxy.addr(), "/stream")).await.unwrap();
    let (socket, _) = upgrade(proxy.addr()).await;
    drop((answer, socket));
    soon(proxy.until(|seen| seen.held == 2)).await;
    // It even takes what the server says.
    upstream.say("into the void");
    assert!(nothing(upstream.open(1)).await);
    proxy.set(Faults::default());
    upstream.open(0).await;
    soon(proxy.until(|seen| seen.held == 0 && seen.open == 0)).await;
}

#[tokio::test]
async fn a_server_that_is_gone_looks_gone_and_another_one_is_found() {
    let (upstream, proxy) = pair(Faults::default()).await;
    drop(upstream);
    let (other, another) = pair(Faults::default()).await;
    drop(another);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    proxy.redirect(nobody);
    soon(get(proxy.addr(), "/echo")).await.unwrap_err();
    proxy.redirect(other.addr);
    assert_eq!(
        text(soon(post(proxy.addr(), "/echo", "back")).await)
            .await
            .unwrap(),
        "back"
    );
}

#[tokio::test]
async fn a_proxy_that_is_dropped_ends_everything() {
    let (upstream, proxy) = pair(Faults::default()).await;
    let (mut socket, _) = upgrade(proxy.addr()).await;
    drop(proxy);
    ended(&mut socket).await;
    upstream.open(0).await;
}
