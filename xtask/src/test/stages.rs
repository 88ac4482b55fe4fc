//! What `cargo xtask test` does, stage by stage. Each stage tells how many checks passed and failed; an error is one failure.
use std::fs;
use std::process::Command;

use anyhow::{Result, bail};

use super::counts::Tally;
use crate::run::{run, run_watched};
use crate::setup::{self, Rustfmt, Toolchain};
use crate::site::Speed;
use crate::{budget, files, invariants, pack, site};

/// What the stages work with.
pub(crate) struct Tools {
    toolchain: Toolchain,
    rustfmt: Rustfmt,
}

impl Tools {
    /// Gets what is missing, all of it before the first stage.
    pub(crate) fn ready(quick: bool) -> Result<Self> {
        let toolchain = Toolchain::ready()?;
        setup::clippy(toolchain)?;
        setup::tracer()?;
        let rustfmt = setup::rustfmt(toolchain)?;
        if !quick {
            setup::packages(site::EDITOR)?;
            setup::packages(END2END)?;
            setup::proxies()?;
            setup::python()?;
            setup::browser()?;
        }
        Ok(Self { toolchain, rustfmt })
    }
}

type Stage = (&'static str, fn(&Tools) -> Result<Tally>);

const QUICK: &[Stage] = &[
    ("formatting", formatting),
    ("invariants", rules),
    ("clippy", clippy),
    ("cargo test", cargo_test),
    ("cargo test of xtask", own_tests),
];

const SLOW: &[Stage] = &[
    ("clippy for the browser", clippy_wasm),
    ("server", server),
    ("site and its weight", weight),
    ("editor", editor),
    ("end to end", end_to_end),
];

const END2END: &str = "end2end";

/// The stages in their order.
pub(crate) fn all(quick: bool) -> impl Iterator<Item = Stage> {
    QUICK
        .iter()
        .chain(if quick { &[][..] } else { SLOW })
        .copied()
}

fn formatting(tools: &Tools) -> Result<Tally> {
    run(tools.rustfmt.cargo_fmt().args(["--all", "--check"]))?;
    Ok(Tally::one_passed())
}

fn rules(_: &Tools) -> Result<Tally> {
    let mut tally = Tally::default();
    for check in invariants::check()? {
        if check.broken.is_empty() {
            tally.passed += 1;
        } else {
            tally.failed += 1;
        }
    }
    Ok(tally)
}

fn clippy(tools: &Tools) -> Result<Tally> {
    run(tools.toolchain.cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    Ok(Tally::one_passed())
}

fn clippy_wasm(tools: &Tools) -> Result<Tally> {
    let mut tally = Tally::default();
    for package in [
        &["--package", "app", "--features", "hydrate"][..],
        &["--package", "markdown"],
        &["--package", "instruments"],
    ] {
        let target = ["--target", "wasm32-unknown-unknown", "--", "-D", "warnings"];
        run(tools
            .toolchain
            .cargo()
            .arg("clippy")
            .args(package)
            .args(target))?;
        tally += Tally::one_passed();
    }
    Ok(tally)
}

fn cargo_test(tools: &Tools) -> Result<Tally> {
    count_cargo(tools.toolchain.cargo().args([
        "test",
        "--workspace",
        "--exclude",
        "xtask",
        "--no-fail-fast",
    ]))
}

/// xtask's tests, by the cargo and the profile that built it: nothing of it is compiled a second time.
fn own_tests(_: &Tools) -> Result<Tally> {
    count_cargo(Command::new("cargo").current_dir(files::root()).args([
        "test",
        "--package",
        "xtask",
        "--profile",
        "tools",
    ]))
}

fn count_cargo(command: &mut Command) -> Result<Tally> {
    let mut tally = Tally::default();
    let success = run_watched(command, |line| tally.add_cargo_line(line))?;
    Ok(tally.with_status(success))
}

/// The server that the browser tests talk to, and the proxy that they break it with.
fn server(tools: &Tools) -> Result<Tally> {
    let packages = ["--package", "server", "--package", "faults"];
    run(tools.toolchain.cargo().arg("build").args(packages))?;
    Ok(Tally::default())
}

fn weight(tools: &Tools) -> Result<Tally> {
    site::build(tools.toolchain, Speed::Release)?;
    let manifest = pack::pack(Speed::Release)?;
    let Some(weight) = budget::weigh(&pack::read()?, &manifest)? else {
        println!("The site has no editor yet, so there is nothing to weigh.");
        return Ok(Tally::default());
    };
    weight.print();
    if !weight.is_within() {
        bail!("the document page is heavier than it may be");
    }
    Ok(Tally::one_passed())
}

fn editor(_: &Tools) -> Result<Tally> {
    let folder = files::root().join(site::EDITOR);
    let mut tally = Tally::default();
    if !folder.join("package.json").is_file() {
        println!("There is no app/editor yet.");
        return Ok(tally);
    }
    if folder.join("tsconfig.json").is_file() {
        run(Command::new("npx")
            .args(["--no-install", "tsc", "--noEmit"])
            .current_dir(&folder))?;
        tally += Tally::one_passed();
    }
    let mut tests = Tally::default();
    let npm_test = ["test", "--if-present"];
    let success = run_watched(
        with_maru(Command::new("npm").args(npm_test).current_dir(&folder)),
        |line| tests.add_node_line(line),
    )?;
    tally += tests.with_status(success);
    Ok(tally)
}

fn end_to_end(_: &Tools) -> Result<Tally> {
    let folder = files::root().join(END2END);
    let tests = files::walk(&folder, |name| name == "node_modules")?;
    if !tests.iter().any(|file| file.contains(".spec.")) {
        println!("There are no tests in end2end yet.");
        return Ok(Tally::default());
    }
    let report = files::own().join("playwright.json");
    if report.exists() {
        // Last time's results must not be taken for this time's.
        fs::remove_file(&report)?;
    }
    let success = with_maru(
        Command::new("npx")
            .args(["--no-install", "playwright", "test", "--reporter=list,json"])
            .current_dir(&folder)
            .env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report),
    )
    .status()?
    .success();
    Ok(Tally::from_playwright(&files::read(&report)?)?.with_status(success))
}

/// Tells tests where the server, its site and the proxy are.
fn with_maru(command: &mut Command) -> &mut Command {
    command
        .env("MARU_BIN", files::cargo_target().join("debug/maru"))
        .env("MARU_FAULTS", files::cargo_target().join("debug/faults"))
        .env("MARU_SITE", files::packed())
}
