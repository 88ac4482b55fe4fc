//! Tests of a client whose rights change, end and are renewed: what it sends, keeps and tells.

use super::*;
use crate::frame::Token;

fn token(text: &str) -> Token {
    Token::new(text).unwrap()
}

fn rights(role: Role, expires_in_ms: Option<u64>) -> ServerFrame {
    ServerFrame::Rights {
        role,
        expires_in_ms,
    }
}

fn reader() -> ServerFrame {
    let ServerFrame::Welcome(welcome) = welcome(Some(0)) else {
        unreachable!("it is one")
    };
    ServerFrame::Welcome(Welcome {
        role: Role::Read,
        ..welcome
    })
}

fn shown(frames: &[ClientFrame]) -> Vec<String> {
    let token = |frame: &ClientFrame| match frame {
        ClientFrame::Hello(hello) => Some(format!("HELLO {}", hello.token.as_str())),
        ClientFrame::Auth { token } => Some(format!("AUTH {}", token.as_str())),
        _ => None,
    };
    frames.iter().filter_map(token).collect()
}

#[test]
fn a_token_is_shown_in_hello_and_a_new_one_in_band() {
    let mut page = Page::new();
    page.client = page.client.with_token(token("one"));
    page.client.wake(0);
    assert_eq!(shown(&page.opened(0)), ["HELLO one"]);
    page.gets(1, welcome(Some(0)));
    assert_eq!(
        shown(&sent(page.client.token(2, token("two")))),
        ["AUTH two"]
    );
    // Until it is answered it is shown on every link; then no more.
    page.relinked(3);
    let again = sent(page.gets(4, ServerFrame::Resumed { applied: 0 }));
    assert_eq!(shown(&again), ["AUTH two"]);
    page.gets(5, rights(Role::Write, Some(60_000)));
    page.relinked(6);
    let later = sent(page.gets(7, ServerFrame::Resumed { applied: 0 }));
    assert_eq!(shown(&later), [""; 0]);
}

#[test]
fn a_refusal_for_want_of_rights_is_final_until_another_token_comes() {
    for code in [ErrorCode::NoToken, ErrorCode::Expired, ErrorCode::Revoked] {
        let mut page = Page::live(0);
        page.types(5, "a");
        page.gets(10, error(code));
        let status = page.client.status();
        assert_eq!(status.link, LinkStatus::Refused, "{code:?}");
        assert!(
            status.stranded && status.unsaved_since == Some(5),
            "{code:?}"
        );
        assert_eq!(page.client.deadline(), None, "{code:?}: nothing is tried");
        page.client.token(20, token("new"));
        assert_eq!(shown(&page.opened(20)), ["HELLO new"], "{code:?}");
        let frames = sent(page.gets(21, welcome(Some(0))));
        assert_eq!(seqs(&frames), [1], "{code:?}: what waited goes out");
        assert_eq!(page.client.status().trouble, None);
    }
}

#[test]
fn a_token_that_was_not_judged_yet_outlives_the_end_of_the_old_one() {
    let mut page = Page::live(0);
    page.client.token(5, token("new"));
    page.gets(6, error(ErrorCode::Expired));
    assert!(matches!(
        page.client.status().link,
        LinkStatus::Waiting { .. }
    ));
    page.client.wake(7);
    assert_eq!(shown(&page.opened(7)), ["HELLO new"]);
    // Now it is judged, and that is final.
    page.gets(8, error(ErrorCode::Expired));
    assert_eq!(page.client.status().link, LinkStatus::Refused);
}

#[test]
fn a_reader_sends_no_edit_and_keeps_what_it_wrote() {
    let mut page = Page::new();
    page.client.wake(0);
    page.opened(0);
    page.gets(0, reader());
    assert_eq!(page.client.status().role, Role::Read);
    assert_eq!(page.types(1, "a"), []);
    let status = page.client.status();
    assert!(status.stranded && status.unsaved_since == Some(1));
    // Nobody is asked why it is not saved.
    assert_eq!(page.client.deadline(), Some(SILENCE_MS));
    let frames = sent(page.gets(2, rights(Role::Write, None)));
    assert_eq!(seqs(&frames), [1], "it goes out when it may");
    assert!(!page.client.status().stranded);
}

#[test]
fn what_a_reader_wrote_is_not_told_in_an_exchange_of_states_nor_in_farewell() {
    let mut page = Page::live(0);
    page.gets(1, rights(Role::Read, None));
    page.types(2, "mine");
    // The server has lost count of it and asks: only questions are sent.
    let frames = sent(page.gets(3, ServerFrame::Resync));
    assert_eq!(seqs(&frames), [1]);
    let step1 = Bytes::from(Message::Step1(&[0]).encode());
    let batch = ServerFrame::Batch {
        upto: 1,
        messages: vec![step1],
    };
    assert_eq!(sent(page.gets(4, batch.clone())), []);
    let farewell = crate::frame::packet::unpack(&page.client.farewell(&page.replica)).unwrap();
    assert_eq!(farewell, [ClientFrame::Bye.encode()]);
    let status = page.client.status();
    assert!(status.stranded && status.unsaved_since == Some(2));
    // As a writer it brings all of it by another exchange.
    let asked = sent(page.gets(5, rights(Role::Write, None)));
    assert_eq!(seqs(&asked), [2]);
    let answered = sent(page.gets(6, batch));
    assert_eq!(seqs(&answered), [3]);
    page.gets(7, ServerFrame::Saved { seq: 3 });
    assert_eq!(page.client.status().unsaved_since, None);
}

#[test]
fn who_may_write_again_tells_what_the_server_lacked_meanwhile() {
    let mut other = Replica::new(ClientId::from_random(2), || 0);
    let edit = Edit {
        from: 0,
        delete: 0,
        insert: "of one who has left".into(),
    };
    other.edit(&[edit]).unwrap();
    let mut page = Page::live(0);
    page.replica
        .apply([&other.diff(&[0]).unwrap()[..]])
        .unwrap();
    page.gets(1, rights(Role::Read, None));
    page.gets(2, ServerFrame::Resync);
    assert_eq!(sent(page.gets(3, state(0))), [], "a reader tells nothing");
    let asked = sent(page.gets(4, rights(Role::Write, None)));
    assert_eq!(kinds(&asked), ["step 1"]);
    assert_eq!(kinds(&sent(page.gets(5, state(0)))), ["step 2"]);
    let again = sent(page.gets(6, rights(Role::Write, None)));
    assert_eq!(kinds(&again), [] as [&str; 0], "once");
}

#[test]
fn an_edit_that_crossed_with_a_downgrade_leads_to_a_session_that_reads() {
    let mut page = Page::live(0);
    page.types(5, "a");
    page.gets(6, error(ErrorCode::ReadOnly));
    assert_eq!(page.client.status().role, Role::Read, "at once");
    page.client.wake(7);
    assert!(matches!(page.opened(7)[0], ClientFrame::Hello(_)));
    assert!(seqs(&sent(page.gets(8, reader()))).is_empty());
    assert!(page.client.status().stranded);
    // A server that welcomes writers and refuses what they write is left after the third time.
    let mut page = Page::live(0);
    page.types(1, "a");
    for now in [10, 20, 30] {
        page.gets(now, error(ErrorCode::ReadOnly));
        page.client.wake(now + 1);
        page.opened(now + 2);
        page.gets(now + 3, welcome(Some(0)));
    }
    assert_eq!(page.client.status().link, LinkStatus::Refused);
}

#[test]
fn a_number_that_was_sent_as_a_writer_is_never_given_to_a_readers_question() {
    let mut page = Page::live(0);
    page.types(1, "a");
    page.gets(2, rights(Role::Read, None));
    page.relinked(3);
    // The server does not have it: this session cannot go on.
    let effects = page.gets(4, ServerFrame::Resumed { applied: 0 });
    assert!(effects.contains(&Effect::Close) && sent(effects).is_empty());
    page.client.wake(5);
    assert!(matches!(page.opened(5)[0], ClientFrame::Hello(_)));
}

#[test]
fn a_readers_question_that_was_lost_is_asked_again_with_its_number() {
    let mut page = Page::new();
    page.client.wake(0);
    page.opened(0);
    page.gets(0, reader());
    let asked = sent(page.gets(1, ServerFrame::Resync));
    page.types(2, "a");
    page.relinked(3);
    let again = sent(page.gets(4, ServerFrame::Resumed { applied: 0 }));
    assert_eq!(seqs(&again), [1, 2], "and a new one after it");
    assert_eq!(again[0], asked[0]);
}

#[test]
fn the_end_of_a_token_is_told_in_time_and_shown_on_the_clients_clock() {
    let mut page = Page::live(1_000);
    assert_eq!(page.client.status().expires_at, None);
    page.gets(2_000, rights(Role::Write, Some(90_000)));
    assert_eq!(page.client.status().expires_at, Some(92_000));
    let soon = page.gets(32_000, ServerFrame::AuthSoon { within_ms: 60_000 });
    assert_eq!(soon, [Effect::Renew { within_ms: 60_000 }]);
    assert_eq!(page.client.status().link, LinkStatus::Live);
}
