//! The text surface: app/editor's own build, which writes public/editor. Its tools (esbuild, wasm-opt) serve the other steps too.
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::stamp;
use crate::files;
use crate::run::{run, say};

/// The npm package, relative to the root.
pub(crate) const FOLDER: &str = "app/editor";

/// Runs the package's build, unless none of its files has changed.
pub(crate) fn build() -> Result<()> {
    let folder = files::root().join(FOLDER);
    let sources = files::walk(&folder, |name| name == "node_modules")?;
    let stamp = stamp("editor", &files::sha256_of_all(&folder, &sources)?)?;
    if stamp.is_fresh() && files::root().join("public/editor/editor.js").is_file() {
        return Ok(());
    }
    say("bundling the editor");
    run(Command::new("npm")
        .args(["run", "--silent", "build"])
        .current_dir(&folder))?;
    stamp.set()
}

/// A program of the package's development dependencies, where they are installed.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let path = files::root()
        .join(FOLDER)
        .join("node_modules/.bin")
        .join(name);
    path.exists().then_some(path)
}
