//! The npm packages of one folder, installed anew only when its lock file has changed.
use std::process::Command;

use anyhow::{Result, bail};

use super::apt;
use crate::files;
use crate::run::{ask, run, say};
use crate::stamp::Stamp;

/// Installs the packages of `folder` (relative to the root) just as its lock file says. Tells whether the folder has any.
///
/// # Errors
/// Where Node is missing and cannot be had, there is no lock file, or npm fails.
pub(crate) fn packages(folder: &str) -> Result<bool> {
    let path = files::root().join(folder);
    if !path.join("package.json").is_file() {
        return Ok(false);
    }
    let lock = path.join("package-lock.json");
    if !lock.is_file() {
        bail!("{folder}/package-lock.json is missing. Run `npm install` there once and commit it.");
    }
    let stamp = Stamp::new(
        &format!("npm-{}", folder.replace('/', "-")),
        files::sha256(&files::read(&lock)?),
    );
    if stamp.is_fresh() && path.join("node_modules").is_dir() {
        return Ok(true);
    }
    node()?;
    say(&format!(
        "installing the npm packages of {folder} (usually 10 s)"
    ));
    run(Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(&path))?;
    stamp.set()?;
    Ok(true)
}

/// Node and npm as the user has them, or Debian's.
fn node() -> Result<()> {
    for program in ["node", "npm"] {
        if ask(Command::new(program).arg("--version")).is_none() {
            apt::packages(&["nodejs", "npm"], "building the editor", "60 s")?;
        }
    }
    Ok(())
}
