//! Tests of the order in which updates are tried: nobody tries what another brought meanwhile, a goodbye waits, and one session has few places.

use std::{future::Future, pin::Pin, sync::Arc};

use futures_util::FutureExt;
use protocol::{
    frame::{Hello, Token, VERSION},
    id::{ClientId, DocId},
    replica::{Edit, Replica},
    room::RoomLimits,
    sync::Message,
};
use tokio::sync::Notify;

use super::*;
use crate::{
    access::{Access, judge::Mode},
    log::memory::MemoryLog,
    metrics::Metrics,
    rooms::{Rooms, Visit},
};

const SECRET: [u8; 32] = [1; 32];

struct World {
    room: Visit,
    access: Arc<Access>,
    _rooms: Arc<Rooms>,
}

type Receiving<'a> = Pin<Box<dyn Future<Output = Result<Received, Ended>> + 'a>>;

fn doc() -> DocId {
    DocId::parse("d").unwrap()
}

/// 5,000 letters, each written before all others: more than is taken without a trial.
fn heavy(seq: u64) -> ClientFrame {
    let mut replica = Replica::new(ClientId::from_random(9), || 0);
    for _ in 0..5_000 {
        let edit = Edit {
            from: 0,
            delete: 0,
            insert: "x".into(),
        };
        replica.edit(&[edit]).unwrap();
    }
    let state = replica.diff(&[0]).unwrap();
    ClientFrame::Data {
        seq,
        message: Message::Step2(&state).encode().into(),
    }
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

    /// A session of the page `name`.
    async fn comes(&self, name: u8) -> u64 {
        let hello = Hello {
            version: VERSION,
            doc: doc(),
            client: ClientId::from_random(u64::from(name)),
            generation: 0,
            epoch: 0,
            after: 0,
            state_vector: vec![0].into(),
            token: Token::default(),
        };
        let admission = self.access.admit(&doc(), &hello.token).await.unwrap();
        let wake = Arc::new(Notify::new());
        self.room
            .open_session(&hello, [name; 16], SECRET, &admission, wake)
            .unwrap()
    }

    fn says(&self, author: u64, frame: ClientFrame) -> Receiving<'_> {
        Box::pin(self.room.receive(author, 0, frame))
    }

    fn tried(&self) -> u64 {
        self.room.metrics.updates_weighed.get()
    }
}

/// Lets it go as far as it can.
fn waits(receiving: &mut Receiving<'_>) {
    assert_eq!(receiving.now_or_never(), None, "it waits for its turn");
}

#[tokio::test]
async fn what_another_brought_meanwhile_is_not_tried_again() {
    let world = World::new().await;
    let (ada, bo) = (world.comes(1).await, world.comes(2).await);
    let turn = world.room.weighing.turn().await;
    let mut adas = world.says(ada, heavy(1));
    let mut bos = world.says(bo, heavy(1));
    waits(&mut adas);
    waits(&mut bos);
    drop(turn);
    assert!(matches!(adas.await, Ok(Received::Append { n: 1, .. })));
    assert_eq!(bos.await, Ok(Received::Nothing), "it is known now");
    assert_eq!(world.tried(), 1);
}

#[tokio::test]
async fn a_goodbye_does_not_overtake_what_is_being_tried() {
    let world = World::new().await;
    let ada = world.comes(1).await;
    let turn = world.room.weighing.turn().await;
    let mut text = world.says(ada, heavy(1));
    waits(&mut text);
    let bye = vec![ClientFrame::Bye];
    let mut goodbye: Receiving<'_> = Box::pin(world.room.last_words(&[1; 16], &SECRET, 0, bye));
    waits(&mut goodbye);
    drop(turn);
    assert!(matches!(text.await, Ok(Received::Append { n: 1, .. })));
    assert_eq!(goodbye.await, Ok(Received::Left));
    assert_eq!(world.room.read(|room| room.text().len()), 5_000);
}

#[tokio::test]
async fn a_session_waits_in_two_places_at_most() {
    let world = World::new().await;
    let ada = world.comes(1).await;
    let turn = world.room.weighing.turn().await;
    let mut first = world.says(ada, heavy(1));
    let mut second = world.says(ada, heavy(1));
    waits(&mut first);
    waits(&mut second);
    let third = world.says(ada, heavy(1)).await;
    assert_eq!(third.map_err(|ended| ended.code), Err(ErrorCode::Rate));
    drop(turn);
    assert!(matches!(first.await, Ok(Received::Append { n: 1, .. })));
    assert_eq!(second.await, Ok(Received::Nothing));
    assert!(world.room.weighing.lock().is_empty(), "nobody waits");
}
