//! Row 25: bytes that arrive damaged, and requests that nobody honest makes. The answer is a clean code, and the process lives.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use faults::{Fault, Faults, Rule, Way};
use futures_util::future::join_all;
use http_body_util::BodyExt;
use protocol::{
    frame::{
        ClientFrame, ErrorCode, Hello, ServerFrame, VERSION, Welcome,
        authorization::Authorization,
        packet::{pack, unpack},
    },
    id::{ClientId, DocId},
    ladder::Rung,
};

use crate::{
    scene::{DOC, Scene, Writer, every_token_is_there_once},
    transport::request,
};

fn blocked(rules: impl IntoIterator<Item = Rule>) -> Faults {
    let no_websocket = Rule::upgrade(Fault::answer(400, ""));
    Faults::rules([no_websocket].into_iter().chain(rules))
}

/// While a page's bytes are damaged, others are untouched; when it ends, the page goes on.
async fn damaged(faults: Faults, damage: usize) {
    let scene = Scene::new(faults).await;
    let (page, witness) = (scene.page(), scene.witness());
    let bystander = scene.witness();
    {
        let (mut ada, mut bin) = (Writer::new(&page, "ada"), Writer::new(&witness, "bin"));
        ada.write();
        let harmed = scene.proxy.until(|seen| seen.fired(damage) > 0);
        let ever = Duration::from_secs(3_600);
        let pause = Duration::from_millis(50);
        tokio::select! {
            _ = harmed => {}
            () = ada.type_for(ever, pause) => {}
            () = bin.type_for(ever, pause) => {}
        }
        bystander.finds(&bin.write()).await;
        ada.write();
    }
    assert_eq!(witness.lives().len(), 1, "nobody else noticed");
    scene.proxy.set(Faults::default());
    // Three answers in a row that made no sense are enough for a page; a person may ask it to try again.
    page.retry();
    scene.ends_well(vec![page, witness, bystander]).await;
}

/// Every byte: a damaged letter would be another letter, and nobody could tell.
fn flipped(way: Way) -> Fault {
    Fault::Flip { way, every: 1 }
}

pub(crate) async fn row_25_flipped_bytes_in_a_websocket() {
    let all = [Way::ToServer, Way::ToClient].map(|way| {
        let rule = Rule::upgrade(flipped(way)).times(2);
        damaged(Faults::rules([rule]), 0)
    });
    join_all(all).await;
}

pub(crate) async fn row_25_flipped_bytes_in_requests() {
    let all = ["/rt/1/session", "/rt/1/send"].map(|path| {
        let rule = Rule::to(path, flipped(Way::ToServer)).times(2);
        damaged(blocked([rule]), 1)
    });
    join_all(all).await;
}

pub(crate) async fn row_25_flipped_bytes_in_answers() {
    let all = ["/rt/1/session", "/rt/1/stream"].map(|path| {
        let rule = Rule::to(path, flipped(Way::ToClient)).times(2);
        damaged(blocked([rule]), 1)
    });
    join_all(all).await;
}

pub(crate) async fn row_25_truncated_frames() {
    let all = [
        ("/rt/1/session", Way::ToServer),
        ("/rt/1/send", Way::ToServer),
        ("/rt/1/session", Way::ToClient),
        ("/rt/1/stream", Way::ToClient),
    ];
    join_all(all.map(|(path, way)| {
        // Within the first frame, and within the comment that a stream begins with.
        let rule = Rule::to(path, Fault::Truncate { way, after: 5 }).times(2);
        damaged(blocked([rule]), 1)
    }))
    .await;
}

/// What a request was answered: the status, and the code of the ERROR frame if there is one.
async fn asked(
    scene: &Scene,
    method: &str,
    path: &str,
    authorization: Option<&str>,
    body: Bytes,
) -> (u16, Vec<ServerFrame>) {
    let response = request::send(scene.maru.addr, method, path, authorization, body);
    let response = response.await.expect("every request is answered");
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let frames = unpack(&body).unwrap_or_default();
    let frames = frames
        .iter()
        .map(|frame| ServerFrame::decode(frame).unwrap());
    (status, frames.collect())
}

fn code(frames: &[ServerFrame]) -> Option<ErrorCode> {
    frames.iter().find_map(|frame| match frame {
        ServerFrame::Error { code, .. } => Some(*code),
        _ => None,
    })
}

fn packet(frames: &[ClientFrame]) -> Bytes {
    let frames: Vec<Bytes> = frames.iter().map(ClientFrame::encode).collect();
    pack(&frames)
}

fn hello() -> ClientFrame {
    ClientFrame::Hello(Hello {
        version: VERSION,
        doc: DocId::parse(DOC).unwrap(),
        client: ClientId::from_random(rand::random()),
        generation: 0,
        epoch: 0,
        after: 0,
        state_vector: Bytes::from_static(&[0]),
        token: protocol::frame::Token::default(),
    })
}

/// Opens a session by a plain request.
async fn session(scene: &Scene) -> Welcome {
    let (status, frames) = asked(scene, "POST", "/rt/1/session", None, packet(&[hello()])).await;
    assert_eq!(status, 200);
    let welcome = frames.into_iter().find_map(|frame| match frame {
        ServerFrame::Welcome(welcome) => Some(welcome),
        _ => None,
    });
    welcome.expect("a session is open")
}

pub(crate) async fn row_25_strangers_and_impossible_numbers() {
    use ErrorCode::{Gone, Incomplete, Protocol, Superseded};
    let scene = Scene::new(Faults::default()).await;
    let witness = scene.witness();
    witness.on(Rung::WebSocket).await;
    let Welcome {
        sid, key, epoch, ..
    } = session(&scene).await;
    let says = |sid, key, link| Authorization { sid, key, link }.to_string();
    let own = says(sid, key, 0);
    let data = |seq| {
        let message = Bytes::from_static(&[0, 0, 1, 0]);
        packet(&[ClientFrame::Data { seq, message }])
    };
    let resume = |sid, key, link, epoch| {
        packet(&[ClientFrame::Resume {
            sid,
            key,
            link,
            epoch,
            after: 0,
        }])
    };
    let short = BASE64_URL_SAFE_NO_PAD.encode([0; 15]);
    let nothing = Bytes::new;
    // In this order: the last ones end the session's link.
    let table = [
        (
            "POST",
            "/rt/1/session",
            String::new(),
            resume(sid, [0; 32], 1, epoch),
            410,
            Some(Gone),
        ),
        (
            "POST",
            "/rt/1/session",
            String::new(),
            resume([0; 16], key, 1, epoch),
            410,
            Some(Gone),
        ),
        (
            "POST",
            "/rt/1/session",
            String::new(),
            resume(sid, key, 1, epoch ^ 1),
            410,
            Some(Gone),
        ),
        (
            "POST",
            "/rt/1/session",
            String::new(),
            resume(sid, key, 0, epoch),
            409,
            Some(Superseded),
        ),
        (
            "POST",
            "/rt/1/session",
            String::new(),
            data(1),
            400,
            Some(Protocol),
        ),
        (
            "POST",
            "/rt/1/session",
            String::new(),
            Bytes::from_static(&[9, 9]),
            400,
            Some(Protocol),
        ),
        (
            "POST",
            "/rt/1/send?n=1",
            says(sid, [0; 32], 0),
            data(1),
            410,
            Some(Gone),
        ),
        (
            "POST",
            "/rt/1/send?n=1",
            says([0; 16], key, 0),
            data(1),
            410,
            Some(Gone),
        ),
        (
            "POST",
            "/rt/1/send?n=1",
            String::new(),
            data(1),
            400,
            Some(Protocol),
        ),
        (
            "POST",
            "/rt/1/send?n=1",
            format!("RT {short}.{short}.0"),
            data(1),
            400,
            Some(Protocol),
        ),
        (
            "POST",
            "/rt/1/send?n=1",
            format!("{own}99999999999999999999"),
            data(1),
            400,
            Some(Protocol),
        ),
        (
            "POST",
            "/rt/1/send?n=0",
            own.clone(),
            data(1),
            400,
            Some(Protocol),
        ),
        (
            "POST",
            "/rt/1/send?n=-1",
            own.clone(),
            data(1),
            400,
            Some(Protocol),
        ),
        (
            "POST",
            "/rt/1/send?n=18446744073709551616",
            own.clone(),
            data(1),
            400,
            Some(Protocol),
        ),
        (
            "POST",
            "/rt/1/send",
            own.clone(),
            data(1),
            400,
            Some(Protocol),
        ),
        (
            "GET",
            "/rt/1/poll?n=1&wait=-1",
            own.clone(),
            nothing(),
            400,
            Some(Protocol),
        ),
        (
            "GET",
            "/rt/1/poll",
            own.clone(),
            nothing(),
            400,
            Some(Protocol),
        ),
        (
            "GET",
            "/rt/1/stream",
            own.clone(),
            nothing(),
            400,
            Some(Protocol),
        ),
        ("POST", "/rt/1/send?n=1", own.clone(), data(1), 200, None),
        ("POST", "/rt/1/send?n=1", own.clone(), data(1), 200, None),
        (
            "POST",
            "/rt/1/send?n=18446744073709551615",
            own.clone(),
            data(1),
            409,
            Some(Incomplete),
        ),
    ];
    for (method, path, authorization, body, status, error) in table {
        let authorization = Some(authorization.as_str()).filter(|text| !text.is_empty());
        let (got, frames) = asked(&scene, method, path, authorization, body).await;
        let told = code(&frames);
        assert_eq!(
            (got, told),
            (status, error),
            "{method} {path} {authorization:?}"
        );
    }
    numbers_of_edits(&scene).await;
    let mut bin = Writer::new(&witness, "bin");
    let later = scene.witness();
    later.finds(&bin.write()).await;
    every_token_is_there_once(&witness.text());
    assert_eq!(witness.lives().len(), 1, "nobody else noticed");
}

/// A DATA whose number is not due: none of them is applied, and each gets the code that says so.
async fn numbers_of_edits(scene: &Scene) {
    let text = update();
    for seq in [0, 2, (1 << 53) - 1] {
        let Welcome { sid, key, .. } = session(scene).await;
        let own = Authorization { sid, key, link: 0 }.to_string();
        let data = packet(&[ClientFrame::Data {
            seq,
            message: text.clone(),
        }]);
        let (status, frames) = asked(scene, "POST", "/rt/1/send?n=1", Some(&own), data).await;
        let poll = asked(scene, "GET", "/rt/1/poll?n=1", Some(&own), Bytes::new()).await;
        let told = code(&frames).or(code(&poll.1));
        let known = [ErrorCode::Incomplete, ErrorCode::Protocol, ErrorCode::Gone];
        println!("figure: row 25: DATA {seq} is answered {status}, {told:?}");
        assert!(
            seq == 0 || told.is_some_and(|code| known.contains(&code)),
            "DATA {seq}: {status}, {told:?}"
        );
    }
}

/// An edit that would be seen if it were applied.
fn update() -> Bytes {
    let mut replica = protocol::replica::Replica::new(ClientId::from_random(rand::random()), || 0);
    let edit = protocol::replica::Edit {
        from: 0,
        delete: 0,
        insert: "must not be seen".to_owned(),
    };
    replica.edit(&[edit]).unwrap();
    let update = replica.take_updates().remove(0);
    protocol::sync::Message::Update(&update).encode().into()
}
