//! clippy of the building toolchain, and rustfmt of whichever toolchain has it.
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

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
    let own = || ask(toolchain.cargo().args(["fmt", "--version"])).is_some();
    if own() {
        return Ok(Rustfmt::Own(toolchain));
    }
    let Some(home) = ask(Command::new("rustup").args(["show", "home"])) else {
        apt::packages(&["rustfmt"], "the check of the formatting", "20 s")?;
        return Ok(Rustfmt::Own(toolchain));
    };
    let default = ask(Command::new("rustup").arg("default")).unwrap_or_default();
    let name = default.split_whitespace().next().unwrap_or("stable");
    if !Path::new(&home)
        .join("toolchains")
        .join(name)
        .join("bin/cargo-fmt")
        .exists()
    {
        say("installing rustfmt with rustup (usually 5 s)");
        let add = ["component", "add", "--toolchain", name, "rustfmt"];
        run_quietly(Command::new("rustup").args(add), "rustup-rustfmt")
            .context("the check of the formatting needs rustfmt; install it by hand")?;
    }
    Ok(Rustfmt::Of(name.to_owned()))
}
