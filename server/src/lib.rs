//! Maru's server as a library, so that tests start the same object as the `maru` command; it reads no flag and no signal.
//!
//! A request comes in through [`listener`] (limits, timeouts, drain) and is routed by [`http`] (the route table, on one
//! screen). [`config`] is what an operator may set, [`error`] what can keep the server from starting.
#![warn(missing_docs)]

use std::{future::Future, sync::Arc, time::Duration};

use tokio::net::TcpListener;

// Tests inside this crate share what tests outside of it use.
#[cfg(test)]
extern crate self as server;

pub mod access;
pub mod assets;
pub mod config;
pub mod error;
pub mod forwarded;
pub mod health;
pub mod http;
pub mod listener;
pub mod log;
pub mod metrics;
pub mod origin;
mod page;
pub mod rates;
pub mod room;
pub mod rooms;
pub mod telemetry;
pub mod tls;
pub mod transport;

pub use config::Config;
pub use error::StartError;

use access::{Access, AccessError, keys::OperatorKey};
use assets::Assets;
use health::Readiness;
use http::AppState;
use listener::{Connections, Tasks};
use log::{Log, memory::MemoryLog, sqlite::SqliteLog};
use metrics::Metrics;
use origin::OriginPolicy;
use protocol::room::RoomLimits;
use rates::Visitors;
use rooms::Rooms;
use tls::Tls;
use transport::http_link::HttpLinks;

/// The server, ready to take connections.
pub struct Server {
    state: AppState,
    tls: Option<Arc<Tls>>,
}

impl Server {
    /// Prepares the data folder and the site; opens no socket.
    ///
    /// # Errors
    /// [`StartError`], whose message says what is wrong and what to do.
    pub fn new(config: Config) -> Result<Self, StartError> {
        match config.store {
            config::Store::Sqlite => {
                config::prepare_data_folder(&config.data_dir)?;
                let log = SqliteLog::open(&config.data_dir, &log::sqlite::Options::default())?;
                let access = Access::open(config.auth, &config.data_dir, operator(&config)?)?;
                Self::with(config, Arc::new(log), access)
            }
            config::Store::Memory => Self::with_log(config, Arc::new(MemoryLog::new())),
        }
    }

    /// As [`Server::new`] with a log of the caller's, whatever [`Config::store`] says; links are kept in memory.
    ///
    /// # Errors
    /// [`StartError`], whose message says what is wrong and what to do.
    pub fn with_log(config: Config, log: Arc<dyn Log>) -> Result<Self, StartError> {
        let access = Access::in_memory(config.auth, operator(&config)?)?;
        Self::with(config, log, access)
    }

    fn with(config: Config, log: Arc<dyn Log>, access: Access) -> Result<Self, StartError> {
        let tls = config.tls.clone().map(Tls::open).transpose()?.map(Arc::new);
        let access = Arc::new(access);
        let tasks = Tasks::new();
        let metrics = Arc::new(Metrics::new());
        let limits = RoomLimits {
            update: config.max_update,
            document: config.max_document,
            ..RoomLimits::default()
        };
        let rooms = Rooms::new(
            Arc::clone(&log),
            Arc::clone(&access),
            Arc::clone(&metrics),
            limits,
            config.idle_room,
            config.max_connections_per_room,
        );
        let readiness = Readiness::new(tasks.stopping());
        readiness.watch_store(Box::new(move || log.failure()));
        let http_links = HttpLinks::new(config.deadlines, Arc::clone(&metrics));
        let state = AppState {
            access,
            http_links,
            assets: Arc::new(Assets::open(&config.site)?),
            visitors: Arc::new(Visitors::new(&config, &metrics)),
            metrics,
            origins: Arc::new(
                OriginPolicy::new(
                    config.allowed_origins.clone(),
                    config.trusted_proxies.clone(),
                )
                .secure(tls.is_some()),
            ),
            readiness: Arc::new(readiness),
            rooms,
            tasks,
            config: Arc::new(config),
        };
        Ok(Self { state, tls })
    }

    /// What the routes share; for tests that look inside a running server.
    #[must_use]
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Serves until `shutdown` resolves, then drains: readiness turns red, idle connections close, links are told to end,
    /// and what is still open after [`Config::drain`] is cut.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let Self { state, tls } = self;
        let drain: Duration = state.config.drain;
        let tasks = state.tasks.clone();
        let connections =
            Connections::new(&state.config, tls.clone(), tasks.clone(), &state.metrics);
        let renewing = tls.map(|tls| tokio::spawn(tls.look_after()));
        let rooms = Arc::clone(&state.rooms);
        let sweeping = tokio::spawn(Arc::clone(&rooms).look_after());
        let judging = tokio::spawn(Arc::clone(&state.access).look_after(Arc::clone(&rooms)));
        let listening = tokio::spawn(Arc::clone(&state.http_links).look_after());
        let routes = http::routes(state);
        listener::serve(listener, routes, connections, shutdown).await;
        tasks.drain(drain).await;
        sweeping.abort();
        listening.abort();
        judging.abort();
        if let Some(renewing) = renewing {
            renewing.abort();
        }
        rooms.close().await;
    }
}

/// The key of the operator's own tokens, if there is one.
fn operator(config: &Config) -> Result<Option<OperatorKey>, AccessError> {
    let file = config.jwt_secret_file.as_deref();
    Ok(file.map(OperatorKey::open).transpose()?)
}
