//! What a URL's parameters say of TLS. Their order does not matter.

use serde::Deserialize;

use crate::driver::sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use crate::driver::sqlx::postgres::{PgConnectOptions, PgSslMode};
use crate::error::{Error, Result};
use crate::url::parts::{flag, unsupported, wrong};

/// The parameters, as far as they have been seen.
#[derive(Default)]
pub struct Wishes {
    /// The name of the parameter that gave the mode, and its value.
    mode: Option<(String, String)>,
    flag: Option<Flag>,
    /// Prisma's `sslaccept`: whether only a verified certificate will do.
    strict: Option<bool>,
    root: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
    /// Whether a MySQL server without TLS may send the key that the password is encrypted with.
    takes_public_key: Option<bool>,
}

/// The parameter `ssl`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flag {
    Off,
    Unverified,
    Verified,
}

/// The object that mysql2 and node-postgres take for `ssl`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Object {
    #[serde(default)]
    reject_unauthorized: Option<bool>,
    #[serde(default)]
    min_version: Option<String>,
}

impl Wishes {
    /// Takes a parameter that both kinds of server have. `false`: it says nothing of TLS.
    fn take(&mut self, parameter: &str, value: &str) -> Result<bool> {
        match parameter {
            "sslmode" | "ssl-mode" | "ssl_mode" | "sslMode" => self.mode = Some((parameter.into(), value.into())),
            "ssl" => self.flag = Some(ssl(parameter, value)?),
            "sslaccept" => match value {
                "strict" => self.strict = Some(true),
                "accept_invalid_certs" => self.strict = Some(false),
                _ => return Err(wrong(parameter, "strict or accept_invalid_certs")),
            },
            "sslidentity" | "sslpassword" => {
                return Err(unsupported(
                    parameter,
                    "the client's certificate and key have to be PEM files, and the key not encrypted",
                ));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub fn take_postgres(&mut self, parameter: &str, value: &str) -> Result<bool> {
        match parameter {
            "sslrootcert" | "ssl-root-cert" => self.root = Some(value.into()),
            "sslcert" => self.certificate = Some(value.into()),
            "sslkey" => self.key = Some(value.into()),
            // A server that can begin with TLS at once can also be asked first.
            "sslnegotiation" if matches!(value, "postgres" | "direct") => {}
            "sslnegotiation" => return Err(wrong(parameter, "postgres or direct")),
            _ => return self.take(parameter, value),
        }
        Ok(true)
    }

    pub fn take_mysql(&mut self, parameter: &str, value: &str) -> Result<bool> {
        match parameter {
            "ssl-ca" | "sslca" | "ssl_ca" | "sslcert" => self.root = Some(value.into()),
            "ssl-cert" | "ssl_cert" => self.certificate = Some(value.into()),
            "ssl-key" | "ssl_key" => self.key = Some(value.into()),
            "allowPublicKeyRetrieval" => self.takes_public_key = Some(flag(parameter, value)?),
            _ => return self.take(parameter, value),
        }
        Ok(true)
    }

    /// libpq's rules. The second mode is what a connection is tried with that the first one did not bring about.
    pub fn postgres(mut self, mut options: PgConnectOptions) -> Result<(PgConnectOptions, Option<PgSslMode>)> {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let root = self.root.take().or_else(|| variable("PGSSLROOTCERT")).filter(|root| !root.is_empty());
        // What the URL says, in whichever words, outweighs the environment.
        let is_silent = self.flag.is_none() && self.strict.is_none();
        let variable_mode = || variable("PGSSLMODE").filter(|_| is_silent).map(|mode| ("sslmode".to_owned(), mode));
        let mode = self.mode.clone().or_else(variable_mode);
        let is_system = root.as_deref() == Some("system");
        let mode = match (mode, self.flag) {
            (Some((parameter, mode)), _) => postgres_mode(&parameter, &mode)?,
            (None, Some(Flag::Off)) => "disable",
            (None, Some(Flag::Unverified)) => "no-verify",
            (None, Some(Flag::Verified)) => "verify-full",
            (None, None) if is_system => "verify-full",
            (None, None) => "prefer",
        };
        let mode = match (self.strict, mode) {
            (_, "disable") | (None, _) => mode,
            (Some(true), _) => "verify-full",
            (Some(false), "verify-ca" | "verify-full") if self.mode.is_some() => mode,
            (Some(false), _) => "no-verify",
        };
        if is_system && mode != "verify-full" {
            return Err(Error::config(
                "the database URL's parameter sslrootcert=system needs sslmode=verify-full: the operating \
                 system trusts certificates for all names",
            )
            .about("parameter", "sslrootcert"));
        }
        let verified = if root.is_some() { PgSslMode::VerifyCa } else { PgSslMode::Require };
        let (first, second) = match (mode, &root) {
            ("disable", _) => (PgSslMode::Disable, None),
            ("allow", _) => (PgSslMode::Disable, Some(verified)),
            ("prefer", None) => (PgSslMode::Prefer, Some(PgSslMode::Disable)),
            ("prefer", Some(_)) => (verified, Some(PgSslMode::Disable)),
            ("require", _) => (verified, None),
            ("no-verify", _) => (PgSslMode::Require, None),
            // Any name of any public authority would do.
            ("verify-ca", Some(_)) => (PgSslMode::VerifyCa, None),
            _ => (PgSslMode::VerifyFull, None),
        };
        options = match root {
            Some(_) if is_system => options.ssl_root_cert_from_pem(native_tls::SYSTEM.to_vec()),
            Some(root) => options.ssl_root_cert(root),
            None => options,
        };
        if let Some((certificate, key)) = self.identity("sslcert", "sslkey", "sslrootcert")? {
            options = options.ssl_client_cert(certificate).ssl_client_key(key);
        }
        Ok((options.ssl_mode(first), second))
    }

    /// The rules of MySQL's client.
    pub fn mysql(mut self, mut options: MySqlConnectOptions) -> Result<MySqlConnectOptions> {
        // A socket of this machine is safe without TLS.
        let refuses_key = self.takes_public_key == Some(false) && options.get_socket().is_none();
        let root = self.root.take().filter(|root| !root.is_empty());
        let mode = match (&self.mode, self.flag) {
            (Some((parameter, mode)), _) => mysql_mode(parameter, mode)?,
            (None, Some(Flag::Off)) => MySqlSslMode::Disabled,
            (None, Some(Flag::Unverified)) => MySqlSslMode::Required,
            (None, Some(Flag::Verified)) => MySqlSslMode::VerifyIdentity,
            (None, None) if root.is_some() => MySqlSslMode::VerifyCa,
            (None, None) => MySqlSslMode::Preferred,
        };
        let mode = match (self.strict, mode) {
            (_, MySqlSslMode::Disabled) | (None, _) => mode,
            (Some(true), _) => MySqlSslMode::VerifyIdentity,
            (Some(false), MySqlSslMode::VerifyCa | MySqlSslMode::VerifyIdentity) if self.mode.is_some() => mode,
            (Some(false), _) => MySqlSslMode::Required,
        };
        let mode = match mode {
            // Any name of any public authority would do.
            MySqlSslMode::VerifyCa if root.is_none() => MySqlSslMode::VerifyIdentity,
            MySqlSslMode::Disabled if refuses_key => {
                return Err(Error::config(
                    "the database URL's parameter allowPublicKeyRetrieval=false needs TLS, which the URL turns off",
                )
                .about("parameter", "allowPublicKeyRetrieval"));
            }
            MySqlSslMode::Preferred if refuses_key => MySqlSslMode::Required,
            mode => mode,
        };
        if let Some(root) = root {
            options = options.ssl_ca(root);
        }
        if let Some((certificate, key)) = self.identity("ssl-cert", "ssl-key", "ssl-ca")? {
            options = options.ssl_client_cert(certificate).ssl_client_key(key);
        }
        Ok(options.ssl_mode(mode))
    }

    /// The client's certificate and key: both or none.
    fn identity(self, certificate: &str, key: &str, root: &str) -> Result<Option<(String, String)>> {
        match (self.certificate, self.key) {
            (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(Error::config(format!(
                "the database URL's parameter {certificate} names the client's certificate and needs {key}; the \
                 authority's certificate is {root}"
            ))
            .about("parameter", certificate)),
            (None, Some(_)) => Err(Error::config(format!("the database URL's parameter {key} needs {certificate}"))
                .about("parameter", key)),
        }
    }
}

fn postgres_mode(parameter: &str, value: &str) -> Result<&'static str> {
    const MODES: [&str; 7] = ["disable", "allow", "prefer", "require", "no-verify", "verify-ca", "verify-full"];
    MODES
        .into_iter()
        .find(|mode| *mode == value)
        .ok_or_else(|| wrong(parameter, "disable, allow, prefer, require, no-verify, verify-ca or verify-full"))
}

fn mysql_mode(parameter: &str, value: &str) -> Result<MySqlSslMode> {
    Ok(match value.to_ascii_lowercase().replace('-', "_").as_str() {
        "disabled" | "disable" => MySqlSslMode::Disabled,
        "preferred" | "prefer" => MySqlSslMode::Preferred,
        "required" | "require" => MySqlSslMode::Required,
        "verify_ca" => MySqlSslMode::VerifyCa,
        "verify_identity" | "verify_full" => MySqlSslMode::VerifyIdentity,
        _ => return Err(wrong(parameter, "disabled, preferred, required, verify_ca or verify_identity")),
    })
}

/// A flag, node-postgres's `no-verify`, or a JSON object.
fn ssl(parameter: &str, value: &str) -> Result<Flag> {
    const EXPECTED: &str = r#"true, false, no-verify or {"rejectUnauthorized":true}"#;
    if value == "no-verify" {
        return Ok(Flag::Unverified);
    }
    if !value.trim_start().starts_with('{') {
        return match flag(parameter, value) {
            Ok(true) => Ok(Flag::Verified),
            Ok(false) => Ok(Flag::Off),
            Err(_) => Err(wrong(parameter, EXPECTED)),
        };
    }
    let object: Object = serde_json::from_str(value)
        .map_err(|_| wrong(parameter, r#"an object of nothing but "rejectUnauthorized" and "minVersion""#))?;
    match object.min_version.as_deref() {
        None | Some("TLSv1" | "TLSv1.1" | "TLSv1.2") => {}
        Some("TLSv1.3") => return Err(unsupported(parameter, "TLS 1.2 is always accepted, as well as 1.3")),
        Some(_) => return Err(wrong(parameter, r#"an object whose "minVersion" is TLSv1.2"#)),
    }
    Ok(if object.reject_unauthorized == Some(false) { Flag::Unverified } else { Flag::Verified })
}
