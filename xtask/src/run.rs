//! Starts other programs and says what is going on, with the time since the start. Knows no step.
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::files;

/// One line about what happens next.
pub(crate) fn say(what: &str) {
    eprintln!("[{:6.1} s] {what}", started().elapsed().as_secs_f64());
}

fn started() -> Instant {
    static STARTED: OnceLock<Instant> = OnceLock::new();
    *STARTED.get_or_init(Instant::now)
}

/// Runs a program in the open: its output is ours.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = name(command);
    let status = command
        .status()
        .with_context(|| format!("cannot start {name}"))?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}

/// Runs a program in the open and shows each line of its standard output to `look` too. Tells whether it succeeded.
pub(crate) fn run_watched(command: &mut Command, mut look: impl FnMut(&str)) -> Result<bool> {
    let name = name(command);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {name}"))?;
    let output = child.stdout.take().context("its output is piped")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = line.with_context(|| format!("cannot read what {name} says"))?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        look(&line);
    }
    Ok(child.wait()?.success())
}

/// A program at work beside us. Dropping it stops the program.
pub(crate) struct Background {
    name: String,
    child: Child,
    reader: Option<JoinHandle<()>>,
}

/// Starts a program whose messages come out line by line, each marked with `label`, between our own.
pub(crate) fn start(command: &mut Command, label: &'static str) -> Result<Background> {
    let name = name(command);
    let mut child = command
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {name}"))?;
    let messages = child.stderr.take().context("its messages are piped")?;
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(messages).split(b'\n').map_while(Result::ok) {
            eprintln!("{label:>9} | {}", String::from_utf8_lossy(&line));
        }
    });
    Ok(Background {
        name,
        child,
        reader: Some(reader),
    })
}

impl Background {
    /// Waits for the program's end.
    pub(crate) fn finish(mut self) -> Result<()> {
        let status = self.child.wait()?;
        if let Some(reader) = self.reader.take()
            && reader.join().is_err()
        {
            bail!("what {} said was lost", self.name);
        }
        if !status.success() {
            bail!("{} failed ({status})", self.name);
        }
        Ok(())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // After `finish` there is nothing left to stop, and both calls say so.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program whose output matters only when it fails; it is kept in target/xtask/`log`.log.
pub(crate) fn run_quietly(command: &mut Command, log: &str) -> Result<()> {
    let name = name(command);
    let path = files::own().join(log).with_extension("log");
    fs::create_dir_all(files::own())?;
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let status = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .status()
        .with_context(|| format!("cannot start {name}"))?;
    if !status.success() {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        for line in &lines[lines.len().saturating_sub(30)..] {
            eprintln!("  {line}");
        }
        bail!(
            "{name} failed ({status}); all it said is in {}",
            path.display()
        );
    }
    Ok(())
}

/// What a program prints, or nothing where it is missing or fails.
pub(crate) fn ask(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a program succeeds within `limit`; it is stopped when it does not, and its output is dropped.
pub(crate) fn succeeds_within(command: &mut Command, limit: Duration) -> bool {
    let Ok(mut child) = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
    else {
        return false;
    };
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if begun.elapsed() < limit => std::thread::sleep(Duration::from_millis(50)),
            _ => {
                // It may have ended between the two looks; either way it is not to be waited for any more.
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}

/// Puts a program in our place, so that Ctrl-C reaches it and nothing of us is left; where that is not possible, waits for it.
#[cfg(unix)]
pub(crate) fn become_program(command: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    let name = name(command);
    // Returns only when it could not.
    Err(anyhow::Error::new(command.exec()).context(format!("cannot start {name}")))
}

#[cfg(not(unix))]
pub(crate) fn become_program(command: &mut Command) -> Result<ExitCode> {
    run(command)?;
    Ok(ExitCode::SUCCESS)
}

fn name(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .take(3)
            .map(|argument| argument.to_string_lossy().into_owned()),
    );
    words.join(" ")
}
