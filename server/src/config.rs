//! What an operator may set: flags, each with an environment twin, read into a plain [`Config`]; nothing here acts on it.

use std::{net::SocketAddr, path::PathBuf, sync::LazyLock, time::Duration};

use clap::{Args, Parser, Subcommand};
use thiserror::Error;

use crate::{
    access::{command::TokenFlags, judge::Mode, keys::OperatorFile},
    forwarded::TrustedProxies,
    origin::AllowedOrigin,
    rates::Rates,
    telemetry::LogFormat,
    tls::CertificateFiles,
    transport::deadlines::Deadlines,
};

mod data_folder;
mod renewal;
mod values;

pub use data_folder::prepare_data_folder;
pub use renewal::RenewUrl;
pub use values::{Bytes, Store};

/// The version that `maru --version`, `/healthz` and the metrics tell: the package's, and the revision it was built from when
/// the build said one (`MARU_REVISION`).
#[must_use]
pub fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| match option_env!("MARU_REVISION") {
        Some(revision) if !revision.is_empty() => {
            format!("{} ({revision})", env!("CARGO_PKG_VERSION"))
        }
        _ => env!("CARGO_PKG_VERSION").to_owned(),
    });
    &VERSION
}

/// The command line of `maru`.
#[derive(Debug, Parser)]
#[command(name = "maru", version = version(), about = "A collaborative Markdown editor in one server.")]
#[command(args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeFlags,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the editor (the default).
    Serve(Box<ServeFlags>),
    /// Make a link to a document, take one back, or make a new key.
    Token(Box<TokenFlags>),
}

/// What `maru` is to do.
#[derive(Debug)]
pub enum Job {
    /// To serve.
    Serve(Box<Config>),
    /// To make tokens.
    Token(Box<TokenFlags>),
}

/// A combination of values that is not allowed; single bad values are clap's to refuse.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// One update could never fit into a document.
    #[error(
        "invalid value '{update}' for '--max-update': it is larger than '--max-document' ({document}). Give at most that."
    )]
    UpdateLargerThanDocument {
        /// `--max-update`.
        update: Bytes,
        /// `--max-document`.
        document: Bytes,
    },
}

impl Cli {
    /// Reads this process' command line and environment. A flag goes before its environment twin. Ends the process with code 2
    /// and a sentence naming flag, value and what is allowed when one value is bad, and with code 0 after `--help` and `--version`.
    ///
    /// # Errors
    /// [`ConfigError`] when two values do not fit each other.
    pub fn read() -> Result<Job, ConfigError> {
        Self::parse().into_job()
    }

    fn into_job(self) -> Result<Job, ConfigError> {
        let flags = match self.command {
            Some(Command::Token(flags)) => return Ok(Job::Token(flags)),
            Some(Command::Serve(flags)) => *flags,
            None => self.serve,
        };
        flags
            .into_config()
            .map(|config| Job::Serve(Box::new(config)))
    }
}

#[derive(Debug, Args)]
struct ServeFlags {
    /// Address and port to listen on.
    #[arg(long, env = "MARU_ADDR", default_value_t = values::default_addr(), value_parser = values::addr)]
    addr: SocketAddr,
    /// Folder of the documents; made when missing.
    #[arg(
        long,
        env = "MARU_DATA_DIR",
        value_name = "FOLDER",
        default_value = "./data"
    )]
    data_dir: PathBuf,
    /// Where documents are kept: sqlite (in the data folder) or memory (lost at the end; for tests).
    #[arg(long, env = "MARU_STORE", default_value = "sqlite", value_parser = values::store)]
    store: Store,
    /// Who may open documents: open (whoever knows a document's name may edit it, until somebody closes it in its share dialog)
    /// or jwt (only who has a link or a token).
    #[arg(long, env = "MARU_AUTH", default_value = "open", value_parser = values::auth)]
    auth: Mode,
    /// File with the key of your own system that makes tokens: a PEM public key of Ed25519 (EdDSA), or a shared secret of at least
    /// 32 bytes (HS256).
    #[arg(long, env = "MARU_JWT_SECRET_FILE", value_name = "FILE")]
    jwt_secret_file: Option<PathBuf>,
    /// Who your own system's tokens have to say made them (iss), such as https://id.example. Needs --jwt-secret-file. [default:
    /// nobody looks]
    #[arg(long, env = "MARU_JWT_ISSUER", value_name = "TEXT", requires = "jwt_secret_file", value_parser = values::claim)]
    jwt_issuer: Option<String>,
    /// Whom your own system's tokens have to say they are for, alone or among others (aud), such as https://maru.example. Needs
    /// --jwt-secret-file. [default: nobody looks]
    #[arg(long, env = "MARU_JWT_AUDIENCE", value_name = "TEXT", requires = "jwt_secret_file", value_parser = values::claim)]
    jwt_audience: Option<String>,
    /// Where a page fetches a new token of your own system before the old one ends, such as https://id.example/maru?doc={doc}.
    #[arg(long, env = "MARU_JWT_RENEW_URL", value_name = "URL", value_parser = RenewUrl::parse)]
    jwt_renew_url: Option<RenewUrl>,
    /// Folder of the built site [default: the one in the binary, if it has one, else target/packed].
    #[arg(long, env = "MARU_SITE", value_name = "FOLDER")]
    site: Option<PathBuf>,
    /// Another origin whose pages may connect, such as https://wiki.example; `*` for every one. Repeatable; in the environment,
    /// separated by commas. Pages of this server itself may always.
    #[arg(long = "allowed-origin", env = "MARU_ALLOWED_ORIGIN", value_name = "ORIGIN", value_delimiter = ',', value_parser = AllowedOrigin::parse)]
    allowed_origins: Vec<AllowedOrigin>,
    /// A site whose images are shown, such as https://img.example; `*` for every one. Repeatable; in the environment, separated by
    /// commas. Images of other sites are links, since an image that is fetched tells its site who reads.
    #[arg(long = "image-origin", env = "MARU_IMAGE_ORIGIN", value_name = "ORIGIN", value_delimiter = ',', value_parser = AllowedOrigin::parse)]
    image_origins: Vec<AllowedOrigin>,
    /// Address or network (10.0.0.0/8) of a reverse proxy whose X-Forwarded-For, -Host and -Proto are believed. Repeatable; in the
    /// environment, separated by commas.
    #[arg(long = "trusted-proxy", env = "MARU_TRUSTED_PROXY", value_name = "NETWORK", value_delimiter = ',', value_parser = values::network)]
    trusted_proxies: Vec<ipnet::IpNet>,
    /// Certificate chain in PEM, to serve https and wss; read again when it changes. Needs --tls-key.
    #[arg(long, env = "MARU_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key in PEM. Needs --tls-cert.
    #[arg(long, env = "MARU_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Connections open at once, all together.
    #[arg(long, env = "MARU_MAX_CONNECTIONS", value_name = "N", default_value_t = 10_000, value_parser = values::count)]
    max_connections: usize,
    /// Connections open at once in one document.
    #[arg(long, env = "MARU_MAX_CONNECTIONS_PER_ROOM", value_name = "N", default_value_t = 1_000, value_parser = values::count)]
    max_connections_per_room: usize,
    /// Connections open at once from one address (one /64 network for IPv6), and the measure of what one address may ask for in a
    /// minute. This machine is not counted, and behind a trusted proxy it is the address that the proxy tells.
    #[arg(long, env = "MARU_MAX_CONNECTIONS_PER_ADDRESS", value_name = "N", default_value_t = 500, value_parser = values::count)]
    max_connections_per_address: usize,
    /// Largest document, as stored.
    #[arg(
        long,
        env = "MARU_MAX_DOCUMENT",
        value_name = "SIZE",
        default_value = "32MiB"
    )]
    max_document: Bytes,
    /// Largest single edit, as sent.
    #[arg(
        long,
        env = "MARU_MAX_UPDATE",
        value_name = "SIZE",
        default_value = "1MiB"
    )]
    max_update: Bytes,
    /// How long a document stays in memory after the last person left, in seconds.
    #[arg(long, env = "MARU_IDLE_ROOM_SECONDS", value_name = "SECONDS", default_value_t = 60, value_parser = values::seconds)]
    idle_room_seconds: u64,
    /// How long open connections may take to end after SIGTERM, in seconds.
    #[arg(long, env = "MARU_DRAIN_SECONDS", value_name = "SECONDS", default_value_t = 20, value_parser = values::seconds)]
    drain_seconds: u64,
    /// How the log looks.
    #[arg(
        long,
        env = "MARU_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "text"
    )]
    log_format: LogFormat,
    /// What is logged: error, warn, info, debug, trace, or a list such as info,server=debug.
    #[arg(
        long,
        env = "MARU_LOG_LEVEL",
        value_name = "LEVEL",
        default_value = "info"
    )]
    log_level: String,
}

/// What the server is told; see `maru serve --help` for each field's meaning.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub addr: SocketAddr,
    /// Where the documents are.
    pub data_dir: PathBuf,
    /// What keeps the documents.
    pub store: Store,
    /// Who is let in without a token.
    pub auth: Mode,
    /// The key of the operator's own tokens, and what those have to say besides.
    pub jwt_secret_file: Option<Box<OperatorFile>>,
    /// Where pages renew those.
    pub jwt_renew_url: Option<RenewUrl>,
    /// Where the site is.
    pub site: Site,
    /// Origins beside the server's own whose pages may connect.
    pub allowed_origins: Vec<AllowedOrigin>,
    /// Sites beside this server whose images are shown.
    pub image_origins: Vec<AllowedOrigin>,
    /// Reverse proxies whose word on a request's origin is taken.
    pub trusted_proxies: TrustedProxies,
    /// The certificate, where the server speaks TLS itself.
    pub tls: Option<CertificateFiles>,
    /// Open connections, all together.
    pub max_connections: usize,
    /// Open connections in one document.
    pub max_connections_per_room: usize,
    /// Open connections from one address.
    pub max_connections_per_address: usize,
    /// Bytes of one document, encoded.
    pub max_document: usize,
    /// Bytes of one update, encoded.
    pub max_update: usize,
    /// How long an empty room stays in memory.
    pub idle_room: Duration,
    /// How long a shutdown waits for open connections.
    pub drain: Duration,
    /// How long a client may take over a TLS handshake, and then over the headers of a request; and how long an idle connection
    /// stays. No flag: nobody has to set it.
    pub header_timeout: Duration,
    /// How much may be asked for in a time. No flag of its own: it follows from those above.
    pub rates: Rates,
    /// How long a link may take for what. No flag: nobody has to set it.
    pub deadlines: Deadlines,
    /// How the log looks.
    pub log_format: LogFormat,
    /// What is logged.
    pub log_level: String,
}

/// Where the built site comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Site {
    /// From a folder.
    Folder(PathBuf),
    /// From the binary itself.
    #[cfg(feature = "embed")]
    Embedded,
}

impl Site {
    /// The site of a build without further word: the one in the binary if it has one; under `cargo leptos`, the folder it
    /// builds into; else where `cargo xtask` packs it.
    fn built() -> Self {
        #[cfg(feature = "embed")]
        return Self::Embedded;
        #[cfg(not(feature = "embed"))]
        Self::Folder(
            std::env::var_os("LEPTOS_SITE_ROOT")
                .map_or_else(|| "target/packed".into(), PathBuf::from),
        )
    }
}

impl ServeFlags {
    fn into_config(self) -> Result<Config, ConfigError> {
        if self.max_update > self.max_document {
            return Err(ConfigError::UpdateLargerThanDocument {
                update: self.max_update,
                document: self.max_document,
            });
        }
        Ok(Config {
            addr: self.addr,
            data_dir: self.data_dir,
            store: self.store,
            auth: self.auth,
            jwt_secret_file: self.jwt_secret_file.map(|path| {
                Box::new(OperatorFile {
                    path,
                    issuer: self.jwt_issuer,
                    audience: self.jwt_audience,
                })
            }),
            jwt_renew_url: self.jwt_renew_url,
            site: self.site.map_or_else(Site::built, Site::Folder),
            allowed_origins: self.allowed_origins,
            image_origins: self.image_origins,
            trusted_proxies: TrustedProxies::new(self.trusted_proxies),
            tls: self
                .tls_cert
                .zip(self.tls_key)
                .map(|(chain, key)| CertificateFiles { chain, key }),
            max_connections: self.max_connections,
            max_connections_per_room: self.max_connections_per_room,
            max_connections_per_address: self.max_connections_per_address,
            max_document: self.max_document.get(),
            max_update: self.max_update.get(),
            idle_room: Duration::from_secs(self.idle_room_seconds),
            drain: Duration::from_secs(self.drain_seconds),
            header_timeout: Duration::from_secs(10),
            rates: Rates::new(self.max_connections_per_address, self.max_document.get()),
            deadlines: Deadlines::default(),
            log_format: self.log_format,
            log_level: self.log_level,
        })
    }
}

impl Default for Config {
    /// What `maru` runs with when neither a flag nor the environment says anything.
    fn default() -> Self {
        Self {
            addr: SocketAddr::from(([127, 0, 0, 1], 3000)),
            data_dir: "./data".into(),
            store: Store::Sqlite,
            auth: Mode::Open,
            jwt_secret_file: None,
            jwt_renew_url: None,
            site: Site::built(),
            allowed_origins: Vec::new(),
            image_origins: Vec::new(),
            trusted_proxies: TrustedProxies::default(),
            tls: None,
            max_connections: 10_000,
            max_connections_per_room: 1_000,
            max_connections_per_address: 500,
            max_document: 32 << 20,
            max_update: 1 << 20,
            idle_room: Duration::from_secs(60),
            drain: Duration::from_secs(20),
            header_timeout: Duration::from_secs(10),
            rates: Rates::default(),
            deadlines: Deadlines::default(),
            log_format: LogFormat::Text,
            log_level: "info".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
