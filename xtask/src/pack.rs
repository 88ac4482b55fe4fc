//! `cargo xtask pack`: target/site under names that change with the content, compressed once, with a manifest. The server only serves it.
mod compress;
mod names;
pub(crate) mod references;

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::files;
use crate::run::say;
use crate::site::Speed;

/// A site's files by their path in it.
pub(crate) type Site = BTreeMap<String, Vec<u8>>;

/// Each file's path in the site, and its path as packed.
pub(crate) type Manifest = BTreeMap<String, String>;

const MANIFEST: &str = "manifest.json";

/// `cargo xtask pack [--fast]`.
pub(crate) fn main(arguments: &[String]) -> Result<ExitCode> {
    let [fast] = crate::flags(arguments, ["--fast"])?;
    let manifest = pack(Speed::from_flag(fast))?;
    if let Some(weight) = crate::budget::weigh(&read()?, &manifest)? {
        weight.print();
    }
    Ok(ExitCode::SUCCESS)
}

/// The files of target/site.
pub(crate) fn read() -> Result<Site> {
    let folder = files::site();
    if !folder.is_dir() {
        bail!("there is no target/site yet; `cargo xtask site` builds it");
    }
    files::walk(&folder, |_| false)?
        .into_iter()
        .map(|file| Ok((file.clone(), files::read(&folder.join(file))?)))
        .collect()
}

/// Writes target/packed anew from target/site. The manifest comes after the files it names and before old files go, so a
/// server that runs meanwhile never reads a name that is not there.
pub(crate) fn pack(speed: Speed) -> Result<Manifest> {
    let site = read()?;
    let manifest = names::plan(&site);
    let folder = files::packed();
    let mut packed = BTreeMap::new();
    for (path, bytes) in &site {
        let bytes = names::rewrite(path, bytes, &manifest, &site);
        let target = manifest[path].clone();
        files::write(&folder.join(&target), &bytes)?;
        packed.insert(target, files::sha256(&bytes));
    }
    let mut present = compress::twins(&folder, &packed, speed)?;
    files::write(
        &folder.join(MANIFEST),
        &serde_json::to_vec_pretty(&manifest)?,
    )?;
    present.extend(packed.into_keys());
    present.insert(MANIFEST.to_owned());
    files::prune(&folder, |file| present.contains(file))?;
    say(&format!(
        "packed {} files into {}",
        manifest.len(),
        folder.display()
    ));
    Ok(manifest)
}
