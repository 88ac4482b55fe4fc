//! Structured logs: their format, level, and how a document is named in them; the metrics are in [`crate::metrics`].

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    io::IsTerminal,
    sync::LazyLock,
};

use clap::ValueEnum;
use protocol::id::DocId;
use thiserror::Error;
use tracing_subscriber::{EnvFilter, filter::ParseError, fmt as output};

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people; coloured on a terminal.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// The log could not be set up.
#[derive(Debug, Error)]
pub enum LogSetupError {
    /// The level is no filter.
    #[error(
        "invalid value '{level}' for '--log-level': {source}. Give error, warn, info, debug or trace, or a list such as info,server=debug."
    )]
    Level {
        /// What was given.
        level: String,
        /// Why it is none.
        source: ParseError,
    },
    /// Somebody set one up before.
    #[error("the log is set up already")]
    Twice,
}

/// Sends the process' log to standard error.
///
/// # Errors
/// [`LogSetupError`] when `level` is no filter, or when a log is set up already.
pub fn install(format: LogFormat, level: &str) -> Result<(), LogSetupError> {
    let filter = EnvFilter::try_new(level).map_err(|source| LogSetupError::Level {
        level: level.to_owned(),
        source,
    })?;
    let lines = output::Subscriber::builder()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let installed = match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    installed.map_err(|_| LogSetupError::Twice)
}

/// A document's name as the log may show it: the same for one document until the process ends, and no way back.
///
/// Where no sign-in is asked for, the name is what opens the document, so it stands in no log. The hash is keyed anew at each
/// start, which keeps short names from being guessed out of an old log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocTag(u32);

impl DocTag {
    /// The tag of `doc`.
    #[must_use]
    pub fn of(doc: &DocId) -> Self {
        static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        // 32 bits tell the documents of one log apart, and are short enough to read.
        Self(KEY.hash_one(doc.as_str()) as u32)
    }
}

impl fmt::Display for DocTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_tells_documents_apart_and_does_not_name_them() {
        let (plan, notes) = (
            DocId::parse("plan").unwrap(),
            DocId::parse("notes").unwrap(),
        );
        assert_eq!(DocTag::of(&plan), DocTag::of(&plan));
        assert_ne!(DocTag::of(&plan), DocTag::of(&notes));
        assert!(!DocTag::of(&plan).to_string().contains("plan"));
    }
}
