//! Debian packages. Knows which are there, installs those that are not, and says so; knows not what they are for.
use std::fs;
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

/// As [`packages`], for packages that bring a service of the same name: none of them is started, now or when the machine starts.
///
/// # Errors
/// As [`packages`].
pub(crate) fn packages_without_services(
    names: &[&str],
    services: &[&str],
    why: &str,
    how_long: &str,
) -> Result<()> {
    let _policy = NoServices::begin();
    packages(names, why, how_long)?;
    if Path::new("/run/systemd/system").exists() {
        // A service that somebody enabled before was there before, and then nothing was installed.
        run_quietly(
            Command::new("systemctl").arg("disable").args(services),
            "systemctl-disable",
        )?;
    }
    Ok(())
}

/// Debian's own way to say that an installation starts nothing: a program that answers 101 (action forbidden by policy).
struct NoServices(Option<&'static Path>);

impl NoServices {
    /// Leaves the policy of a machine that has one alone. Without the right to write it nothing can be installed either.
    fn begin() -> Self {
        let path = Path::new("/usr/sbin/policy-rc.d");
        let made = !path.exists()
            && fs::write(path, "#!/bin/sh\nexit 101\n").is_ok()
            && ask(Command::new("chmod").arg("755").arg(path)).is_some();
        Self(made.then_some(path))
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if let Some(path) = self.0
            && let Err(error) = fs::remove_file(path)
        {
            say(&format!(
                "{} could not be removed ({error}); remove it by hand, or services will not start when they are installed",
                path.display()
            ));
        }
    }
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
