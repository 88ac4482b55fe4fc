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
    assert_eq!(
        next,
        Next {
            list: true,
            adopt: None
        }
    );
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
fn what_was_not_done_is_said_and_keeps_what_is_known() {
    for (status, expected) in [
        (Some(401), Problem::NotAllowed),
        (Some(403), Problem::NotAllowed),
        (Some(409), Problem::TooMany),
        (Some(429), Problem::TooMany),
        (Some(503), Problem::Offline),
        (None, Problem::Offline),
        (Some(500), Problem::Failed),
        (Some(404), Problem::Failed),
    ] {
        let mut share = Share::default();
        answered(&mut share, &Ask::List, 200, LIST);
        share.asked(&make());
        let next = share.answered(&make(), status.map(|status| (status, "{}")), 8);
        assert_eq!(next, Next::default(), "{status:?}");
        assert_eq!(share.problem, Some(expected), "{status:?}");
        assert!(share.listed.is_some() && share.made.is_none());
        share.asked(&make());
        assert_eq!(share.problem, None, "the next try begins anew");
    }
}

#[test]
fn a_list_that_cannot_be_read_is_a_problem_and_no_list() {
    let mut share = Share::default();
    answered(&mut share, &Ask::List, 200, "<html>");
    assert_eq!((share.listed, share.problem), (None, Some(Problem::Failed)));
}

#[test]
fn a_link_that_somebody_else_revoked_is_no_problem() {
    let mut share = Share::default();
    let next = answered(&mut share, &Ask::Revoke("a".into()), 404, "{}");
    assert_eq!((next.list, share.problem), (true, None));
}
