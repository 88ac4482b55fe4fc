//! Updates that are sound and meant to hurt: nobody but who sends them notices.

use std::time::{Duration, Instant};

use protocol::{
    frame::{ClientFrame, ErrorCode, Hello, ServerFrame, fragment},
    id::ClientId,
    replica::stored::bane,
    sync,
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    person::Person,
    support::Running,
    wire::{Wire, hello, typed},
};

#[path = "../../../../protocol/tests/hostile/attack.rs"]
#[allow(dead_code, reason = "the tests of the validator use the rest")]
mod attack;

fn update(seq: u64, update: &[u8]) -> ClientFrame {
    ClientFrame::Data {
        seq,
        message: sync::Message::Update(update).encode().into(),
    }
}

async fn say(wire: &mut Wire, frame: &ClientFrame) {
    for piece in fragment::split(frame.encode()) {
        wire.send(Message::Binary(piece)).await;
    }
}

/// A session under the client id `client`, told everything.
async fn come(server: &Running, client: u64) -> Wire {
    let mut wire = Wire::rt(server.addr).await;
    let hello = Hello {
        client: ClientId::from_random(client),
        ..hello("d")
    };
    wire.say(&ClientFrame::Hello(hello)).await;
    wire.hear_until(|frame| matches!(frame, ServerFrame::Batch { .. }).then_some(()))
        .await;
    wire
}

/// The known attack: some 80 kB that cost half a minute whenever the document is opened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_blocks_at_one_spot_are_refused_and_nobody_waits_meanwhile() {
    const BLOCKS: usize = 10_000;
    let server = Running::start(|_| {}).await;
    let (ada, bo) = Person::two(server.addr, "d");
    let elsewhere = Person::come(server.addr, "elsewhere");
    ada.append("ours ");
    bo.finds("ours").await;
    elsewhere.synced().await;
    let mut eve = come(&server, attack::BASE).await;
    say(&mut eve, &update(1, &attack::chain(BLOCKS + 1))).await;
    eve.hear_until(|frame| matches!(frame, ServerFrame::Saved { seq: 1 }).then_some(()))
        .await;
    bo.finds("aaaa").await;
    let before = bo.text();

    say(&mut eve, &update(2, &attack::wide(2, BLOCKS))).await;
    let begun = Instant::now();
    let mut refused = std::pin::pin!(eve.refused());
    let (mut slowest, mut rounds) = (Duration::ZERO, 0);
    let (code, message) = loop {
        let typing = async {
            let begun = Instant::now();
            ada.append("x");
            elsewhere.append("y");
            ada.saved().await;
            elsewhere.saved().await;
            slowest = slowest.max(begun.elapsed());
            rounds += 1;
        };
        tokio::select! {
            biased;
            told = &mut refused => break told,
            () = typing => {}
        }
    };
    let took = begun.elapsed();
    println!(
        "refused after {took:?}; {rounds} edits in two rooms meanwhile, the slowest saved after {slowest:?}"
    );
    assert_eq!(code, ErrorCode::TooLarge);
    assert!(
        message.contains("your text is still in this page"),
        "{message}"
    );
    // On a fast machine it is looked at before anybody has typed anything.
    assert!(
        rounds > 0 || took < Duration::from_secs(1),
        "people went on typing while it was looked at"
    );
    ada.saved().await;
    bo.until("all of Ada's", |bo| bo.text() == ada.text()).await;
    assert_eq!(bo.text().replace('x', ""), before.replace('x', ""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_update_that_costs_what_it_should_is_taken_and_relayed_whole() {
    let server = Running::start(|_| {}).await;
    let bo = Person::come(server.addr, "d");
    bo.synced().await;
    let mut ada = come(&server, attack::BASE).await;
    // 5,000 blocks, each before the one before.
    say(&mut ada, &update(1, &attack::broken(5_000))).await;
    ada.hear_until(|frame| matches!(frame, ServerFrame::Saved { seq: 1 }).then_some(()))
        .await;
    bo.sees(&"a".repeat(5_000)).await;
    assert_eq!(server.state.metrics.updates_weighed.get(), 1);
}

/// yrs panics on an update that the validator let through: the room is made anew from the log, and the update is known for what
/// it is when its author brings it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_in_the_crdt_costs_nobody_an_edit_and_its_author_is_refused() {
    const BANE: &str = "\u{1}the bane of all documents\u{1}";
    bane::set(BANE);
    let server = Running::start(|_| {}).await;
    let (ada, bo) = Person::two(server.addr, "d");
    ada.append("before ");
    bo.finds("before").await;
    let eves = typed(&[BANE]).remove(0);
    let mut eve = come(&server, 1).await;
    say(&mut eve, &update(1, &eves)).await;
    assert_eq!(eve.refused().await.0, ErrorCode::Gone);
    ada.append("during ");
    bo.finds("during").await;
    ada.saved().await;
    // The author comes back with it, as often as it likes.
    for _ in 0..3 {
        let mut eve = come(&server, 1).await;
        say(&mut eve, &update(1, &eves)).await;
        assert_eq!(eve.refused().await.0, ErrorCode::Protocol);
    }
    ada.append("after");
    ada.saved().await;
    bo.sees("before during after").await;
    assert_eq!(
        bo.sessions().0,
        2,
        "one session more, for the room that broke"
    );
    let mut late = Wire::rt(server.addr).await;
    late.say(&ClientFrame::Hello(hello("d"))).await;
    let state = late
        .hear_until(|frame| match frame {
            ServerFrame::Batch { messages, .. } => Some(messages),
            _ => None,
        })
        .await;
    let shown = |bytes: &[u8]| {
        bytes
            .windows(BANE.len())
            .any(|part| part == BANE.as_bytes())
    };
    assert!(!state.iter().any(|message| shown(message)));
}

#[tokio::test]
async fn a_session_takes_over_the_client_id_of_the_one_before_it_by_that_ones_secret() {
    let server = Running::start(|_| {}).await;
    let mut before = Wire::rt(server.addr).await;
    let same = Hello {
        client: ClientId::from_random(attack::BASE),
        ..hello("d")
    };
    before.say(&ClientFrame::Hello(same.clone())).await;
    let welcome = before
        .hear_until(|frame| match frame {
            ServerFrame::Welcome(welcome) => Some(welcome),
            _ => None,
        })
        .await;
    let state = "{\"name\":\"Ada\"}".to_owned();
    before.say(&ClientFrame::Presence { state }).await;
    before.say(&ClientFrame::Ping { nonce: 1 }).await;
    before
        .hear_until(|frame| matches!(frame, ServerFrame::Pong { .. }).then_some(()))
        .await;

    let mut stranger = come(&server, attack::BASE).await;
    say(&mut stranger, &update(1, &attack::base(3))).await;
    stranger
        .hear_until(|frame| matches!(frame, ServerFrame::Resync).then_some(()))
        .await;

    let mut again = come(&server, attack::BASE).await;
    let (sid, key) = (welcome.sid, welcome.key);
    let wrong = ClientFrame::Claim { sid, key: [9; 32] };
    again.say(&wrong).await;
    again.say(&ClientFrame::Claim { sid, key }).await;
    say(&mut again, &update(1, &attack::base(3))).await;
    again
        .hear_until(|frame| matches!(frame, ServerFrame::Saved { seq: 1 }).then_some(()))
        .await;
    assert_eq!(
        before.refused().await.0,
        ErrorCode::Superseded,
        "the earlier session is over"
    );
}
