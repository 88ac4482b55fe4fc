//! The data folder: made when missing, locked for one process; not the files of the store in it.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
    process,
};

use super::OpenError;

/// Makes the folder and takes its lock. The lock holds as long as the returned file lives; the system gives it back
/// when the process dies, however it dies.
pub(super) fn lock(dir: &Path) -> Result<File, OpenError> {
    let path = dir.join("lock");
    let refused = |error: std::io::Error| OpenError::NotWritable {
        path: dir.to_owned(),
        reason: error.to_string(),
    };
    fs::create_dir_all(dir).map_err(refused)?;
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(refused)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(OpenError::InUse {
                dir: dir.to_owned(),
                pid: holder(&mut file),
            });
        }
        Err(TryLockError::Error(error)) => return Err(refused(error)),
    }
    // The number is for a person to read; only the lock decides.
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", process::id()))
        .map_err(refused)?;
    sync_entries(dir).map_err(refused)?;
    Ok(file)
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.take(20).read_to_string(&mut text) {
        Ok(_) if text.trim().parse::<u32>().is_ok() => text.trim().to_owned(),
        _ => "unknown".to_owned(),
    }
}

/// Makes the names durable, not just the files behind them: the folder's in its parent and the files' in the folder.
fn sync_entries(dir: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        let dir = dir.canonicalize()?;
        File::open(&dir)?.sync_all()?;
        if let Some(parent) = dir.parent() {
            // A parent that may not be read belongs to somebody else, who made it durable.
            if let Ok(parent) = File::open(parent) {
                parent.sync_all()?;
            }
        }
    }
    Ok(())
}
