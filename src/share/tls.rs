//! Encryption on the way to a shared store, as the address asks for it with PostgreSQL's own words: `sslmode` is `disable`,
//! `prefer` (default), `require`, `verify-ca` or `verify-full`; `sslrootcert` names a file with the authorities to trust
//! in place of the machine's own.

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

/// What the server must show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trust {
    /// A certificate from an authority that is trusted.
    chain: bool,
    /// And that is made out to the host that was asked for.
    name: bool,
    /// The authorities; `None`: the machine's.
    roots: Option<PathBuf>,
}

/// Takes what the driver does not know out of an address: the rest of it, and what the server must show.
///
/// # Errors
/// An unknown `sslmode`.
pub fn split(url: &str) -> Result<(String, Trust), String> {
    let Some((before, query)) = url.split_once('?') else { return Ok((url.to_string(), Trust::default())) };
    let mut trust = Trust::default();
    let mut rest: Vec<&str> = Vec::new();
    for part in query.split('&') {
        match part.split_once('=') {
            Some(("sslmode", "verify-full" | "verify-ca")) => {
                trust.chain = true;
                trust.name = part.ends_with("full");
                rest.push("sslmode=require");
            }
            Some(("sslmode", "disable" | "prefer" | "require")) => rest.push(part),
            Some(("sslmode", other)) => {
                return Err(format!("`sslmode={other}`: one of disable, prefer, require, verify-ca and verify-full"));
            }
            Some(("sslrootcert", file)) => trust.roots = Some(PathBuf::from(plain(file))).filter(|path| path.as_os_str() != "system"),
            _ => rest.push(part),
        }
    }
    // As PostgreSQL's own programs do: who names authorities wants them asked.
    trust.chain |= trust.roots.is_some() && rest.contains(&"sslmode=require");
    let query = rest.join("&");
    Ok((if query.is_empty() { before.to_string() } else { format!("{before}?{query}") }, trust))
}

/// Text of an address without its `%xx`.
fn plain(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let coded = after.split_at_checked(2).filter(|_| *first == b'%');
        let byte = coded.and_then(|(digits, _)| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        (rest, _) = match (byte, coded) {
            (Some(byte), Some((_, later))) => (later, bytes.push(byte)),
            _ => (after, bytes.push(*first)),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What makes a connection encrypted.
///
/// # Errors
/// Why the authorities cannot be read.
pub fn connector(trust: &Trust) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(ring::default_provider());
    let authorities = if trust.chain {
        let roots = Arc::new(roots(trust.roots.as_deref())?);
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build();
        Some(verifier.map_err(|error| error.to_string())?)
    } else {
        None
    };
    let judge = Judge { provider: provider.clone(), authorities, name: trust.name };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(judge))
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn roots(file: Option<&Path>) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    let Some(path) = file else {
        let found = rustls_native_certs::load_native_certs();
        store.add_parsable_certificates(found.certs);
        return Ok(store);
    };
    let told = |why: &dyn std::fmt::Display| format!("`sslrootcert` `{}`: {why}", path.display());
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| told(&error))? {
        store.add(certificate.map_err(|error| told(&error))?).map_err(|error| told(&error))?;
    }
    if store.is_empty() { Err(told(&"no certificate in it")) } else { Ok(store) }
}

/// Whether something went wrong because the server could not show who it is.
pub fn untrusted(error: &(dyn Error + 'static)) -> Option<String> {
    let mut error = Some(error);
    while let Some(at) = error {
        let inner = at.downcast_ref::<std::io::Error>().and_then(|error| error.get_ref());
        let rustls = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()).or_else(|| at.downcast_ref::<rustls::Error>());
        if let Some(rustls::Error::InvalidCertificate(why)) = rustls {
            return Some(why.to_string());
        }
        error = at.source();
    }
    None
}

/// Looks at what the server shows: always that it holds the key of its certificate; the rest as the address asks.
#[derive(Debug)]
struct Judge {
    provider: Arc<CryptoProvider>,
    authorities: Option<Arc<WebPkiServerVerifier>>,
    name: bool,
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(authorities) = &self.authorities else { return Ok(ServerCertVerified::assertion()) };
        match authorities.verify_server_cert(own, between, name, ocsp, now) {
            Err(rustls::Error::InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }))
                if !self.name =>
            {
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_the_server_must_show() {
        let of = |query: &str| split(&format!("postgres://a@b/c{query}")).map(|(url, trust)| (url.replace("postgres://a@b/c", ""), trust));
        let trust = |chain, name, roots: Option<&str>| Trust { chain, name, roots: roots.map(PathBuf::from) };
        assert_eq!(of(""), Ok((String::new(), trust(false, false, None))));
        assert_eq!(of("?sslmode=require&options=x"), Ok(("?sslmode=require&options=x".to_string(), trust(false, false, None))));
        assert_eq!(
            of("?sslmode=verify-full&sslrootcert=/etc/min%20ca.pem"),
            Ok(("?sslmode=require".to_string(), trust(true, true, Some("/etc/min ca.pem"))))
        );
        assert_eq!(of("?sslmode=verify-ca&sslrootcert=system"), Ok(("?sslmode=require".to_string(), trust(true, false, None))));
        assert_eq!(of("?sslrootcert=ca.pem&sslmode=require"), Ok(("?sslmode=require".to_string(), trust(true, false, Some("ca.pem")))));
        assert!(of("?sslmode=verifyfull").is_err());
        assert_eq!(plain("100%25%2g%"), "100%%2g%");
    }
}
