//! The process that the tests of this folder start, watch and kill: this test binary itself, in one of a few roles.

use std::{
    env,
    io::{self, Write},
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc,
    thread,
};

use bytes::Bytes;
use protocol::id::{ClientId, DocId};
use server::log::{
    Log, LogError, Record,
    sqlite::{Options, SqliteLog},
};

const ROLE: &str = "MARU_TEST_ROLE";
const DIR: &str = "MARU_TEST_DIR";
const ROUND: &str = "MARU_TEST_ROUND";

/// The command line that starts this binary in a role, to be run as it is or behind another program.
pub(crate) fn command_line() -> Vec<String> {
    let binary = env::current_exe()
        .unwrap()
        .into_os_string()
        .into_string()
        .unwrap();
    let rest = [
        "--exact",
        "child::role",
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ];
    [binary]
        .into_iter()
        .chain(rest.map(str::to_owned))
        .collect()
}

/// Starts a role behind `wrapper` (nothing, or a program with its arguments).
pub(crate) fn command(wrapper: &[&str], role: &str, dir: &Path, round: usize) -> Command {
    let mut line = wrapper
        .iter()
        .map(|&part| part.to_owned())
        .chain(command_line());
    let mut command = Command::new(line.next().unwrap());
    command
        .args(line)
        .env(ROLE, role)
        .env(DIR, dir)
        .env(ROUND, round.to_string());
    command
}

/// What a child said, without what the test runner prints around it.
pub(crate) fn said(line: &str) -> Option<&str> {
    line.strip_prefix("> ")
}

pub(crate) fn doc(name: &str) -> DocId {
    DocId::parse(name).unwrap()
}

pub(crate) fn record(update: impl Into<Bytes>) -> Record {
    Record {
        update: update.into(),
        at_ms: 1_763_856_000_000,
        author: ClientId::from_random(7),
        awaited: true,
    }
}

/// Appends and waits, without a runtime.
pub(crate) fn append(
    log: &SqliteLog,
    doc: &DocId,
    update: impl Into<Bytes>,
) -> Result<u64, LogError> {
    let (tell, told) = mpsc::channel();
    log.append(
        doc,
        record(update),
        Box::new(move |result| tell.send(result).unwrap()),
    );
    told.recv().unwrap()
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
}

#[test]
#[ignore = "a role that the other tests start as a process of its own"]
fn role() {
    let Ok(role) = env::var(ROLE) else { return };
    let dir = PathBuf::from(env::var_os(DIR).unwrap());
    // The test runner leaves its own line open.
    println!();
    match role.as_str() {
        "storm" => storm(&dir, &env::var(ROUND).unwrap()),
        "count" => count(&dir),
        "full" => full(&dir),
        "open" => match SqliteLog::open(&dir, &Options::default()) {
            Ok(_) => say("opened"),
            Err(error) => say(&format!("refused {error}")),
        },
        other => panic!("no role {other}"),
    }
}

/// One write of one short line, which a pipe takes whole or not at all.
fn say(line: &str) {
    io::stdout()
        .lock()
        .write_all(format!("> {line}\n").as_bytes())
        .unwrap();
}

/// Eight tasks append to four documents and say what was acknowledged, while the documents are compacted, until killed.
/// A snapshot here is the names of the updates it covers.
fn storm(dir: &Path, round: &str) {
    let log = SqliteLog::open(dir, &Options::default()).unwrap();
    let (acked, acks) = mpsc::channel();
    thread::scope(|scope| {
        for task in 0..8 {
            let (log, acked) = (&log, acked.clone());
            scope.spawn(move || {
                let (tell, told) = mpsc::channel();
                for n in 0.. {
                    // Three at a time, so that commits hold several records of one document.
                    for of in 0..3 {
                        let name = format!("{round}-{task}-{n}-{of}");
                        let tell = tell.clone();
                        let update = record(name.clone());
                        let done = move |result: Result<u64, LogError>| {
                            tell.send(result.map(|_| name)).unwrap();
                        };
                        log.append(&doc(&format!("doc{}", n % 4)), update, Box::new(done));
                    }
                    for _ in 0..3 {
                        say(&format!("acked {}", told.recv().unwrap().unwrap()));
                        acked.send(()).unwrap();
                    }
                }
            });
        }
        let runtime = runtime();
        for compaction in 0.. {
            assert_eq!(acks.iter().take(40).count(), 40);
            let doc = doc(&format!("doc{}", compaction % 4));
            runtime.block_on(async {
                let loaded = log.load(&doc).await.unwrap();
                let names = loaded
                    .snapshot
                    .iter()
                    .chain(&loaded.tail)
                    .flat_map(|names| [&names[..], b"\n"]);
                let snapshot =
                    Bytes::from(names.collect::<Vec<_>>().concat().trim_ascii_end().to_vec());
                if !loaded.tail.is_empty() {
                    log.compact(&doc, loaded.last, snapshot).await.unwrap();
                }
            });
        }
    });
}

/// How many appends the role `count` makes, each after the one before was acknowledged.
pub(crate) const COUNT: usize = 100;

fn count(dir: &Path) {
    let log = SqliteLog::open(dir, &Options::default()).unwrap();
    for n in 1..=COUNT {
        append(&log, &doc("d"), n.to_string()).unwrap();
        say(&format!("acked {n}"));
    }
    runtime().block_on(log.close()).unwrap();
}

/// Fills the log until the disk refuses, and says what the log does then.
fn full(dir: &Path) {
    let log = SqliteLog::open(dir, &Options::default()).unwrap();
    for n in 0..20 {
        append(&log, &doc("d"), n.to_string()).unwrap();
        say(&format!("acked {n}"));
    }
    assert!(log.failure().is_none());
    // More than the limit on a file's size, in one commit.
    let Err(error) = append(&log, &doc("d"), vec![b'x'; 16 << 20]) else {
        panic!("the disk took it")
    };
    say(&format!("refused {error}"));
    say(&format!("failure {}", log.failure().unwrap()));
    // Small ones would fit; they are refused all the same, since nobody knows what the disk still holds.
    let Err(error) = append(&log, &doc("d"), "after") else {
        panic!("acknowledged after a failure")
    };
    say(&format!("then {error}"));
    let runtime = runtime();
    assert!(
        runtime
            .block_on(log.compact(&doc("d"), 5, Bytes::from_static(b"s")))
            .is_err()
    );
    assert!(runtime.block_on(log.delete(&doc("d"))).is_err());
    let loaded = runtime.block_on(log.load(&doc("d"))).unwrap();
    say(&format!("read {}", loaded.tail.len()));
    assert_eq!(log.backlog(), 0);
    assert!(matches!(
        runtime.block_on(log.close()),
        Err(LogError::Failed(_))
    ));
    say("closed");
}
