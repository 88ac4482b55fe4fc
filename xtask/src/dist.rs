//! `cargo xtask dist`: target/dist/maru, one binary that carries the site.
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::run::{run, say};
use crate::setup::Toolchain;
use crate::site::Speed;
use crate::{files, pack, site};

/// `cargo xtask dist`.
pub(crate) fn main(arguments: &[String]) -> Result<ExitCode> {
    crate::flags(arguments, [])?;
    let toolchain = Toolchain::ready()?;
    site::build(toolchain, Speed::Release)?;
    pack::pack(Speed::Release)?;
    say("compiling the server with the site inside");
    run(toolchain.cargo().env("MARU_SITE", files::packed()).args([
        "build",
        "--package",
        "server",
        "--profile",
        "dist",
        "--features",
        "embed",
    ]))?;
    let built = files::cargo_target().join("dist/maru");
    let binary = files::root().join("target/dist/maru");
    if built != binary {
        // Cargo's target folder is elsewhere.
        fs::create_dir_all(files::root().join("target/dist"))?;
        fs::copy(&built, &binary).with_context(|| format!("cannot copy {}", built.display()))?;
    }
    try_out(&binary)?;
    let bytes = files::read(&binary)?;
    println!("{}", binary.display());
    println!(
        "{:.1} MB, sha256 {}",
        bytes.len() as f64 / 1e6,
        files::sha256(&bytes)
    );
    Ok(ExitCode::SUCCESS)
}

/// Starts the binary where nothing of the project is, and asks for its first page and for a file that the page names.
fn try_out(binary: &Path) -> Result<()> {
    say("starting it once in an empty folder");
    let folder = files::cargo_target().join("dist-trial");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let started = Command::new(binary)
        .args(["serve", "--addr", "127.0.0.1:0"])
        .current_dir(&folder)
        .env_remove("MARU_SITE")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", binary.display()))?;
    let mut server = Trial(started);
    let address = server.address()?;
    let page = get(&address, "/")?;
    let style = page
        .split('"')
        .find(|piece| piece.ends_with(".css"))
        .context("the first page names no style sheet")?;
    ensure!(
        !get(&address, style)?.is_empty(),
        "the style sheet is empty"
    );
    drop(server);
    fs::remove_dir_all(&folder)?;
    Ok(())
}

/// A server that is ended whatever comes.
struct Trial(Child);

impl Trial {
    /// What it says it listens on.
    fn address(&mut self) -> Result<String> {
        let told = self.0.stderr.take().context("the server says nothing")?;
        let mut all = String::new();
        for line in BufReader::new(told).lines() {
            let line = line?;
            if let Some((_, rest)) = line.split_once("http://") {
                let end = rest.find(|c: char| !(c.is_ascii_digit() || ".:".contains(c)));
                return Ok(rest[..end.unwrap_or(rest.len())].to_owned());
            }
            all = all + &line + "\n";
        }
        bail!("the server ended before it listened:\n{all}")
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        // Nobody waits for what it has to say.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The body of an answer 200, as text.
fn get(address: &str, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.lines().next().unwrap_or_default();
    ensure!(status.contains(" 200 "), "{path} was answered {status:?}");
    Ok(body.to_owned())
}
