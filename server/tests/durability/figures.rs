//! How fast the log is beside the disk it stands on, measured in one run; a report, not a pass or fail.

use std::{
    fs::File,
    io::Write,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use server::log::{
    Log,
    sqlite::{Options, SqliteLog},
};

use crate::child::{append, doc, record};

const TIME: Duration = Duration::from_secs(3);
const UPDATE: [u8; 100] = [b'x'; 100];

#[test]
#[ignore = "prints figures; run it alone with --ignored --nocapture"]
fn appends_a_second_beside_raw_syncs_of_the_same_disk() {
    let root = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    for turn in 0..3 {
        let dir = root.path().join(turn.to_string());
        std::fs::create_dir(&dir).unwrap();
        report("raw write + fdatasync", raw(&dir));
        report("log, 1 waiter", one_waiter(&dir));
        report("log, 256 waiters, 64 documents", many_waiters(&dir, 256));
    }
}

fn report(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    let rate = took.len() as f64 / TIME.as_secs_f64();
    println!(
        "{what}: {rate:.0}/s, p50 {:.3} ms, p99 {:.3} ms",
        at(50),
        at(99)
    );
}

fn raw(dir: &Path) -> Vec<Duration> {
    let mut file = File::create(dir.join("raw")).unwrap();
    timed(|| {
        file.write_all(&UPDATE).unwrap();
        file.sync_data().unwrap();
    })
}

fn one_waiter(dir: &Path) -> Vec<Duration> {
    let log = SqliteLog::open(&dir.join("one"), &Options::default()).unwrap();
    timed(|| {
        append(&log, &doc("d"), UPDATE.to_vec()).unwrap();
    })
}

fn timed(mut step: impl FnMut()) -> Vec<Duration> {
    let end = Instant::now() + TIME;
    let mut took = Vec::new();
    while Instant::now() < end {
        let start = Instant::now();
        step();
        took.push(start.elapsed());
    }
    took
}

/// Each waiter appends again as soon as it is told: one thread keeps `waiters` records under way.
fn many_waiters(dir: &Path, waiters: usize) -> Vec<Duration> {
    // The receiver is made before the log, so that it lives until the log has answered the last waiter.
    let (tell, told) = mpsc::channel();
    let log = SqliteLog::open(&dir.join("many"), &Options::default()).unwrap();
    let docs: Vec<_> = (0..64).map(|n| doc(&n.to_string())).collect();
    let update = bytes::Bytes::from_static(&UPDATE);
    let over = Arc::new(AtomicBool::new(false));
    let clock = Arc::clone(&over);
    let timer = thread::spawn(move || {
        thread::sleep(TIME);
        clock.store(true, Ordering::Relaxed);
    });
    let send = |waiter: usize| {
        let (tell, start) = (tell.clone(), Instant::now());
        let done = move |result: Result<u64, _>| {
            tell.send((waiter, result.map(|_| start.elapsed())))
                .unwrap();
        };
        log.append(
            &docs[waiter % docs.len()],
            record(update.clone()),
            Box::new(done),
        );
    };
    (0..waiters).for_each(&send);
    let mut took = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let (waiter, result) = told.recv().unwrap();
        took.push(result.unwrap());
        send(waiter);
    }
    timer.join().unwrap();
    took
}
