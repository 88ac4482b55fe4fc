//! Rows 14 and 15: a token that expires, and rights that are lost, in the middle of a session; on every transport.

use std::time::{Duration, Instant};

use faults::Faults;
use protocol::{
    client::LinkStatus,
    frame::{ErrorCode, Role},
    ladder::Rung,
};
use server::access::claims::Access;

use crate::{
    page::{Page, wall_ms},
    scene::{DOC, Scene, Writer, figure},
};

/// What the design allows a change until it is everywhere.
const BAR: Duration = Duration::from_secs(1);
/// What a busy machine can keep as well.
const AT_MOST: Duration = Duration::from_secs(5);

fn refused(page: &Page, code: ErrorCode) -> bool {
    let status = page.status();
    status.link == LinkStatus::Refused && status.trouble.is_some_and(|(told, _)| told == code)
}

/// Somebody who comes by a link, held to one transport.
async fn guest(scene: &Scene, rung: Rung, token: &str) -> Page {
    let page = Page::by_link(scene.proxy.addr(), DOC, token, rung);
    page.on(rung).await;
    page
}

async fn expires(rung: Rung) {
    let scene = Scene::new(Faults::default()).await;
    let link = |seconds: u64| {
        scene
            .maru
            .link(DOC, Access::Write, Some(wall_ms() + seconds * 1_000))
            .1
    };
    let (page, witness) = (guest(&scene, rung, &link(20)).await, scene.witness());
    {
        let (mut ada, mut bin) = (Writer::new(&page, "ada"), Writer::new(&witness, "bin"));
        // It has less than a minute, so it is asked at once; what it types goes on while it is renewed.
        page.until("asked for a new token", |page| page.renewals() == 1)
            .await;
        let first = page.status().expires_at.expect("it ends");
        witness.finds(&ada.write()).await;
        page.shows(&link(24));
        page.until("renewed", |page| {
            page.status()
                .expires_at
                .is_some_and(|at| at > first + 1_000)
        })
        .await;
        let typing = ada.type_for(Duration::from_secs(1), Duration::from_millis(20));
        tokio::join!(
            typing,
            bin.type_for(Duration::from_secs(1), Duration::from_millis(30))
        );
        assert_eq!(
            (page.ledger().asked(), page.lives().len()),
            (1, 1),
            "one session all along"
        );
        // The next one is over before it is renewed.
        let short = wall_ms() + 1_500;
        page.shows(&scene.maru.link(DOC, Access::Write, Some(short)).1);
        page.until("expired", |page| refused(page, ErrorCode::Expired))
            .await;
        let late = wall_ms().checked_sub(short).expect("not before its time");
        figure(
            &format!("row 14 on {rung}: expired"),
            Duration::from_millis(late),
            BAR,
            AT_MOST,
        );
        let mine = ada.write();
        assert!(
            page.text().contains(&mine) && page.status().stranded,
            "it stays here"
        );
        bin.write();
        page.shows(&link(600));
        witness.finds(&mine).await;
        page.finds(&bin.write()).await;
    }
    assert_eq!(page.rungs(), [rung], "it is no fault of the transport");
    page.force(None);
    scene.ends_well(vec![page, witness]).await;
}

async fn lost(rung: Rung) {
    let scene = Scene::new(Faults::default()).await;
    let (id, token) = scene.maru.link(DOC, Access::Write, None);
    let (page, witness) = (guest(&scene, rung, &token).await, scene.witness());
    let access = |allows| {
        let doc = protocol::id::DocId::parse(DOC).unwrap();
        let links = scene.maru.access().links();
        links
            .change(&doc, &id, Some(allows), None, wall_ms())
            .unwrap();
        scene.maru.access().moved();
        Instant::now()
    };
    {
        let (mut ada, mut bin) = (Writer::new(&page, "ada"), Writer::new(&witness, "bin"));
        witness.finds(&ada.write()).await;
        page.saved().await;
        let began = access(Access::Read);
        page.until("a reader", |page| page.status().role == Role::Read)
            .await;
        figure(
            &format!("row 15 on {rung}: downgraded"),
            began.elapsed(),
            BAR,
            AT_MOST,
        );
        let stranded = ada.write();
        page.finds(&bin.write()).await;
        assert!(page.status().stranded && !witness.text().contains(&stranded));
        access(Access::Write);
        witness.finds(&stranded).await;
        page.saved().await;
        let began = Instant::now();
        scene
            .maru
            .access()
            .links()
            .revoke(None, &id, wall_ms())
            .unwrap();
        scene.maru.access().moved();
        page.until("revoked", |page| refused(page, ErrorCode::Revoked))
            .await;
        figure(
            &format!("row 15 on {rung}: revoked"),
            began.elapsed(),
            BAR,
            AT_MOST,
        );
        let kept = ada.write();
        bin.write();
        let (_, another) = scene.maru.link(DOC, Access::Write, None);
        page.shows(&another);
        witness.finds(&kept).await;
        page.finds(&bin.write()).await;
    }
    assert_eq!(page.rungs(), [rung], "it is no fault of the transport");
    page.force(None);
    scene.ends_well(vec![page, witness]).await;
}

macro_rules! on_each {
    ($($expires:ident $lost:ident $rung:ident,)*) => {
        $(
            pub(crate) async fn $expires() {
                expires(Rung::$rung).await;
            }

            pub(crate) async fn $lost() {
                lost(Rung::$rung).await;
            }
        )*
    };
}

on_each! {
    row_14_token_expires_on_websocket row_15_rights_lost_on_websocket WebSocket,
    row_14_token_expires_on_event_stream row_15_rights_lost_on_event_stream EventStream,
    row_14_token_expires_on_long_poll row_15_rights_lost_on_long_poll LongPoll,
    row_14_token_expires_on_short_poll row_15_rights_lost_on_short_poll ShortPoll,
}
