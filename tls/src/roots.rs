//! Which roots a chain of certificates may end at.

use std::sync::OnceLock;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::error::{Error, Result};
use crate::verifier::Extent;

const WHAT: &str = "the root certificate cannot be used";

/// In place of PEM: the certificates that the operating system trusts.
pub const SYSTEM: &[u8] = b"the operating system's certificates";

/// Root certificates, as the caller gives them.
pub enum Certificate {
    System,
    These(Vec<CertificateDer<'static>>),
}

impl Certificate {
    /// From PEM, of one certificate or of several, or [`SYSTEM`].
    pub fn from_pem(pem: &[u8]) -> Result<Self> {
        if pem == SYSTEM {
            return Ok(Self::System);
        }
        let roots: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<std::result::Result<_, _>>()
            .map_err(|error| Error::unusable(WHAT, error))?;
        if roots.is_empty() {
            return Err(Error::unusable(WHAT, "the file holds no certificate"));
        }
        Ok(Self::These(roots))
    }
}

/// The certificates themselves. None where they are Mozilla's, of which only names and keys are built in.
pub(crate) fn trusted(root: Option<&Certificate>) -> Result<Vec<CertificateDer<'static>>> {
    match root {
        None => Ok(Vec::new()),
        Some(Certificate::These(roots)) => Ok(roots.clone()),
        Some(Certificate::System) => system(),
    }
}

/// Read once: the files are large.
fn system() -> Result<Vec<CertificateDer<'static>>> {
    static READ: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
    if let Some(read) = READ.get() {
        return Ok(read.clone());
    }
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let why = found.errors.first().map_or("it trusts none".into(), ToString::to_string);
        return Err(Error::unusable("the operating system's list of root certificates cannot be used", why));
    }
    Ok(READ.get_or_init(|| found.certs).clone())
}

/// What a chain may end at.
pub(crate) fn store(
    root: Option<&Certificate>,
    trusted: &[CertificateDer<'static>],
    extent: Extent,
) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    match root {
        _ if extent == Extent::Nothing => {}
        None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(_) => {
            // Some systems trust certificates that no library can read any more: one of them is no reason to refuse the others.
            if store.add_parsable_certificates(trusted.iter().cloned()).0 == 0 {
                return Err(Error::unusable(WHAT, "it is not a certificate"));
            }
        }
    }
    Ok(store)
}
