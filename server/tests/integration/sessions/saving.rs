//! When a person is told that something is saved.

use std::sync::Arc;

use protocol::frame::ErrorCode;

use crate::{person::Person, scripted_log::ScriptedLog, support::Running};

#[tokio::test]
async fn others_see_an_edit_at_once_and_its_author_is_told_saved_after_the_disk_has_it() {
    let log = Arc::new(ScriptedLog::default());
    let server = Running::with_log(log.clone(), |_| {}).await;
    let (ada, bo) = (
        Person::come(server.addr, "d"),
        Person::come(server.addr, "d"),
    );
    ada.live().await;
    log.hold();
    ada.append("ada");
    bo.finds("ada").await;
    // What comes back to her now was sent after any SAVED that had come too early.
    bo.append("bo");
    ada.finds("bo").await;
    assert!(ada.status().unsaved_since.is_some());
    assert!(bo.status().unsaved_since.is_some());
    log.release();
    ada.saved().await;
    bo.saved().await;
}

#[tokio::test]
async fn a_failed_disk_stops_saved_and_not_the_editing() {
    let log = Arc::new(ScriptedLog::default());
    let server = Running::with_log(log.clone(), |_| {}).await;
    let (ada, bo) = (
        Person::come(server.addr, "d"),
        Person::come(server.addr, "d"),
    );
    ada.append("before ");
    ada.saved().await;
    log.fail("no space left");
    ada.append("after ");
    for person in [&ada, &bo] {
        let (code, message) = person.trouble().await;
        assert_eq!(code, ErrorCode::NotSaving);
        assert!(message.contains("no space left"), "{message}");
    }
    bo.finds("after").await;
    bo.append("and on");
    ada.finds("and on").await;
    assert!(ada.status().unsaved_since.is_some());
    let ready = server.get("/readyz", "").await;
    assert!(ready.status == 503 && ready.body.contains("no space left"));
    let late = Person::come(server.addr, "d");
    late.finds("before after and on").await;
    assert_eq!(late.trouble().await.0, ErrorCode::NotSaving);
}

#[tokio::test]
async fn what_was_under_way_when_the_server_stopped_is_saved_by_the_next_one_once() {
    let log = Arc::new(ScriptedLog::default());
    let server = Running::with_log(log.clone(), |_| {}).await;
    let ada = Person::come(server.addr, "d");
    ada.append("saved ");
    ada.saved().await;
    log.hold();
    ada.append("under way");
    let bo = Person::come(server.addr, "d");
    bo.finds("under way").await;
    // The drain waits for the disk: closing the log lets go of what it holds.
    let addr = server.addr;
    let stopping = tokio::spawn(server.stop());
    ada.until("told to go", |ada| {
        ada.status().link != protocol::client::LinkStatus::Live
    })
    .await;
    log.release();
    stopping.await.unwrap();
    let stat = server::log::Log::stat(&*log, &protocol::id::DocId::parse("d").unwrap());
    assert!(stat.await.unwrap().tail_rows >= 2);
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}
