//! Finds the tools a step needs and gets those that are missing. Builds nothing of Maru.
mod apt;
mod browser;
mod lints;
mod npm;
mod proxies;
mod python;
mod toolchain;
mod tracer;
mod wasm_std;

use std::process::ExitCode;

use anyhow::Result;

pub(crate) use browser::browser;
pub(crate) use lints::{Rustfmt, clippy, rustfmt};
pub(crate) use npm::packages;
pub(crate) use proxies::proxies;
pub(crate) use python::python;
pub(crate) use toolchain::Toolchain;
pub(crate) use tracer::tracer;

/// `cargo xtask setup`.
pub(crate) fn main(arguments: &[String]) -> Result<ExitCode> {
    crate::flags(arguments, [])?;
    let toolchain = Toolchain::ready()?;
    clippy(toolchain)?;
    rustfmt(toolchain)?;
    packages("app/editor")?;
    packages("end2end")?;
    tracer()?;
    proxies()?;
    python()?;
    browser()?;
    crate::run::say(&format!("everything is there; {toolchain} builds"));
    Ok(ExitCode::SUCCESS)
}
