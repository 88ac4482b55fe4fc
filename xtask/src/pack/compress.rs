//! The `.br` and `.gz` twins of packed files, each made once for each content. Node's zlib does the work: it is there anyway, and a Rust one would be compiled first.
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::files;
use crate::run::say;
use crate::site::Speed;

/// These are compressed in themselves.
const DENSE: &[&str] = &[
    "woff2", "png", "jpg", "jpeg", "webp", "avif", "gz", "br", "zip",
];

/// Puts the twins beside the files of `folder` where they are smaller, and returns their names. `hashes` gives each file's
/// name and the hash of its content.
pub(crate) fn twins(
    folder: &Path,
    hashes: &BTreeMap<String, String>,
    speed: Speed,
) -> Result<BTreeSet<String>> {
    let quality = match speed {
        Speed::Release => 11,
        Speed::Fast => 4,
    };
    let cache = files::own().join("compressed");
    fs::create_dir_all(&cache).with_context(|| format!("cannot make {}", cache.display()))?;
    let stored = |hash: &str, kind: &str| cache.join(format!("{hash}-{quality}.{kind}"));
    let worth: Vec<(&String, &String)> =
        hashes.iter().filter(|(name, _)| !is_dense(name)).collect();

    let mut jobs = BTreeMap::new();
    for &(name, hash) in &worth {
        if !stored(hash, "gz").is_file() {
            jobs.insert(
                hash,
                serde_json::json!([folder.join(name), stored(hash, "br"), stored(hash, "gz")]),
            );
        }
    }
    if !jobs.is_empty() {
        say(&format!("compressing {} files", jobs.len()));
        compress(&serde_json::json!({ "quality": quality, "jobs": jobs.into_values().collect::<Vec<_>>() }).to_string())?;
    }

    let mut names = BTreeSet::new();
    for (name, hash) in worth {
        for kind in ["br", "gz"] {
            let bytes = files::read(&stored(hash, kind))?;
            // An empty one says that compression gains nothing.
            if !bytes.is_empty() {
                let twin = format!("{name}.{kind}");
                files::write(&folder.join(&twin), &bytes)?;
                names.insert(twin);
            }
        }
    }
    Ok(names)
}

fn is_dense(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| DENSE.contains(&ending))
}

fn compress(jobs: &str) -> Result<()> {
    let script = files::root().join("xtask/src/pack/compress.mjs");
    let mut node = Command::new("node")
        .arg(script)
        .stdin(Stdio::piped())
        .spawn()
        .context("cannot start node")?;
    // Dropped after the write, which ends node's input.
    node.stdin
        .take()
        .context("node has an input")?
        .write_all(jobs.as_bytes())
        .context("node stopped reading")?;
    if !node.wait()?.success() {
        bail!("node could not compress the site");
    }
    Ok(())
}
