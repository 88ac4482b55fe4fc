//! What real people typed, edit by edit, through real sessions; without the recordings (`shared/data` beside the repository or above it) this says so and passes.

use std::{
    io::Read,
    path::{Path, PathBuf},
    time::Instant,
};

use serde::Deserialize;
use server::config::Store;

use crate::{person::Person, support::Running};

mod concurrent;
mod sequential;

/// Everything, instead of as much as fits into an ordinary run.
fn full() -> bool {
    std::env::var_os("MARU_FULL").is_some_and(|value| value == "1")
}

/// A recording, or nothing where it is not.
fn recording(name: &str) -> Option<Vec<u8>> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/data").join(name))
        .find(|path| path.is_file());
    let Some(path) = found else {
        println!("skipped: there is no shared/data/{name} beside the repository");
        return None;
    };
    let mut json = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap())
        .read_to_end(&mut json)
        .unwrap();
    Some(json)
}

/// From, how many characters go, and what comes.
type Patch = (usize, usize, String);

async fn on_disk(folder: &Path) -> Running {
    let data_dir: PathBuf = folder.to_path_buf();
    Running::start(|config| {
        config.store = Store::Sqlite;
        config.data_dir = data_dir;
    })
    .await
}

/// What the folder's files have together, in bytes.
fn size(folder: &Path) -> u64 {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum()
}
