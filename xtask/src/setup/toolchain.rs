//! The Rust toolchain that builds Maru: the first one found, or made, that can compile for wasm32. xtask itself is built by whatever cargo the user has.
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::files;
use crate::run::{ask, run_quietly, say, succeeds_within};
use crate::setup::wasm_std;

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's own Rust, known to rustup under this name.
const LINKED: &str = "debian";

/// Generous for a slow line; where no such host answers, rustup gives up at once by itself.
const ADD_LIMIT: Duration = Duration::from_secs(180);

/// Whose cargo runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The `cargo` on the path, as the user has it.
    Users,
    /// Debian's, in `/usr/bin`.
    Debian,
}

impl Toolchain {
    /// A toolchain with the wasm32 standard library, which is fetched or built when there is none.
    ///
    /// # Errors
    /// When there is none and none can be had; the message says what to install by hand.
    pub(crate) fn ready() -> Result<Self> {
        // Asking rustc costs a tenth of a second, so the answer is remembered for as long as its library is there.
        if let Some(known) = fs::read_to_string(memory())
            .ok()
            .and_then(|text| Self::recall(&text))
        {
            return Ok(known);
        }
        let (toolchain, library) = Self::find()?;
        files::write(
            &memory(),
            format!("{toolchain:?}\n{}\n{}", chosen(), library.display()).as_bytes(),
        )?;
        Ok(toolchain)
    }

    /// The remembered toolchain, unless its library is gone or rustup now selects another one.
    fn recall(memory: &str) -> Option<Self> {
        let mut lines = memory.lines();
        let name = lines.next()?;
        let toolchain = [Self::Users, Self::Debian]
            .into_iter()
            .find(|known| format!("{known:?}") == name)?;
        let same = lines.next()? == chosen();
        (same && toolchain.is_ready(Path::new(lines.next()?))).then_some(toolchain)
    }

    fn is_ready(self, library: &Path) -> bool {
        match self {
            Self::Users => has_std(library),
            Self::Debian => wasm_std::is_current(library),
        }
    }

    fn find() -> Result<(Self, PathBuf)> {
        let users = || {
            ask(Command::new("rustc").args(["--print", "sysroot"]))
                .map(|sysroot| library(Path::new(&sysroot)))
        };
        if let Some(library) = users().filter(|library| has_std(library)) {
            return Ok((Self::Users, library));
        }
        let rustup = ask(Command::new("rustup").arg("--version")).is_some();
        let debian = library(Path::new("/usr"));
        if rustup && !wasm_std::is_current(&debian) {
            say(&format!(
                "no {TARGET} yet, which the page is compiled to: rustup target add (20 MB)"
            ));
            if succeeds_within(
                Command::new("rustup").args(["target", "add", TARGET]),
                ADD_LIMIT,
            ) && let Some(library) = users().filter(|library| has_std(library))
            {
                return Ok((Self::Users, library));
            }
            say("rustup could not download it; Debian's packages have what it takes to make it");
        }
        wasm_std::ready(&debian)?;
        if rustup
            && ask(Command::new("rustup").args(["run", LINKED, "rustc", "--version"])).is_none()
        {
            run_quietly(
                Command::new("rustup").args(["toolchain", "link", LINKED, "/usr"]),
                "rustup-link",
            )?;
        }
        Ok((Self::Debian, debian))
    }

    /// A `cargo` of this toolchain, started in the workspace's root.
    pub(crate) fn cargo(self) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(files::root());
        if self == Self::Debian {
            cargo.env("RUSTUP_TOOLCHAIN", LINKED);
        }
        cargo
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Users => "your own Rust toolchain",
            Self::Debian => "Debian's Rust toolchain",
        })
    }
}

fn memory() -> PathBuf {
    files::own().join("toolchain")
}

/// The toolchain rustup's cargo was started with; empty without rustup.
fn chosen() -> String {
    std::env::var("RUSTUP_TOOLCHAIN").unwrap_or_default()
}

/// Where a sysroot keeps its wasm32 libraries.
pub(crate) fn library(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(TARGET).join("lib")
}

/// Whether the standard library lies in `library`.
pub(crate) fn has_std(library: &Path) -> bool {
    fs::read_dir(library).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
    })
}
