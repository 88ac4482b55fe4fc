//! Documents over the life of servers: restarts, snapshots, damage, and a disk that cannot be read.

use std::sync::Arc;

use protocol::{
    client::LinkStatus,
    frame::{ClientFrame, ErrorCode, Role},
    id::DocId,
    sync::Message,
};
use server::{
    config::Store,
    log::{
        Log,
        sqlite::{Options, SqliteLog},
    },
};
use tempfile::TempDir;

use crate::{
    person::Person,
    scripted_log::ScriptedLog,
    support::Running,
    wire::{Wire, typed},
};

async fn on_disk(folder: &TempDir) -> Running {
    Running::start(|config| {
        config.store = Store::Sqlite;
        config.data_dir = folder.path().to_path_buf();
    })
    .await
}

#[tokio::test]
async fn a_text_survives_a_restart_in_the_same_generation() {
    let folder = tempfile::tempdir().unwrap();
    let server = on_disk(&folder).await;
    let ada = Person::come(server.addr, "d");
    ada.append("안녕 🙂");
    ada.saved().await;
    let generation = ada.generation();
    drop(ada);
    server.stop().await;
    let server = on_disk(&folder).await;
    let bo = Person::come(server.addr, "d");
    bo.sees("안녕 🙂").await;
    assert_eq!(bo.generation(), generation);
}

#[tokio::test]
async fn a_long_tail_is_folded_into_a_snapshot_and_the_text_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let doc = DocId::parse("d").unwrap();
    let server = on_disk(&folder).await;
    let ada = Person::come(server.addr, "d");
    for number in 0..6_000 {
        ada.append(&format!("{number} "));
    }
    ada.saved().await;
    let text = ada.text();
    // The server looks for long tails every two seconds; each round of this loop waits for its disk.
    let log = server.state.rooms.log();
    while server.state.metrics.compactions.get() == 0 {
        ada.append("+");
        ada.edit(ada.look(protocol::replica::Replica::len) - 1, 1, "");
        ada.saved().await;
    }
    let stat = log.stat(&doc).await.unwrap();
    assert!(stat.snapshot_bytes > 0);
    ada.append("end");
    ada.saved().await;
    drop(ada);
    server.stop().await;
    let server = on_disk(&folder).await;
    let bo = Person::come(server.addr, "d");
    bo.sees(&format!("{text}end")).await;
}

#[tokio::test]
async fn a_page_from_before_a_restart_brings_what_the_disk_lacks() {
    let log = Arc::new(ScriptedLog::default());
    let server = Running::with_log(log.clone(), |_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.append("saved ");
    ada.saved().await;
    ada.go_offline();
    ada.append("unsaved");
    let folder = tempfile::tempdir().unwrap();
    // The next server knows nothing: its disk was lost.
    let other = on_disk(&folder).await;
    let bo = Person::come(other.addr, "d");
    bo.live().await;
    assert_eq!(bo.text(), "");
    assert_eq!(ada.text(), "saved unsaved", "the page lost nothing");
    ada.go_online();
    ada.saved().await;
}

#[tokio::test]
async fn a_damaged_document_opens_read_only_with_what_is_left_and_says_so() {
    let log = Arc::new(ScriptedLog::default());
    let first = Running::with_log(log.clone(), |_| {}).await;
    let ada = Person::come(first.addr, "d");
    ada.append("whole ");
    ada.saved().await;
    ada.append("lost");
    ada.saved().await;
    drop(ada);
    log.damage();
    let server = Running::with_log(log.clone(), |_| {}).await;
    let bo = Person::come(server.addr, "d");
    bo.sees("whole ").await;
    assert_eq!(bo.status().role, Role::Read);
    let rows = log.stat(&DocId::parse("d").unwrap()).await.unwrap();
    bo.append("more");
    let status = bo.status();
    assert!(
        status.stranded && status.link == LinkStatus::Live,
        "{status:?}"
    );
    // One that writes all the same is told why not.
    let (mut wire, welcome) = Wire::greeted(server.addr, "d").await;
    assert_eq!(welcome.role, Role::Read);
    let edit = Message::Update(&typed(&["more"])[0]).encode();
    let data = ClientFrame::Data {
        seq: 1,
        message: edit.into(),
    };
    wire.say(&data).await;
    let (code, message) = wire.refused().await;
    assert_eq!(code, ErrorCode::ReadOnly);
    assert!(message.contains("read-only"), "{message}");
    assert_eq!(
        log.stat(&DocId::parse("d").unwrap()).await.unwrap(),
        rows,
        "nothing was written over it"
    );
    let page = server.get("/d/d", "").await;
    assert!(page.status == 200 && page.body.contains("whole"));
}

#[tokio::test]
async fn a_store_that_cannot_be_read_refuses_the_document_and_writes_nothing() {
    let log = Arc::new(ScriptedLog::default());
    let first = Running::with_log(log.clone(), |_| {}).await;
    let ada = Person::come(first.addr, "d");
    ada.append("safe");
    ada.saved().await;
    drop(ada);
    let doc = DocId::parse("d").unwrap();
    let rows = log.stat(&doc).await.unwrap();
    log.set_unreadable(true);
    let server = Running::with_log(log.clone(), |_| {}).await;
    let bo = Person::come(server.addr, "d");
    bo.append("bo ");
    let (code, message) = bo.trouble().await;
    assert_eq!(code, ErrorCode::Unavailable);
    assert!(message.contains("nothing was written over it"), "{message}");
    let page = server.get("/d/d", "").await;
    assert_eq!((page.status, page.header("retry-after")), (503, "5"));
    assert_eq!(log.stat(&doc).await.unwrap(), rows);
    log.set_unreadable(false);
    // The page tries again by itself, and what was written meanwhile is kept.
    bo.saved().await;
    bo.finds("safe").await;
    bo.finds("bo ").await;
}

#[tokio::test]
async fn the_drain_leaves_everything_that_was_accepted_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let server = on_disk(&folder).await;
    let (ada, bo) = Person::two(server.addr, "d");
    bo.live().await;
    for word in 0..200 {
        ada.append(&format!("{word} "));
    }
    // The other one has it, so the server has accepted it; nobody waited for the disk.
    bo.finds("199 ").await;
    let text = bo.text();
    server.stop().await;
    drop((ada, bo));
    let log = SqliteLog::open(folder.path(), &Options::default()).unwrap();
    let loaded = log.load(&DocId::parse("d").unwrap()).await.unwrap();
    let limits = protocol::room::RoomLimits::default();
    let stored = loaded.snapshot.iter().chain(&loaded.tail);
    let room = protocol::room::Room::open(1, loaded.generation, true, stored, limits).unwrap();
    assert_eq!(room.text(), text);
}
