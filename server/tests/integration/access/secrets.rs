//! No token, session key or text of a document in a log at its most talkative, in a metric or in an error.

use std::{
    fs::{self, File},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use tempfile::TempDir;

use super::{WAYS, api};
use crate::{
    http::client::{answer, ask},
    person::{Person, Way},
    wire::knock,
};

struct Talkative {
    child: Child,
    addr: SocketAddr,
    folder: TempDir,
}

impl Drop for Talkative {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Talkative {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("manifest.json"), "{}").unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_maru"))
            .args([
                "--addr",
                "127.0.0.1:0",
                "--log-level",
                "trace",
                "--drain-seconds",
                "1",
            ])
            .env("MARU_SITE", folder.path())
            .env("MARU_DATA_DIR", folder.path().join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut started = Self {
            child,
            addr: ([127, 0, 0, 1], 0).into(),
            folder,
        };
        // The log is a file, which rings no bell.
        for _ in 0..600 {
            let log = started.log();
            let line = log.lines().find(|line| line.contains("serving http://"));
            if let Some(at) = line.and_then(|line| line.rsplit_once("127.0.0.1:")) {
                let port: String = at.1.chars().take_while(char::is_ascii_digit).collect();
                started.addr.set_port(port.parse().unwrap());
                return started;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it does not listen: {}", started.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

/// The forms in which bytes show up in logs.
fn forms(bytes: &[u8]) -> Vec<String> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let list: Vec<String> = bytes.iter().take(8).map(u8::to_string).collect();
    vec![
        BASE64_URL_SAFE_NO_PAD.encode(bytes),
        STANDARD.encode(bytes),
        hex[..24].to_owned(),
        hex[..24].to_uppercase(),
        list.join(", "),
    ]
}

#[tokio::test]
async fn a_log_at_trace_holds_no_token_no_session_key_and_no_text() {
    const TEXT: &str = "Ein Satz, der niemanden etwas angeht";
    const DOC: &str = "a-name-that-nobody-guesses";
    let server = Talkative::start().await;
    let ada = Person::come(server.addr, DOC);
    ada.append(TEXT);
    ada.saved().await;
    let who = ada.authorization();
    let made = api(
        server.addr,
        &format!("POST {DOC}/links"),
        &who,
        Some(json!({"access": "write"})),
    )
    .await
    .1;
    let (id, token) = (
        made["id"].as_str().unwrap(),
        made["token"].as_str().unwrap(),
    );
    let mut secrets = vec![TEXT.to_owned(), DOC.to_owned(), token.to_owned()];
    secrets.extend(token.split('.').skip(1).map(str::to_owned));
    secrets.extend(forms(TEXT.as_bytes()));
    secrets.extend(forms(token.as_bytes()));
    let mut keys = vec![who];
    let mut said = String::new();
    for way in WAYS {
        let person = Person::with_token(server.addr, DOC, way, token);
        person.append(TEXT);
        person.saved().await;
        keys.push(person.authorization());
        person.cut();
        person.append(TEXT);
        person.saved().await;
        person.shows(&format!("{token}A"));
        let (_, message) = {
            person.refused().await;
            person.status().trouble.unwrap()
        };
        said.push_str(&message);
    }
    for shown in [token, &format!("{token}A")] {
        let mut peer = knock(server.addr, &format!("/ws/{DOC}?token={shown}"), None)
            .await
            .unwrap();
        peer.next().await;
        let refused = api(
            server.addr,
            &format!("POST {DOC}/links"),
            &format!("Bearer {shown}"),
            Some(json!({"access": 7})),
        )
        .await;
        said.push_str(&refused.1.to_string());
    }
    let refused = api(
        server.addr,
        &format!("GET {DOC}/links"),
        &format!("RT {token}"),
        None,
    )
    .await;
    said.push_str(&refused.1.to_string());
    for path in ["/metrics", "/readyz", "/healthz"] {
        let answer = answer(ask(server.addr, &format!("GET {path}"), "", None).await).await;
        said.push_str(&String::from_utf8_lossy(&answer.body));
    }
    let last = Person::with_token(server.addr, DOC, Way::WebSocket, token);
    last.live().await;
    api(
        server.addr,
        &format!("DELETE {DOC}/links/{id}"),
        &keys[0].clone(),
        None,
    )
    .await;
    last.refused().await;
    for key in &keys {
        let key = key.strip_prefix("RT ").unwrap().split('.').nth(1).unwrap();
        secrets.extend(forms(&BASE64_URL_SAFE_NO_PAD.decode(key).unwrap()));
    }
    let log = server.log();
    assert!(
        log.contains("TRACE") || log.contains("DEBUG"),
        "the log is at its most talkative"
    );
    for (at, secret) in secrets.iter().enumerate() {
        for (name, text) in [("log", &log), ("answers", &said)] {
            let found = text.lines().find(|line| line.contains(secret.as_str()));
            assert!(
                found.is_none(),
                "secret {at} is in the {name}: {}",
                found.unwrap_or_default()
            );
        }
    }
}
