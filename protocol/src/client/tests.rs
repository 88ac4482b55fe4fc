//! Tests of the client: when it connects, doubts, gives up and waits, and what it sends again.
//!
//! Over 400 lines because each rule is a case of one table.

use super::*;
use crate::{
    frame::{Role, ServerFrame, Welcome},
    replica::Edit,
};

mod rights;

const EPOCH: u64 = 7;

struct Page {
    client: Client,
    replica: Replica,
}

impl Page {
    fn new() -> Self {
        let id = ClientId::from_random(1);
        let doc = DocId::parse("hall").unwrap();
        Self {
            client: Client::new(doc, id, Embedded::default(), 5),
            replica: Replica::new(id, || 0),
        }
    }

    /// A page with an open session since `now`, told everything.
    fn live(now: u64) -> Self {
        let mut page = Self::new();
        page.client.wake(now);
        page.opened(now);
        page.gets(now, welcome(Some(0)));
        assert_eq!(page.client.status().link, LinkStatus::Live);
        page
    }

    fn opened(&mut self, now: u64) -> Vec<ClientFrame> {
        sent(self.client.opened(now, &self.replica))
    }

    #[expect(clippy::needless_pass_by_value, reason = "frames are made in the call")]
    fn gets(&mut self, now: u64, frame: ServerFrame) -> Vec<Effect> {
        self.client.message(now, frame.encode(), &self.replica)
    }

    fn types(&mut self, now: u64, text: &str) -> Vec<ClientFrame> {
        sent(self.writes(now, text))
    }

    fn writes(&mut self, now: u64, text: &str) -> Vec<Effect> {
        let edit = Edit {
            from: 0,
            delete: 0,
            insert: text.into(),
        };
        self.replica.edit(&[edit]).unwrap();
        let update = self.replica.take_updates().remove(0);
        self.client.local(now, &update)
    }

    /// Loses the session, and the server asks for the state in the next one.
    fn in_a_new_session(&mut self, now: u64) {
        self.relinked(now);
        self.gets(now, error(ErrorCode::Gone));
        self.gets(now, welcome(None));
    }

    /// Loses the link and opens another.
    fn relinked(&mut self, now: u64) -> Vec<ClientFrame> {
        self.client.closed(now);
        self.client.wake(now);
        self.opened(now)
    }
}

fn welcome(after: Option<u64>) -> ServerFrame {
    ServerFrame::Welcome(Welcome {
        sid: [1; 16],
        key: [2; 32],
        epoch: EPOCH,
        generation: 1,
        after,
        role: Role::Write,
        heartbeat_ms: 20_000,
        max_update: 1 << 20,
        expires_in_ms: None,
    })
}

/// A state exchange's answer from a server that holds nothing.
fn state(upto: u64) -> ServerFrame {
    let messages = vec![Message::Step1(&[0]).encode().into()];
    ServerFrame::Batch { upto, messages }
}

fn error(code: ErrorCode) -> ServerFrame {
    let message = "because".into();
    ServerFrame::Error { code, message }
}

fn sent(effects: Vec<Effect>) -> Vec<ClientFrame> {
    effects
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Send(bytes) => Some(ClientFrame::decode(&bytes).unwrap()),
            _ => None,
        })
        .collect()
}

fn seqs(frames: &[ClientFrame]) -> Vec<u64> {
    let seq = |frame: &ClientFrame| match frame {
        ClientFrame::Data { seq, .. } => Some(*seq),
        _ => None,
    };
    frames.iter().filter_map(seq).collect()
}

fn kind(frame: &ClientFrame) -> &'static str {
    let ClientFrame::Data { message, .. } = frame else {
        return "other";
    };
    match Message::decode(message).unwrap() {
        Message::Step1(_) => "step 1",
        Message::Step2(_) => "step 2",
        Message::Update(_) => "update",
        _ => "no sync",
    }
}

fn kinds(frames: &[ClientFrame]) -> Vec<&'static str> {
    frames.iter().map(kind).collect()
}

#[test]
fn each_state_has_its_deadline_and_passing_it_gives_the_link_up() {
    let mut connecting = Page::new();
    connecting.client.wake(1_000);
    let mut opening = Page::new();
    opening.client.wake(1_000);
    opening.opened(1_000);
    let live = Page::live(1_000);
    for (name, mut page, after) in [
        ("connecting", connecting, CONNECT_MS),
        ("opening", opening, OPEN_MS),
        ("live and silent", live, SILENCE_MS),
    ] {
        assert_eq!(page.client.deadline(), Some(1_000 + after), "{name}");
        assert_eq!(page.client.tick(1_000 + after - 1), [], "{name}");
        let effects = page.client.tick(1_000 + after);
        assert_eq!(effects, [Effect::Close, Effect::Status], "{name}");
        let LinkStatus::Waiting { until } = page.client.status().link else {
            panic!("{name}");
        };
        assert_eq!(page.client.deadline(), Some(until), "{name}");
        assert!(page.client.tick(until).contains(&Effect::Connect), "{name}");
    }
}

#[test]
fn an_unsaved_edit_asks_whether_the_link_lives_and_an_answer_proves_it() {
    let mut page = Page::live(0);
    page.types(100, "a");
    let doubt = 100 + DOUBT_MS;
    assert_eq!(page.client.deadline(), Some(doubt + 1), "1 ms to upload it");
    let asked = sent(page.client.tick(doubt + 1));
    assert_eq!(asked, [ClientFrame::Ping { nonce: 1 }]);
    page.gets(doubt + 10, ServerFrame::Pong { nonce: 1 });
    let again = doubt + 10 + DOUBT_MS + 1;
    assert_eq!(
        page.client.deadline(),
        Some(again),
        "the answer counts as a byte"
    );
    page.client.tick(again);
    let due = page.client.deadline().unwrap();
    assert_eq!(due, again + PONG_MS + 1);
    page.gets(due - 1, ServerFrame::Pong { nonce: 1 });
    assert_eq!(
        page.client.tick(due)[0],
        Effect::Close,
        "an answer to an older question proves nothing"
    );
}

#[test]
fn a_large_edit_is_given_time_to_upload() {
    let mut page = Page::live(0);
    page.writes(0, &"x".repeat(400_000));
    let patience = page.client.deadline().unwrap();
    assert!(patience > DOUBT_MS + 400_000 / SLOWEST);
}

#[test]
fn waking_up_asks_the_link_and_connects_at_once_without_one() {
    let mut page = Page::live(0);
    assert_eq!(sent(page.client.wake(10)), [ClientFrame::Ping { nonce: 1 }]);
    assert_eq!(sent(page.client.wake(11)), [], "once is enough");
    assert_eq!(page.client.deadline(), Some(10 + WAKE_PONG_MS));
    page.client.closed(20);
    assert!(page.client.wake(21).contains(&Effect::Connect));
    assert_eq!(page.client.wake(22), [], "it is connecting");
}

#[test]
fn waiting_times_start_anew_only_after_a_healthy_link() {
    let waits = |lived: u64| {
        let mut page = Page::new();
        let (mut now, mut longest) = (0, 0);
        for _ in 0..40 {
            let LinkStatus::Waiting { until } = page.client.status().link else {
                panic!();
            };
            longest = longest.max(until - now);
            now = until;
            page.client.tick(now);
            page.opened(now);
            page.client.session = None;
            page.client.link = Link::Opening {
                since: now,
                resuming: false,
            };
            page.gets(now, welcome(Some(0)));
            now += lived;
            page.client.closed(now);
        }
        longest
    };
    assert!(waits(HEALTHY_MS - 1) > 10_000, "a flapping link is spared");
    assert!(waits(HEALTHY_MS) <= 1_000);
}

#[test]
fn an_error_leads_to_what_its_code_says() {
    // Code, whether the session goes on, whether it is tried again, whether a person is told.
    for (code, resumes, again, told) in [
        (ErrorCode::Incomplete, true, true, false),
        (ErrorCode::Rate, true, true, true),
        (ErrorCode::TooSlow, true, true, true),
        (ErrorCode::Unavailable, true, true, true),
        (ErrorCode::Superseded, false, true, true),
        (ErrorCode::Gone, false, true, false),
        (ErrorCode::Protocol, false, true, true),
        (ErrorCode::ReadOnly, false, true, true),
        (ErrorCode::NoToken, false, false, true),
        (ErrorCode::Expired, false, false, true),
        (ErrorCode::Revoked, false, false, true),
        (ErrorCode::OtherGeneration, false, false, true),
        (ErrorCode::TooLarge, false, false, true),
    ] {
        let mut page = Page::live(0);
        page.types(5, "a");
        let effects = page.gets(10, error(code));
        assert!(effects.contains(&Effect::Close), "{code:?}");
        let status = page.client.status();
        assert_eq!(status.trouble.is_some(), told, "{code:?}");
        assert_eq!(
            status.unsaved_since,
            Some(5),
            "{code:?}: nothing is forgotten"
        );
        assert_eq!(status.link != LinkStatus::Refused, again, "{code:?}");
        if again {
            page.client.wake(20);
            let first = page.opened(20).remove(0);
            assert_eq!(
                matches!(first, ClientFrame::Resume { .. }),
                resumes,
                "{code:?}"
            );
        }
    }
}

#[test]
fn a_broken_disk_is_shown_until_something_new_is_saved() {
    let mut page = Page::live(0);
    page.types(1, "a");
    page.types(2, "b");
    page.gets(3, ServerFrame::Saved { seq: 1 });
    page.gets(4, error(ErrorCode::NotSaving));
    assert_eq!(
        page.client.status().link,
        LinkStatus::Live,
        "editing goes on"
    );
    page.gets(5, ServerFrame::Saved { seq: 1 });
    assert!(
        page.client.status().trouble.is_some(),
        "told again, not news"
    );
    page.gets(6, ServerFrame::Saved { seq: 2 });
    assert_eq!(page.client.status().trouble, None);
}

#[test]
fn nonsense_three_times_ends_in_a_refusal_and_a_person_may_retry() {
    let mut page = Page::live(0);
    for round in 0..MAX_PROTOCOL_ERRORS {
        assert_ne!(page.client.status().link, LinkStatus::Refused, "{round}");
        page.client
            .message(0, Bytes::from_static(&[9]), &page.replica);
        page.client.wake(0);
        page.opened(0);
        page.gets(0, welcome(Some(0)));
    }
    assert_eq!(page.client.status().link, LinkStatus::Refused);
    assert_eq!(page.client.deadline(), None);
    assert!(page.client.retry(10).contains(&Effect::Connect));
    let [ClientFrame::Hello(hello)] = &page.opened(10)[..] else {
        panic!();
    };
    assert_eq!(hello.epoch, 0, "states are exchanged anew");
    assert_eq!(page.client.retry(11), [], "it is connecting already");
}

#[test]
fn a_new_link_resumes_with_a_greater_number_and_sends_what_is_not_applied() {
    let mut page = Page::live(0);
    page.types(1, "a");
    page.types(2, "b");
    let link = |frames: Vec<ClientFrame>| match frames[..] {
        [ClientFrame::Resume { link, after, .. }] => (link, after),
        _ => panic!("{frames:?}"),
    };
    assert_eq!(link(page.relinked(10)), (1, 0));
    page.types(11, "c");
    assert_eq!(link(page.relinked(20)), (2, 0), "also when nobody answered");
    let again = sent(page.gets(21, ServerFrame::Resumed { applied: 1 }));
    assert_eq!(seqs(&again), [2, 3]);
    assert_eq!(seqs(&page.types(22, "d")), [4]);
}

#[test]
fn a_session_that_is_gone_is_opened_anew_on_the_same_link() {
    let mut page = Page::live(0);
    page.types(1, "a");
    page.relinked(10);
    let hello = sent(page.gets(11, error(ErrorCode::Gone)));
    assert!(
        matches!(&hello[..], [ClientFrame::Hello(hello)] if hello.epoch == EPOCH),
        "{hello:?}"
    );
    let again = sent(page.gets(12, welcome(Some(0))));
    assert_eq!(seqs(&again), [1], "numbers start anew with the session");
}

#[test]
fn states_are_exchanged_before_edits_are_sent() {
    let mut page = Page::new();
    page.types(0, "a");
    page.client.wake(0);
    page.opened(0);
    assert_eq!(sent(page.gets(1, welcome(None))), []);
    assert_eq!(page.types(2, "b"), [], "it will be in the state");
    let answer = sent(page.gets(3, state(0)));
    assert_eq!(
        (kinds(&answer), seqs(&answer)),
        (vec!["step 2"], vec![1]),
        "one message for both"
    );
    assert_eq!(page.client.status().unsaved_since, Some(0));
    assert_eq!(kinds(&page.types(4, "c")), ["update"]);
    page.gets(5, ServerFrame::Saved { seq: 2 });
    assert_eq!(page.client.status().unsaved_since, None);
}

#[test]
fn a_state_that_was_lost_with_its_link_is_asked_for_on_the_next() {
    let mut page = Page::new();
    page.client.wake(0);
    page.opened(0);
    page.gets(1, welcome(None));
    page.relinked(2);
    let asked = sent(page.gets(3, ServerFrame::Resumed { applied: 0 }));
    assert_eq!(kinds(&asked), ["step 1"]);

    page.relinked(4);
    let hello = sent(page.gets(5, error(ErrorCode::Gone)));
    assert!(
        matches!(&hello[..], [ClientFrame::Hello(hello)] if hello.epoch == 0),
        "a page without the state claims no place in the epoch: {hello:?}"
    );
    page.gets(6, welcome(None));
    page.gets(7, state(4));
    page.relinked(8);
    assert_eq!(
        sent(page.gets(9, ServerFrame::Resumed { applied: 0 })),
        [],
        "it has come"
    );
}

#[test]
fn a_hole_is_asked_for_now_or_on_the_next_link() {
    let mut page = Page::live(0);
    let asked = sent(page.client.incomplete(1, &page.replica));
    assert_eq!(kinds(&asked), ["step 1"]);
    assert_eq!(
        page.client.incomplete(2, &page.replica),
        [],
        "the answer is under way"
    );
    assert_eq!(
        sent(page.gets(3, ServerFrame::Resync)),
        [],
        "and answers the server's question as well"
    );
    page.gets(4, state(3));
    page.client.closed(5);
    assert_eq!(page.client.incomplete(6, &page.replica), []);
    page.client.wake(7);
    page.opened(7);
    let asked = sent(page.gets(8, ServerFrame::Resumed { applied: 1 }));
    assert_eq!(kinds(&asked), ["step 1"]);
}

#[test]
fn deletions_of_others_that_a_server_has_lost_are_told_to_it() {
    let mut other = Page::new().replica;
    let mut page = Page::new();
    page.replica = Replica::new(ClientId::from_random(2), || 0);
    let edit = |from, delete, insert: &str| Edit {
        from,
        delete,
        insert: insert.into(),
    };
    other.edit(&[edit(0, 0, "abc")]).unwrap();
    let server = other.state_vector();
    let kept = Bytes::from(other.diff(&[0]).unwrap());
    other.edit(&[edit(1, 1, "")]).unwrap();
    let updates = other.take_updates();
    page.replica
        .apply(updates.iter().map(|update| &update[..]))
        .unwrap();
    page.client.wake(0);
    page.opened(0);
    page.gets(0, welcome(None));
    let messages = vec![
        Message::Step2(&kept).encode().into(),
        Message::Step1(&server).encode().into(),
    ];
    let answer = sent(page.gets(1, ServerFrame::Batch { upto: 0, messages }));
    assert_eq!(kinds(&answer), ["step 2"]);

    let whole = Bytes::from(other.diff(&[0]).unwrap());
    let messages = vec![
        Message::Step2(&whole).encode().into(),
        Message::Step1(&server).encode().into(),
    ];
    let mut page = page;
    page.gets(2, ServerFrame::Saved { seq: 1 });
    let answer = sent(page.gets(3, ServerFrame::Batch { upto: 0, messages }));
    assert_eq!(answer, [], "a server that has them is told nothing");
}

#[test]
fn what_a_page_holds_back_is_told_to_a_server_that_has_lost_it() {
    let mut other = Replica::new(ClientId::from_random(2), || 0);
    let insert = "abc".into();
    let edit = Edit {
        from: 0,
        delete: 0,
        insert,
    };
    other.edit(&[edit]).unwrap();
    let mut page = Page::live(0);
    page.client.hold(other.take_updates());
    page.in_a_new_session(1);
    let answer = sent(page.gets(2, state(0)));
    let [ClientFrame::Data { seq: 1, message }] = &answer[..] else {
        panic!("{answer:?}");
    };
    let Ok(Message::Step2(told)) = Message::decode(message) else {
        panic!("{message:?}");
    };
    let mut server = Replica::new(ClientId::from_random(3), || 0);
    assert_eq!(server.apply([told]), Ok(true));
    assert_eq!(server.text(), "abc");
    assert_eq!(page.client.status().unsaved_since, Some(2));
    page.gets(3, ServerFrame::Saved { seq: 1 });

    page.in_a_new_session(4);
    let has = Message::Step1(&server.state_vector()).encode().into();
    let messages = vec![has];
    let answer = sent(page.gets(5, ServerFrame::Batch { upto: 1, messages }));
    assert_eq!(answer, [], "a server that has it is told nothing");

    let held = page.client.take_held();
    assert_eq!(
        page.replica.apply(held.iter().map(|update| &update[..])),
        Ok(true)
    );
    assert_eq!(
        (page.replica.text().as_str(), page.client.holds()),
        ("abc", false)
    );
}

#[test]
fn what_is_held_may_build_on_what_the_server_has_just_told() {
    let mut other = Replica::new(ClientId::from_random(2), || 0);
    for insert in ["a", "b"] {
        let insert = insert.into();
        let edit = Edit {
            from: 0,
            delete: 0,
            insert,
        };
        other.edit(&[edit]).unwrap();
    }
    let [first, second] = &other.take_updates()[..] else {
        panic!();
    };
    let mut page = Page::live(0);
    page.client.hold(vec![second.clone()]);
    page.in_a_new_session(1);
    let mut server = Replica::new(ClientId::from_random(3), || 0);
    assert_eq!(server.apply([&first[..]]), Ok(true));
    let messages = vec![
        Message::Step2(first).encode().into(),
        Message::Step1(&server.state_vector()).encode().into(),
    ];
    let answer = sent(page.gets(2, ServerFrame::Batch { upto: 1, messages }));
    assert_eq!(kinds(&answer), ["step 2"]);
}

#[test]
fn a_hole_found_while_the_session_moves_is_asked_for_where_it_stayed() {
    let mut page = Page::live(0);
    assert!(page.client.begin_switch(1).is_some());
    assert_eq!(page.client.incomplete(2, &page.replica), []);
    let asked = sent(page.client.abandon_switch(3, &page.replica));
    assert_eq!(kinds(&asked), ["step 1"]);
}

#[test]
fn a_heartbeat_is_answered_and_a_goodbye_ends_everything() {
    let mut page = Page::live(0);
    let answer = sent(page.gets(20_000, ServerFrame::Pong { nonce: 0 }));
    assert_eq!(answer, [ClientFrame::Ping { nonce: 0 }]);
    assert_eq!(page.client.deadline(), Some(20_000 + SILENCE_MS));
    assert_eq!(sent(page.client.leave()), [ClientFrame::Bye]);
    assert_eq!(page.client.deadline(), None);
    assert_eq!(page.client.wake(30_000), []);
}

#[test]
fn a_server_that_goes_away_is_left_alone_for_so_long() {
    let mut page = Page::live(0);
    let retry_after_ms = 5_000;
    page.gets(10, ServerFrame::GoAway { retry_after_ms });
    let LinkStatus::Waiting { until } = page.client.status().link else {
        panic!();
    };
    assert!((5_010..=5_510).contains(&until), "{until}");
}

#[test]
fn presence_is_sent_on_every_new_link_and_never_too_long() {
    let mut page = Page::live(0);
    let state = ClientFrame::Presence { state: "{}".into() };
    assert_eq!(
        sent(page.client.presence("{}".into())),
        std::slice::from_ref(&state)
    );
    assert_eq!(page.client.presence("{}".into()), [], "unchanged");
    let long = format!("{{\"x\":\"{}\"}}", "x".repeat(MAX_PRESENCE));
    assert_eq!(page.client.presence(long), []);
    page.relinked(10);
    let effects = page.gets(11, ServerFrame::Resumed { applied: 0 });
    assert!(
        !effects.contains(&Effect::PresenceReset),
        "nobody disappears before it is known who is there"
    );
    assert_eq!(sent(effects), [state]);
    let nobody = || ServerFrame::Presence { changed: vec![] };
    let told = [Effect::PresenceReset, Effect::Presence(vec![])];
    assert_eq!(page.gets(12, nobody()), told, "the first is the whole");
    assert_eq!(page.gets(13, nobody()), told[1..]);
}

#[test]
fn a_link_that_nobody_waits_for_is_closed() {
    let mut page = Page::live(0);
    assert_eq!(page.client.opened(1, &page.replica), [Effect::Close]);
    page.client.closed(2);
    assert_eq!(page.client.closed(3), [], "told twice");
    assert_eq!(
        page.gets(4, ServerFrame::Saved { seq: 1 }),
        [],
        "what comes late is not heard"
    );
}
