//! Where and how to connect.

use crate::dialect::Family;
use crate::driver::asked::Asked;
use crate::driver::hosts::Hosts;
use crate::driver::session::{Session, Sessions};
use crate::driver::sqlite::options::Options;
use crate::driver::sqlx::mysql::MySqlConnectOptions;
use crate::driver::sqlx::postgres::{PgConnectOptions, PgSslMode};

/// Where and how to connect.
#[derive(Debug, Clone)]
pub enum Target {
    Postgres {
        /// One for each host.
        options: Vec<PgConnectOptions>,
        hosts: Hosts,
        /// What a connection is tried with, of TLS, that the options did not bring about: see [`crate::driver::modes::open`].
        second_mode: Option<PgSslMode>,
        sessions: Sessions,
    },
    MySql {
        /// One for each host.
        options: Vec<MySqlConnectOptions>,
        hosts: Hosts,
        /// Whether the session keeps the server's time zone instead of UTC.
        server_zone: bool,
        /// What a connection is asked while its session is set up.
        asked: Asked,
    },
    Sqlite(Box<Options>),
}

impl Target {
    /// The kind of database.
    pub fn family(&self) -> Family {
        match self {
            Target::Postgres { .. } => Family::Postgres,
            Target::MySql { .. } => Family::MySql,
            Target::Sqlite(_) => Family::Sqlite,
        }
    }

    /// The file, where the database is one.
    pub fn file(&self) -> Option<&Options> {
        if let Target::Sqlite(options) = self { Some(options) } else { None }
    }

    /// The hosts of its servers, if it has any.
    pub fn hosts(&self) -> Option<&Hosts> {
        match self {
            Target::Postgres { hosts, .. } | Target::MySql { hosts, .. } => Some(hosts),
            Target::Sqlite(_) => None,
        }
    }

    /// Whose the server's sessions are.
    pub fn sessions(&self) -> Sessions {
        match self {
            Target::Postgres { sessions, .. } => sessions.clone(),
            _ => Sessions::new(Session::Own),
        }
    }

    /// What its connections are asked while their sessions are set up, where that can be.
    pub fn asked(&self) -> Option<Asked> {
        if let Target::MySql { asked, .. } = self { Some(asked.clone()) } else { None }
    }

    pub fn file_mut(&mut self) -> Option<&mut Options> {
        if let Target::Sqlite(options) = self { Some(options) } else { None }
    }
}
