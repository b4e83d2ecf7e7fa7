//! Whether a server is the one that is meant.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::certificate::Certificate;

/// How much of a certificate is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    Nothing,
    Chain,
    ChainAndName,
}

#[derive(Debug)]
pub struct Verifier {
    pub extent: Extent,
    pub store: RootCertStore,
    /// The certificates that the store was made of, where they are known.
    pub roots: Vec<CertificateDer<'static>>,
    /// Whether the roots are the caller's own, and not a public list.
    pub roots_are_given: bool,
    pub provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn algorithms(&self) -> &WebPkiSupportedAlgorithms {
        &self.provider.signature_verification_algorithms
    }

    fn verify_chain(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        // A server's own certificate, which was given to be trusted.
        if self.roots.iter().any(|root| root.as_ref() == certificate.as_ref()) {
            let own = Certificate::parse(certificate)?;
            if own.is_self_issued() {
                return own.is_valid_at(now);
            }
        }
        match ParsedCertificate::try_from(certificate) {
            Ok(parsed) => verify_server_cert_signed_by_trust_anchor(
                &parsed,
                &self.store,
                intermediates,
                now,
                self.algorithms().all,
            ),
            Err(error) => self.verify_version_1(certificate, now).unwrap_or(Err(error)),
        }
    }

    /// A certificate of version 1 says nothing but whose it is, and until when. One of the roots has to have signed it. `None`: it
    /// is not one.
    fn verify_version_1(&self, certificate: &CertificateDer<'_>, now: UnixTime) -> Option<Result<(), Error>> {
        let is_old = |certificate: &Certificate| self.roots_are_given && certificate.is_version_1();
        let old = Certificate::parse(certificate).ok().filter(is_old)?;
        let mut outcome = Err(CertificateError::UnknownIssuer.into());
        for root in self.roots.iter().filter_map(|root| Certificate::parse(root).ok()) {
            outcome = old.is_issued_by(&root, self.algorithms()).and_then(|()| root.is_valid_at(now));
            if outcome.is_ok() {
                break;
            }
        }
        Some(outcome.and_then(|()| old.is_valid_at(now)))
    }

    fn verify_name(&self, certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), Error> {
        let verified = match ParsedCertificate::try_from(certificate) {
            Ok(parsed) => verify_server_name(&parsed, name),
            Err(error) => Err(error),
        };
        verified.or_else(|error| match Certificate::parse(certificate) {
            // No constraint of an authority is held against such a name, and public authorities give lists.
            Ok(parsed) if self.roots_are_given && parsed.is_for(name) => Ok(()),
            Ok(parsed) if parsed.is_version_1() => Err(CertificateError::NotValidForName.into()),
            _ => Err(error),
        })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.extent != Extent::Nothing {
            self.verify_chain(certificate, intermediates, now)?;
        }
        if self.extent == Extent::ChainAndName {
            self.verify_name(certificate, name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if ParsedCertificate::try_from(certificate).is_ok() {
            return verify_tls12_signature(message, certificate, signed, self.algorithms());
        }
        let old = Certificate::parse(certificate)?;
        old.has_signed(message, signed.scheme, signed.signature(), self.algorithms())?;
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if ParsedCertificate::try_from(certificate).is_ok() {
            return verify_tls13_signature(message, certificate, signed, self.algorithms());
        }
        let key = SubjectPublicKeyInfoDer::from(Certificate::parse(certificate)?.public_key()?);
        verify_tls13_signature_with_raw_key(message, &key, signed, self.algorithms())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms().supported_schemes()
    }
}
