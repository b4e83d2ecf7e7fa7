//! The part of native-tls's interface that sqlx calls, on rustls.
//!
//! What sqlx passes on, and what it means here:
//!
//! | | the chain | the host's name |
//! | --- | --- | --- |
//! | `danger_accept_invalid_certs(true)` | not verified | not verified |
//! | `danger_accept_invalid_hostnames(true)` | verified | not verified |
//! | neither | verified | verified |
//!
//! The chain has to end at a root certificate that was added, and at no other, as in libpq and in MySQL's client. Where none was
//! added, at one of Mozilla's list, which is built in; where [`SYSTEM`] was, at one that the operating system trusts.

#![forbid(unsafe_code)]

mod certificate;
mod error;
mod roots;
mod stream;
mod verifier;

use std::io::{Read, Write};
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, IpAddr, Ipv4Addr, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection};

pub use crate::error::{Error, HandshakeError, Result};
pub use crate::roots::{Certificate, SYSTEM};
pub use crate::stream::{MidHandshakeTlsStream, TlsStream};
use crate::verifier::{Extent, Verifier};

/// A client's certificate and its key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// From PEM. The key may be of PKCS #8, PKCS #1 or SEC 1.
    pub fn from_pkcs8(pem: &[u8], key: &[u8]) -> Result<Self> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<std::result::Result<_, _>>()
            .map_err(|error| Error::unusable("the client's certificate cannot be used", error))?;
        if chain.is_empty() {
            return Err(Error::unusable("the client's certificate cannot be used", "the file holds no certificate"));
        }
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|error| Error::unusable("the client's key cannot be used", error))?;
        Ok(Self { chain, key })
    }
}

#[derive(Default)]
pub struct TlsConnectorBuilder {
    accepts_any_certificate: bool,
    accepts_any_name: bool,
    root: Option<Certificate>,
    identity: Option<Identity>,
}

impl TlsConnectorBuilder {
    pub fn danger_accept_invalid_certs(&mut self, accepts: bool) -> &mut Self {
        self.accepts_any_certificate = accepts;
        self
    }

    pub fn danger_accept_invalid_hostnames(&mut self, accepts: bool) -> &mut Self {
        self.accepts_any_name = accepts;
        self
    }

    pub fn add_root_certificate(&mut self, root: Certificate) -> &mut Self {
        self.root = Some(root);
        self
    }

    pub fn identity(&mut self, identity: Identity) -> &mut Self {
        self.identity = Some(identity);
        self
    }

    pub fn build(&self) -> Result<TlsConnector> {
        let provider = Arc::new(ring::default_provider());
        let extent = match (self.accepts_any_certificate, self.accepts_any_name) {
            (true, _) => Extent::Nothing,
            (false, true) => Extent::Chain,
            (false, false) => Extent::ChainAndName,
        };
        let roots = match extent {
            Extent::Nothing => Vec::new(),
            _ => roots::trusted(self.root.as_ref())?,
        };
        let store = roots::store(self.root.as_ref(), &roots, extent)?;
        let roots_are_given = matches!(self.root, Some(Certificate::These(_)));
        let verifier = Arc::new(Verifier { extent, store, roots, roots_are_given, provider: Arc::clone(&provider) });
        let config = client_config(&provider, verifier, self.identity.as_ref())?;
        Ok(TlsConnector { config, needs_name: extent == Extent::ChainAndName })
    }
}

fn client_config(
    provider: &Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
    identity: Option<&Identity>,
) -> Result<Arc<ClientConfig>> {
    let builder = ClientConfig::builder_with_provider(Arc::clone(provider)).with_safe_default_protocol_versions()?;
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    Ok(Arc::new(match identity {
        Some(Identity { chain, key }) => builder.with_client_auth_cert(chain.clone(), key.clone_key())?,
        None => builder.with_no_client_auth(),
    }))
}

pub struct TlsConnector {
    config: Arc<ClientConfig>,
    needs_name: bool,
}

impl TlsConnector {
    pub fn builder() -> TlsConnectorBuilder {
        TlsConnectorBuilder::default()
    }

    /// Speaks TLS on `stream` with the server that has the name or address `domain`.
    pub fn connect<S: Read + Write>(
        &self,
        domain: &str,
        stream: S,
    ) -> std::result::Result<TlsStream<S>, HandshakeError<S>> {
        let name = match ServerName::try_from(domain.to_owned()) {
            Ok(name) => name,
            // A name that no certificate can hold, such as a socket's path. An address is not sent to the server.
            Err(_) if !self.needs_name => ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0; 4]))),
            Err(error) => {
                return Err(HandshakeError::Failure(Error::unusable("the host's name cannot be used", error)));
            }
        };
        let session = ClientConnection::new(Arc::clone(&self.config), name);
        MidHandshakeTlsStream::of(session.map_err(|error| HandshakeError::Failure(error.into()))?, stream).handshake()
    }
}
