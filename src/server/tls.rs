//! TLS: the certificate and the acceptor.

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

/// The offered protocol: WebSockets begin as HTTP/1.1.
const HTTP_1_1: &[u8] = b"http/1.1";

/// The certificate of a server with TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// A new one, for `localhost`, the loopback addresses and the address of the server. Clients have to trust it
    /// explicitly: see [`Server::certificate`](super::Server::certificate).
    SelfSigned {
        /// A file to which the certificate is written in PEM, for clients. The key is never written.
        write_to: Option<PathBuf>,
    },
    /// Files in PEM.
    Files {
        /// The certificate, followed by its chain.
        certificate: PathBuf,
        /// The private key: PKCS #8, PKCS #1 or SEC 1.
        key: PathBuf,
    },
}

/// Why TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The file contains no certificate.
    #[error("{} holds no certificate in PEM, which begins with `-----BEGIN CERTIFICATE-----`", .path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The file contains no private key.
    #[error("{} holds no private key in PEM, which begins with `-----BEGIN PRIVATE KEY-----`", .path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The file is not valid PEM.
    #[error("{} is not good PEM: {source}", .path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: pem::Error,
    },
    /// The certificate or the key is unusable, or they do not match.
    #[error("the certificate and its key cannot be used: {0}")]
    Unusable(rustls::Error),
    /// The certificate could not be generated.
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

/// A certificate with its key, ready for use.
#[derive(Clone)]
pub(super) struct Identity {
    acceptor: TlsAcceptor,
    certificate: Arc<str>,
}

impl Identity {
    /// Loads or generates it, for a server with that address.
    pub(super) fn load(tls: &Tls, listen: SocketAddr) -> Result<Self, TlsError> {
        match tls {
            Tls::SelfSigned { write_to } => Self::self_signed(listen, write_to.as_deref()),
            Tls::Files { certificate, key } => Self::read(certificate, key),
        }
    }

    /// Accepts TLS on connections.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.clone()
    }

    /// The certificate in PEM, with its chain.
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

/// The SHA-256 fingerprint in the format of browsers.
fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let digits: Vec<_> = Sha256::digest(certificate)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    digits.join(":")
}
