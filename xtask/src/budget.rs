//! How much a browser loads before one can type in a document, and the limit to it. The list of files is this module's; sizes are those of target/packed.
use std::collections::BTreeSet;

use anyhow::Result;

use crate::files;
use crate::pack::references::references;
use crate::pack::{Manifest, Site};

/// 400 KB of brotli; what the project promises for the document page, everything loaded before typing is possible.
const LIMIT: u64 = 400 * 1024;

/// What the document page asks for by itself. What these import statically is loaded too.
const LOADED: &[&str] = &[
    "pkg/maru.css",
    "pkg/maru.js",
    "pkg/maru.wasm",
    "editor/boot.js",
    "editor/editor.js",
];

/// The files and their sizes as they travel.
pub(crate) struct Weight {
    parts: Vec<(String, u64)>,
}

impl Weight {
    /// The sum, in bytes.
    pub(crate) fn total(&self) -> u64 {
        self.parts.iter().map(|(_, size)| size).sum()
    }

    /// Whether the sum keeps to the limit.
    pub(crate) fn is_within(&self) -> bool {
        self.total() <= LIMIT
    }

    /// A table of the files on standard output.
    pub(crate) fn print(&self) {
        println!("loaded before one can type, brotli:");
        for (path, size) in &self.parts {
            println!("  {:>8.1} KB  {path}", kilobytes(*size));
        }
        println!(
            "  {:>8.1} KB  of {:.0} KB",
            kilobytes(self.total()),
            kilobytes(LIMIT)
        );
    }
}

/// Weighs the document page; nothing while the site has no editor to type in.
pub(crate) fn weigh(site: &Site, manifest: &Manifest) -> Result<Option<Weight>> {
    if LOADED.iter().any(|path| !site.contains_key(*path)) {
        return Ok(None);
    }
    let packed = files::packed();
    let mut parts = Vec::new();
    for path in loaded(site) {
        let plain = packed.join(&manifest[&path]);
        let brotli = packed.join(format!("{}.br", manifest[&path]));
        let travels = if brotli.is_file() { brotli } else { plain };
        parts.push((path, travels.metadata()?.len()));
    }
    Ok(Some(Weight { parts }))
}

fn loaded(site: &Site) -> BTreeSet<String> {
    let mut loaded = BTreeSet::new();
    let mut open: Vec<String> = LOADED.iter().map(|path| (*path).to_owned()).collect();
    while let Some(path) = open.pop() {
        if let Some(bytes) = site.get(&path)
            && loaded.insert(path.clone())
        {
            open.extend(
                references(&path, bytes, site)
                    .into_iter()
                    .filter(|found| found.is_static_import)
                    .map(|found| found.to),
            );
        }
    }
    loaded
}

fn kilobytes(bytes: u64) -> f64 {
    bytes as f64 / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn static_imports_are_loaded_to_the_end_and_lazy_ones_are_not() {
        let site: Site = [
            (
                "editor/editor.js",
                "import'./chunk-AAAAAAAA.js';import('./lazy.js')",
            ),
            ("editor/chunk-AAAAAAAA.js", "import'./chunk-BBBBBBBB.js'"),
            ("editor/chunk-BBBBBBBB.js", "import'./editor.js'"),
            ("editor/lazy.js", ""),
        ]
        .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
        .into();
        let loaded = loaded(&site);
        assert!(loaded.contains("editor/chunk-BBBBBBBB.js"));
        assert!(!loaded.contains("editor/lazy.js"));
    }

    #[test]
    fn the_limit_itself_is_within() {
        let of = |size| Weight {
            parts: vec![("a".into(), 1), ("b".into(), size)],
        };
        assert!(of(LIMIT - 1).is_within());
        assert!(!of(LIMIT).is_within());
    }
}
