//! What only the SQLite log promises: its settings, its refusals, and what it makes of a damaged file.
//!
//! Over 400 lines because the rules of one contract are read together.

use std::{
    fs,
    path::Path,
    sync::mpsc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use rusqlite::Connection;

use super::{FILE, OpenError, Options, SqliteLog, schema, writer::Op};
use crate::log::{
    Compacted, Loaded, Log,
    contract::{append, doc, texts},
};

fn open(dir: &Path) -> SqliteLog {
    SqliteLog::open(dir, &Options::default()).unwrap()
}

fn refusal(dir: &Path) -> OpenError {
    let Err(error) = SqliteLog::open(dir, &Options::default()) else {
        panic!("the folder opened")
    };
    error
}

/// Runs on the writer's thread with its own connection.
fn on_writer<T: Send + 'static>(
    log: &SqliteLog,
    look: impl FnOnce(&Connection) -> T + Send + 'static,
) -> T {
    let (tell, told) = mpsc::channel();
    log.send(Op::Inspect(Box::new(move |conn| {
        tell.send(look(conn)).unwrap();
    })));
    told.recv().unwrap()
}

fn setting(conn: &Connection, name: &str) -> i64 {
    conn.pragma_query_value(None, name, |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn the_live_write_connection_syncs_every_commit() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    append(&log, &doc("d"), "x").await.unwrap();
    on_writer(&log, |conn| {
        let mode: String = conn
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .unwrap();
        assert_eq!(mode, "wal");
        for (name, wanted) in [
            ("synchronous", 2),
            ("wal_autocheckpoint", 0),
            ("busy_timeout", 5_000),
            ("application_id", 0x4d61_7275),
            ("user_version", 1),
            ("fullfsync", 1),
        ] {
            assert_eq!(setting(conn, name), wanted, "{name}");
        }
    });
    let again = schema::open_again(&dir.path().join(FILE)).unwrap();
    assert_eq!(
        (
            setting(&again, "synchronous"),
            setting(&again, "wal_autocheckpoint")
        ),
        (2, 0)
    );
    assert!(rusqlite::version_number() >= 3_051_003);
}

#[tokio::test]
async fn a_writer_that_panics_fails_the_store_and_leaves_nobody_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    append(&log, &doc("d"), "a").await.unwrap();
    log.send(Op::Inspect(Box::new(|_| {
        panic!("a mistake of ours (this test's)")
    })));
    assert!(append(&log, &doc("d"), "b").await.is_err());
    assert!(log.failure().is_some_and(|why| why.contains("panicked")));
    assert_eq!(log.backlog(), 0);
    assert_eq!(texts(&log.load(&doc("d")).await.unwrap()), ["a"]);
    drop(log);
    assert_eq!(
        texts(&open(dir.path()).load(&doc("d")).await.unwrap()),
        ["a"]
    );
}

#[tokio::test]
async fn read_connections_cannot_write() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let result = log
        .read(&doc("d"), |conn, _| {
            Ok(conn.execute(
                "INSERT INTO docs (name, generation, floor) VALUES ('x', 1, 0)",
                [],
            ))
        })
        .await
        .unwrap();
    assert_eq!(
        result.unwrap_err().sqlite_error_code(),
        Some(rusqlite::ErrorCode::ReadOnly)
    );
}

#[test]
fn a_load_walks_its_document_by_index_and_sorts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let plan = on_writer(&log, |conn| {
        let query = "EXPLAIN QUERY PLAN SELECT id, crc, data FROM tail WHERE doc = 1 AND id > 1 ORDER BY id";
        let mut statement = conn.prepare(query).unwrap();
        let steps = statement
            .query_map([], |row| row.get::<_, String>(3))
            .unwrap();
        steps.map(Result::unwrap).collect::<Vec<_>>().join("; ")
    });
    assert_eq!(plan, "SEARCH tail USING INDEX tail_doc (doc=? AND rowid>?)");
}

#[tokio::test]
async fn a_reopened_folder_has_everything_and_gives_no_place_twice() {
    let dir = tempfile::tempdir().unwrap();
    let mut places = Vec::new();
    for round in 0..3 {
        let log = open(dir.path());
        places.push(append(&log, &doc("d"), round.to_string()).await.unwrap());
        places.push(append(&log, &doc("gone"), "x").await.unwrap());
        assert_eq!(log.delete(&doc("gone")).await.unwrap(), round + 2);
        log.close().await.unwrap();
        assert_eq!(
            fs::metadata(dir.path().join("maru.db-wal")).map_or(0, |file| file.len()),
            0,
            "all is in the file"
        );
    }
    assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
    assert_eq!(
        texts(&open(dir.path()).load(&doc("d")).await.unwrap()),
        ["0", "1", "2"]
    );
}

#[test]
fn a_folder_in_use_is_refused_with_the_process_that_uses_it() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    let OpenError::InUse { pid, .. } = refusal(dir.path()) else {
        panic!("another refusal")
    };
    assert_eq!(pid, std::process::id().to_string());
    drop(first);
    open(dir.path());
}

#[test]
fn a_folder_that_cannot_be_made_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "x").unwrap();
    assert!(matches!(
        refusal(&file.join("data")),
        OpenError::NotWritable { .. }
    ));
    // A folder where the file should be.
    fs::create_dir(dir.path().join(FILE)).unwrap();
    assert!(matches!(refusal(dir.path()), OpenError::NotWritable { .. }));
}

#[test]
fn a_file_of_another_program_or_a_newer_version_is_refused_and_left_alone() {
    for (prepare, is_it) in [
        (
            "CREATE TABLE theirs (x)",
            (|e| {
                matches!(
                    e,
                    OpenError::Foreign {
                        application_id: 0,
                        ..
                    }
                )
            }) as fn(&_) -> bool,
        ),
        ("PRAGMA application_id = 7", |e| {
            matches!(
                e,
                OpenError::Foreign {
                    application_id: 7,
                    ..
                }
            )
        }),
        (
            "PRAGMA application_id = 0x4d617275; PRAGMA user_version = 99",
            |e| {
                matches!(
                    e,
                    OpenError::Newer {
                        found: 99,
                        known: 1,
                        ..
                    }
                )
            },
        ),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        Connection::open(&path)
            .unwrap()
            .execute_batch(&format!("CREATE TABLE t (x); {prepare}"))
            .unwrap();
        let before = fs::read(&path).unwrap();
        let error = refusal(dir.path());
        assert!(is_it(&error), "{prepare}: {error}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[tokio::test]
async fn a_file_with_a_broken_structure_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    for _ in 0..50 {
        append(&log, &doc("d"), vec![b'x'; 3_000]).await.unwrap();
    }
    log.close().await.unwrap();
    let path = dir.path().join(FILE);
    let whole = fs::read(&path).unwrap();
    let pages = whole.len() / 4_096;
    // Not a database; a file cut short; nonsense in the middle of the pages that hold the rows.
    let mut no_header = whole.clone();
    no_header[..16].fill(b'?');
    let cut = whole[..whole.len() / 2].to_vec();
    let mut nonsense = whole.clone();
    nonsense[(pages / 2) * 4_096..(pages / 2 + 1) * 4_096].fill(0xff);
    for (what, bytes) in [("header", no_header), ("cut", cut), ("nonsense", nonsense)] {
        fs::write(&path, &bytes).unwrap();
        let error = refusal(dir.path());
        assert!(
            matches!(error, OpenError::Damaged { .. }),
            "{what}: {error}"
        );
        assert_eq!(fs::read(&path).unwrap(), bytes, "{what}");
    }
    fs::write(&path, whole).unwrap();
    assert_eq!(
        open(dir.path()).load(&doc("d")).await.unwrap().tail.len(),
        50
    );
}

/// Changes one byte of the only place in the closed file that holds `text`.
fn damage(dir: &Path, text: &str) {
    let path = dir.join(FILE);
    let mut bytes = fs::read(&path).unwrap();
    let found: Vec<usize> = bytes
        .windows(text.len())
        .enumerate()
        .filter(|(_, w)| *w == text.as_bytes())
        .map(|(at, _)| at)
        .collect();
    assert_eq!(found.len(), 1, "{text} stands once in the file");
    bytes[found[0] + text.len() / 2] ^= 0x10;
    fs::write(&path, bytes).unwrap();
}

#[tokio::test]
async fn a_damaged_row_is_left_out_and_reported_and_the_rest_is_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let mut places = Vec::new();
    for text in ["the first row", "the second row", "the third row"] {
        places.push(append(&log, &doc("d"), text).await.unwrap());
    }
    append(&log, &doc("other"), "whole").await.unwrap();
    log.close().await.unwrap();
    damage(dir.path(), "the second row");

    let log = open(dir.path());
    let loaded = log.load(&doc("d")).await.unwrap();
    assert_eq!(texts(&loaded), ["the first row", "the third row"]);
    let told = loaded.damage.unwrap();
    assert!(
        !told.contains("document d") && told.contains(&format!("id {}", places[1])),
        "{told}"
    );
    assert!(log.load(&doc("other")).await.unwrap().damage.is_none());

    // Whatever is compacted afterwards, the damaged row is not thrown away.
    for text in ["x", "y"] {
        let last = append(&log, &doc("d"), text).await.unwrap();
        assert_eq!(
            log.compact(&doc("d"), last, Bytes::from_static(b"what is left"))
                .await
                .unwrap(),
            Compacted::Done
        );
    }
    let kept = on_writer(&log, |conn| {
        let query = "SELECT (SELECT count(*) FROM tail WHERE id = 2), (SELECT count(*) FROM quarantine WHERE row = 2)";
        conn.query_row(query, [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })
        .unwrap()
    });
    assert_eq!((places[1], kept), (2, (0, 1)));
}

#[tokio::test]
async fn a_damaged_snapshot_is_replaced_by_the_one_before_and_every_update_since() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let mut last = 0;
    for round in 1..=3 {
        for n in 0..2 {
            last = append(&log, &doc("d"), format!("{round}/{n}"))
                .await
                .unwrap();
        }
        let snapshot = Bytes::from(format!("the snapshot of round {round}"));
        assert_eq!(
            log.compact(&doc("d"), last, snapshot).await.unwrap(),
            Compacted::Done
        );
    }
    append(&log, &doc("d"), "4/0").await.unwrap();
    let rows: i64 = on_writer(&log, |conn| {
        conn.query_row("SELECT count(*) FROM tail", [], |row| row.get(0))
            .unwrap()
    });
    assert_eq!(
        rows, 3,
        "of the covered rows only those since the previous snapshot are kept"
    );
    log.close().await.unwrap();
    damage(dir.path(), "the snapshot of round 3");

    let log = open(dir.path());
    let loaded = log.load(&doc("d")).await.unwrap();
    assert_eq!(
        loaded.snapshot.as_deref(),
        Some(&b"the snapshot of round 2"[..])
    );
    assert_eq!(texts(&loaded), ["3/0", "3/1", "4/0"], "nothing is missing");
    assert!(
        loaded
            .damage
            .as_ref()
            .is_some_and(|told| told.contains("3 updates")),
        "{:?}",
        loaded.damage
    );

    // A good snapshot heals it; the damaged one is kept aside.
    assert_eq!(
        log.compact(&doc("d"), loaded.last, Bytes::from_static(b"healed"))
            .await
            .unwrap(),
        Compacted::Done
    );
    let Loaded {
        snapshot,
        tail,
        damage,
        ..
    } = log.load(&doc("d")).await.unwrap();
    assert_eq!(
        (snapshot.as_deref(), tail.len(), damage),
        (Some(&b"healed"[..]), 0, None)
    );
    let kept: String = on_writer(&log, |conn| {
        conn.query_row("SELECT origin FROM quarantine", [], |row| row.get(0))
            .unwrap()
    });
    assert_eq!(kept, "snapshot");
}

#[tokio::test]
async fn a_write_ahead_log_cut_in_the_middle_of_a_commit_keeps_the_commits_before() {
    let (dir, crashed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // No checkpoint: everything stands in the write-ahead log.
    let never = Duration::from_secs(3_600);
    let log = SqliteLog::open(
        dir.path(),
        &Options {
            checkpoint_every: never,
            truncate_after_quiet: never,
            ..Options::default()
        },
    )
    .unwrap();
    for n in 0..10 {
        append(&log, &doc("d"), format!("{n}")).await.unwrap();
    }
    fs::copy(dir.path().join(FILE), crashed.path().join(FILE)).unwrap();
    let mut wal = fs::read(dir.path().join("maru.db-wal")).unwrap();
    wal.truncate(wal.len() - 100);
    fs::write(crashed.path().join("maru.db-wal"), wal).unwrap();

    let loaded = open(crashed.path()).load(&doc("d")).await.unwrap();
    assert_eq!(
        texts(&loaded),
        (0..9).map(|n| n.to_string()).collect::<Vec<_>>()
    );
    assert!(loaded.damage.is_none());
}

/// Waits for a thread of the log to do what it does by itself.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < limit, "{what}");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn the_write_ahead_log_is_cut_when_it_is_long_and_when_it_is_quiet() {
    let never = Duration::from_secs(3_600);
    let every = Duration::from_millis(1);
    let long = Options {
        checkpoint_every: every,
        truncate_after_quiet: never,
        truncate_above: 64 << 10,
        ..Options::default()
    };
    let quiet = Options {
        checkpoint_every: every,
        truncate_after_quiet: every,
        ..Options::default()
    };
    for (options, update) in [(long, vec![b'x'; 1 << 20]), (quiet, b"x".to_vec())] {
        let dir = tempfile::tempdir().unwrap();
        let log = SqliteLog::open(dir.path(), &options).unwrap();
        append(&log, &doc("d"), update).await.unwrap();
        let wal = dir.path().join("maru.db-wal");
        until("the write-ahead log is cut", || {
            fs::metadata(&wal).is_ok_and(|file| file.len() == 0)
        });
        assert_eq!(log.load(&doc("d")).await.unwrap().tail.len(), 1);
    }
}
