//! A disk that refuses a commit: nothing is acknowledged any more, reads go on, and what was acknowledged is there later.

use server::log::{
    Log,
    sqlite::{Options, SqliteLog},
};

use crate::child::{command, doc, runtime, said};

#[test]
fn after_a_failed_commit_nothing_is_acknowledged_and_everything_acknowledged_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    // A limit on file size stands for the full disk: 8,192 blocks of 512 bytes (4 MiB; 8 where a block is 1,024). With the
    // signal ignored, the write itself fails.
    let limited = [
        "sh",
        "-c",
        "trap '' XFSZ; ulimit -f 8192; exec \"$@\"",
        "sh",
    ];
    let output = command(&limited, "full", dir.path(), 0).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{stdout}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut said = stdout.lines().filter_map(said);
    for n in 0..20 {
        assert_eq!(said.next(), Some(&*format!("acked {n}")));
    }
    for start in [
        "refused the store failed: a write to maru.db failed (",
        "failure a write to maru.db failed (",
        "then the store failed: a write to maru.db failed (",
        "read 20",
        "closed",
    ] {
        let line = said.next().unwrap_or_default();
        assert!(line.starts_with(start), "{start}: {line}");
    }

    let log = SqliteLog::open(dir.path(), &Options::default()).unwrap();
    let loaded = runtime().block_on(log.load(&doc("d"))).unwrap();
    assert_eq!(
        loaded.tail,
        (0..20).map(|n| n.to_string()).collect::<Vec<_>>()
    );
    assert_eq!(loaded.damage, None);
}
