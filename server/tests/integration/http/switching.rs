//! One session over all transports, one after the other, while people type: nothing is lost, and nothing comes twice.

use crate::{
    person::{Person, Way},
    support::Running,
};

const WAYS: [Way; 4] = [
    Way::EventStream,
    Way::LongPoll,
    Way::ShortPoll,
    Way::WebSocket,
];

#[tokio::test]
async fn two_people_see_each_others_edits_on_every_transport() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.live().await;
    let mut text = String::new();
    for way in WAYS {
        let bo = Person::come_by(server.addr, "d", way);
        bo.sees(&text).await;
        bo.append("안녕 👩‍👩‍👧 ");
        text.push_str("안녕 👩‍👩‍👧 ");
        ada.sees(&text).await;
        ada.append("ada ");
        text.push_str("ada ");
        bo.sees(&text).await;
        ada.saved().await;
        bo.saved().await;
        let here = format!("{{\"by\":\"{way:?}\"}}");
        bo.is_at(&here);
        ada.meets(&[&here]).await;
        assert_eq!(bo.sessions(), (1, 0), "{way:?}");
        let kind = match way {
            Way::WebSocket => "rt_websocket",
            Way::EventStream => "rt_event_stream",
            Way::LongPoll => "rt_long_poll",
            Way::ShortPoll => "rt_short_poll",
        };
        for counter in ["link_received", "link_sent"] {
            let name = format!("maru_{counter}_bytes_total{{kind=\"{kind}\"}} ");
            let metrics = server.state.metrics.encode();
            let counted = metrics.lines().find_map(|line| line.strip_prefix(&name));
            assert!(counted.is_some_and(|bytes| bytes != "0"), "{name}");
        }
        bo.leave();
        ada.meets(&[]).await;
    }
}

#[tokio::test]
async fn a_session_that_changes_its_transport_while_both_type_loses_and_doubles_nothing() {
    let server = Running::start(|_| {}).await;
    let (ada, bo) = Person::two(server.addr, "d");
    ada.live().await;
    bo.live().await;
    let mut words = Vec::new();
    for round in 0..24 {
        for (name, person) in [("a", &ada), ("b", &bo)] {
            let word = format!("<{name}{round}>");
            person.edit(0, 0, &word);
            words.push(word);
        }
        match round % 3 {
            // In the middle of everything; when the other's word is here; when one's own is saved.
            0 => {}
            1 => bo.finds(&format!("<a{round}>")).await,
            _ => bo.saved().await,
        }
        bo.takes(WAYS[round % WAYS.len()]);
    }
    ada.saved().await;
    bo.saved().await;
    for word in &words {
        ada.finds(word).await;
        bo.finds(word).await;
        assert_eq!(ada.text().matches(word.as_str()).count(), 1, "{word}");
    }
    bo.sees(&ada.text()).await;
    assert_eq!(
        server.state.metrics.updates_accepted.get(),
        words.len() as u64
    );
    let (opened, continued) = bo.sessions();
    assert!(
        opened == 1 && continued >= WAYS.len(),
        "{opened} {continued}"
    );
    assert_eq!(ada.sessions(), (1, 0));
    let metrics = server.state.metrics.encode();
    for kind in ["rt_websocket", "rt_event_stream"] {
        let name = format!("maru_sessions_resumed_total{{kind=\"{kind}\"}} ");
        assert!(metrics.contains(&name), "{metrics}");
    }
}

#[tokio::test]
async fn a_large_document_and_a_large_edit_pass_on_every_transport() {
    let server = Running::start(|_| {}).await;
    let ada = Person::come(server.addr, "d");
    for _ in 0..4 {
        ada.append(&"x".repeat(500_000));
        ada.saved().await;
    }
    for way in WAYS {
        let bo = Person::come_by(server.addr, "d", way);
        bo.sees(&ada.text()).await;
        bo.edit(0, 0, &"y".repeat(300_000));
        bo.saved().await;
        ada.sees(&bo.text()).await;
    }
}
