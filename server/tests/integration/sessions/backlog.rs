//! What a server does whose disk is far behind: it reads no more from its clients, and goes on when the disk has caught up.

use std::{sync::Arc, time::Duration};

use protocol::{frame::ClientFrame, sync};
use tokio::time::timeout;

use crate::{
    person::Person,
    scripted_log::ScriptedLog,
    support::Running,
    wire::{Wire, typed},
};

/// More than the server lets wait for the disk.
const TOO_MUCH: usize = 33 << 20;
/// Some of the pauses between two looks at the disk.
const SEVERAL_LOOKS: Duration = Duration::from_millis(300);

#[tokio::test]
async fn while_the_disk_is_far_behind_nothing_more_is_read() {
    let log = Arc::new(ScriptedLog::default());
    let server = Running::with_log(log.clone(), |_| {}).await;
    let bo = Person::come(server.addr, "d");
    bo.finds("").await;
    let (mut ada, _) = Wire::greeted(server.addr, "d").await;
    let edits = typed(&["d", "c", "b", "a"]);
    let mut say = (1_u64..)
        .zip(&edits)
        .map(|(seq, update)| ClientFrame::Data {
            seq,
            message: sync::Message::Update(update).encode().into(),
        });
    log.claim_backlog(TOO_MUCH);
    // The links were listening when the disk fell behind: each still takes what comes first.
    ada.say(&say.next().unwrap()).await;
    bo.sees("d").await;
    for frame in say {
        ada.say(&frame).await;
    }
    assert!(
        timeout(SEVERAL_LOOKS, bo.sees("abcd")).await.is_err(),
        "what is not read costs no memory here"
    );
    log.claim_backlog(0);
    bo.sees("abcd").await;
}
