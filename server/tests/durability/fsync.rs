//! An acknowledgement follows an fsync: counted in the system calls of a real process, since after `kill -9` the system's
//! own cache would hide a missing one.

use std::{collections::HashMap, fs, process::Command};

use crate::child::{COUNT, command};

#[test]
fn each_acknowledgement_comes_after_its_own_sync_of_the_write_ahead_log() {
    assert!(
        Command::new("strace")
            .arg("-V")
            .output()
            .is_ok_and(|output| output.status.success()),
        "this test needs strace (Debian's package of that name)"
    );
    let dir = tempfile::tempdir().unwrap();
    let trace = dir.path().join("trace");
    let strace = [
        "strace",
        "-f",
        "-y",
        "-e",
        "trace=fdatasync,fsync,write",
        "-o",
        trace.to_str().unwrap(),
    ];
    let output = command(&strace, "count", &dir.path().join("data"), 0)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );

    let mut syncs = 0;
    let mut acks = 0;
    let mut waiting: HashMap<&str, bool> = HashMap::new();
    let trace = fs::read_to_string(trace).unwrap();
    for line in trace.lines() {
        let (thread, call) = line.split_once(' ').unwrap();
        let call = call.trim_start();
        let of_wal = call.contains("/maru.db-wal>");
        if call.starts_with("fdatasync(") || call.starts_with("fsync(") {
            if call.ends_with("<unfinished ...>") {
                waiting.insert(thread, of_wal);
            } else {
                syncs += usize::from(of_wal && call.ends_with("= 0"));
            }
        } else if call.starts_with("<... fdatasync resumed>")
            || call.starts_with("<... fsync resumed>")
        {
            let of_wal = waiting.remove(thread).unwrap_or_default();
            syncs += usize::from(of_wal && call.ends_with("= 0"));
        } else if call.starts_with("write(1<") && call.contains("\"> acked ") {
            acks += 1;
            assert!(
                syncs >= acks,
                "acknowledgement {acks} after {syncs} syncs of the write-ahead log"
            );
        }
    }
    assert_eq!(acks, COUNT);
}
