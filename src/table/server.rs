//! What `check` tells of the server itself: which it is, how far it is, and what is between.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::dialect::Dialect;
use crate::driver::connection::Connection;
use crate::driver::session::Session;
use crate::error::Result;

/// So many turns are timed, of which the middle one is told.
const TURNS: usize = 5;

#[derive(Debug)]
pub struct Server {
    /// As it calls itself: "PostgreSQL 15.18".
    pub version: String,
    /// The database's name, or the file's path.
    pub database: String,
    /// Host and port; none of a file.
    pub address: Option<String>,
    /// How long a question and its answer take; none of a file.
    pub turn: Option<Duration>,
    /// The protocol's version; `None` where the connection is not encrypted, or the server does not say.
    pub tls: Option<String>,
    /// Whose the sessions are; `None` of a file.
    pub session: Option<Session>,
    pub time_zone: Option<String>,
    /// Of all that is in the database, as far as the server tells.
    pub bytes: Option<u64>,
}

impl Server {
    pub async fn look(
        connection: &mut Connection,
        dialect: Dialect,
        database: String,
        address: Option<String>,
        session: Session,
    ) -> Result<Self> {
        let is_file = dialect.syntax().file;
        let mut answers = connection.texts(dialect.syntax().server).await?.into_iter().next().unwrap_or_default();
        answers.resize(5, None);
        let [version, named, time_zone, tls, bytes] = <[_; 5]>::try_from(answers).unwrap_or_default();
        let mut turns = Vec::with_capacity(TURNS);
        for _ in 0..TURNS {
            let began = Instant::now();
            connection.texts("SELECT 1").await?;
            turns.push(began.elapsed());
        }
        turns.sort_unstable();
        Ok(Self {
            version: version.unwrap_or_else(|| dialect.name().to_owned()),
            database: named.filter(|named| !named.is_empty()).unwrap_or(database),
            address,
            turn: (!is_file).then(|| turns[TURNS / 2]),
            tls: tls.filter(|tls| !tls.is_empty()),
            session: (!is_file).then_some(session),
            time_zone,
            bytes: bytes.and_then(|bytes| bytes.parse().ok()),
        })
    }

    pub fn to_json(&self) -> serde_json::Value {
        json!({
            "version": self.version,
            "database": self.database,
            "address": self.address,
            "turnMs": self.turn.map(milliseconds),
            "tls": self.tls,
            "pooler": self.session.map(Session::name),
            "timeZone": self.time_zone,
            "bytes": self.bytes,
        })
    }

    /// One line for each question that a person has first.
    pub fn lines(&self) -> Vec<String> {
        let mut first = format!("{}, {}", self.version, self.database);
        if let Some(address) = &self.address {
            let _ = write!(first, " at {address}");
        }
        if let Some(bytes) = self.bytes {
            let _ = write!(first, ", {}", size(bytes));
        }
        let mut lines = vec![first];
        if let Some(turn) = self.turn {
            let tls = self.tls.as_deref().unwrap_or("not encrypted");
            lines.push(format!("a turn takes {} ms; {tls}", milliseconds(turn)));
        }
        let sessions = self.session.map(|session| match session {
            Session::Own => "sessions of the adapter's own",
            Session::Mapped => "behind a pooler that keeps prepared statements apart",
            Session::Shared => "behind a pooler whose sessions others use too: no statement is prepared",
            Session::Lent => "behind a pooler; what it does with prepared statements, the first call finds out",
        });
        let zone = self.time_zone.as_ref().map(|zone| format!("time zone {zone}"));
        let more: Vec<_> = sessions.map(str::to_owned).into_iter().chain(zone).collect();
        lines.extend((!more.is_empty()).then(|| more.join("; ")));
        lines
    }
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e5).round() / 100.0
}

/// Bytes in a unit that gives few digits.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let mut amount = bytes as f64;
    let mut unit = 0;
    while amount >= 1000.0 && unit + 1 < UNITS.len() {
        amount /= 1000.0;
        unit += 1;
    }
    if unit == 0 || amount >= 100.0 {
        format!("{amount:.0} {}", UNITS[unit])
    } else {
        format!("{amount:.1} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_few_digits() {
        let told = [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_000, "1.0 kB"),
            (123_456, "123 kB"),
            (1_234_567, "1.2 MB"),
            (9_876_543_210, "9.9 GB"),
        ];
        for (bytes, text) in told {
            assert_eq!(size(bytes), text);
        }
    }
}
