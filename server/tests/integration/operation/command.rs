//! The `maru` command as an operator meets it: exit codes, sentences, signals.

use std::{
    net::{SocketAddr, TcpListener},
    process::Stdio,
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    time::timeout,
};

use crate::support::{Connection, PATIENCE};

/// The command with a site and a data folder that exist and no settings from the environment.
fn maru(folder: &TempDir, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_maru"));
    for (name, _) in std::env::vars()
        .filter(|(name, _)| name.starts_with("MARU_") || name.starts_with("LEPTOS_"))
    {
        command.env_remove(name);
    }
    command
        .args(args)
        .env("MARU_SITE", folder.path())
        .env("MARU_DATA_DIR", folder.path().join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

async fn run(command: &mut Command) -> Ended {
    let output = timeout(PATIENCE, command.output())
        .await
        .expect("the command ends")
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended {
        code: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

#[tokio::test]
async fn the_version_is_told_on_standard_output() {
    let ended = run(&mut maru(&tempfile::tempdir().unwrap(), &["--version"])).await;
    assert_eq!(
        (ended.code, ended.out),
        (Some(0), format!("maru {}\n", server::config::version()))
    );
}

#[tokio::test]
async fn a_bad_flag_ends_with_2_and_names_flag_value_and_what_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    for (args, words) in [
        (
            &["--max-update", "1MB"][..],
            ["--max-update", "'1MB'", "1MiB"],
        ),
        (
            &["serve", "--store=nats://127.0.0.1"],
            ["--store", "'nats://127.0.0.1'", "comes later"],
        ),
        (
            &["--max-document=64KiB"],
            ["--max-update", "'1MiB'", "--max-document"],
        ),
        (
            &["--log-level=loud=loud"],
            ["--log-level", "'loud=loud'", "info"],
        ),
        (&["--port=3000"], ["error", "--port", "--help"]),
    ] {
        let ended = run(&mut maru(&folder, args)).await;
        assert_eq!(ended.code, Some(2), "{args:?}: {}", ended.err);
        for word in words {
            assert!(ended.err.contains(word), "{word} in {}", ended.err);
        }
    }
}

#[tokio::test]
async fn a_bad_value_in_the_environment_is_refused_like_the_flag() {
    let ended =
        run(maru(&tempfile::tempdir().unwrap(), &["serve"]).env("MARU_ADDR", "everywhere")).await;
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.err.contains("--addr") && ended.err.contains("'everywhere'"),
        "{}",
        ended.err
    );
}

#[tokio::test]
async fn a_busy_port_says_which_and_what_to_do() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = holder.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let ended = run(&mut maru(&folder, &["--addr", &addr])).await;
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.err.contains(&addr) && ended.err.contains("--addr"),
        "{}",
        ended.err
    );
    assert!(
        !folder.path().join("data").exists(),
        "a server that could not listen left the data folder alone"
    );
}

#[tokio::test]
async fn an_address_of_another_machine_is_told_apart_from_a_busy_one() {
    // An address for documentation, which no machine has.
    let ended = run(&mut maru(
        &tempfile::tempdir().unwrap(),
        &["--addr=192.0.2.1:3000"],
    ))
    .await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("no address 192.0.2.1"), "{}", ended.err);
}

#[tokio::test]
async fn a_missing_site_and_an_impossible_data_folder_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let missing = run(&mut maru(
        &folder,
        &["--addr=127.0.0.1:0", "--store=memory", "--site=/nowhere"],
    ))
    .await;
    assert_eq!(missing.code, Some(1));
    assert!(missing.err.contains("cargo xtask serve"), "{}", missing.err);

    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let below = file.join("data");
    let impossible = run(maru(&folder, &["--addr=127.0.0.1:0"]).env("MARU_DATA_DIR", &below)).await;
    assert_eq!(impossible.code, Some(1));
    let named = impossible.err.contains(&below.display().to_string())
        && impossible.err.contains("--data-dir");
    assert!(named, "{}", impossible.err);
}

/// Starts the command on a free port, and waits for the line of its log that tells the address.
async fn started(
    folder: &TempDir,
    args: &[&str],
) -> (Child, SocketAddr, Lines<BufReader<ChildStderr>>) {
    let mut child = maru(folder, args)
        .args(["--addr=127.0.0.1:0", "--log-format=json"])
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    loop {
        let line = timeout(PATIENCE, log.next_line())
            .await
            .expect("the server starts")
            .unwrap();
        let line: serde_json::Value =
            serde_json::from_str(&line.expect("the server stays up")).unwrap();
        if let Some(addr) = line["addr"].as_str() {
            return (child, addr.parse().unwrap(), log);
        }
    }
}

/// Sends a signal, by the system's own command: the standard library has none for it.
async fn signal(child: &Child, name: &str) {
    let pid = child.id().expect("the process runs").to_string();
    assert!(
        Command::new("kill")
            .args([name, &pid])
            .status()
            .await
            .unwrap()
            .success()
    );
}

#[tokio::test]
async fn sigterm_ends_well_while_a_connection_is_kept_alive() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, addr, _log) = started(&folder, &["serve"]).await;
    let mut connection = Connection::to(addr).await;
    assert_eq!(connection.request("GET", "/healthz", "").await.status, 200);
    signal(&child, "-TERM").await;
    let status = timeout(PATIENCE, child.wait())
        .await
        .expect("it ends")
        .unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(connection.closed().await.is_empty());
}

#[tokio::test]
async fn a_second_signal_ends_the_process_at_once() {
    let folder = tempfile::tempdir().unwrap();
    // A drain of an hour: only the second signal can end this test in time.
    let (mut child, addr, mut log) = started(&folder, &["serve", "--drain-seconds=3600"]).await;
    let mut stuck = Connection::to(addr).await;
    stuck.send(b"GET /healthz HTTP/1.1\r\n").await;
    assert_eq!(
        Connection::to(addr)
            .await
            .request("GET", "/healthz", "")
            .await
            .status,
        200
    );
    signal(&child, "-TERM").await;
    let line = timeout(PATIENCE, log.next_line())
        .await
        .expect("the drain begins")
        .unwrap()
        .unwrap();
    assert!(line.contains("draining"), "{line}");
    signal(&child, "-INT").await;
    let status = timeout(PATIENCE, child.wait())
        .await
        .expect("it ends")
        .unwrap();
    assert_eq!(status.code(), Some(1));
}

#[tokio::test]
async fn a_certificate_without_a_key_and_files_that_are_none_are_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    std::fs::write(&certificate, "no certificate").unwrap();
    let cert = format!("--tls-cert={}", certificate.display());
    let alone = run(&mut maru(&folder, &["serve", &cert])).await;
    assert_eq!(alone.code, Some(2), "{}", alone.err);
    assert!(alone.err.contains("--tls-key"), "{}", alone.err);
    let key = format!("--tls-key={}", key.display());
    let none = run(&mut maru(&folder, &["--addr=127.0.0.1:0", &cert, &key])).await;
    assert_eq!(none.code, Some(1), "{}", none.err);
    assert!(
        none.err.contains("c.pem holds no certificate") && none.err.contains("untouched"),
        "{}",
        none.err
    );
}
