//! `cargo xtask dist`: target/dist/maru, one binary that carries the site.
use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::run::{run, say};
use crate::setup::Toolchain;
use crate::site::Speed;
use crate::{files, pack, site};

/// `cargo xtask dist`.
pub(crate) fn main(arguments: &[String]) -> Result<ExitCode> {
    crate::flags(arguments, [])?;
    let toolchain = Toolchain::ready()?;
    site::build(toolchain, Speed::Release)?;
    pack::pack(Speed::Release)?;
    say("compiling the server with the site inside");
    run(toolchain.cargo().env("MARU_SITE", files::packed()).args([
        "build",
        "--package",
        "server",
        "--profile",
        "dist",
        "--features",
        "embed",
    ]))?;
    let built = files::cargo_target().join("dist/maru");
    let binary = files::root().join("target/dist/maru");
    if built != binary {
        // Cargo's target folder is elsewhere.
        fs::create_dir_all(files::root().join("target/dist"))?;
        fs::copy(&built, &binary).with_context(|| format!("cannot copy {}", built.display()))?;
    }
    let bytes = files::read(&binary)?;
    println!("{}", binary.display());
    println!(
        "{:.1} MB, sha256 {}",
        bytes.len() as f64 / 1e6,
        files::sha256(&bytes)
    );
    Ok(ExitCode::SUCCESS)
}
