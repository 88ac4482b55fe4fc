//! `maru token` beside a running server, as an operator uses it.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Output, Stdio},
};

use protocol::{
    client::LinkStatus,
    frame::{ErrorCode, Role},
};
use serde_json::{Value, json};
use server::config::Store;
use tempfile::TempDir;

use super::api;
use crate::{
    person::{Person, Way},
    support::Running,
};

fn maru(folder: &TempDir, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_maru"));
    command
        .arg("token")
        .args(args)
        .env("MARU_DATA_DIR", folder.path());
    command.output().unwrap()
}

fn printed(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What stands behind a word at the beginning of a line.
fn said<'a>(text: &'a str, word: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(word));
    line.unwrap_or_else(|| panic!("{word} in {text}")).trim()
}

fn is_live(person: &Person) -> bool {
    person.status().link == LinkStatus::Live
}

async fn beside(folder: &TempDir) -> Running {
    Running::start(|config| {
        config.store = Store::Sqlite;
        config.data_dir = folder.path().to_owned();
    })
    .await
}

#[tokio::test]
async fn a_token_is_made_taken_back_and_its_key_replaced_beside_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = beside(&folder).await;
    let make = [
        "--doc",
        "plan",
        "--access",
        "write",
        "--name",
        "Ada",
        "--expires",
        "7d",
        "--url",
        "https://maru.example/",
    ];
    let made = printed(&maru(&folder, &make));
    let (id, token) = (said(&made, "id"), said(&made, "token"));
    assert_eq!(
        said(&made, "link"),
        format!("https://maru.example/d/plan#t={token}")
    );
    let ada = Person::with_token(server.addr, "plan", Way::WebSocket, token);
    ada.may(Role::Write).await;
    assert!(ada.status().expires_at.is_some());
    // Its end is the link's and can be taken away.
    let path = format!("PATCH plan/links/{id}");
    let endless = Some(json!({"expires_s": null}));
    let changed = api(server.addr, &path, &ada.authorization(), endless).await;
    assert_eq!((changed.0, &changed.1["expires_ms"]), (200, &Value::Null));
    ada.until("without an end", |ada| ada.status().expires_at.is_none())
        .await;
    printed(&maru(&folder, &["--revoke", id]));
    assert_eq!(ada.refused().await, ErrorCode::Revoked);
    assert_eq!(maru(&folder, &["--revoke", id]).status.code(), Some(1));

    let read = ["--doc", "plan", "--access", "read"];
    let old = printed(&maru(&folder, &read));
    let bin = Person::with_token(server.addr, "plan", Way::LongPoll, said(&old, "token"));
    bin.may(Role::Read).await;
    let rotated = printed(&maru(&folder, &[&read[..], &["--rotate-key"]].concat()));
    let cay = Person::with_token(
        server.addr,
        "plan",
        Way::EventStream,
        said(&rotated, "token"),
    );
    // A server that has not seen the new key yet does not know its tokens.
    loop {
        cay.until("judged", |cay| {
            cay.status().trouble.is_some() || is_live(cay)
        })
        .await;
        if is_live(&cay) {
            break;
        }
        cay.retry();
    }
    assert!(bin.status().trouble.is_none(), "links of the old key go on");
    printed(&maru(&folder, &["--rotate-key", "--drop-old-keys"]));
    assert_eq!(bin.refused().await, ErrorCode::Revoked);
    assert_eq!(cay.refused().await, ErrorCode::Revoked);
}

#[tokio::test]
async fn what_the_command_cannot_do_it_says_and_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let long_name = "아".repeat(86);
    for (args, code, word) in [
        (&["--doc", "plan"][..], 2, "--access"),
        (&["--doc", "a b", "--access", "read"], 2, "document's name"),
        (&["--doc", "a", "--access", "admin"], 2, "read or write"),
        (
            &["--doc", "a", "--access", "read", "--expires", "soon"],
            2,
            "such as 90m",
        ),
        (
            &["--doc", "a", "--access", "read", "--expires", "0d"],
            2,
            "such as 90m",
        ),
        (
            &["--doc", "a", "--access", "read", "--expires", "7일"],
            2,
            "such as 90m",
        ),
        (
            &["--doc", "a", "--access", "read", "--name", &long_name],
            2,
            "256 bytes",
        ),
        (
            &["--doc", "a", "--access", "read", "--name", "a\nb"],
            2,
            "one line",
        ),
        (&["--drop-old-keys"], 2, "--rotate-key"),
        (&["--rotate-key", "--doc", "a"], 2, "--access"),
        (&["--rotate-key", "--access", "read"], 2, "--doc"),
        (&["--rotate-key", "--expires", "7d"], 2, "--doc"),
        (&["--revoke", "nothing", "--access", "read"], 2, "--access"),
        (&["--revoke", "nothing", "--name", "Ada"], 2, "--name"),
        (&["--revoke", "nothing"], 1, "no live link"),
        (
            &[
                "--doc",
                "a",
                "--access",
                "read",
                "--data-dir",
                "/no/such/folder",
            ],
            1,
            "--data-dir",
        ),
    ] {
        let ended = maru(&folder, args);
        let err = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(code), "{args:?}: {err}");
        assert!(err.contains(word), "{args:?}: {err}");
    }
}

#[test]
fn one_key_too_many_ends_the_oldest_one_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 1..32 {
        let told = printed(&maru(&folder, &["--rotate-key"]));
        assert!(told.ends_with("the links made before go on\n"), "{told}");
    }
    let told = printed(&maru(&folder, &["--rotate-key"]));
    assert!(told.contains("but for the oldest key's"), "{told}");
}

#[test]
fn keys_without_their_links_are_told_at_the_start_and_by_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let make = ["--doc", "plan", "--access", "read"];
    let told = printed(&maru(&folder, &make));
    assert!(!told.contains("backup"), "a new folder has lost nothing");
    let lose = || {
        for file in fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            if path.to_string_lossy().contains("access.sqlite3") {
                fs::remove_file(path).unwrap();
            }
        }
    };
    lose();
    let revoked = maru(&folder, &["--revoke", "any"]);
    assert_eq!(revoked.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&revoked.stderr).contains("access.sqlite3 is not"));
    assert!(printed(&maru(&folder, &make)).contains("access.sqlite3 was not"));
    lose();
    assert!(
        log_of_a_start(&folder).contains("no link that was made before works"),
        "and at the start"
    );
    assert!(
        !log_of_a_start(&folder).contains("no link that was made before works"),
        "once"
    );
}

/// What a server logs until it serves.
fn log_of_a_start(folder: &TempDir) -> String {
    fs::write(folder.path().join("manifest.json"), "{}").unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_maru"))
        .args(["--addr", "127.0.0.1:0", "--drain-seconds", "1"])
        .env("MARU_SITE", folder.path())
        .env("MARU_DATA_DIR", folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let mut log = String::new();
    for line in lines {
        let line = line.unwrap();
        log.push_str(&line);
        if line.contains("serving http://") {
            break;
        }
    }
    server.kill().unwrap();
    server.wait().unwrap();
    log
}
