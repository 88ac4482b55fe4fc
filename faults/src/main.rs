//! `faults`: the proxy as a program, told over HTTP what is to go wrong. It says where it listens in one line of JSON.

use std::{io, net::Ipv4Addr, net::SocketAddr, sync::Arc};

use clap::Parser;
use faults::{Faults, Proxy, control};
use tokio::net::TcpListener;

/// A proxy that breaks things on purpose, for tests.
#[derive(Debug, Parser)]
struct Flags {
    /// The server behind it, on loopback.
    #[arg(long)]
    upstream: SocketAddr,
    /// The proxy's own port on 127.0.0.1; 0 for a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Also listen for faults, on another free port.
    #[arg(long)]
    control: bool,
    /// What goes wrong from the beginning, as JSON.
    #[arg(long, value_parser = faults_from_json, default_value = "{}")]
    faults: Faults,
}

fn faults_from_json(text: &str) -> Result<Faults, serde_json::Error> {
    serde_json::from_str(text)
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let flags = Flags::parse();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, flags.port)).await?;
    let proxy = Arc::new(Proxy::on(listener, flags.upstream, flags.faults)?);
    let mut says = serde_json::json!({ "proxy": proxy.addr().to_string() });
    if !flags.control {
        println!("{says}");
        return std::future::pending().await;
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    says["control"] = listener.local_addr()?.to_string().into();
    println!("{says}");
    control::serve(listener, proxy).await;
    Ok(())
}
