//! One WebAssembly module: compiled, bound to JavaScript, made small. Cargo decides whether it is compiled again, its hash whether the rest is done again.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use super::{Speed, editor, stamp};
use crate::files;
use crate::run::{run, say};
use crate::setup::Toolchain;

/// What rustc 1.96 emits by default. wasm-opt keeps to what it is told the browsers know.
const FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// A package that is built for the browser.
pub(crate) struct Module {
    /// The package in the workspace; its library becomes the module.
    pub package: &'static str,
    /// Cargo features, separated by commas.
    pub features: &'static str,
    /// The module is `name`.wasm, and `name`.js loads it.
    pub name: &'static str,
}

impl Module {
    /// Builds the module and returns the folder that holds its files and nothing else.
    pub(crate) fn build(&self, toolchain: Toolchain, speed: Speed) -> Result<PathBuf> {
        let compiled = files::read(&self.compile(toolchain, speed)?)?;
        let folder = files::own().join("modules").join(self.name);
        let small = speed == Speed::Release && editor::tool("wasm-opt").is_some();
        let minified = editor::tool("esbuild").is_some();
        let stamp = stamp(
            &format!("module-{}", self.name),
            &format!(
                "{} small={small} minified={minified}",
                files::sha256(&compiled)
            ),
        )?;
        if stamp.is_fresh() && folder.is_dir() {
            return Ok(folder);
        }
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        self.bind(compiled, &folder)?;
        if small {
            self.shrink(&folder)?;
        }
        if minified {
            self.minify(&folder)?;
        }
        stamp.set()?;
        Ok(folder)
    }

    fn compile(&self, toolchain: Toolchain, speed: Speed) -> Result<PathBuf> {
        let profile = match speed {
            Speed::Release => "wasm-release",
            Speed::Fast => "wasm-dev",
        };
        say(&format!(
            "compiling {} for the browser ({profile})",
            self.package
        ));
        // As a cdylib only: built as cdylib and rlib at once, cargo silently leaves link-time optimisation out.
        run(toolchain
            .cargo()
            .args([
                "rustc",
                "--package",
                self.package,
                "--lib",
                "--crate-type",
                "cdylib",
            ])
            .args([
                "--features",
                self.features,
                "--target",
                "wasm32-unknown-unknown",
                "--profile",
                profile,
            ]))?;
        Ok(files::cargo_target()
            .join("wasm32-unknown-unknown")
            .join(profile)
            .join(self.package)
            .with_extension("wasm"))
    }

    /// wasm-bindgen, with cargo-leptos's names: `name`.wasm where wasm-bindgen itself says `name`_bg.wasm.
    fn bind(&self, compiled: Vec<u8>, folder: &Path) -> Result<()> {
        say(&format!(
            "binding {}.wasm ({} KB) to JavaScript",
            self.name,
            compiled.len() / 1024
        ));
        Bindgen::new()
            .input_bytes(self.name, compiled)
            .web(true)?
            .typescript(false)
            .remove_name_section(true)
            .remove_producers_section(true)
            .generate(folder)?;
        let theirs = format!("{}_bg.wasm", self.name);
        let ours = format!("{}.wasm", self.name);
        fs::rename(folder.join(&theirs), folder.join(&ours))
            .with_context(|| format!("wasm-bindgen made no {theirs}"))?;
        let script = folder.join(self.name).with_extension("js");
        let text = String::from_utf8(files::read(&script)?)?;
        // A script that loads nothing by itself belongs to a module that exports nothing.
        let known = text.contains(&theirs) || !text.contains("import.meta.url");
        ensure!(
            known,
            "wasm-bindgen's script no longer names {theirs}; xtask must learn its new way"
        );
        files::write(&script, text.replace(&theirs, &ours).as_bytes())
    }

    fn shrink(&self, folder: &Path) -> Result<()> {
        let Some(wasm_opt) = editor::tool("wasm-opt") else {
            return Ok(());
        };
        say(&format!("shrinking {}.wasm", self.name));
        let module = folder.join(self.name).with_extension("wasm");
        run(Command::new(wasm_opt)
            .arg("-Oz")
            .args(FEATURES)
            .arg(&module)
            .arg("-o")
            .arg(&module))
    }

    fn minify(&self, folder: &Path) -> Result<()> {
        let Some(esbuild) = editor::tool("esbuild") else {
            return Ok(());
        };
        let script = folder.join(self.name).with_extension("js");
        run(Command::new(esbuild)
            .arg(&script)
            .args([
                "--minify",
                "--format=esm",
                "--log-level=warning",
                "--allow-overwrite",
            ])
            .arg(format!("--outfile={}", script.display())))
    }
}
