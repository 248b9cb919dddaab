//! PostgreSQL's address and how its connections are encrypted.

use std::sync::Arc;

use model::Secret;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Error, Result};

fn bad(reason: String) -> Error {
    Error::Open { what: "at the configured PostgreSQL address".into(), reason }
}

/// Reads an address. `sslmode=verify-ca|verify-full` and `sslrootcert`, which the library does not know, are
/// taken out of it here.
pub(super) fn settings(url: &Secret<String>) -> Result<(Config, MakeRustlsConnect)> {
    let (base, query) = url.expose().split_once('?').unwrap_or((url.expose(), ""));
    let (mut rest, mut verify, mut roots) = (Vec::new(), false, None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", "verify-ca" | "verify-full")) => {
                verify = true;
                rest.push("sslmode=require");
            }
            Some(("sslrootcert", path)) => roots = Some(path),
            _ => rest.push(pair),
        }
    }
    let address = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    let mut config: Config = address.parse().map_err(|error| bad(super::postgres::chain(&error)))?;
    if config.get_application_name().is_none() {
        config.application_name("bellhop");
    }
    Ok((config, MakeRustlsConnect::new(client(verify, roots)?)))
}

fn client(verify: bool, roots: Option<&str>) -> Result<ClientConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| bad(error.to_string()))?
        .dangerous();
    let verifier: Arc<dyn ServerCertVerifier> = if verify {
        WebPkiServerVerifier::builder_with_provider(Arc::new(trusted(roots)?), provider)
            .build()
            .map_err(|error| bad(error.to_string()))?
    } else {
        Arc::new(AnyCertificate(provider))
    };
    Ok(builder.with_custom_certificate_verifier(verifier).with_no_client_auth())
}

fn trusted(roots: Option<&str>) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    let certificates: Vec<CertificateDer<'_>> = match roots {
        Some(path) => CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|error| bad(format!("cannot read the certificates in sslrootcert={path}: {error}")))?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    store.add_parsable_certificates(certificates);
    if store.is_empty() {
        Err(bad("no root certificate found to verify the server by".into()))
    } else {
        Ok(store)
    }
}

/// Takes any certificate, as `sslmode=require` means it: keeps listeners out, not impostors.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::SslMode;

    use super::*;

    fn read(url: &str) -> Result<Config> {
        settings(&Secret::new(url.to_owned())).map(|(config, _)| config)
    }

    #[test]
    fn every_sslmode_is_known_and_nothing_else() {
        let root = format!("{}/src/db/tls.rs", env!("CARGO_MANIFEST_DIR"));
        for (query, wanted) in [
            ("", SslMode::Prefer),
            ("?sslmode=disable", SslMode::Disable),
            ("?sslmode=prefer&application_name=x", SslMode::Prefer),
            ("?sslmode=require", SslMode::Require),
        ] {
            let config =
                read(&format!("postgres://me@db.example:5433/bellhop{query}")).expect("a good address");
            assert_eq!(config.get_ssl_mode(), wanted, "{query}");
            assert_eq!((config.get_ports(), config.get_dbname()), (&[5433][..], Some("bellhop")));
        }
        for query in ["?sslmode=maybe", "?nonsense=1", "?sslmode=verify-full&sslrootcert=/nowhere/root.crt"] {
            read(&format!("postgres://me@db.example/bellhop{query}")).expect_err(query);
        }
        // A file without certificates would verify nothing.
        let empty = format!("postgres://me@db.example/bellhop?sslmode=verify-full&sslrootcert={root}");
        assert!(read(&empty).expect_err("no certificate").to_string().contains("no root certificate"));
    }
}
