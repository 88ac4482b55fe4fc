//! Tests of rights in a room: in which order verdicts count, when a new token is asked for, and who is woken for nothing.

use std::{sync::Arc, time::Duration};

use futures_util::FutureExt;
use protocol::{
    frame::{ClientFrame, Hello, Role, ServerFrame, VERSION},
    id::{ClientId, DocId},
    room::RoomLimits,
};
use tokio::sync::Notify;

use super::*;
use crate::{
    access::{Access, claims::Access as Allows, judge::Mode, links::Link},
    log::memory::MemoryLog,
    metrics::Metrics,
    room::{OpenRoom, TAKE_BYTES},
    rooms::{Rooms, Visit},
};

/// A document and who may open it.
struct World {
    access: Arc<Access>,
    room: Visit,
    _rooms: Arc<Rooms>,
}

/// Somebody who is in.
struct Person {
    author: u64,
    pass: Pass,
    wake: Arc<Notify>,
}

fn doc() -> DocId {
    DocId::parse("d").unwrap()
}

impl World {
    async fn new() -> Self {
        let access = Arc::new(Access::in_memory(Mode::Open, None).unwrap());
        let rooms = Rooms::new(
            Arc::new(MemoryLog::new()),
            Arc::clone(&access),
            Arc::new(Metrics::new()),
            RoomLimits::default(),
            Duration::from_secs(60),
            9,
        );
        Self {
            room: rooms.enter(&doc()).await.unwrap(),
            access,
            _rooms: rooms,
        }
    }

    fn link(&self, expires_ms: Option<u64>) -> (Link, String) {
        let issued = self
            .access
            .issue(&doc(), Allows::Write, String::new(), expires_ms);
        issued.unwrap()
    }

    async fn admission(&self, token: &str) -> Admission {
        let token = Token::new(token).unwrap();
        self.access.admit(&doc(), &token).await.unwrap()
    }

    async fn comes(&self, token: &str) -> Person {
        let hello = Hello {
            version: VERSION,
            doc: doc(),
            client: ClientId::from_random(1),
            generation: 0,
            epoch: 0,
            after: 0,
            state_vector: vec![0].into(),
            token: Token::default(),
        };
        let (admission, wake) = (self.admission(token).await, Arc::new(Notify::new()));
        let author = self
            .room
            .open_session(&hello, [1; 16], [1; 32], &admission, Arc::clone(&wake))
            .unwrap();
        Person {
            author,
            pass: admission.pass,
            wake,
        }
    }

    /// What is written to a session, until there is nothing more.
    fn told(&self, person: &Person) -> Vec<ServerFrame> {
        let taken = self.room.take(person.author, 0, TAKE_BYTES).unwrap();
        let messages = taken.messages.iter();
        messages
            .map(|message| ServerFrame::decode(message).unwrap())
            .collect()
    }

    /// Shows a token in the session, and waits for the answer.
    async fn shows(&self, person: &Person, token: &str) -> Vec<ServerFrame> {
        let token = Token::new(token).unwrap();
        let auth = ClientFrame::Auth { token };
        self.room.receive(person.author, 0, auth).await.unwrap();
        loop {
            person.wake.notified().await;
            let told = self.told(person);
            if told
                .iter()
                .any(|frame| matches!(frame, ServerFrame::Rights { .. }))
            {
                return told;
            }
        }
    }

    fn role(&self, author: u64) -> Role {
        let mut core = self.room.lock();
        core.standing(author).unwrap().grant.role
    }
}

fn is_asked(told: &[ServerFrame]) -> bool {
    told.iter()
        .any(|frame| matches!(frame, ServerFrame::AuthSoon { .. }))
}

#[tokio::test]
async fn a_late_verdict_does_not_undo_a_newer_one() {
    let world = World::new().await;
    let (link, token) = world.link(None);
    let ada = world.comes(&token).await;
    let version = world.access.version();
    let before = world.access.judge_again(vec![ada.pass.clone()]).await;
    let before = before.unwrap().pop().unwrap();
    let downgraded =
        world
            .access
            .links()
            .change(&doc(), &link.id, Some(Allows::Read), None, now_ms());
    assert!(downgraded.unwrap().is_some());
    world.access.moved();
    world.room.judge_again().await.unwrap();
    assert_eq!(world.role(ada.author), Role::Read);
    world.room.apply(ada.author, &ada.pass, version, before);
    assert_eq!(world.role(ada.author), Role::Read);
    // Nor is somebody sent away for what was so before.
    let late = Err(Denied::Revoked);
    world.room.apply(ada.author, &ada.pass, version, late);
    assert!(world.room.take(ada.author, 0, TAKE_BYTES).is_ok());
    let now = Err(Denied::Revoked);
    let version = world.access.version();
    world.room.apply(ada.author, &ada.pass, version, now);
    let over = world.room.take(ada.author, 0, TAKE_BYTES).unwrap_err();
    assert_eq!(over.code, ErrorCode::Revoked);
}

#[tokio::test]
async fn the_end_of_a_plain_yjs_connection_is_not_taken_back_before_it_is_told() {
    let world = World::new().await;
    let (link, token) = world.link(None);
    let admission = world.admission(&token).await;
    let mut session = world.room.open_yjs(&admission, Arc::new(Notify::new()));
    let links = world.access.links();
    assert!(links.revoke(None, &link.id, now_ms()).unwrap());
    world.room.judge_again().await.unwrap();
    let (author, version) = (session.author(), world.access.version());
    let mut grant = admission.grant;
    grant.role = Role::Read;
    world
        .room
        .apply(author, &admission.pass, version, Ok(grant));
    let over = world.room.take_yjs(&mut session, &mut 0, false);
    assert_eq!(over.unwrap_err().code, ErrorCode::Revoked);
}

#[tokio::test]
async fn a_verdict_that_changes_nothing_wakes_nobody() {
    let world = World::new().await;
    let (_, token) = world.link(Some(now_ms() + 3_600_000));
    let ada = world.comes(&token).await;
    while !world.told(&ada).is_empty() {}
    ada.wake.notified().now_or_never();
    world.access.moved();
    world.room.judge_again().await.unwrap();
    assert!(ada.wake.notified().now_or_never().is_none());
    assert_eq!(world.told(&ada), []);
}

#[test]
fn a_new_token_is_asked_for_a_minute_before_the_end_or_at_half_of_a_short_time() {
    let soon = |left: u64| {
        let grant = Grant {
            role: Role::Write,
            jti: None,
            expires_at: Some(1_000_000_u64 + left),
            name: None,
            may_share: true,
        };
        soon_at(&grant, 1_000_000).unwrap() - 1_000_000
    };
    for (left, after) in [
        (3_600_000, 3_540_000),
        (120_000, 60_000),
        (100_000, 50_000),
        (60_000, 30_000),
        (30_000, 15_000),
        (1, 0),
        (0, 0),
    ] {
        assert_eq!(soon(left), after, "{left}");
    }
}

#[tokio::test]
async fn a_short_token_is_asked_for_once_and_its_successor_not_at_once() {
    let world = World::new().await;
    let began = now_ms();
    let ends = began + 50_000;
    let (_, token) = world.link(Some(ends));
    let ada = world.comes(&token).await;
    world.room.rights_due(began + 20_000);
    assert!(!is_asked(&world.told(&ada)), "not before half of its time");
    world.room.rights_due(began + 26_000);
    assert!(is_asked(&world.told(&ada)));
    world.room.rights_due(began + 30_000);
    assert!(!is_asked(&world.told(&ada)), "once");
    // The next one ends when this one does.
    let (_, next) = world.link(Some(ends));
    assert!(!is_asked(&world.shows(&ada, &next).await));
    world.room.rights_due(began + 20_000);
    assert!(!is_asked(&world.told(&ada)), "not at once");
    world.room.rights_due(began + 49_000);
    assert!(is_asked(&world.told(&ada)), "once more for this one");
    world.room.rights_due(ends);
    let over = world.room.take(ada.author, 0, TAKE_BYTES).unwrap_err();
    assert_eq!(over.code, ErrorCode::Expired);
}

#[tokio::test]
async fn a_token_that_was_handed_over_is_kept_until_the_session_shows_another() {
    let world = World::new().await;
    let ada = world.comes("").await;
    let room: &OpenRoom = &world.room;
    assert_eq!(room.handed(ada.author), None);
    let (_, key) = world.link(None);
    room.hand_over(ada.author, world.admission(&key).await, key.clone());
    assert_eq!(room.handed(ada.author), Some(key.clone()));
    world.access.moved();
    room.judge_again().await.unwrap();
    assert_eq!(room.handed(ada.author), Some(key.clone()));
    world.shows(&ada, &key).await;
    assert_eq!(room.handed(ada.author), None, "it has it");
}
