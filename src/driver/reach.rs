//! Which host a new connection goes to, and how long each is waited for.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::driver::codec::CROWDED;
use crate::driver::connection::Connection;
use crate::driver::hosts::{Hosts, Wanted};
use crate::driver::target::Target;
use crate::error::{Code, Error, Health, Result};

/// A call whose last host fails has to say so before its time is up.
const MARGIN: Duration = Duration::from_millis(100);

const FAREWELL: Duration = Duration::from_secs(1);

/// How long opening a connection may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How long one host is waited for.
    pub host: Duration,
    /// How long a call may take, which is also what the server is told of statements.
    pub operation: Duration,
}

/// Opens a connection to the first host that gives one which serves.
pub async fn open(target: &Target, patience: Patience) -> Result<Connection> {
    match target.hosts() {
        Some(hosts) if !hosts.are_one() => one_of(hosts, target, patience).await,
        _ => {
            let opening = Connection::open(target, 0, patience.operation);
            timeout(patience.host, opening).await.unwrap_or_else(|_| Err(silent(patience.host)))
        }
    }
}

fn silent(limit: Duration) -> Error {
    Error::new(Code::Connect, format!("the database did not answer within {} ms", limit.as_millis()))
}

async fn one_of(hosts: &Hosts, target: &Target, patience: Patience) -> Result<Connection> {
    let until = Instant::now() + patience.operation.saturating_sub(MARGIN);
    let order = hosts.order();
    let mut refusals = Refusals { hosts, reasons: Vec::new(), answered: false, passing: false };
    let mut second_best = None;
    for (place, &host) in order.iter().enumerate() {
        if refusals.answered && hosts.is_left_alone(host) {
            refusals.add(host, "it did not answer a moment ago");
            continue;
        }
        // So that those that come later are asked within the call's time.
        let waiting = u32::try_from(order.len() - place).unwrap_or(u32::MAX);
        let limit = patience.host.min(until.saturating_duration_since(Instant::now()) / waiting);
        if limit.is_zero() {
            refusals.add(host, "it was not asked: time was up");
            continue;
        }
        let opening = async {
            let mut connection = Connection::open(target, host, patience.operation).await?;
            // Nothing has been done by then.
            let undone = |error: Error| Error { undone: error.connection == Health::Lost, ..error };
            let objection = connection.objection(hosts.wanted).await.map_err(undone)?;
            Ok::<_, Error>((connection, objection))
        };
        match timeout(limit, Box::pin(opening)).await {
            Ok(Ok((connection, None))) => {
                hosts.served(host);
                return Ok(connection);
            }
            Ok(Ok((connection, Some(objection)))) => {
                hosts.failed(host, false);
                (refusals.answered, refusals.passing) = (true, true);
                refusals.add(host, objection);
                if hosts.wanted == Wanted::PreferStandby && second_best.is_none() {
                    second_best = Some(connection);
                } else {
                    tokio::spawn(timeout(FAREWELL, connection.close()));
                }
            }
            Ok(Err(error)) => {
                hosts.failed(host, false);
                refusals.answered = true;
                refusals.passing |= error.undone || is_crowded(&error);
                let ends = concerns_all(&error);
                refusals.add(host, error.cause.as_deref().unwrap_or(&error.message));
                if ends && second_best.is_none() {
                    return Err(error.because(refusals.reasons.join("; ")));
                }
            }
            Err(_) => {
                hosts.failed(host, true);
                refusals.add(host, &format!("it did not answer within {} ms", limit.as_millis()));
            }
        }
    }
    second_best.ok_or_else(|| refusals.error())
}

/// Whether all places for connections are taken, of the server, the database or the user: others may leave theirs at any moment.
pub fn is_crowded(error: &Error) -> bool {
    let cause = error.cause.as_deref().unwrap_or_default();
    let refused = error.details.iter().any(|(name, value)| match *name {
        "sqlState" => value == "53300",
        // The last is any limit that one user has.
        "errno" => {
            matches!(value.as_str(), "1040" | "1203") || value == "1226" && cause.contains("max_user_connections")
        }
        _ => false,
    });
    error.code == Code::Connect && (refused || cause == CROWDED)
}

/// Whether the other hosts would say the same: the user, the password or the database is wrong, or what the URL says.
fn concerns_all(error: &Error) -> bool {
    let refused = error.details.iter().any(|(name, value)| match *name {
        "sqlState" => value.starts_with("28") || value.starts_with("3D"),
        "errno" => matches!(value.as_str(), "1044" | "1045" | "1049" | "1698"),
        _ => false,
    });
    error.code == Code::Config || error.code == Code::Connect && refused
}

/// Why each host has not served.
struct Refusals<'a> {
    hosts: &'a Hosts,
    reasons: Vec<String>,
    /// Whether any has answered.
    answered: bool,
    /// Whether time may change it: a server starts, or is about to write.
    passing: bool,
}

impl Refusals<'_> {
    fn add(&mut self, host: usize, reason: &str) {
        self.reasons.push(format!("{}: {reason}", self.hosts.all[host].name));
    }

    fn error(self) -> Error {
        let message = match self.hosts.wanted {
            Wanted::Any | Wanted::PreferStandby => "none of the URL's hosts gave a connection",
            Wanted::ReadWrite => "none of the URL's hosts gave a connection that writes",
            Wanted::ReadOnly => "none of the URL's hosts gave a connection that only reads",
            Wanted::Primary => "none of the URL's hosts gave a connection to a primary",
            Wanted::Standby => "none of the URL's hosts gave a connection to a standby",
        };
        let error = Error::new(Code::Connect, message).because(self.reasons.join("; "));
        if self.passing { Error { undone: true, ..error.on(Health::Lost) } } else { error }
    }
}
