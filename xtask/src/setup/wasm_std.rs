//! The wasm32 standard library for Debian's Rust, built from Debian's own copy of its source: Debian packages none, and rustup's download may be out of reach.
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::apt;
use super::toolchain::{TARGET, has_std};
use crate::files;
use crate::run::{run, say};

const PACKAGES: &[&str] = &[
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "rust-web-llvm",
    "lld-22",
];

/// Where the empty crate is that is built only for the libraries beneath it.
const CRATE: &str = "wasm-std";

/// Makes sure that `library`, Debian's folder for wasm32 libraries, holds the standard library.
///
/// # Errors
/// Where packages cannot be installed, the build fails, or `library` cannot be written.
pub(crate) fn ready(library: &Path) -> Result<()> {
    apt::packages(PACKAGES, "compiling to WebAssembly", "30 s")?;
    if is_current(library) {
        return Ok(());
    }
    say("building the wasm32 standard library, once (usually 40 s)");
    let folder = files::own().join(CRATE);
    files::write(
        &folder.join("Cargo.toml"),
        format!("[package]\nname = \"{CRATE}\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\n[workspace]\n").as_bytes(),
    )?;
    files::write(&folder.join("src/lib.rs"), b"")?;
    run(Command::new("/usr/bin/cargo")
        .current_dir(&folder)
        // `lto = true` later needs the bitcode. Debian's cargo counts as stable, and build-std is not.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", "/usr/bin/rustc")
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .args([
            "build",
            "--release",
            "-Z",
            "build-std=std,panic_abort",
            "--target",
            TARGET,
        ]))?;
    install(
        &folder.join("target").join(TARGET).join("release/deps"),
        library,
    )?;
    // Some 100 MB that nobody asks for again.
    fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))
}

/// Whether the library is there, and made since Debian's compiler was last replaced: another compiler cannot read it.
pub(crate) fn is_current(library: &Path) -> bool {
    let changed = |path: &Path| {
        fs::metadata(path)
            .and_then(|metadata| metadata.modified())
            .ok()
    };
    // dpkg writes a package's list of files anew when it installs or upgrades it.
    let installed = changed(Path::new("/var/lib/dpkg/info/rustc-web.list"));
    has_std(library) && changed(library) >= installed
}

/// Copies the libraries to their place in one step: a build that runs meanwhile finds all of them or none.
fn install(built: &Path, library: &Path) -> Result<()> {
    let target = library.parent().context("the library has a folder")?;
    let partial = target.with_extension(format!("partial-{}", std::process::id()));
    let lib = partial.join("lib");
    fs::create_dir_all(&lib).with_context(|| format!("cannot make {}", lib.display()))?;
    let mut copied = 0;
    for file in files::walk(built, |_| true)? {
        if file.ends_with(".rlib") {
            fs::copy(built.join(&file), lib.join(&file))
                .with_context(|| format!("cannot copy {file}"))?;
            copied += 1;
        }
    }
    if copied == 0 || !has_std(&lib) {
        bail!("the build made no standard library in {}", built.display());
    }
    if target.exists() {
        fs::remove_dir_all(target)
            .with_context(|| format!("cannot replace {}", target.display()))?;
    }
    fs::rename(&partial, target)
        .with_context(|| format!("cannot put the libraries into {}", target.display()))
}
