//! What webpki leaves out, and OpenSSL, which libpq and MySQL's client use, does not: certificates of X.509 version 1, a server's
//! own certificate that is trusted as such, and names that are nowhere but in the subject.

use rustls::SignatureScheme;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, Error};
use x509_cert::certificate::{TbsCertificate, Version};
use x509_cert::der::asn1::{Ia5StringRef, PrintableStringRef, TeletexStringRef, Utf8StringRef};
use x509_cert::der::oid::db::rfc4519::COMMON_NAME;
use x509_cert::der::oid::db::rfc5280::{ID_CE_NAME_CONSTRAINTS, ID_CE_SUBJECT_ALT_NAME};
use x509_cert::der::{Decode, Encode, Tag, Tagged};
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

/// A certificate, as far as it is looked at here.
pub struct Certificate(x509_cert::Certificate);

impl Certificate {
    pub fn parse(der: &CertificateDer<'_>) -> Result<Self, Error> {
        x509_cert::Certificate::from_der(der).map(Self).map_err(|_| CertificateError::BadEncoding.into())
    }

    fn content(&self) -> &TbsCertificate {
        &self.0.tbs_certificate
    }

    pub fn is_version_1(&self) -> bool {
        self.content().version == Version::V1
    }

    pub fn is_self_issued(&self) -> bool {
        self.content().issuer == self.content().subject
    }

    pub fn is_valid_at(&self, now: UnixTime) -> Result<(), Error> {
        let validity = &self.content().validity;
        if now.as_secs() < validity.not_before.to_unix_duration().as_secs() {
            return Err(CertificateError::NotValidYet.into());
        }
        if now.as_secs() > validity.not_after.to_unix_duration().as_secs() {
            return Err(CertificateError::Expired.into());
        }
        Ok(())
    }

    /// Whether it may sign certificates of any name. One of version 1 cannot say that it may not.
    fn may_issue(&self) -> bool {
        let constraints = self.content().get::<BasicConstraints>();
        let is_authority = matches!(constraints, Ok(Some((_, BasicConstraints { ca: true, .. }))));
        let mut extensions = self.content().extensions.iter().flatten();
        (self.is_version_1() || is_authority) && !extensions.any(|each| each.extn_id == ID_CE_NAME_CONSTRAINTS)
    }

    /// Whether `issuer` has signed it, and may.
    pub fn is_issued_by(&self, issuer: &Self, algorithms: &WebPkiSupportedAlgorithms) -> Result<(), Error> {
        if self.content().issuer != issuer.content().subject || !issuer.may_issue() {
            return Err(CertificateError::UnknownIssuer.into());
        }
        let signed = self.content().to_der().map_err(|_| CertificateError::BadEncoding)?;
        let (with, inside) = (&self.0.signature_algorithm, &self.content().signature);
        let with = with.to_der().map_err(|_| CertificateError::BadEncoding)?;
        let inside = inside.to_der().map_err(|_| CertificateError::BadEncoding)?;
        let signature = self.0.signature.as_bytes().ok_or(CertificateError::BadEncoding)?;
        let key = &issuer.content().subject_public_key_info;
        let algorithm = key_algorithm(key)?;
        let verified = algorithms.all.iter().any(|candidate| {
            inside == with
                && body(&with) == &*candidate.signature_alg_id()
                && algorithm == *candidate.public_key_alg_id()
                && candidate.verify_signature(key_bits(key), &signed, signature).is_ok()
        });
        if verified { Ok(()) } else { Err(CertificateError::BadSignature.into()) }
    }

    /// Whether the server has signed `message`, in a handshake, with the key of this certificate.
    pub fn has_signed(
        &self,
        message: &[u8],
        scheme: SignatureScheme,
        signature: &[u8],
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> Result<(), Error> {
        let key = &self.content().subject_public_key_info;
        let algorithm = key_algorithm(key)?;
        let of_scheme = algorithms.mapping.iter().filter(|(mapped, _)| *mapped == scheme);
        let verified = of_scheme.flat_map(|(_, candidates)| candidates.iter()).any(|candidate| {
            algorithm == *candidate.public_key_alg_id()
                && candidate.verify_signature(key_bits(key), message, signature).is_ok()
        });
        if verified { Ok(()) } else { Err(CertificateError::BadSignature.into()) }
    }

    /// The public key as DER.
    pub fn public_key(&self) -> Result<Vec<u8>, Error> {
        self.content().subject_public_key_info.to_der().map_err(|_| CertificateError::BadEncoding.into())
    }

    /// Whether it is for `name` by the common name of its subject, which counts only where it has no list of names.
    pub fn is_for(&self, name: &ServerName<'_>) -> bool {
        let mut extensions = self.content().extensions.iter().flatten();
        if extensions.any(|each| each.extn_id == ID_CE_SUBJECT_ALT_NAME) {
            return false;
        }
        let mut parts = self.content().subject.0.iter().flat_map(|part| part.0.iter());
        let Some(common_name) = parts.rfind(|part| part.oid == COMMON_NAME) else { return false };
        let value = &common_name.value;
        let text = match value.tag() {
            Tag::Utf8String => Utf8StringRef::try_from(value).ok().map(|text| text.as_str().to_owned()),
            Tag::PrintableString => PrintableStringRef::try_from(value).ok().map(|text| text.as_str().to_owned()),
            Tag::Ia5String => Ia5StringRef::try_from(value).ok().map(|text| text.as_str().to_owned()),
            Tag::TeletexString => TeletexStringRef::try_from(value).ok().map(|text| text.as_str().to_owned()),
            _ => None,
        };
        text.is_some_and(|text| fits(&text, &name.to_str()))
    }
}

/// Whether a certificate's name means the host. `*.` stands for one label.
fn fits(pattern: &str, host: &str) -> bool {
    if pattern.eq_ignore_ascii_case(host) {
        return true;
    }
    let (Some(rest), Some((label, domain))) = (pattern.strip_prefix("*."), host.split_once('.')) else { return false };
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    !is_address && !label.is_empty() && rest.contains('.') && rest.eq_ignore_ascii_case(domain)
}

/// The algorithm's identifier without the head of its sequence, as webpki's algorithms have it.
fn key_algorithm(key: &SubjectPublicKeyInfoOwned) -> Result<Vec<u8>, Error> {
    let identifier = key.algorithm.to_der().map_err(|_| CertificateError::BadEncoding)?;
    Ok(body(&identifier).to_vec())
}

fn key_bits(key: &SubjectPublicKeyInfoOwned) -> &[u8] {
    key.subject_public_key.as_bytes().unwrap_or_default()
}

/// What is inside of a DER element.
fn body(element: &[u8]) -> &[u8] {
    match element {
        [_, length, rest @ ..] if *length < 0x80 => rest,
        // The long form: the lower bits tell how many bytes the length has.
        [_, length, rest @ ..] => rest.get(usize::from(length & 0x7f)..).unwrap_or_default(),
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_label() {
        for (pattern, host, fit) in [
            ("db.example.com", "DB.example.com", true),
            ("*.example.com", "db.example.com", true),
            ("*.example.com", "a.db.example.com", false),
            ("*.example.com", "example.com", false),
            ("*.com", "example.com", false),
            ("*", "localhost", false),
            ("localhost", "localhost.", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("*.0.0.1", "127.0.0.1", false),
        ] {
            assert_eq!(fits(pattern, host), fit, "{pattern} {host}");
        }
    }
}
