//! The program: it says where it listens, and is told over HTTP what is to go wrong.

use std::{net::SocketAddr, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use crate::{
    client::{ask, get, post, text, upgrade},
    server::Upstream,
    soon,
};

#[tokio::test]
async fn the_program_is_told_over_http_what_goes_wrong() {
    let upstream = Upstream::start().await;
    let mut program = Command::new(env!("CARGO_BIN_EXE_faults"))
        .args(["--upstream", &upstream.addr.to_string(), "--control"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(program.stdout.take().unwrap()).lines();
    let line = soon(said.next_line()).await.unwrap().unwrap();
    let ports: serde_json::Value = serde_json::from_str(&line).unwrap();
    let port = |name: &str| ports[name].as_str().unwrap().parse::<SocketAddr>().unwrap();
    let (proxy, control) = (port("proxy"), port("control"));

    assert_eq!(
        text(soon(post(proxy, "/echo", "free")).await)
            .await
            .unwrap(),
        "free"
    );
    let faults = r#"{"rules": [{"upgrade": true, "fault": {"answer": {"status": 426}}}]}"#;
    assert_eq!(
        soon(ask(control, "PUT", "/faults", faults))
            .await
            .unwrap()
            .status(),
        204
    );
    assert_eq!(upgrade(proxy).await.1, 426);
    let told = text(soon(get(control, "/faults")).await).await.unwrap();
    assert_eq!(
        serde_json::from_str::<faults::Faults>(&told).unwrap(),
        serde_json::from_str(faults).unwrap()
    );
    let seen = text(soon(get(control, "/seen")).await).await.unwrap();
    let seen: serde_json::Value = serde_json::from_str(&seen).unwrap();
    assert_eq!(
        (&seen["upgrades"], &seen["requests"]["/echo"]),
        (&1.into(), &1.into())
    );
    let wrong = soon(ask(control, "PUT", "/faults", r#"{"rulez": []}"#))
        .await
        .unwrap();
    assert_eq!(wrong.status(), 400);
    assert!(text(Ok(wrong)).await.unwrap().contains("rulez"));
    // What could not be read changed nothing.
    assert_eq!(upgrade(proxy).await.1, 426);
    program.kill().await.unwrap();
}
