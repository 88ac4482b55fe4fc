//! clippy of the building toolchain, and rustfmt of whichever toolchain has it.
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use super::{Toolchain, apt};
use crate::files;
use crate::run::{ask, run_quietly, say};
use crate::stamp::Stamp;

/// Makes sure that the building toolchain has clippy.
///
/// # Errors
/// Where it is missing and cannot be had.
pub(crate) fn clippy(toolchain: Toolchain) -> Result<()> {
    if toolchain == Toolchain::Debian {
        return apt::packages(&["rust-web-clippy"], "clippy", "10 s");
    }
    let stamp = Stamp::new(
        "clippy",
        std::env::var("RUSTUP_TOOLCHAIN").unwrap_or_default(),
    );
    if stamp.is_fresh() {
        return Ok(());
    }
    if ask(toolchain.cargo().args(["clippy", "--version"])).is_none() {
        say("installing clippy with rustup (usually 10 s)");
        run_quietly(
            Command::new("rustup").args(["component", "add", "clippy"]),
            "rustup-clippy",
        )?;
    }
    stamp.set()
}

/// Whose rustfmt formats. Its output does not depend on the compiler that builds.
pub(crate) enum Rustfmt {
    /// The building toolchain's own.
    Own(Toolchain),
    /// That of another toolchain rustup has, by name.
    Of(String),
}

impl Rustfmt {
    /// `cargo fmt`, to be given its arguments.
    pub(crate) fn cargo_fmt(&self) -> Command {
        match self {
            Self::Own(toolchain) => {
                let mut cargo = toolchain.cargo();
                cargo.arg("fmt");
                cargo
            }
            Self::Of(name) => {
                let mut rustup = Command::new("rustup");
                rustup
                    .current_dir(files::root())
                    .args(["run", name, "cargo", "fmt"]);
                rustup
            }
        }
    }
}

/// Finds rustfmt, and fetches it where there is none.
///
/// # Errors
/// Where it is missing and cannot be had.
pub(crate) fn rustfmt(toolchain: Toolchain) -> Result<Rustfmt> {
    if toolchain == Toolchain::Debian {
        let rustup = ask(Command::new("rustup").args(["show", "home"])).unwrap_or_default();
        let default = ask(Command::new("rustup").arg("default")).unwrap_or_default();
        if let Some(name) = default.split_whitespace().next()
            && Path::new(&rustup)
                .join("toolchains")
                .join(name)
                .join("bin/cargo-fmt")
                .exists()
        {
            return Ok(Rustfmt::Of(name.to_owned()));
        }
        apt::packages(&["rustfmt"], "the check of the formatting", "20 s")?;
        return Ok(Rustfmt::Own(toolchain));
    }
    if ask(toolchain.cargo().args(["fmt", "--version"])).is_none() {
        say("installing rustfmt with rustup (usually 5 s)");
        run_quietly(
            Command::new("rustup").args(["component", "add", "rustfmt"]),
            "rustup-rustfmt",
        )?;
        if ask(toolchain.cargo().args(["fmt", "--version"])).is_none() {
            bail!("there is no rustfmt. Install it by hand, then try again.");
        }
    }
    Ok(Rustfmt::Own(toolchain))
}
