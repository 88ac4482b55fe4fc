//! What happens to requests: refused, lost, late, doubled, reordered.

use faults::{Fault, Faults, Rule, Way};
use tokio::join;

use crate::{
    client::{ask, get, post, text},
    nothing, pair, soon,
};

#[tokio::test]
async fn without_faults_everything_passes_as_it_came() {
    let (upstream, proxy) = pair(Faults::default()).await;
    let answer = soon(post(proxy.addr(), "/echo?n=1", "body")).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["x-made-by"], "upstream");
    assert_eq!(answer.headers()["content-length"], "4");
    assert_eq!(text(Ok(answer)).await.unwrap(), "body");
    let (target, headers) = upstream.head();
    assert_eq!(target, "/echo?n=1");
    assert_eq!(headers["host"], "maru.test");
    assert_eq!(headers["x-mine"], "kept");
    let seen = proxy.seen();
    assert_eq!((seen.requests("/echo"), seen.answers("/echo", 200)), (1, 1));
    assert_eq!((seen.connections, seen.cut), (1, 0));
    // Nothing of it stays.
    soon(proxy.until(|seen| seen.open == 0)).await;
    upstream.open(0).await;
}

#[tokio::test]
async fn an_answer_of_its_own_never_reaches_the_server() {
    let rules = [Rule::to("/echo", Fault::later(429, 7)).times(2)];
    let (upstream, proxy) = pair(Faults::rules(rules)).await;
    for _ in 0..2 {
        let answer = soon(post(proxy.addr(), "/echo", "early")).await.unwrap();
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.headers()["retry-after"], "7");
    }
    assert_eq!(
        text(soon(post(proxy.addr(), "/echo", "later")).await)
            .await
            .unwrap(),
        "later"
    );
    assert_eq!(upstream.posted(), ["later"]);
    assert_eq!(proxy.seen().fired, [2]);
}

#[tokio::test]
async fn portals_answer_everything_with_a_page_or_a_way_to_one() {
    let (upstream, proxy) = pair(Faults::portal()).await;
    let page = soon(get(proxy.addr(), "/rt/1/poll?n=1")).await.unwrap();
    assert_eq!(
        (page.status().as_u16(), &page.headers()["content-type"]),
        (200, &"text/html".parse().unwrap())
    );
    assert!(text(Ok(page)).await.unwrap().starts_with("<!doctype html>"));
    proxy.set(Faults::redirecting_portal());
    let elsewhere = soon(post(proxy.addr(), "/rt/1/session", "x"))
        .await
        .unwrap();
    assert_eq!(elsewhere.status(), 302);
    assert!(elsewhere.headers().contains_key("location"));
    assert!(upstream.posted().is_empty());
}

#[tokio::test]
async fn a_swallowed_request_is_never_answered_and_others_are() {
    let (upstream, proxy) = pair(Faults::rules([Rule::to("/echo", Fault::Swallow)])).await;
    let lost = tokio::spawn(post(proxy.addr(), "/echo", "swallowed"));
    soon(proxy.until(|seen| seen.fired(0) == 1)).await;
    assert_eq!(
        text(soon(post(proxy.addr(), "/other", "passed")).await)
            .await
            .unwrap(),
        "passed"
    );
    assert!(!lost.is_finished());
    proxy.set(Faults::default());
    assert_eq!(
        text(soon(post(proxy.addr(), "/echo", "again")).await)
            .await
            .unwrap(),
        "again"
    );
    assert_eq!(upstream.posted(), ["passed", "again"]);
    assert!(!lost.is_finished());
    lost.abort();
}

#[tokio::test]
async fn a_lost_request_never_arrives_and_a_lost_answer_was_given() {
    let rules = [
        Rule::to("/lose", Fault::Lose),
        Rule::to("/answer", Fault::LoseResponse { larger_than: None }).times(1),
        Rule::to(
            "/large",
            Fault::LoseResponse {
                larger_than: Some(3),
            },
        ),
    ];
    let (upstream, proxy) = pair(Faults::rules(rules)).await;
    soon(post(proxy.addr(), "/lose", "never"))
        .await
        .unwrap_err();
    soon(post(proxy.addr(), "/answer", "once"))
        .await
        .unwrap_err();
    upstream.has(&["once"]).await;
    assert_eq!(
        text(soon(post(proxy.addr(), "/answer", "twice")).await)
            .await
            .unwrap(),
        "twice"
    );
    assert_eq!(
        text(soon(post(proxy.addr(), "/large", "123")).await)
            .await
            .unwrap(),
        "123"
    );
    soon(post(proxy.addr(), "/large", "1234"))
        .await
        .unwrap_err();
    upstream.has(&["once", "twice", "123", "1234"]).await;
    let seen = proxy.seen();
    assert_eq!((seen.fired.as_slice(), seen.cut), (&[1, 1, 1][..], 3));
}

#[tokio::test]
async fn a_late_request_arrives_also_when_its_client_has_left() {
    let rules = [Rule::to("/echo", Fault::Delay { ms: 300 }).times(1)];
    let (upstream, proxy) = pair(Faults::rules(rules)).await;
    assert!(nothing(post(proxy.addr(), "/echo", "late")).await);
    soon(post(proxy.addr(), "/echo", "prompt")).await.unwrap();
    upstream.has(&["prompt", "late"]).await;
}

#[tokio::test]
async fn a_doubled_request_arrives_twice_and_is_answered_once() {
    let (upstream, proxy) = pair(Faults::rules([Rule::to(
        "/echo",
        Fault::Twice { after_ms: 0 },
    )
    .times(1)]))
    .await;
    assert_eq!(
        text(soon(post(proxy.addr(), "/echo", "double")).await)
            .await
            .unwrap(),
        "double"
    );
    upstream.has(&["double", "double"]).await;
    soon(post(proxy.addr(), "/echo", "single")).await.unwrap();
    upstream.has(&["double", "double", "single"]).await;
    assert_eq!(proxy.seen().requests("/echo"), 2);
}

#[tokio::test]
async fn two_requests_change_places() {
    let rules = [Rule::to("/echo", Fault::Overtaken { at_most_ms: 30_000 }).times(1)];
    let (upstream, proxy) = pair(Faults::rules(rules)).await;
    let first = tokio::spawn(post(proxy.addr(), "/echo", "first"));
    soon(proxy.until(|seen| seen.fired(0) == 1)).await;
    soon(post(proxy.addr(), "/echo", "second")).await.unwrap();
    assert_eq!(text(soon(first).await.unwrap()).await.unwrap(), "first");
    assert_eq!(upstream.posted(), ["second", "first"]);
}

#[tokio::test]
async fn nobody_waits_for_ever_to_be_overtaken() {
    let (upstream, proxy) = pair(Faults::rules([Rule::to(
        "/echo",
        Fault::Overtaken { at_most_ms: 20 },
    )]))
    .await;
    assert_eq!(
        text(soon(post(proxy.addr(), "/echo", "alone")).await)
            .await
            .unwrap(),
        "alone"
    );
    assert_eq!(upstream.posted(), ["alone"]);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let (upstream, proxy) = pair(Faults::rules([Rule::to(
        "/echo",
        Fault::LargerThan { bytes: 4 },
    )]))
    .await;
    let (small, large) = join!(
        post(proxy.addr(), "/echo", "1234"),
        post(proxy.addr(), "/echo", "12345")
    );
    assert_eq!(
        (small.unwrap().status(), large.unwrap().status()),
        (200.try_into().unwrap(), 413.try_into().unwrap())
    );
    assert_eq!(upstream.posted(), ["1234"]);
}

#[tokio::test]
async fn a_damaged_body_arrives_whole_and_wrong() {
    let rules = [
        Rule::to(
            "/flip",
            Fault::Flip {
                way: Way::ToServer,
                every: 4,
            },
        ),
        Rule::to(
            "/cut",
            Fault::Truncate {
                way: Way::ToServer,
                after: 2,
            },
        ),
    ];
    let (upstream, proxy) = pair(Faults::rules(rules)).await;
    soon(post(proxy.addr(), "/flip", "aaaabbbb")).await.unwrap();
    soon(ask(proxy.addr(), "PUT", "/cut", "aaaa"))
        .await
        .unwrap();
    upstream.has(&["aaa`bbb`", "aa"]).await;
}
