//! Where and how to connect.

use crate::driver::session::{Session, Sessions};
use crate::driver::sqlite::options::Options;
use crate::driver::sqlx::mysql::MySqlConnectOptions;
use crate::driver::sqlx::postgres::PgConnectOptions;

/// Where and how to connect.
#[derive(Debug, Clone)]
pub enum Target {
    Postgres {
        options: Box<PgConnectOptions>,
        sessions: Sessions,
    },
    MySql {
        options: Box<MySqlConnectOptions>,
        /// Whether the session keeps the server's time zone instead of UTC.
        server_zone: bool,
    },
    Sqlite(Box<Options>),
}

impl Target {
    /// The file, where the database is one.
    pub fn file(&self) -> Option<&Options> {
        if let Target::Sqlite(options) = self { Some(options) } else { None }
    }

    /// The port of its server, if there is one.
    pub fn port(&self) -> Option<u16> {
        match self {
            Target::Postgres { options, .. } => Some(options.get_port()),
            Target::MySql { options, .. } => Some(options.get_port()),
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

    pub fn file_mut(&mut self) -> Option<&mut Options> {
        if let Target::Sqlite(options) = self { Some(options) } else { None }
    }
}
