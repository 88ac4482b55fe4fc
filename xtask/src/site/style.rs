//! A style sheet: a file of public/style with what it imports, in one minified file.
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{editor, stamp};
use crate::files;
use crate::run::{run, say};

/// Where the sheets are: in public/, so that `cargo leptos watch`, which bundles none, serves what they import as it is.
pub(super) const FOLDER: &str = "public/style";

/// Writes `out` from `source`; bundled anew only when a style has changed. Tells whether there is such a style sheet.
pub(crate) fn build(source: &str, out: &Path) -> Result<bool> {
    let folder = files::root().join(FOLDER);
    if !folder.join(source).is_file() {
        say(&format!(
            "there is no {FOLDER}/{source}: its pages go unstyled"
        ));
        return Ok(false);
    }
    let Some(esbuild) = editor::tool("esbuild") else {
        say("esbuild comes with app/editor, which is not there: the page goes unstyled");
        return Ok(false);
    };
    let sources = files::walk(&folder, |_| false)?;
    let stamp = stamp(
        &format!("style-{source}"),
        &files::sha256_of_all(&folder, &sources)?,
    )?;
    let bundled = files::own().join("style").join(source);
    if !stamp.is_fresh() || !bundled.is_file() {
        run(Command::new(esbuild)
            .arg(folder.join(source))
            .args(["--bundle", "--minify", "--log-level=warning"])
            .args(served()?)
            .arg(format!("--outfile={}", bundled.display())))?;
        stamp.set()?;
    }
    // Also where nothing has changed: `cargo leptos watch` writes there too.
    files::write(out, &files::read(&bundled)?)?;
    Ok(true)
}

/// Tells esbuild that `/fonts/x` and the like are addresses on the server, for each folder of public/. A plain `/*` would
/// take in the imported style sheets too, whose paths on this disk begin with a slash.
fn served() -> Result<Vec<String>> {
    let public = files::root().join("public");
    if !public.is_dir() {
        return Ok(Vec::new());
    }
    let tops: BTreeSet<String> = files::walk(&public, |_| false)?
        .iter()
        .map(|file| match file.split_once('/') {
            Some((folder, _)) => format!("--external:/{folder}/*"),
            None => format!("--external:/{file}"),
        })
        .collect();
    Ok(tops.into_iter().collect())
}
