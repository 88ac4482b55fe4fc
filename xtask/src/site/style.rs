//! The style sheet: style/main.css with what it imports, in one minified file.
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::editor;
use crate::files;
use crate::run::{run, say};
use crate::stamp::Stamp;

/// Writes `out`, unless no style has changed. Tells whether there is a style sheet.
pub(crate) fn build(out: &Path) -> Result<bool> {
    let folder = files::root().join("style");
    if !folder.join("main.css").is_file() {
        say("there is no style/main.css: the page goes unstyled");
        return Ok(false);
    }
    let Some(esbuild) = editor::tool("esbuild") else {
        say("esbuild comes with app/editor, which is not there: the page goes unstyled");
        return Ok(false);
    };
    let sources = files::walk(&folder, |_| false)?;
    let stamp = Stamp::new("style", files::sha256_of_all(&folder, &sources)?);
    if !stamp.is_fresh() || !out.is_file() {
        // Addresses from the site's root are the server's, not files to be bundled.
        run(Command::new(esbuild)
            .arg(folder.join("main.css"))
            .args([
                "--bundle",
                "--minify",
                "--log-level=warning",
                "--external:/*",
            ])
            .arg(format!("--outfile={}", out.display())))?;
        stamp.set()?;
    }
    Ok(true)
}
