//! What the inspector says about real frames.
use super::*;
use protocol::frame::{ErrorCode, Hello, VERSION};
use protocol::id::DocId;
use protocol::replica::{Edit as Change, Replica};

/// A page that holds a text and knows everybody by one name.
struct Page(Replica);

impl Knows for Page {
    fn place(&self, client: ClientId, clock: u32) -> Option<u32> {
        self.0.place(client, clock)
    }

    fn name(&self, client: ClientId) -> Option<String> {
        (client.get() == 2).then(|| "하늘".to_owned())
    }
}

fn replica(id: u64) -> Replica {
    Replica::new(ClientId::from_random(id), || 0)
}

fn edited(replica: &mut Replica, from: u32, delete: u32, insert: &str) -> Bytes {
    let edit = Change {
        from,
        delete,
        insert: insert.to_owned(),
    };
    replica.edit(&[edit]).unwrap();
    let update = replica.take_updates().pop().unwrap();
    Message::Update(&update).encode().into()
}

fn data(seq: u64, message: Bytes) -> Bytes {
    ClientFrame::Data { seq, message }.encode()
}

fn edit(inserted: u64, deleted: u64, at: Option<u32>, by: &[&str]) -> What {
    What::Edit(Edit {
        inserted,
        deleted,
        at,
        by: by.iter().map(|name| (*name).to_owned()).collect(),
    })
}

#[test]
fn an_own_edit_says_how_much_and_where() {
    let mut own = replica(1);
    let first = edited(&mut own, 0, 0, "hello");
    let second = edited(&mut own, 2, 0, "가나다");
    let third = edited(&mut own, 1, 2, "");
    let page = Page(own);
    let read = |seq, message: &Bytes| Read::new(Direction::Out, &data(seq, message.clone()), &page);
    assert_eq!(
        read(1, &first),
        Read::of(Kind::Data, Some(1), edit(5, 0, Some(0), &[]))
    );
    assert_eq!(
        read(2, &second).what,
        edit(3, 0, Some(1), &[]),
        "where it is now, after the deletion before it"
    );
    assert_eq!(read(3, &third).what, edit(0, 2, None, &[]));
}

#[test]
fn a_batch_sums_up_edits_and_names_their_authors() {
    let (mut own, mut other) = (replica(1), replica(2));
    let messages = vec![
        edited(&mut other, 0, 0, "하늘 writes"),
        edited(&mut other, 0, 2, "HA"),
    ];
    let batch = ServerFrame::Batch {
        upto: 41,
        messages: messages.clone(),
    }
    .encode();
    for message in &messages {
        let Ok(Message::Update(update)) = Message::decode(message) else {
            panic!("an update");
        };
        own.apply([update]).unwrap();
    }
    let read = Read::new(Direction::In, &batch, &Page(own));
    assert_eq!(read.seq, Some(41));
    let What::Edit(edit) = read.what else {
        panic!("an edit");
    };
    assert_eq!((edit.inserted, edit.deleted), (11, 2));
    assert_eq!(edit.by, ["하늘"]);
    assert!(edit.at.is_some());
}

#[test]
fn what_is_not_in_the_text_yet_has_no_place() {
    let mut other = replica(2);
    let message = edited(&mut other, 0, 0, "soon");
    let batch = ServerFrame::Batch {
        upto: 1,
        messages: vec![message],
    }
    .encode();
    let read = Read::new(Direction::In, &batch, &Page(replica(1)));
    assert_eq!(read.what, edit(4, 0, None, &["하늘"]));
}

#[test]
fn frames_without_text_say_what_they_tell() {
    let page = Page(replica(1));
    let hello = Hello {
        version: VERSION,
        doc: DocId::parse("a").unwrap(),
        client: ClientId::from_random(1),
        generation: 1,
        epoch: 7,
        after: 9,
        state_vector: Bytes::from_static(&[0]),
        token: protocol::frame::Token::default(),
    };
    let out = |frame: ClientFrame| Read::new(Direction::Out, &frame.encode(), &page);
    let into = |frame: ServerFrame| Read::new(Direction::In, &frame.encode(), &page);
    assert_eq!(
        out(ClientFrame::Hello(hello)),
        Read::of(Kind::Hello, None, What::From(9))
    );
    assert_eq!(out(ClientFrame::Ping { nonce: 3 }).seq, Some(3));
    assert_eq!(
        into(ServerFrame::Saved { seq: 12 }),
        Read::of(Kind::Saved, Some(12), What::Upto(12))
    );
    let here = "{\"user\":{\"name\":\"하늘\"}}".to_owned();
    let changed = vec![
        (ClientId::from_random(2), Some(here)),
        (ClientId::from_random(3), None),
    ];
    assert_eq!(
        into(ServerFrame::Presence { changed }).what,
        What::People(vec!["하늘".to_owned()], 1)
    );
    let refusal = ServerFrame::Error {
        code: ErrorCode::Gone,
        message: "over".to_owned(),
    };
    assert_eq!(
        into(refusal),
        Read::of(Kind::Error, Some(4410), What::Says("over".to_owned()))
    );
    let asks = Message::Step1(&[0]).encode().into();
    assert_eq!(
        out(ClientFrame::Data {
            seq: 1,
            message: asks
        })
        .what,
        What::Asks
    );
}

#[test]
fn pieces_and_nonsense_are_said_to_be_what_they_are() {
    let page = Page(replica(1));
    for (bytes, kind) in [
        (&[126, 1, 2][..], Kind::Piece),
        (&[127][..], Kind::Piece),
        (&[][..], Kind::Unknown),
        (&[255, 3][..], Kind::Unknown),
    ] {
        for direction in [Direction::In, Direction::Out] {
            let read = Read::new(direction, &Bytes::copy_from_slice(bytes), &page);
            assert_eq!((read.kind, read.what), (kind, What::Nothing));
        }
    }
}
