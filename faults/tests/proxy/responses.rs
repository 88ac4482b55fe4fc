//! What happens to responses: held back, given up, cut, damaged.

use faults::{Buffering, Fault, Faults, Rule, Way};

use crate::{
    client::{get, piece, post, text},
    nothing, pair, soon,
};

fn buffer(buffering: Buffering) -> Faults {
    Faults::rules([Rule::to("/stream", Fault::Buffer(buffering))])
}

#[tokio::test]
async fn a_stream_passes_as_it_is_said() {
    let (upstream, proxy) = pair(Faults::default()).await;
    let mut answer = soon(get(proxy.addr(), "/stream")).await.unwrap();
    for said in ["one", "two"] {
        upstream.say(said);
        assert_eq!(piece(&mut answer).await.unwrap().unwrap(), said);
    }
    upstream.end();
    assert!(piece(&mut answer).await.is_none());
}

#[tokio::test]
async fn a_client_that_leaves_a_stream_leaves_the_server() {
    let (upstream, proxy) = pair(Faults::default()).await;
    let answer = soon(get(proxy.addr(), "/stream")).await.unwrap();
    upstream.open(1).await;
    drop(answer);
    upstream.open(0).await;
    soon(proxy.until(|seen| seen.open == 0)).await;
}

#[tokio::test]
async fn a_response_held_whole_comes_with_its_head_at_its_end() {
    let (upstream, proxy) = pair(buffer(Buffering::Whole)).await;
    let asked = tokio::spawn(get(proxy.addr(), "/stream"));
    upstream.streams().await;
    upstream.say("one");
    upstream.say("two");
    assert!(nothing(proxy.until(|seen| seen.answers("/stream", 200) == 1)).await);
    upstream.end();
    assert_eq!(text(soon(asked).await.unwrap()).await.unwrap(), "onetwo");
}

#[tokio::test]
async fn a_response_held_until_it_is_long_enough_passes_from_then_on() {
    let (upstream, proxy) = pair(buffer(Buffering::Until(4096))).await;
    let asked = tokio::spawn(get(proxy.addr(), "/stream"));
    upstream.streams().await;
    upstream.say(&"a".repeat(4095));
    assert!(nothing(proxy.until(|seen| seen.answers("/stream", 200) == 1)).await);
    upstream.say("b");
    let mut answer = soon(asked).await.unwrap().unwrap();
    let mut came = String::new();
    while came.len() < 4096 {
        came += &piece(&mut answer).await.unwrap().unwrap();
    }
    upstream.say("soon");
    assert_eq!(piece(&mut answer).await.unwrap().unwrap(), "soon");
}

#[tokio::test]
async fn after_the_first_piece_the_rest_may_wait_for_the_end() {
    let (upstream, proxy) = pair(buffer(Buffering::AfterFirst)).await;
    let mut answer = soon(get(proxy.addr(), "/stream")).await.unwrap();
    upstream.say("first");
    assert_eq!(piece(&mut answer).await.unwrap().unwrap(), "first");
    upstream.say("held");
    assert!(nothing(piece(&mut answer)).await);
    upstream.say(" back");
    upstream.end();
    assert_eq!(text(Ok(answer)).await.unwrap(), "held back");
}

#[tokio::test]
async fn a_response_has_a_lifetime_however_busy_it_is() {
    let (upstream, proxy) = pair(Faults::rules([Rule::to(
        "/stream",
        Fault::Lifetime { ms: 200 },
    )]))
    .await;
    let mut answer = soon(get(proxy.addr(), "/stream")).await.unwrap();
    loop {
        upstream.say("busy");
        // An end that looks like one would be `None`.
        if piece(&mut answer).await.unwrap().is_err() {
            break;
        }
    }
    assert_eq!((proxy.seen().cut, proxy.seen().fired(0)), (1, 1));
    upstream.open(0).await;
}

#[tokio::test]
async fn a_response_that_ends_in_its_lifetime_is_whole() {
    let (_upstream, proxy) = pair(Faults::rules([Rule::to(
        "/",
        Fault::Lifetime { ms: 60_000 },
    )]))
    .await;
    assert_eq!(
        text(soon(post(proxy.addr(), "/echo", "short")).await)
            .await
            .unwrap(),
        "short"
    );
    assert_eq!((proxy.seen().cut, proxy.seen().fired(0)), (0, 0));
}

#[tokio::test]
async fn a_proxy_gives_up_on_a_server_that_holds_its_answer() {
    let rules = [Rule::to(
        "/stream",
        Fault::GiveUp {
            after_ms: 50,
            status: 504,
        },
    )];
    let (upstream, proxy) = pair(Faults::rules(rules)).await;
    // The head of a stream comes at once, so this is in time; what is held is another endpoint's answer.
    soon(get(proxy.addr(), "/stream")).await.unwrap();
    assert_eq!(proxy.seen().fired(0), 0);
    proxy.set(Faults::rules([
        Rule::to("/echo", Fault::Delay { ms: 5_000 }),
        Rule::to(
            "/echo",
            Fault::GiveUp {
                after_ms: 50,
                status: 504,
            },
        ),
    ]));
    let answer = soon(get(proxy.addr(), "/echo")).await.unwrap();
    assert_eq!(answer.status(), 504);
    assert_eq!(upstream.posted(), [] as [String; 0]);
}

#[tokio::test]
async fn a_damaged_response_is_whole_and_wrong() {
    let rules = [
        Rule::to(
            "/flip",
            Fault::Flip {
                way: Way::ToClient,
                every: 2,
            },
        ),
        Rule::to(
            "/cut",
            Fault::Truncate {
                way: Way::ToClient,
                after: 3,
            },
        ),
    ];
    let (_upstream, proxy) = pair(Faults::rules(rules)).await;
    assert_eq!(
        text(soon(post(proxy.addr(), "/flip", "aaaa")).await)
            .await
            .unwrap(),
        "a`ac"
    );
    assert_eq!(
        text(soon(post(proxy.addr(), "/cut", "aaaa")).await)
            .await
            .unwrap(),
        "aaa"
    );
}
