//! Where things lie, and the few file operations the steps share. Knows no step.
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// The workspace's root folder.
pub(crate) fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        // Cargo says at run time which workspace it started us for. Two checkouts that share a target folder overwrite
        // each other's program, so the path compiled in may be the other's.
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        Path::new(&package)
            .parent()
            .unwrap_or(Path::new("/"))
            .to_owned()
    })
}

/// The site as cargo-leptos would lay it out.
pub(crate) fn site() -> PathBuf {
    root().join("target/site")
}

/// The site as it is served: hashed names, compressed twins, a manifest.
pub(crate) fn packed() -> PathBuf {
    root().join("target/packed")
}

/// Stamps, caches and logs of xtask itself.
pub(crate) fn own() -> PathBuf {
    root().join("target/xtask")
}

/// Cargo's target folder, which `CARGO_TARGET_DIR` may put elsewhere.
pub(crate) fn cargo_target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// Every file below `folder`, as sorted relative paths with `/`. Folders whose name `skip` accepts are not entered.
pub(crate) fn walk(folder: &Path, skip: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![String::new()];
    while let Some(prefix) = open.pop() {
        let path = folder.join(&prefix);
        for entry in
            fs::read_dir(&path).with_context(|| format!("cannot list {}", path.display()))?
        {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let relative = if prefix.is_empty() {
                name.clone()
            } else {
                format!("{prefix}/{name}")
            };
            if entry.path().is_dir() {
                if !skip(&name) {
                    open.push(relative);
                }
            } else {
                found.push(relative);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Reads a file; the error names it.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes a file and its folders, unless it already has these bytes: a file's time of change is what other tools look at.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Removes every file below `folder` whose relative path `keep` refuses.
pub(crate) fn prune(folder: &Path, keep: impl Fn(&str) -> bool) -> Result<()> {
    for relative in walk(folder, |_| false)? {
        if !keep(&relative) {
            let path = folder.join(relative);
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// One hash over the names and contents of `files`, which are relative to `folder`.
pub(crate) fn sha256_of_all(folder: &Path, files: &[String]) -> Result<String> {
    let mut all = Sha256::new();
    for file in files {
        all.update(file.as_bytes());
        all.update([0]);
        all.update(Sha256::digest(read(&folder.join(file))?));
    }
    Ok(all
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
