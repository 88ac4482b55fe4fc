//! When a person is told that something is saved.

use std::sync::Arc;

use protocol::{client::LinkStatus, frame::ErrorCode};

use crate::{person::Person, scripted_log::ScriptedLog, support::Running};

#[tokio::test]
async fn others_see_an_edit_at_once_and_its_author_is_told_saved_after_the_disk_has_it() {
    let log = Arc::new(ScriptedLog::default());
    let server = Running::with_log(log.clone(), |_| {}).await;
    let (ada, bo) = Person::two(server.addr, "d");
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
    let (ada, bo) = Person::two(server.addr, "d");
    ada.append("before ");
    ada.saved().await;
    log.fail("no space left");
    ada.append("after ");
    for person in [&ada, &bo] {
        let (code, message) = person.trouble().await;
        assert_eq!(code, ErrorCode::NotSaving);
        assert!(message.contains("cannot write to its disk"), "{message}");
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
async fn the_drain_waits_for_the_disk_to_have_what_was_accepted() {
    let log = Arc::new(ScriptedLog::default());
    let server = Running::with_log(log.clone(), |_| {}).await;
    let (ada, bo) = Person::two(server.addr, "d");
    ada.append("saved ");
    ada.saved().await;
    bo.live().await;
    log.hold();
    ada.append("under way");
    bo.finds("under way").await;
    let before = log.durable();
    let stopping = tokio::spawn(server.stop());
    bo.until("told to go", |bo| bo.status().link != LinkStatus::Live)
        .await;
    assert!(!stopping.is_finished());
    assert_eq!(log.durable(), before);
    log.release();
    stopping.await.unwrap();
    assert_eq!(log.durable(), before + 1);
}
