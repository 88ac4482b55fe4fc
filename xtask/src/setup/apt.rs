//! Debian packages. Knows which are there, installs those that are not, and says so; knows not what they are for.
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{ask, run_quietly, say};

/// Installs what is missing of `packages`; `why` finishes the sentence "installing … for", `how_long` is what it usually takes.
///
/// # Errors
/// Where there is no apt-get or no right to use it; the message names the packages.
pub(crate) fn packages(packages: &[&str], why: &str, how_long: &str) -> Result<()> {
    let missing: Vec<&str> = packages
        .iter()
        .copied()
        .filter(|package| !is_there(package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if ask(Command::new("id").arg("-u")).as_deref() != Some("0")
        || ask(Command::new("apt-get").arg("--version")).is_none()
    {
        bail!(
            "{why} needs {list}, and only root on Debian can install that from here. Install it by hand, then try again."
        );
    }
    say(&format!("installing {list} for {why} (usually {how_long})"));
    run_quietly(apt_get().arg("update"), "apt-update")
        .context("the list of packages could not be fetched")?;
    run_quietly(
        apt_get()
            .args(["install", "-y", "--no-install-recommends"])
            .args(&missing),
        "apt-install",
    )
    .with_context(|| {
        format!("{why} needs {list}. If your Debian is too old to have it, install it by hand")
    })
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    // Another apt at work (a fresh machine's own first update) is waited for.
    command
        .args(["-o", "DPkg::Lock::Timeout=300"])
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// dpkg keeps one list of files for each package, some with the machine's kind in the name; looking costs no process.
fn is_there(package: &str) -> bool {
    ["", ":amd64", ":arm64"].iter().any(|kind| {
        Path::new("/var/lib/dpkg/info")
            .join(format!("{package}{kind}.list"))
            .is_file()
    })
}
