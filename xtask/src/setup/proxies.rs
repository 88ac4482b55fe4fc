//! The reverse proxies that the end-to-end tests put in front of Maru, and what makes their certificates.
use std::path::Path;

use anyhow::Result;

use super::apt;

const PROGRAMS: &[&str] = &["/usr/sbin/nginx", "/usr/sbin/haproxy", "/usr/bin/openssl"];

/// Debian's nginx, HAProxy and openssl; where they are there by other means, nothing is installed. Their services stay off: tests
/// start them by themselves, on ports of their own.
///
/// # Errors
/// Where one is missing and cannot be installed.
pub(crate) fn proxies() -> Result<()> {
    if PROGRAMS.iter().all(|program| Path::new(program).exists()) {
        return Ok(());
    }
    apt::packages_without_services(
        &["nginx", "haproxy", "openssl"],
        &["nginx", "haproxy"],
        "the tests behind reverse proxies",
        "15 s",
    )
}
