//! What one reader, or too many of them, can take from the server.

use std::time::Duration;

use protocol::{
    frame::{ClientFrame, ErrorCode},
    replica::Replica,
};
use server::rates::Rate;

use crate::{
    person::Person,
    support::Running,
    wire::{Wire, hello},
};

#[tokio::test]
async fn a_reader_that_never_reads_is_let_go_and_costs_the_others_nothing() {
    let server = Running::start(|config| {
        config.deadlines.write = Duration::from_millis(300);
        // Where it fell out of the tail before the kernel was full, nothing is written to it any more.
        config.deadlines.heartbeat = Duration::from_secs(1);
        config.deadlines.silence = Duration::from_secs(4);
        config.rates.bytes = Rate::per_second(1 << 30, 1 << 30);
    })
    .await;
    let (slow, _) = Wire::greeted(server.addr, "d").await;
    let (ada, bo) = Person::two(server.addr, "d");
    ada.live().await;
    bo.live().await;
    let links = |number: u32| {
        let line = format!("maru_links_open{{kind=\"rt_websocket\"}} {number}\n");
        server.state.metrics.encode().contains(&line)
    };
    assert!(links(3));
    // Each piece replaces the one before, so that what is written is much more than what the document holds.
    let (mut written, piece): (u64, _) = (0, "x".repeat(300_000));
    while links(3) {
        ada.edit(0, ada.look(Replica::len), &piece);
        written += 300_000;
        ada.saved().await;
    }
    ada.append("end");
    bo.sees(&ada.text()).await;
    let bytes = slow.drained().await;
    assert!(
        bytes < written,
        "what it never read was not kept for it: {bytes} of {written}"
    );
    assert_eq!((ada.sessions(), bo.sessions()), ((1, 0), (1, 0)));
}

#[tokio::test]
async fn a_full_room_says_so_and_lets_in_when_somebody_has_left() {
    let server = Running::start(|config| config.max_connections_per_room = 2).await;
    let (ada, bo) = Person::two(server.addr, "d");
    ada.append("text");
    ada.saved().await;
    bo.live().await;
    let mut third = Wire::rt(server.addr).await;
    third.say(&ClientFrame::Hello(hello("d"))).await;
    assert_eq!(third.refused().await.0, ErrorCode::Rate);
    let page = server.get("/d/d", "").await;
    assert!(page.status == 200 && page.body.contains("text"));
    // A link that is cut is followed by another before the server has noticed.
    ada.cut();
    ada.append(" more");
    ada.saved().await;
    assert_eq!(ada.sessions(), (1, 1));
    let waiting = Person::come(server.addr, "d");
    assert_eq!(waiting.trouble().await.0, ErrorCode::Rate);
    bo.leave();
    waiting.sees("text more").await;
}

#[tokio::test]
async fn a_large_document_opens_for_a_slow_reader() {
    let server = Running::start(|config| {
        config.deadlines.write = Duration::from_millis(1_500);
    })
    .await;
    let ada = Person::come(server.addr, "d");
    for _ in 0..40 {
        ada.append(&"x".repeat(500_000));
        ada.saved().await;
    }
    // All of it takes much longer than one message may.
    let mut slow = Wire::rt(server.addr).await;
    slow.say(&ClientFrame::Hello(hello("d"))).await;
    let bytes = slow.read_slowly(20_000_000, Duration::from_secs(4)).await;
    assert!(bytes >= 20_000_000, "{bytes}");
}
