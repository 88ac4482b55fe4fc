//! `cargo xtask bench`: builds Maru and the load in release, installs the peers, then becomes the load. Measures nothing itself.
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::files;
use crate::run::{become_program, run, say};
use crate::setup::{self, Toolchain};

const PEERS: &str = "bench/peers";

/// `cargo xtask bench [fan-out|saved|join|memory|slow|all] [-- flags of the load]`.
pub(crate) fn main(arguments: &[String]) -> Result<ExitCode> {
    let (what, flags) = match arguments.split_first() {
        None => ("all", arguments),
        Some((first, _)) if first == "--" => ("all", arguments),
        Some((first, flags)) => (first.as_str(), flags),
    };
    let flags = match flags.split_first() {
        None => flags,
        Some((first, flags)) if first == "--" => flags,
        Some((first, _)) => {
            bail!("`{first}` is not known here. Flags of the load come after `--`.")
        }
    };
    let toolchain = Toolchain::ready()?;
    setup::packages(PEERS)?;
    run(toolchain.cargo().args([
        "build",
        "--release",
        "--package",
        "server",
        "--package",
        "bench",
    ]))?;
    let built = files::cargo_target().join("release");
    say("measuring; other work on this machine blurs the figures");
    become_program(
        Command::new(built.join("bench"))
            .current_dir(files::root())
            .arg(what)
            .arg("--maru")
            .arg(built.join("maru"))
            .args(flags),
    )
}
