//! The certificate that the server shows: read from its two files, and again when they change; it opens no connection.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use thiserror::Error;
use tokio::{task, time};
use tokio_rustls::rustls::{
    self, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
};

/// How often the files are looked at. A renewed certificate is in use within twice this.
const LOOK: Duration = Duration::from_secs(1);

/// Where the certificate is (`--tls-cert`, `--tls-key`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate and those that lead to a known one, in PEM.
    pub chain: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
}

/// Why there is no certificate to show. No message tells anything of a key.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file is not there, or may not be read.
    #[error(
        "{} cannot be read: {source}. The documents are untouched. Let this user read it, or name another with --tls-cert (MARU_TLS_CERT) and --tls-key (MARU_TLS_KEY).",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// A file has none of what it is named for.
    #[error(
        "{} holds no {what} in PEM (-----BEGIN ...). The documents are untouched. Name one that does with --tls-cert (MARU_TLS_CERT) and --tls-key (MARU_TLS_KEY).",
        path.display()
    )]
    Empty {
        /// The file.
        path: PathBuf,
        /// A certificate, or a private key.
        what: &'static str,
    },
    /// Both are there and are of no use together.
    #[error(
        "the certificate in {} and the key in {} cannot be used together: {source}. The documents are untouched. Name a certificate and its own key with --tls-cert (MARU_TLS_CERT) and --tls-key (MARU_TLS_KEY).",
        files.chain.display(),
        files.key.display()
    )]
    Unusable {
        /// The files.
        files: CertificateFiles,
        /// What is wrong with them.
        source: rustls::Error,
    },
}

/// The certificate in use.
#[derive(Debug)]
pub struct Tls {
    files: CertificateFiles,
    now: RwLock<Arc<ServerConfig>>,
    /// What the files looked like before they were read first.
    first: Stamp,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`], by what is wrong with them.
    pub fn open(files: CertificateFiles) -> Result<Self, TlsError> {
        // Before they are read: what is written meanwhile is then seen as new.
        let first = stamp(&files);
        let now = RwLock::new(read(&files)?);
        Ok(Self { files, now, first })
    }

    /// What a connection that begins now is spoken to with.
    #[must_use]
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the files again whenever they have changed, until the process ends. What cannot be used changes nothing: a
    /// certificate and its key are two files, and whoever renews them writes one after the other.
    pub async fn look_after(self: Arc<Self>) {
        let mut look = time::interval(LOOK);
        look.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        let mut seen = Seen::of(self.first);
        loop {
            look.tick().await;
            let this = Arc::clone(&self);
            let before = seen.clone();
            // The files may be on a disk that does not answer.
            match task::spawn_blocking(move || this.look(&before)).await {
                Ok(now) => seen = now,
                Err(error) => tracing::error!(%error, "the certificate could not be looked after"),
            }
        }
    }

    fn look(&self, before: &Seen) -> Seen {
        let now = stamp(&self.files);
        if now == before.in_use {
            return Seen::of(now);
        }
        match read(&self.files) {
            Ok(config) => {
                *self.now.write().unwrap_or_else(PoisonError::into_inner) = config;
                tracing::info!("the certificate has changed; new connections get the new one");
                Seen::of(now)
            }
            // Tried again with the next look, whether the files change or not: the process may have been out of files.
            Err(error) => {
                let told = error.to_string();
                if before.told.as_ref() != Some(&told) {
                    tracing::error!(%error, "the certificate has changed and cannot be used; the one before stays in use");
                }
                Seen {
                    in_use: before.in_use,
                    told: Some(told),
                }
            }
        }
    }
}

/// What is known of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    /// Of those that are in use.
    in_use: Stamp,
    /// What was said last of those that cannot be used: once is enough.
    told: Option<String>,
}

impl Seen {
    fn of(in_use: Stamp) -> Self {
        Self { in_use, told: None }
    }
}

/// What shows that a file was written: when, and how large it is. A symbolic link counts as what it leads to. Whoever copies a file
/// may give it an older time of writing, and nobody the time at which that was done.
type Stamp = [Option<[i64; 5]>; 2];

fn stamp(files: &CertificateFiles) -> Stamp {
    [&files.chain, &files.key].map(|path| {
        let of = fs::metadata(path).ok()?;
        let len = i64::try_from(of.len()).unwrap_or(i64::MAX);
        Some([
            of.mtime(),
            of.mtime_nsec(),
            of.ctime(),
            of.ctime_nsec(),
            len,
        ])
    })
}

fn read(files: &CertificateFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = CertificateDer::pem_file_iter(&files.chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| explained(&files.chain, "certificate", error))?;
    if chain.is_empty() {
        return Err(explained(
            &files.chain,
            "certificate",
            pem::Error::NoItemsFound,
        ));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| explained(&files.key, "private key", error))?;
    // By name, since another crate in the same process may bring another provider as the default.
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|versions| {
            // Refuses a key that is not the certificate's.
            versions.with_no_client_auth().with_single_cert(chain, key)
        })
        .map_err(|source| TlsError::Unusable {
            files: files.clone(),
            source,
        })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // A request that may be repeated by somebody who listened must not be answered: no data before the handshake is over.
    config.max_early_data_size = 0;
    Ok(Arc::new(config))
}

fn explained(path: &Path, what: &'static str, error: pem::Error) -> TlsError {
    let path = path.to_path_buf();
    match error {
        pem::Error::Io(source) => TlsError::Unreadable { path, source },
        _ => TlsError::Empty { path, what },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use tempfile::TempDir;

    use super::*;

    fn write(folder: &TempDir) -> CertificateFiles {
        let files = CertificateFiles {
            chain: folder.path().join("certificate.pem"),
            key: folder.path().join("key.pem"),
        };
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["maru.test".to_owned()]).unwrap();
        fs::write(&files.chain, cert.pem()).unwrap();
        fs::write(&files.key, signing_key.serialize_pem()).unwrap();
        files
    }

    #[test]
    fn files_that_are_no_certificate_are_named_and_nothing_of_a_key_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let good = write(&folder);
        let other = write(&tempfile::tempdir().unwrap());
        let missing = CertificateFiles {
            chain: folder.path().join("nowhere.pem"),
            ..good.clone()
        };
        let swapped = CertificateFiles {
            chain: good.key.clone(),
            key: good.chain.clone(),
        };
        let secret = fs::read_to_string(&good.key).unwrap();
        let line = secret.lines().nth(1).unwrap();
        for (files, says) in [
            (missing, "nowhere.pem cannot be read"),
            (swapped, "key.pem holds no certificate"),
            (other, "cannot be read"),
        ] {
            let error = Tls::open(files).unwrap_err().to_string();
            assert!(
                error.contains(says) && error.contains("untouched"),
                "{error}"
            );
            assert!(!error.contains(line));
        }
        let foreign = tempfile::tempdir().unwrap();
        let mixed = CertificateFiles {
            key: write(&foreign).key,
            ..good.clone()
        };
        let error = Tls::open(mixed).unwrap_err().to_string();
        assert!(error.contains("cannot be used together"), "{error}");
        assert!(Tls::open(good).is_ok());
    }

    #[test]
    fn a_new_certificate_is_taken_only_with_its_own_key() {
        let folder = tempfile::tempdir().unwrap();
        let files = write(&folder);
        let tls = Tls::open(files.clone()).unwrap();
        let (first, seen) = (tls.config(), Seen::of(tls.first));
        let seen = tls.look(&seen);
        assert_eq!(seen, Seen::of(tls.first));
        assert!(Arc::ptr_eq(&first, &tls.config()), "nothing has changed");
        fs::write(&files.chain, "half of a cert").unwrap();
        let seen = tls.look(&seen);
        assert!(Arc::ptr_eq(&first, &tls.config()), "it is none");
        let foreign = tempfile::tempdir().unwrap();
        let next = write(&foreign);
        fs::copy(&next.chain, &files.chain).unwrap();
        let seen = tls.look(&seen);
        assert!(
            Arc::ptr_eq(&first, &tls.config()),
            "the key is the old one's"
        );
        fs::copy(&next.key, &files.key).unwrap();
        // Two keys have one length, and a coarse clock may give both files one time.
        let in_use = [None, seen.in_use[1]];
        let seen = tls.look(&Seen { in_use, ..seen });
        assert!(!Arc::ptr_eq(&first, &tls.config()), "both are new");
        assert_eq!(seen, Seen::of(stamp(&files)), "nothing is left to do");
    }

    #[test]
    fn a_certificate_that_could_not_be_read_is_tried_again_though_its_files_do_not_change() {
        let folder = tempfile::tempdir().unwrap();
        let files = write(&folder);
        let tls = Tls::open(files.clone()).unwrap();
        let before = Seen::of(tls.first);
        fs::write(&files.key, "no key").unwrap();
        let seen = tls.look(&before);
        assert_eq!(seen.in_use, before.in_use, "the next look reads them again");
        assert!(seen.told.is_some());
        assert_eq!(tls.look(&seen), seen, "and says nothing twice");
    }

    #[test]
    fn a_copy_that_keeps_its_time_is_seen_from_the_first_reading_on() {
        let folder = tempfile::tempdir().unwrap();
        let files = write(&folder);
        let written = |path| fs::metadata(path).unwrap().modified().unwrap();
        let times = [&files.chain, &files.key].map(written);
        let tls = Tls::open(files.clone()).unwrap();
        let first = tls.config();
        let elsewhere = tempfile::tempdir().unwrap();
        let next = write(&elsewhere);
        let begun = Instant::now();
        // A coarse clock may give two changes one time.
        while stamp(&files) == tls.first && begun.elapsed() < Duration::from_secs(10) {
            for (from, to, time) in [
                (&next.chain, &files.chain, times[0]),
                (&next.key, &files.key, times[1]),
            ] {
                fs::copy(from, to).unwrap();
                let file = fs::File::options().write(true).open(to).unwrap();
                file.set_modified(time).unwrap();
            }
        }
        tls.look(&Seen::of(tls.first));
        assert!(!Arc::ptr_eq(&first, &tls.config()));
    }
}
