//! `maru token` beside a running server, as an operator uses it.

use std::process::{Command, Output};

use protocol::{
    client::LinkStatus,
    frame::{ErrorCode, Role},
};
use server::config::Store;
use tempfile::TempDir;

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
        (&["--drop-old-keys"], 2, "--rotate-key"),
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
