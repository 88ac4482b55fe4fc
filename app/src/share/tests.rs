//! The rules of the share dialog's state.
use super::*;

const LIST: &str = r#"{"closed":false,"can_close":true,"links":[
    {"id":"a","access":"read","label":"team","created_ms":1,"expires_ms":null},
    {"id":"b","access":"write","label":"","created_ms":2,"expires_ms":9}]}"#;

fn make() -> Ask {
    Ask::Make {
        access: Access::Read,
        lifetime: Lifetime::Day,
        label: " 친구들 \"a\" ".to_owned(),
    }
}

fn answered(share: &mut Share, ask: &Ask, status: u16, body: &str) -> Next {
    share.asked(ask);
    assert!(share.waiting);
    let next = share.answered(ask, Some((status, body)), 7);
    assert!(!share.waiting);
    next
}

#[test]
fn requests_are_what_the_server_specifies() {
    let sent = |ask: Ask| {
        let Request { method, path, body } = ask.request("notes");
        format!("{method} {path} {}", body.unwrap_or_default())
    };
    let links = "/api/v1/docs/notes/links";
    for (ask, expected) in [
        (Ask::List, format!("GET {links} ")),
        (
            make(),
            format!(r#"POST {links} {{"access":"read","expires_s":86400,"label":"친구들 \"a\""}}"#),
        ),
        (
            Ask::Allow("a".into(), Access::Write),
            format!(r#"PATCH {links}/a {{"access":"write"}}"#),
        ),
        (
            Ask::Last("a".into(), Lifetime::Ever),
            format!(r#"PATCH {links}/a {{"expires_s":null}}"#),
        ),
        (Ask::Revoke("a".into()), format!("DELETE {links}/a ")),
        (
            Ask::Key,
            format!(r#"POST {links} {{"access":"write","expires_s":null,"label":""}}"#),
        ),
        (
            Ask::Close(true),
            r#"PUT /api/v1/docs/notes/closed {"closed":true}"#.to_owned(),
        ),
    ] {
        assert_eq!(sent(ask), expected);
    }
}

#[test]
fn a_label_is_cut_at_its_limit() {
    let long = Ask::Make {
        access: Access::Write,
        lifetime: Lifetime::Ever,
        label: "가".repeat(LABEL_CHARS + 1),
    };
    let body = long.request("d").body.unwrap();
    assert_eq!(body.matches('가').count(), LABEL_CHARS);
}

#[test]
fn the_list_is_what_the_server_said_last() {
    let mut share = Share::default();
    let next = answered(&mut share, &Ask::List, 200, LIST);
    assert_eq!(next, Next::default());
    assert_eq!(share.listed_ms, 7);
    let listed = share.listed.unwrap();
    assert_eq!(listed.links.len(), 2);
    assert_eq!(
        (listed.links[0].access, listed.links[0].expires_ms),
        (Access::Read, None)
    );
    assert_eq!(listed.links[1].expires_ms, Some(9));
}

#[test]
fn a_new_link_is_shown_until_the_dialog_is_closed_and_is_not_ones_own() {
    let mut share = Share::default();
    let next = answered(&mut share, &make(), 201, r#"{"id":"c","token":"x.y.z"}"#);
    assert_eq!(next, Next::list());
    let made = share.made.clone().unwrap();
    assert_eq!(
        (made.token.as_str(), made.access, made.own),
        ("x.y.z", Access::Read, false)
    );
    answered(&mut share, &Ask::List, 200, LIST);
    assert!(share.made.is_some(), "a list does not take it away");
    share.forget();
    assert_eq!(share.made, None);
}

#[test]
fn whoever_closes_a_document_goes_on_by_an_edit_link_of_their_own() {
    let mut share = Share::default();
    let next = answered(
        &mut share,
        &Ask::Close(true),
        200,
        r#"{"closed":true,"token":"x.y.z"}"#,
    );
    assert_eq!(next.adopt.as_deref(), Some("x.y.z"));
    assert!(share.made.is_some_and(|made| made.own));
    let mut share = Share::default();
    let next = answered(&mut share, &Ask::Close(false), 200, r#"{"closed":false}"#);
    assert_eq!((next.list, next.adopt, share.made), (true, None, None));
}

#[test]
fn whoever_is_in_by_the_name_alone_holds_a_key_before_the_door_is_closed() {
    assert_eq!(Ask::to_close(true, false), Ask::Key);
    assert_eq!(Ask::to_close(true, true), Ask::Close(true));
    assert_eq!(Ask::to_close(false, false), Ask::Close(false));
    let mut share = Share::default();
    let next = answered(&mut share, &Ask::Key, 201, r#"{"id":"c","token":"x.y.z"}"#);
    assert_eq!(next.adopt.as_deref(), Some("x.y.z"));
    assert_eq!(next.close.as_deref(), Some("x.y.z"));
    // The key is shown on, whatever becomes of closing.
    for answer in [None, Some((200, r#"{"closed":true,"token":null}"#))] {
        share.asked(&Ask::Close(true));
        let next = share.answered(&Ask::Close(true), answer, 8);
        assert_eq!((next.list, next.adopt), (true, None));
        assert!(share.made.as_ref().is_some_and(|made| made.own));
    }
    let mut share = Share::default();
    share.asked(&Ask::Key);
    let lost = share.answered(&Ask::Key, None, 8);
    assert_eq!((lost.adopt, lost.close), (None, None), "it stays open");
}

#[test]
fn what_was_not_done_is_said_and_keeps_what_is_known() {
    for (status, expected, list) in [
        (Some(401), Problem::Offline, true),
        (Some(403), Problem::NotAllowed, false),
        (Some(409), Problem::TooMany, false),
        (Some(429), Problem::TooMany, false),
        (Some(503), Problem::Offline, true),
        (Some(500), Problem::Failed, false),
        (Some(404), Problem::Failed, false),
    ] {
        let mut share = Share::default();
        answered(&mut share, &Ask::List, 200, LIST);
        share.asked(&make());
        let next = share.answered(&make(), status.map(|status| (status, "{}")), 8);
        assert_eq!((next.list, next.adopt), (list, None), "{status:?}");
        assert_eq!(share.problem(), Some(expected), "{status:?}");
        assert!(share.listed.is_some() && share.made.is_none());
        share.asked(&make());
        assert_eq!(share.problem(), None, "the next try begins anew");
    }
}

#[test]
fn an_answer_that_is_lost_is_not_told_as_nothing_done_and_the_list_is_looked_at() {
    let wishes = [
        make(),
        Ask::Key,
        Ask::Allow("a".into(), Access::Read),
        Ask::Last("a".into(), Lifetime::Day),
        Ask::Revoke("a".into()),
        Ask::Close(true),
        Ask::Close(false),
    ];
    for ask in wishes {
        for answer in [None, Some((502, "")), Some((504, "<html>"))] {
            let mut share = Share::default();
            share.asked(&ask);
            let next = share.answered(&ask, answer, 8);
            assert_eq!(share.problem(), Some(Problem::Unanswered), "{ask:?}");
            assert!(next.list, "{ask:?}");
            answered(&mut share, &Ask::List, 200, LIST);
            assert_eq!(
                share.problem(),
                Some(Problem::Unanswered),
                "still to be read"
            );
        }
        let mut share = Share::default();
        share.asked(&ask);
        share.unsent(&ask, 8);
        assert_eq!(share.problem(), Some(Problem::Offline), "it was never sent");
    }
}

#[test]
fn a_list_that_could_not_be_had_is_asked_for_again_once_there_is_a_link() {
    for answer in [None, Some((401, "{}")), Some((502, "")), Some((503, ""))] {
        let mut share = Share::default();
        share.asked(&Ask::List);
        assert!(!share.wants_list(90_000), "it is being asked for");
        assert_eq!(share.answered(&Ask::List, answer, 8_000), Next::default());
        assert_eq!(share.problem(), Some(Problem::Offline), "{answer:?}");
        assert!(!share.wants_list(8_001), "not in a hot loop");
        assert!(share.wants_list(8_000 + AGAIN_MS));
        answered(&mut share, &Ask::List, 200, LIST);
        assert_eq!((share.problem(), share.wants_list(90_000)), (None, false));
    }
    let mut share = Share::default();
    answered(&mut share, &Ask::List, 403, "{}");
    assert!(!share.wants_list(90_000), "that is an answer");
}

#[test]
fn a_new_link_stays_to_be_copied_whatever_is_done_beside_it() {
    let mut share = Share::default();
    for ask in [
        Ask::List,
        Ask::Allow("a".into(), Access::Read),
        Ask::Last("a".into(), Lifetime::Day),
        Ask::Revoke("a".into()),
    ] {
        answered(&mut share, &make(), 201, r#"{"id":"c","token":"x.y.z"}"#);
        for status in [200, 404, 500] {
            answered(&mut share, &ask, status, r#"{"id":"a"}"#);
            assert!(share.made.is_some(), "{ask:?} {status}");
        }
    }
    share.asked(&make());
    assert_eq!(share.made, None);
}

#[test]
fn a_list_that_cannot_be_read_is_a_problem_and_no_list() {
    let mut share = Share::default();
    answered(&mut share, &Ask::List, 200, "<html>");
    let problem = share.problem();
    assert_eq!((share.listed, problem), (None, Some(Problem::Failed)));
}

#[test]
fn a_link_that_somebody_else_revoked_is_no_problem() {
    let mut share = Share::default();
    let next = answered(&mut share, &Ask::Revoke("a".into()), 404, "{}");
    assert_eq!((next.list, share.problem()), (true, None));
}
