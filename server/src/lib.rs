//! Maru's server as a library, so that tests start the same object as the `maru` command; it reads no flag and no signal.
//!
//! A request comes in through [`listener`] (limits, timeouts, drain) and is routed by [`http`] (the route table, on one
//! screen). [`config`] is what an operator may set, [`error`] what can keep the server from starting.
#![warn(missing_docs)]

use std::{future::Future, sync::Arc, time::Duration};

use tokio::net::TcpListener;

pub mod assets;
pub mod config;
pub mod error;
pub mod forwarded;
pub mod health;
pub mod http;
pub mod listener;
pub mod metrics;
pub mod origin;
pub mod telemetry;

pub use config::Config;
pub use error::StartError;

use assets::Assets;
use health::Readiness;
use http::AppState;
use listener::{Connections, Tasks};
use metrics::Metrics;
use origin::OriginPolicy;

/// The server, ready to take connections.
pub struct Server {
    state: AppState,
}

impl Server {
    /// Prepares the data folder and the site; opens no socket.
    ///
    /// # Errors
    /// [`StartError`], whose message says what is wrong and what to do.
    pub fn new(config: Config) -> Result<Self, StartError> {
        if config.store == config::Store::Sqlite {
            config::prepare_data_folder(&config.data_dir)?;
        }
        let tasks = Tasks::new();
        let state = AppState {
            assets: Arc::new(Assets::open(&config.site)?),
            metrics: Arc::new(Metrics::new()),
            origins: Arc::new(OriginPolicy::new(
                config.allowed_origins.clone(),
                config.trusted_proxies.clone(),
            )),
            readiness: Arc::new(Readiness::new(tasks.stopping())),
            tasks,
            config: Arc::new(config),
        };
        Ok(Self { state })
    }

    /// What the routes share; for tests that look inside a running server.
    #[must_use]
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Serves until `shutdown` resolves, then drains: readiness turns red, idle connections close, links are told to end,
    /// and what is still open after [`Config::drain`] is cut.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let Self { state } = self;
        let drain: Duration = state.config.drain;
        let tasks = state.tasks.clone();
        let connections = Connections::new(&state.config, tasks.clone(), &state.metrics);
        let routes = http::routes(state);
        listener::serve(listener, routes, connections, shutdown).await;
        tasks.drain(drain).await;
    }
}
