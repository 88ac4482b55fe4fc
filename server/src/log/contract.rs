//! The tests that every [`Log`] passes, one for each rule of its contract; what only one store promises is tested there.
//!
//! Over 400 lines because the rules of one contract are read together.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread::{self, ThreadId},
};

use bytes::Bytes;
use protocol::id::{ClientId, DocId};
use tokio::sync::{Barrier, oneshot};

use super::{
    Compacted, Loaded, Log, LogError, Record, Stat,
    memory::MemoryLog,
    sqlite::{Options, SqliteLog},
};

pub(super) fn doc(name: &str) -> DocId {
    DocId::parse(name).unwrap()
}

pub(super) fn record(update: impl Into<Bytes>) -> Record {
    Record {
        update: update.into(),
        at_ms: 1_763_856_000_000,
        author: ClientId::from_random(7),
        awaited: true,
    }
}

/// Queues one update; the answer comes through the receiver.
pub(super) fn queue<L: Log + ?Sized>(
    log: &L,
    doc: &DocId,
    update: impl Into<Bytes>,
) -> oneshot::Receiver<Result<u64, LogError>> {
    let (tell, told) = oneshot::channel();
    log.append(
        doc,
        record(update),
        Box::new(move |result| tell.send(result).unwrap_or(())),
    );
    told
}

/// Appends one update and waits until it is durable.
pub(super) async fn append<L: Log + ?Sized>(
    log: &L,
    doc: &DocId,
    update: impl Into<Bytes>,
) -> Result<u64, LogError> {
    queue(log, doc, update).await.unwrap()
}

pub(super) fn texts(loaded: &Loaded) -> Vec<String> {
    loaded
        .tail
        .iter()
        .map(|update| String::from_utf8(update.to_vec()).unwrap())
        .collect()
}

/// Writes one rule's test against a fresh log of each kind.
macro_rules! every_log {
    ($($(#[$doc:meta])* $rule:ident)*) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread")] async fn $rule() {
                super::$rule(std::sync::Arc::new(super::MemoryLog::new())).await;
            })*
        }
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")] async fn $rule() {
                let dir = tempfile::tempdir().unwrap();
                let log = super::SqliteLog::open(dir.path(), &super::Options::default()).unwrap();
                super::$rule(std::sync::Arc::new(log)).await;
            })*
        }
    };
}

every_log! {
    a_document_never_written_is_empty_and_of_generation_1
    a_load_sees_every_record_that_was_done_before_it
    appends_of_one_document_are_done_and_kept_in_the_order_of_the_calls
    done_is_called_on_a_thread_of_the_log_and_never_within_append
    a_done_that_panics_hurts_nobody_else
    records_in_one_commit_come_back_singly_and_in_order
    a_record_of_one_mebibyte_comes_back_whole
    compaction_replaces_what_it_covers_and_nothing_else
    a_compaction_that_comes_late_changes_nothing
    deletion_removes_everything_and_raises_the_generation
    done_is_called_once_for_each_record_also_when_the_log_is_closed
    after_close_everything_fails_as_closed
    a_dropped_log_answers_everybody
    the_backlog_counts_what_is_queued_and_comes_back_to_nothing
}

async fn a_document_never_written_is_empty_and_of_generation_1<L: Log>(log: Arc<L>) {
    let loaded = log.load(&doc("new")).await.unwrap();
    assert_eq!((loaded.generation, loaded.last), (1, 0));
    assert!(loaded.snapshot.is_none() && loaded.tail.is_empty() && loaded.damage.is_none());
    assert_eq!(log.stat(&doc("new")).await.unwrap(), Stat::default());
    assert_eq!(
        log.compact(&doc("new"), 1, Bytes::from_static(b"s"))
            .await
            .unwrap(),
        Compacted::Raced
    );
    assert!(log.failure().is_none());
}

async fn a_load_sees_every_record_that_was_done_before_it<L: Log>(log: Arc<L>) {
    let doc = doc("d");
    for n in 0..50_u64 {
        let place = append(&*log, &doc, n.to_string()).await.unwrap();
        let loaded = log.load(&doc).await.unwrap();
        assert_eq!(
            texts(&loaded),
            (0..=n).map(|n| n.to_string()).collect::<Vec<_>>()
        );
        assert_eq!(loaded.last, place);
        assert_eq!(log.stat(&doc).await.unwrap().tail_rows, n + 1);
    }
}

async fn appends_of_one_document_are_done_and_kept_in_the_order_of_the_calls<L: Log>(log: Arc<L>) {
    const TASKS: usize = 64;
    const EACH: usize = 50;
    /// What a room keeps under its lock: the calls in their order, and the answers in theirs.
    #[derive(Default)]
    struct Room {
        called: Mutex<Vec<String>>,
        done: Mutex<Vec<(String, u64)>>,
    }
    fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    let rooms: Arc<Vec<Room>> = Arc::new((0..5).map(|_| Room::default()).collect());
    let start = Arc::new(Barrier::new(TASKS));
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (log, rooms, start) = (Arc::clone(&log), Arc::clone(&rooms), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                for n in 0..EACH {
                    let at = (task + n) % rooms.len();
                    let (tell, told) = oneshot::channel();
                    {
                        let mut called = lock(&rooms[at].called);
                        let name = format!("{task}/{n}");
                        called.push(name.clone());
                        let rooms = Arc::clone(&rooms);
                        let done = move |result: Result<u64, LogError>| {
                            lock(&rooms[at].done).push((name, result.unwrap()));
                            tell.send(()).unwrap_or(());
                        };
                        log.append(
                            &doc(&at.to_string()),
                            record(called[called.len() - 1].clone()),
                            Box::new(done),
                        );
                    }
                    // Every second append does not wait, so that commits hold several records of one task.
                    if n % 2 == 0 {
                        told.await.unwrap();
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    log.close().await.unwrap_or_else(|error| panic!("{error}"));

    let mut places = HashSet::new();
    for room in rooms.iter() {
        let done = lock(&room.done);
        assert_eq!(
            done.iter()
                .map(|(name, _)| name.clone())
                .collect::<Vec<_>>(),
            *lock(&room.called)
        );
        assert!(done.is_sorted_by(|a, b| a.1 < b.1), "places rise");
        places.extend(done.iter().map(|(_, place)| *place));
    }
    assert_eq!(places.len(), TASKS * EACH, "no two records share a place");
}

async fn done_is_called_on_a_thread_of_the_log_and_never_within_append<L: Log>(log: Arc<L>) {
    let (tell, told) = mpsc::channel::<ThreadId>();
    let room = Arc::new(Mutex::new(()));
    let held = room.lock().unwrap();
    for _ in 0..100 {
        let (tell, room) = (tell.clone(), Arc::clone(&room));
        let done = move |_| {
            // Called within append, this would wait for ever for the lock that the caller holds.
            drop(room.lock());
            tell.send(thread::current().id()).unwrap();
        };
        log.append(&doc("d"), record("x"), Box::new(done));
    }
    drop(held);
    let threads: HashSet<_> = told.iter().take(100).collect();
    assert!(!threads.contains(&thread::current().id()));
}

async fn a_done_that_panics_hurts_nobody_else<L: Log>(log: Arc<L>) {
    log.append(
        &doc("d"),
        record("a"),
        Box::new(|_| panic!("a caller's own mistake (this test's)")),
    );
    append(&*log, &doc("d"), "b").await.unwrap();
    assert_eq!(texts(&log.load(&doc("d")).await.unwrap()), ["a", "b"]);
}

async fn records_in_one_commit_come_back_singly_and_in_order<L: Log>(log: Arc<L>) {
    // The first done holds the log's thread until all others are queued, so that they share commits.
    let (go, wait) = mpsc::channel::<()>();
    log.append(
        &doc("gate"),
        record("g"),
        Box::new(move |_| wait.recv().unwrap()),
    );
    let names: Vec<String> = (0..9_000).map(|n| n.to_string()).collect();
    let told: Vec<_> = names
        .iter()
        .map(|name| queue(&*log, &doc(&name[name.len() - 1..]), name.clone()))
        .collect();
    go.send(()).unwrap();
    let mut places = Vec::new();
    for told in told {
        places.push(told.await.unwrap().unwrap());
    }
    for digit in 0..10_usize {
        let loaded = log.load(&doc(&digit.to_string())).await.unwrap();
        let wanted: Vec<&String> = names.iter().skip(digit).step_by(10).collect();
        assert_eq!(texts(&loaded).iter().collect::<Vec<_>>(), wanted);
        assert_eq!(loaded.last, places[8_990 + digit]);
    }
    // A compaction may end between two records of one commit.
    let snapshot = Bytes::from_static(b"the first hundred");
    assert_eq!(
        log.compact(&doc("3"), places[993], snapshot.clone())
            .await
            .unwrap(),
        Compacted::Done
    );
    let loaded = log.load(&doc("3")).await.unwrap();
    assert_eq!(loaded.snapshot, Some(snapshot));
    assert_eq!(
        texts(&loaded).iter().collect::<Vec<_>>(),
        names.iter().skip(1_003).step_by(10).collect::<Vec<_>>()
    );
}

async fn a_record_of_one_mebibyte_comes_back_whole<L: Log>(log: Arc<L>) {
    let big: Vec<Bytes> = (0..10_u32)
        .map(|n| {
            (0..1 << 20)
                .map(|i: u32| (i.wrapping_mul(n + 7) >> 3) as u8)
                .collect()
        })
        .collect();
    let told: Vec<_> = big
        .iter()
        .map(|update| queue(&*log, &doc("big"), update.clone()))
        .collect();
    for told in told {
        told.await.unwrap().unwrap();
    }
    let loaded = log.load(&doc("big")).await.unwrap();
    assert_eq!(loaded.tail, big);
    assert!(log.stat(&doc("big")).await.unwrap().tail_bytes >= 10 << 20);
}

async fn compaction_replaces_what_it_covers_and_nothing_else<L: Log>(log: Arc<L>) {
    let (doc, other) = (doc("d"), doc("other"));
    for round in 0..4 {
        let mut places = Vec::new();
        for n in 0..4 {
            places.push(append(&*log, &doc, format!("{round}/{n}")).await.unwrap());
            append(&*log, &other, format!("{round}/{n}")).await.unwrap();
        }
        let snapshot = Bytes::from(format!("all up to {round}/1"));
        assert_eq!(
            log.compact(&doc, places[1], snapshot.clone())
                .await
                .unwrap(),
            Compacted::Done
        );
        let loaded = log.load(&doc).await.unwrap();
        assert_eq!(loaded.snapshot.as_ref(), Some(&snapshot));
        assert_eq!(texts(&loaded), [format!("{round}/2"), format!("{round}/3")]);
        assert_eq!((loaded.last, loaded.generation), (places[3], 1));
        let stat = log.stat(&doc).await.unwrap();
        assert_eq!(
            (stat.tail_rows, stat.snapshot_bytes),
            (2, snapshot.len() as u64)
        );
        // All of it covered: the last place is then the snapshot's.
        assert_eq!(
            log.compact(&doc, places[3], snapshot).await.unwrap(),
            Compacted::Done
        );
        let loaded = log.load(&doc).await.unwrap();
        assert_eq!((loaded.tail.len(), loaded.last), (0, places[3]));
    }
    assert_eq!(log.load(&other).await.unwrap().tail.len(), 16);
}

async fn a_compaction_that_comes_late_changes_nothing<L: Log>(log: Arc<L>) {
    let doc = doc("d");
    let first = append(&*log, &doc, "a").await.unwrap();
    let second = append(&*log, &doc, "b").await.unwrap();
    let good = Bytes::from_static(b"ab");
    let late = Bytes::from_static(b"late");
    assert_eq!(
        log.compact(&doc, second, good.clone()).await.unwrap(),
        Compacted::Done
    );
    for place in [0, first, second, second + 1, u64::MAX] {
        assert_eq!(
            log.compact(&doc, place, late.clone()).await.unwrap(),
            Compacted::Raced,
            "{place}"
        );
    }
    assert_eq!(log.load(&doc).await.unwrap().snapshot, Some(good));
    // Of two at once, one wins.
    let third = append(&*log, &doc, "c").await.unwrap();
    let (one, two) = tokio::join!(
        log.compact(&doc, third, late.clone()),
        log.compact(&doc, third, late.clone())
    );
    assert_eq!(
        [one.unwrap(), two.unwrap()],
        [Compacted::Done, Compacted::Raced]
    );
    // And none wins against a deletion, also when the document was written again.
    let fourth = append(&*log, &doc, "d").await.unwrap();
    log.delete(&doc).await.unwrap();
    assert_eq!(
        log.compact(&doc, fourth, late.clone()).await.unwrap(),
        Compacted::Raced
    );
    append(&*log, &doc, "e").await.unwrap();
    assert_eq!(
        log.compact(&doc, fourth, late).await.unwrap(),
        Compacted::Raced
    );
    let loaded = log.load(&doc).await.unwrap();
    assert_eq!(
        (loaded.snapshot.is_none(), texts(&loaded)),
        (true, vec!["e".to_owned()])
    );
}

async fn deletion_removes_everything_and_raises_the_generation<L: Log>(log: Arc<L>) {
    let (doc, other) = (doc("d"), doc("other"));
    append(&*log, &other, "kept").await.unwrap();
    for generation in 1..5 {
        let place = append(&*log, &doc, "a").await.unwrap();
        log.compact(&doc, place, Bytes::from_static(b"s"))
            .await
            .unwrap();
        append(&*log, &doc, "b").await.unwrap();
        assert_eq!(log.load(&doc).await.unwrap().generation, generation);
        assert_eq!(log.delete(&doc).await.unwrap(), generation + 1);
        let loaded = log.load(&doc).await.unwrap();
        assert_eq!((loaded.generation, loaded.last), (generation + 1, 0));
        assert!(loaded.snapshot.is_none() && loaded.tail.is_empty());
        assert_eq!(log.stat(&doc).await.unwrap(), Stat::default());
    }
    assert_eq!(texts(&log.load(&other).await.unwrap()), ["kept"]);
    assert_eq!(log.delete(&self::doc("never-written")).await.unwrap(), 2);
}

async fn done_is_called_once_for_each_record_also_when_the_log_is_closed<L: Log>(log: Arc<L>) {
    const THREADS: usize = 4;
    const EACH: usize = 2_000;
    let counts: Arc<Vec<AtomicUsize>> =
        Arc::new((0..THREADS * EACH).map(|_| AtomicUsize::new(0)).collect());
    let saved = Arc::new(AtomicUsize::new(0));
    let (tell, told) = mpsc::channel();
    let start = Arc::new(std::sync::Barrier::new(THREADS + 1));
    let writers: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (log, counts, saved, tell, start) = (
                Arc::clone(&log),
                Arc::clone(&counts),
                Arc::clone(&saved),
                tell.clone(),
                Arc::clone(&start),
            );
            thread::spawn(move || {
                start.wait();
                for n in 0..EACH {
                    let (counts, saved, tell) =
                        (Arc::clone(&counts), Arc::clone(&saved), tell.clone());
                    let done = move |result: Result<u64, LogError>| {
                        counts[thread * EACH + n].fetch_add(1, Ordering::SeqCst);
                        match result {
                            Ok(_) => drop(saved.fetch_add(1, Ordering::SeqCst)),
                            Err(error) => assert!(matches!(error, LogError::Closed), "{error}"),
                        }
                        tell.send(()).unwrap();
                    };
                    log.append(&doc("d"), record(n.to_string()), Box::new(done));
                }
            })
        })
        .collect();
    start.wait();
    log.close().await.unwrap();
    for writer in writers {
        writer.join().unwrap();
    }
    assert_eq!(told.iter().take(THREADS * EACH).count(), THREADS * EACH);
    assert!(counts.iter().all(|count| count.load(Ordering::SeqCst) == 1));
    assert!(saved.load(Ordering::SeqCst) <= THREADS * EACH);
}

async fn after_close_everything_fails_as_closed<L: Log>(log: Arc<L>) {
    let doc = doc("d");
    let before = queue(&*log, &doc, "a");
    log.close().await.unwrap();
    before.await.unwrap().unwrap();
    let closed = |error: &LogError| matches!(error, LogError::Closed);
    assert!(append(&*log, &doc, "b").await.is_err_and(|e| closed(&e)));
    assert!(log.load(&doc).await.is_err_and(|e| closed(&e)));
    assert!(log.stat(&doc).await.is_err_and(|e| closed(&e)));
    assert!(
        log.compact(&doc, 1, Bytes::new())
            .await
            .is_err_and(|e| closed(&e))
    );
    assert!(log.delete(&doc).await.is_err_and(|e| closed(&e)));
    assert!(log.close().await.is_err_and(|e| closed(&e)));
    assert_eq!(log.backlog(), 0);
}

async fn a_dropped_log_answers_everybody<L: Log>(log: Arc<L>) {
    let told: Vec<_> = (0..100)
        .map(|n| queue(&*log, &doc("d"), n.to_string()))
        .collect();
    // The last owner may well be a done, on the log's own thread.
    let owner = Arc::clone(&log);
    let (tell, last) = oneshot::channel();
    log.append(
        &doc("d"),
        record("last"),
        Box::new(move |result| {
            drop(owner);
            tell.send(result).unwrap();
        }),
    );
    drop(log);
    for told in told {
        told.await.unwrap().unwrap();
    }
    last.await.unwrap().unwrap();
}

async fn the_backlog_counts_what_is_queued_and_comes_back_to_nothing<L: Log>(log: Arc<L>) {
    let (go, wait) = mpsc::channel::<()>();
    let (held, holds) = oneshot::channel();
    log.append(
        &doc("gate"),
        record("g"),
        Box::new(move |_| {
            held.send(()).unwrap();
            wait.recv().unwrap();
        }),
    );
    holds.await.unwrap();
    let told: Vec<_> = (0..10)
        .map(|_| queue(&*log, &doc("d"), vec![b'x'; 1_000]))
        .collect();
    assert_eq!(log.backlog(), 10_000);
    go.send(()).unwrap();
    for told in told {
        told.await.unwrap().unwrap();
    }
    assert_eq!(log.backlog(), 0);
}

#[tokio::test]
async fn a_memory_log_told_to_fail_acknowledges_nothing_more_and_still_reads() {
    let log = MemoryLog::new();
    append(&log, &doc("d"), "a").await.unwrap();
    log.fail("the disk is gone");
    assert!(
        append(&log, &doc("d"), "b")
            .await
            .is_err_and(|e| matches!(e, LogError::Failed(_)))
    );
    assert!(log.delete(&doc("d")).await.is_err());
    assert_eq!(log.failure().as_deref(), Some("the disk is gone"));
    assert_eq!(texts(&log.load(&doc("d")).await.unwrap()), ["a"]);
}
