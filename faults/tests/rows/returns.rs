//! Rows 16, 17, 19 and 20: servers and networks that go away and come back. No transport is to blame for any of it.

use std::time::{Duration, Instant};

use faults::{Fault, Faults, Rule};
use protocol::ladder::Rung;

use crate::{
    maru::Maru,
    page::Page,
    scene::{Scene, Writer, figure},
};

const PAUSE: Duration = Duration::from_millis(20);

fn blocked() -> Faults {
    Faults::rules([Rule::upgrade(Fault::answer(400, ""))])
}

async fn killed(faults: Faults, rung: Rung) {
    let mut scene = Scene::new(faults).await;
    let (page, witness) = (scene.page(), scene.witness());
    page.on(rung).await;
    witness.on(Rung::WebSocket).await;
    {
        let (mut ada, mut bin) = (Writer::new(&page, "ada"), Writer::new(&witness, "bin"));
        let second = Duration::from_secs(1);
        tokio::join!(ada.type_for(second, PAUSE), bin.type_for(second, PAUSE));
        scene.maru.kill();
        tokio::join!(ada.type_for(second, PAUSE), bin.type_for(second, PAUSE));
        scene.maru.restart().await;
        let restarted = Instant::now();
        page.saved().await;
        println!(
            "figure: row 16, {rung}: saved {:.2?} after the restart",
            restarted.elapsed()
        );
        witness.finds(&ada.write()).await;
        page.finds(&bin.write()).await;
    }
    assert_eq!(page.rungs(), [rung]);
    assert_eq!(witness.rungs(), [Rung::WebSocket]);
    scene.ends_well(vec![page, witness]).await;
}

pub(crate) async fn row_16_server_killed_and_restarted() {
    killed(Faults::default(), Rung::WebSocket).await;
}

pub(crate) async fn row_16_server_killed_and_restarted_without_websocket() {
    killed(blocked(), Rung::EventStream).await;
}

const SESSIONS: usize = 1_000;
/// A document takes a thousand connections; these are spread over ten.
const DOCUMENTS: usize = 10;

pub(crate) async fn row_17_rolling_deploy_of_1000_sessions() {
    let mut maru = Maru::start();
    let pages: Vec<Page> = (0..SESSIONS)
        .map(|number| Page::open(maru.addr, &format!("row-{}", number % DOCUMENTS)))
        .collect();
    for page in &pages {
        page.saved().await;
    }
    assert_eq!(maru.sessions(), SESSIONS);
    let stopping = Instant::now();
    maru.stop().await;
    maru.restart().await;
    let restarted = stopping.elapsed();
    let mut back = Vec::with_capacity(SESSIONS);
    for page in &pages {
        page.until("back", |page| page.lives().len() == 2).await;
        back.push(page.lives()[1] - stopping);
    }
    back.sort_unstable();
    let share = |part: usize| back[(SESSIONS - 1) * part / 100];
    println!(
        "figure: row 17: the server was back {restarted:.2?} after SIGTERM; of {SESSIONS} sessions the first was back after \
         {:.2?}, half after {:.2?}, 90 % after {:.2?}, the last after {:.2?}",
        share(0),
        share(50),
        share(90),
        share(100)
    );
    assert!(
        share(90) - share(10) > Duration::from_millis(500),
        "they come spread over a time"
    );
    assert!(share(100) < Duration::from_secs(30));
    for page in &pages {
        assert_eq!(
            page.rungs(),
            [Rung::WebSocket],
            "nobody comes back on a lower rung"
        );
        assert_eq!(page.status().limited, None);
        page.leave();
    }
}

pub(crate) async fn row_19_network_switched_while_typing() {
    let scene = Scene::new(Faults::default()).await;
    let (page, witness) = (scene.page(), scene.witness());
    page.on(Rung::WebSocket).await;
    witness.saved().await;
    page.until("sure of its WebSocket", |page| {
        page.status().rtt_ms.is_some()
    })
    .await;
    {
        let (mut ada, mut bin) = (Writer::new(&page, "ada"), Writer::new(&witness, "bin"));
        witness.finds(&ada.write()).await;
        scene.proxy.strand();
        bin.write();
        let lost = ada.write();
        let long = Duration::from_secs(60);
        let took = tokio::select! {
            took = witness.finds(&lost) => took,
            () = ada.type_for(long, Duration::from_millis(200)) => long,
        };
        let (bar, at_most) = (Duration::from_secs(10), Duration::from_secs(15));
        figure(
            "row 19: a word is through after the switch",
            took,
            bar,
            at_most,
        );
        page.finds(&bin.write()).await;
    }
    assert_eq!(page.rungs(), [Rung::WebSocket]);
    scene.ends_well(vec![page, witness]).await;
}

pub(crate) async fn row_19_network_switched_while_idle() {
    let scene = Scene::new(Faults::default()).await;
    let (page, witness) = (scene.page(), scene.witness());
    page.on(Rung::WebSocket).await;
    page.saved().await;
    {
        let mut bin = Writer::new(&witness, "bin");
        page.finds(&bin.write()).await;
        scene.proxy.strand();
        let word = bin.write();
        let took = page.finds(&word).await;
        let (bar, at_most) = (Duration::from_secs(45), Duration::from_secs(55));
        figure(
            "row 19: an idle page knows after the switch",
            took,
            bar,
            at_most,
        );
    }
    assert_eq!(page.rungs(), [Rung::WebSocket]);
    scene.ends_well(vec![page, witness]).await;
}

/// A page that lives on `rung` loses its way, tries in vain, and is back on `rung` as if nothing had been.
async fn away(faults: Faults, rung: Rung, portal: Faults, status: u16) {
    let scene = Scene::new(faults.clone()).await;
    let (page, witness) = (scene.page(), scene.witness());
    page.on(rung).await;
    page.saved().await;
    witness.saved().await;
    let memory = page.memory();
    {
        let (mut ada, mut bin) = (Writer::new(&page, "ada"), Writer::new(&witness, "bin"));
        witness.finds(&ada.write()).await;
        scene.proxy.set(portal);
        scene.proxy.cut();
        ada.write();
        bin.write();
        let seen = scene.proxy.seen();
        let (ws, session) = (
            seen.answers("/rt/1/ws", status),
            seen.answers("/rt/1/session", status),
        );
        let tried = |now: &faults::Seen| {
            let ws = now.answers("/rt/1/ws", status) - ws;
            let session = now.answers("/rt/1/session", status) - session;
            session >= 3 && (ws >= 3 || rung != Rung::WebSocket)
        };
        scene.proxy.until(tried).await;
        assert_eq!(page.lives().len(), 1, "a portal's page opens no session");
        assert_eq!(
            page.status().trouble,
            None,
            "and is no frame that cannot be read"
        );
        scene.proxy.set(faults);
        page.until("live again", |page| page.lives().len() == 2)
            .await;
        witness.finds(&ada.write()).await;
        page.finds(&bin.write()).await;
    }
    assert_eq!(page.rungs(), [rung], "no strike");
    assert_eq!(page.memory(), memory, "nothing is remembered of it");
    scene.ends_well(vec![page, witness]).await;
}

pub(crate) async fn row_20_captive_portal_with_a_page() {
    away(Faults::default(), Rung::WebSocket, Faults::portal(), 200).await;
    away(blocked(), Rung::EventStream, Faults::portal(), 200).await;
}

pub(crate) async fn row_20_captive_portal_with_a_redirect() {
    let portal = Faults::redirecting_portal;
    away(Faults::default(), Rung::WebSocket, portal(), 302).await;
    away(blocked(), Rung::EventStream, portal(), 302).await;
}

pub(crate) async fn row_20_server_down() {
    let mut scene = Scene::new(Faults::default()).await;
    let (page, witness) = (scene.page(), scene.witness());
    page.on(Rung::WebSocket).await;
    witness.saved().await;
    {
        let mut ada = Writer::new(&page, "ada");
        witness.finds(&ada.write()).await;
        scene.maru.kill();
        let before = scene.proxy.seen().upgrades;
        ada.write();
        scene.proxy.until(|seen| seen.upgrades >= before + 4).await;
        assert_eq!(page.lives().len(), 1);
        scene.maru.restart().await;
        witness.finds(&ada.write()).await;
    }
    assert_eq!(page.rungs(), [Rung::WebSocket], "no strike");
    assert_eq!(page.memory(), None);
    scene.ends_well(vec![page, witness]).await;
}
