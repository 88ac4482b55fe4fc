//! Rights that change while somebody is in, on each of the four transports.

use std::time::{Duration, Instant};

use protocol::{
    client::LinkStatus,
    frame::{ErrorCode, Role},
};
use serde_json::json;
use server::access::claims::Access;

use super::{WAYS, api, from_now, link};
use crate::{
    person::{Person, Way},
    support::Running,
};

/// What a change may take to be everywhere; the promise is a second, and this machine may be busy.
const SOON: Duration = Duration::from_secs(3);

/// Somebody with an edit link, who has written something, and who manages the links.
async fn editor(server: &Running, way: Way) -> (Person, String, String) {
    let (id, token) = link(server, "d", Access::Write, None);
    let person = Person::with_token(server.addr, "d", way, &token);
    person.append("kept ");
    person.saved().await;
    let (_, manager) = link(server, "d", Access::Write, None);
    (person, id, format!("Bearer {manager}"))
}

#[tokio::test]
async fn a_link_that_is_taken_back_ends_its_sessions_at_once_and_their_text_stays() {
    for way in WAYS {
        let server = Running::start(|_| {}).await;
        let (person, id, manager) = editor(&server, way).await;
        let began = Instant::now();
        let revoked = api(server.addr, &format!("DELETE d/links/{id}"), &manager, None).await;
        assert_eq!(revoked.0, 204);
        assert_eq!(person.refused().await, ErrorCode::Revoked, "{way:?}");
        println!(
            "figure: {way:?}: revoked after {:.2?} (bar 1 s)",
            began.elapsed()
        );
        assert!(began.elapsed() < SOON, "{way:?}");
        assert_eq!(person.text(), "kept ");
        // What is written now is kept here, and goes out with another link.
        person.append("later");
        assert!(person.status().stranded);
        let (_, again) = link(&server, "d", Access::Write, None);
        person.shows(&again);
        person.saved().await;
        Person::come(server.addr, "d").sees("kept later").await;
    }
}

#[tokio::test]
async fn a_downgrade_and_an_upgrade_reach_an_open_session_which_goes_on() {
    for way in WAYS {
        let server = Running::start(|_| {}).await;
        let (person, id, manager) = editor(&server, way).await;
        let witness = Person::come(server.addr, "d");
        witness.sees("kept ").await;
        let path = format!("PATCH d/links/{id}");
        let began = Instant::now();
        let changed = api(
            server.addr,
            &path,
            &manager,
            Some(json!({"access": "read"})),
        )
        .await;
        assert_eq!((changed.0, &changed.1["access"]), (200, &json!("read")));
        person.may(Role::Read).await;
        assert!(began.elapsed() < SOON, "{way:?}");
        person.append("mine ");
        assert!(person.status().stranded && person.status().unsaved_since.is_some());
        witness.append("theirs ");
        person.finds("theirs ").await;
        api(
            server.addr,
            &path,
            &manager,
            Some(json!({"access": "write"})),
        )
        .await;
        person.saved().await;
        witness.finds("mine ").await;
        assert_eq!(person.sessions(), (1, 0), "{way:?}: one session all along");
    }
}

#[tokio::test]
async fn an_edit_that_crosses_with_a_downgrade_is_refused_and_reading_goes_on() {
    for way in WAYS {
        let server = Running::start(|_| {}).await;
        let (person, id, manager) = editor(&server, way).await;
        person.go_offline();
        person.append("offline ");
        let path = format!("PATCH d/links/{id}");
        api(
            server.addr,
            &path,
            &manager,
            Some(json!({"access": "read"})),
        )
        .await;
        person.go_online();
        // For a moment it is under way: the refusal of it comes on its own.
        person
            .until("a reader with something left", |person| {
                let status = person.status();
                status.link == LinkStatus::Live && status.stranded
            })
            .await;
        assert_eq!(person.status().role, Role::Read, "{way:?}");
        let witness = Person::come(server.addr, "d");
        witness.append("still here ");
        person.finds("still here ").await;
        assert!(
            !witness.text().contains("offline"),
            "{way:?}: nothing of it was applied"
        );
        let (_, again) = link(&server, "d", Access::Write, None);
        person.shows(&again);
        person.saved().await;
        witness.finds("offline ").await;
    }
}

#[tokio::test]
async fn a_token_is_renewed_in_band_and_the_session_goes_on() {
    let mut people = Vec::new();
    for way in WAYS {
        let server = Running::start(|_| {}).await;
        let (_, token) = link(&server, "d", Access::Write, from_now(20_000));
        let person = Person::with_token(server.addr, "d", way, &token);
        person.append("one ");
        person.saved().await;
        assert_eq!(person.renewals(), 0, "{way:?}: not before half its time");
        people.push((way, server, person));
    }
    for (way, server, person) in people {
        person
            .until("asked for a new token", |person| person.renewals() == 1)
            .await;
        let before = person.status().expires_at.expect("it ends");
        let (_, longer) = link(&server, "d", Access::Write, from_now(600_000));
        person.shows(&longer);
        person
            .until("renewed", |person| {
                person
                    .status()
                    .expires_at
                    .is_some_and(|at| at > before + 60_000)
            })
            .await;
        person.append("two");
        person.saved().await;
        assert_eq!(person.sessions(), (1, 0), "{way:?}");
        assert_eq!(person.renewals(), 1, "{way:?}: asked once a grant");
    }
}

#[tokio::test]
async fn a_token_that_ends_ends_its_session_when_it_says() {
    for way in WAYS {
        let server = Running::start(|_| {}).await;
        let ends = from_now(2_500);
        let (_, token) = link(&server, "d", Access::Write, ends);
        let person = Person::with_token(server.addr, "d", way, &token);
        person.append("kept");
        person.saved().await;
        assert_eq!(person.refused().await, ErrorCode::Expired, "{way:?}");
        let late = server::rooms::now_ms().checked_sub(ends.unwrap());
        assert!(
            late.is_some_and(|late| late < 3_000),
            "{way:?}: not before, and not long after: {late:?}"
        );
        assert_eq!(person.text(), "kept");
        let (_, again) = link(&server, "d", Access::Read, None);
        person.shows(&again);
        person.may(Role::Read).await;
    }
}

#[tokio::test]
async fn rights_that_ended_while_nobody_was_connected_are_over_at_the_resume() {
    let server = Running::start(|_| {}).await;
    for way in WAYS {
        let (person, id, manager) = editor(&server, way).await;
        person.go_offline();
        api(server.addr, &format!("DELETE d/links/{id}"), &manager, None).await;
        person.append("unsaved");
        person.go_online();
        assert_eq!(person.refused().await, ErrorCode::Revoked, "{way:?}");
        assert!(person.status().stranded);
    }
}

#[tokio::test]
async fn closing_a_document_sends_away_who_knows_its_name_but_for_who_closed_it() {
    for way in WAYS {
        let server = Running::start(|_| {}).await;
        let (ada, bin) = (
            Person::come_by(server.addr, "d", way),
            Person::come_by(server.addr, "d", way),
        );
        ada.append("kept");
        ada.saved().await;
        bin.sees("kept").await;
        let closed = api(
            server.addr,
            "PUT d/closed",
            &ada.authorization(),
            Some(json!({"closed": true})),
        )
        .await;
        assert_eq!((closed.0, &closed.1["closed"]), (200, &json!(true)));
        assert_eq!(bin.refused().await, ErrorCode::NoToken, "{way:?}");
        assert_eq!(bin.text(), "kept");
        let key = closed.1["token"]
            .as_str()
            .expect("a key for who closes the door from inside");
        ada.shows(key);
        ada.append(" on");
        ada.saved().await;
        assert_eq!(ada.sessions(), (1, 0), "{way:?}");
        bin.shows(key);
        bin.sees("kept on").await;
        let cay = Person::come_by(server.addr, "d", way);
        assert_eq!(cay.refused().await, ErrorCode::NoToken);
        let open = api(
            server.addr,
            "PUT d/closed",
            &ada.authorization(),
            Some(json!({"closed": false})),
        )
        .await;
        assert_eq!(open.1, json!({"closed": false, "token": null}));
        cay.retry();
        cay.sees("kept on").await;
    }
}

#[tokio::test]
async fn another_token_may_take_rights_away_and_a_bad_one_ends_the_session() {
    let server = Running::start(|_| {}).await;
    for way in WAYS {
        let (person, _, _) = editor(&server, way).await;
        let (_, view) = link(&server, "d", Access::Read, None);
        person.shows(&view);
        person.may(Role::Read).await;
        person.shows("no.such.token");
        assert_eq!(person.refused().await, ErrorCode::NoToken, "{way:?}");
        assert_eq!(person.status().link, LinkStatus::Refused);
    }
}
