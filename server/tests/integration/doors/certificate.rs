//! A certificate that a test made, a server that shows it, and connections that know it; what is tested is elsewhere.

use std::{fs, net::SocketAddr, sync::Arc};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use server::{Config, tls::CertificateFiles};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use crate::support::Running;

/// The name in every certificate.
const NAME: &str = "maru.test";

/// A certificate and its key in files.
pub(crate) struct Certificate {
    _folder: TempDir,
    pub(crate) files: CertificateFiles,
}

impl Certificate {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = CertificateFiles {
            chain: folder.path().join("certificate.pem"),
            key: folder.path().join("key.pem"),
        };
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed([NAME.to_owned()]).unwrap();
        fs::write(&files.chain, cert.pem()).unwrap();
        fs::write(&files.key, signing_key.serialize_pem()).unwrap();
        Self {
            _folder: folder,
            files,
        }
    }

    /// Puts this one into the files of another.
    pub(crate) fn replace(&self, other: &Self) {
        fs::copy(&self.files.chain, &other.files.chain).unwrap();
        fs::copy(&self.files.key, &other.files.key).unwrap();
    }

    /// Starts a server that shows it.
    pub(crate) async fn serve(&self, change: impl FnOnce(&mut Config)) -> Running {
        let files = self.files.clone();
        Running::start(|config| {
            config.tls = Some(files);
            change(config);
        })
        .await
    }

    /// Connects to a server that shows it, and to no other; `protocols` are offered.
    pub(crate) async fn connect(
        &self,
        addr: SocketAddr,
        protocols: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut known = RootCertStore::empty();
        known
            .add(CertificateDer::from_pem_file(&self.files.chain).unwrap())
            .unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(known)
            .with_no_client_auth();
        config.alpn_protocols = protocols
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        let socket = TcpStream::connect(addr).await?;
        let name = ServerName::try_from(NAME).unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, socket)
            .await
    }
}
