//! How single values of flags are read; each error says what is allowed, and clap puts flag and value before it.

use std::{fmt, net::SocketAddr, str::FromStr};

use ipnet::IpNet;

use crate::access::judge::Mode;

/// What keeps the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// A SQLite file in the data folder.
    Sqlite,
    /// Nothing: they are lost when the process ends.
    Memory,
}

/// A number of bytes, written as `64KiB`, `32MiB`, `1GiB` or a plain number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(usize);

impl Bytes {
    /// The number.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }
}

/// Largest first, so that a size is shown in the largest unit that divides it.
const UNITS: [(&str, usize); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

impl FromStr for Bytes {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const ALLOWED: &str =
            "give a size above 0 such as 64KiB, 1MiB or 1GiB, or a plain number of bytes";
        let (digits, unit) = UNITS
            .iter()
            .find_map(|(name, unit)| text.strip_suffix(name).map(|digits| (digits, *unit)))
            .unwrap_or((text, 1));
        let number: usize = digits.trim_end().parse().map_err(|_| ALLOWED)?;
        number
            .checked_mul(unit)
            .filter(|bytes| *bytes > 0)
            .map(Self)
            .ok_or(ALLOWED)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.iter().find(|(_, unit)| self.0.is_multiple_of(*unit)) {
            Some((name, unit)) => write!(f, "{}{name}", self.0 / unit),
            None => write!(f, "{}", self.0),
        }
    }
}

/// Where to listen without further word: `cargo leptos watch` tells its own address, and its page must find the server there.
pub(super) fn default_addr() -> SocketAddr {
    std::env::var("LEPTOS_SITE_ADDR")
        .ok()
        .and_then(|addr| addr.parse().ok())
        .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 3000)))
}

pub(super) fn addr(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "give an address and a port, such as 127.0.0.1:3000 or [::1]:3000")
}

pub(super) fn store(text: &str) -> Result<Store, &'static str> {
    match text {
        "sqlite" => Ok(Store::Sqlite),
        "memory" => Ok(Store::Memory),
        _ if text.starts_with("nats://") => {
            Err("a store on NATS comes later; this version has sqlite and memory")
        }
        _ => Err("give sqlite or memory"),
    }
}

pub(super) fn auth(text: &str) -> Result<Mode, &'static str> {
    match text {
        "open" => Ok(Mode::Open),
        "jwt" => Ok(Mode::Jwt),
        _ => Err("give open or jwt"),
    }
}

/// What a claim of a token has to be, to the letter.
pub(super) fn claim(text: &str) -> Result<String, &'static str> {
    if (1..=256).contains(&text.len()) && text.trim() == text && !text.chars().any(char::is_control)
    {
        Ok(text.to_owned())
    } else {
        Err("give what the tokens say there, to the letter: 1 to 256 bytes, no space around them")
    }
}

pub(super) fn network(text: &str) -> Result<IpNet, &'static str> {
    text.parse()
        .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
        .map_err(|_| "give an address such as 10.0.0.7, or a network such as 10.0.0.0/8")
}

/// What a semaphore of tokio's can hold on every platform, and more than a process can open.
const MAX_COUNT: usize = 1_000_000;

pub(super) fn count(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|count| (1..=MAX_COUNT).contains(count))
        .ok_or_else(|| format!("give a whole number from 1 to {MAX_COUNT}"))
}

/// An hour: longer drains and idle rooms are mistakes in the unit.
const MAX_SECONDS: u64 = 3_600;

pub(super) fn seconds(text: &str) -> Result<u64, String> {
    text.parse()
        .ok()
        .filter(|seconds| *seconds <= MAX_SECONDS)
        .ok_or_else(|| format!("give whole seconds from 0 to {MAX_SECONDS}"))
}
