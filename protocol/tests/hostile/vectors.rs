//! Known attacks, one a file, each offered in a process of its own whose memory is measured.
//!
//! A file holds remarks (`#`) and lines of hexadecimal bytes; `8000*7501` repeats. `# as:` says what the bytes claim to
//! be, `# fate:` what must become of the last line after the lines before it were offered to the same document.

use std::path::{Path, PathBuf};
use std::process::Command;

use protocol::validate::{AwarenessLimits, awareness, state_vector};

use crate::subject::{Fate, document, offer, read_back};

const VECTOR: &str = "MARU_HOSTILE_VECTOR";

/// Above what the test program takes by itself (some 6 MiB) there is room for little more than the bytes.
const PEAK_KIB: u64 = 32 * 1024;

#[test]
fn every_known_attack_meets_its_fate_in_little_memory() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/vectors");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 25, "the vectors are there");
    for file in files {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "vectors::child", "--ignored", "--nocapture"])
            .env(VECTOR, &file)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout).into_owned()
            + &String::from_utf8_lossy(&child.stderr);
        let name = file.file_name().unwrap().to_string_lossy();
        assert!(child.status.success(), "{name}: {}\n{said}", child.status);
        let peak = said
            .lines()
            .find_map(|line| line.split_once("peak KiB: "))
            .map(|(_, kib)| kib.trim().parse::<u64>());
        let peak = peak.expect("the child reports").unwrap();
        println!("{name}: {peak} KiB");
        assert!(peak < PEAK_KIB, "{name} took {peak} KiB");
    }
}

#[test]
#[ignore = "started once for each vector by the test above"]
fn child() {
    let Some(path) = std::env::var_os(VECTOR) else {
        return;
    };
    let file = std::fs::read_to_string(path).unwrap();
    let remark = |key: &str| {
        file.lines()
            .find_map(|line| line.strip_prefix(key))
            .map(str::trim)
            .expect("a remark")
    };
    let lines: Vec<Vec<u8>> = file
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(bytes)
        .collect();
    let doc = document();
    let mut fate = String::new();
    for line in &lines {
        fate = match remark("# as:") {
            "update" => match offer(&doc, line) {
                Fate::Refused(invalid) => invalid.to_string(),
                Fate::Gap(gap) => gap.to_string(),
                Fate::Applied => "applied".into(),
            },
            "state vector" => {
                state_vector(line, 10_000).map_or_else(|e| e.to_string(), |_| "read".into())
            }
            "presence" => awareness(line, &AwarenessLimits::default())
                .map_or_else(|e| e.to_string(), |_| "read".into()),
            other => panic!("{other}"),
        };
    }
    read_back(&doc);
    assert_eq!(fate, remark("# fate:"));
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    println!("peak KiB: {}", peak.trim().trim_end_matches(" kB"));
}

fn bytes(line: &str) -> Vec<u8> {
    let words = line
        .split_whitespace()
        .map(|word| word.split_once('*').unwrap_or(("1", word)));
    let hex: String = words
        .map(|(times, digits)| digits.repeat(times.parse().unwrap()))
        .collect();
    (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
        .collect()
}
