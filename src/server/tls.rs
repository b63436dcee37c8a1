//! TLS: with which certificate, and what speaks it.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// The protocol that is offered: WebSockets begin as HTTP/1.1.
const HTTP_1_1: &[u8] = b"http/1.1";

/// With which certificate a server speaks TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// One that is made when the server starts, for `localhost`, the loopback addresses and the address that it listens
    /// on. Clients have to be told to trust it: see [`Server::certificate`](super::Server::certificate).
    SelfSigned {
        /// A file that the certificate is written to, in PEM, for clients that are to trust it. Its key is written
        /// nowhere.
        write_to: Option<PathBuf>,
    },
    /// One from files, both in PEM.
    Files {
        /// The certificate, followed by those that vouch for it.
        certificate: PathBuf,
        /// The private key: PKCS #8, PKCS #1 or SEC 1.
        key: PathBuf,
    },
}

/// Why TLS cannot be spoken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file holds no certificate.
    #[error("{} holds no certificate in PEM, which begins with `-----BEGIN CERTIFICATE-----`", .path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// A file holds no private key.
    #[error("{} holds no private key in PEM, which begins with `-----BEGIN PRIVATE KEY-----`", .path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// A file is no good PEM.
    #[error("{} is not good PEM: {source}", .path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// Certificate and key cannot be used, or not together.
    #[error("the certificate and its key cannot be used: {0}")]
    Unusable(rustls::Error),
    /// No certificate could be made.
    #[error("no certificate could be made: {0}")]
    Generate(rcgen::Error),
}

impl TlsError {
    /// A stable name of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "tls-file",
            Self::NoCertificate { .. } => "tls-no-certificate",
            Self::NoKey { .. } => "tls-no-key",
            Self::Pem { .. } => "tls-pem",
            Self::Unusable(_) => "tls-unusable",
            Self::Generate(_) => "tls-generate",
        }
    }
}

/// A certificate with its key, ready for connections.
#[derive(Clone)]
pub(super) struct Identity {
    acceptor: TlsAcceptor,
    certificate: Arc<str>,
}

impl Identity {
    /// Reads or makes it, for a server that listens there.
    pub(super) fn load(tls: &Tls, listen: SocketAddr) -> Result<Self, TlsError> {
        match tls {
            Tls::SelfSigned { write_to } => Self::self_signed(listen, write_to.as_deref()),
            Tls::Files { certificate, key } => Self::read(certificate, key),
        }
    }

    /// What makes TLS of connections.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.clone()
    }

    /// The certificate in PEM, with those that vouch for it.
    pub(super) fn certificate(&self) -> &str {
        &self.certificate
    }

    fn self_signed(listen: SocketAddr, write_to: Option<&Path>) -> Result<Self, TlsError> {
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        let own = listen.ip().to_string();
        if !listen.ip().is_unspecified() && !names.contains(&own) {
            names.push(own);
        }
        let made = rcgen::generate_simple_self_signed(names).map_err(TlsError::Generate)?;
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let certificate = made.cert.pem();
        if let Some(path) = write_to {
            fs::write(path, certificate.as_bytes()).map_err(|source| TlsError::File {
                path: path.to_owned(),
                source,
            })?;
        }
        tracing::info!(
            sha256 = fingerprint(made.cert.der()),
            "the certificate is self-signed"
        );
        Self::new(vec![made.cert.der().clone()], key.into(), certificate)
    }

    fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let read = |path: &Path| {
            fs::read(path).map_err(|source| TlsError::File {
                path: path.to_owned(),
                source,
            })
        };
        let text = read(certificate)?;
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&text)
            .collect::<Result<_, _>>()
            .map_err(|source| TlsError::Pem {
                path: certificate.to_owned(),
                source,
            })?;
        if chain.is_empty() {
            return Err(TlsError::NoCertificate {
                path: certificate.to_owned(),
            });
        }
        let key = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|source| match source {
            pem::Error::NoItemsFound => TlsError::NoKey { path: key.to_owned() },
            source => TlsError::Pem {
                path: key.to_owned(),
                source,
            },
        })?;
        Self::new(chain, key, String::from_utf8_lossy(&text).into_owned())
    }

    fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        certificate: String,
    ) -> Result<Self, TlsError> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(TlsError::Unusable)?;
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            certificate: certificate.into(),
        })
    }
}

/// As browsers show it, so that a person can compare.
fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let digits: Vec<_> = Sha256::digest(certificate)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    digits.join(":")
}
