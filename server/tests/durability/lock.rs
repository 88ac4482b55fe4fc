//! One process for a folder: the second one is refused and told which the first is.

use server::log::sqlite::{Options, SqliteLog};

use crate::child::{command, said};

#[test]
fn a_second_process_is_refused_and_told_the_first_ones_pid() {
    let dir = tempfile::tempdir().unwrap();
    let asked = || {
        let output = command(&[], "open", dir.path(), 0).output().unwrap();
        String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .find_map(|line| Some(said(line)?.to_owned()))
            .unwrap()
    };
    let log = SqliteLog::open(dir.path(), &Options::default()).unwrap();
    let refused = asked();
    assert!(
        refused.starts_with(&format!(
            "refused another maru (pid {}) uses",
            std::process::id()
        )),
        "{refused}"
    );
    drop(log);
    assert_eq!(asked(), "opened");
}
