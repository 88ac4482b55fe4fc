//! `cargo xtask site`: the page in target/site, laid out as cargo-leptos does it. Hashed names and compression come after, in `pack`.
mod editor;
mod module;
mod style;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::files;
use crate::run::say;
use crate::setup::{self, Toolchain};
use crate::stamp::Stamp;
pub(crate) use editor::FOLDER as EDITOR;
use module::Module;

/// How much time a build may take for how small a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speed {
    /// What is shipped: smallest modules, best compression.
    Release,
    /// For the next look at a change.
    Fast,
}

impl Speed {
    pub(crate) fn from_flag(fast: bool) -> Self {
        if fast { Self::Fast } else { Self::Release }
    }
}

/// `cargo xtask site [--fast]`.
pub(crate) fn main(arguments: &[String]) -> Result<ExitCode> {
    let [fast] = crate::flags(arguments, ["--fast"])?;
    build(Toolchain::ready()?, Speed::from_flag(fast))?;
    say(&format!("the site is in {}", files::site().display()));
    Ok(ExitCode::SUCCESS)
}

/// Builds target/site; what has not changed is not built again.
pub(crate) fn build(toolchain: Toolchain, speed: Speed) -> Result<()> {
    if setup::packages(editor::FOLDER)? {
        editor::build()?;
    } else {
        say(
            "app/editor has no package.json: the page is built without its editor, and nothing is minified",
        );
    }
    let preview = Module {
        package: "markdown",
        features: "",
        name: "markdown",
    }
    .build(toolchain, speed)?;
    copy(
        &preview,
        &files::root().join("public/markdown"),
        &mut BTreeSet::new(),
        "",
    )?;
    let instruments = Module {
        package: "instruments",
        features: "",
        name: "instruments",
    }
    .build(toolchain, speed)?;
    copy(
        &instruments,
        &files::root().join("public/instruments"),
        &mut BTreeSet::new(),
        "",
    )?;
    // What only the lab looks like is not in the style sheet of every page.
    style::build("lab.css", &files::root().join("public/instruments/lab.css"))?;
    let page = Module {
        package: "app",
        features: "hydrate",
        name: "maru",
    }
    .build(toolchain, speed)?;

    let site = files::site();
    let mut present = BTreeSet::new();
    let public = files::root().join("public");
    if public.is_dir() {
        copy(&public, &site, &mut present, "")?;
        // They are bundled below.
        present.retain(|file| !file.starts_with("style/"));
    }
    copy(&page, &site, &mut present, "pkg/")?;
    if style::build("main.css", &site.join("pkg/maru.css"))? {
        present.insert("pkg/maru.css".to_owned());
    }
    files::prune(&site, |file| present.contains(file))
}

/// The memory of a step below. It is void when the steps themselves have changed.
fn stamp(name: &str, now: &str) -> Result<Stamp> {
    let steps = files::root().join("xtask/src/site");
    let recipe = files::sha256_of_all(&steps, &files::walk(&steps, |_| false)?)?;
    Ok(Stamp::new(name, format!("{recipe} {now}")))
}

/// Copies a folder's files to below `prefix` in `to`, and notes their names there.
fn copy(from: &Path, to: &Path, present: &mut BTreeSet<String>, prefix: &str) -> Result<()> {
    for file in files::walk(from, |_| false)? {
        let name = format!("{prefix}{file}");
        files::write(&to.join(&name), &files::read(&from.join(&file))?)?;
        present.insert(name);
    }
    Ok(())
}
