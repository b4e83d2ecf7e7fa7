//! One connection of any database, behind four verbs: rows, affected, batch, ping.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use crate::dialect::Dialect;
use crate::driver::codec::{Codec, failed};
use crate::driver::executor::{Executor, unshared};
use crate::driver::fetch::{bind, bind_calls, bind_keys, fetch, fetch_each};
use crate::driver::hosts::{Role, Wanted};
use crate::driver::session::{Names, Session, Sessions};
use crate::driver::socket::{Open, Sockets};
use crate::driver::sqlite::pooled::Pooled;
use crate::driver::sqlx::mysql::MySqlConnection;
use crate::driver::sqlx::postgres::PgConnection;
use crate::driver::sqlx::{Connection as _, Executor as _, MySql, Postgres};
use crate::driver::target::Target;
use crate::driver::together::{self, Done, Step};
use crate::driver::{mysql, postgres, sqlx};
use crate::error::{Code, Error, Health, Result};
use crate::statement::calls::Calls;
use crate::statement::preparation::Preparation;
use crate::statement::statement::Statement;
use crate::value::Value;

/// How often a server that is left is heard, and for how long at most.
const LEAVING: Duration = Duration::from_millis(5);
const FAREWELL: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Connection {
    /// Dropped before `server`: another connection may get the number of a socket that is closed.
    sockets: Sockets,
    pub(super) server: Server,
    pub(super) dialect: Dialect,
    /// What its server has said that it is, until that is asked for.
    role: Option<Role>,
    pub(super) sessions: Sessions,
    opened: Instant,
    /// How long statements may take by the settings of a session of our own, in milliseconds, until it has been seen that it has
    /// these settings.
    pub(super) expected_timeout: Option<u128>,
    /// What it has answered to what it was asked besides while its session was set up, a moment ago.
    pub answer: Option<String>,
    pub names: Names,
    /// The wording of the statement that was sent last.
    wording: u32,
}

#[derive(Debug)]
pub(super) enum Server {
    Postgres(PgConnection),
    MySql(MySqlConnection),
    Sqlite(Pooled),
}

/// Runs `$body` with `$connection` and its database type, whichever server it is, or `$file` with SQLite's.
macro_rules! on {
    ($self:expr, |$connection:ident: $database:ident| $body:expr, |$sqlite:ident| $file:expr) => {
        match $self {
            Server::Postgres($connection) => {
                type $database = Postgres;
                $body
            }
            Server::MySql($connection) => {
                type $database = MySql;
                $body
            }
            Server::Sqlite($sqlite) => $file,
        }
    };
}

pub(super) use on;

/// A row's values, as texts.
pub type Texts = Vec<Option<String>>;

impl Connection {
    /// Opens one to the host of `target` with this number.
    pub async fn open(target: &Target, host: usize, operation_timeout: Duration) -> Result<Self> {
        // If anything else goes wrong while connecting, what the caller lacks is a connection. Nothing has been done with it.
        let code = |code| if code == Code::Database { Code::Connect } else { code };
        let opened = Self::connect(target, host, operation_timeout).await;
        opened.map_err(|error| Error { code: code(error.code), undone: error.connection == Health::Lost, ..error })
    }

    /// Connects, and tells the server to give up where we do: it would not notice that we have gone while it waits for a
    /// lock, and each abandoned statement would keep a connection of its own there.
    async fn connect(target: &Target, host: usize, operation_timeout: Duration) -> Result<Self> {
        let port = target.hosts().map(|hosts| hosts.all[host].port);
        let before = port.map(Open::to);
        let mut answer = None;
        let (server, dialect, role) = match target {
            Target::Postgres { options, second_mode, sessions, .. } => {
                let connection = postgres::connect(&options[host], *second_mode, sessions, operation_timeout).await;
                (Server::Postgres(connection.map_err(failed::<Postgres>)?), Dialect::Postgres, None)
            }
            Target::MySql { options, server_zone, hosts, asked } => {
                let asks = hosts.wanted != Wanted::Any;
                let besides = asked.get();
                let connected =
                    mysql::connect(&options[host], operation_timeout, *server_zone, asks, besides.as_deref()).await;
                let (connection, told) = connected.map_err(failed::<MySql>)?;
                answer = told.answer;
                (Server::MySql(connection), told.dialect, told.role)
            }
            Target::Sqlite(options) => (Server::Sqlite(Pooled::open(options).await?), Dialect::Sqlite, None),
        };
        let sessions = target.sessions();
        let is_told = dialect == Dialect::Postgres && sessions.get() == Session::Own;
        let expected_timeout = is_told.then_some(operation_timeout.as_millis());
        let sockets = before.zip(port).map(|(before, port)| before.since(port)).unwrap_or_default();
        let opened = Instant::now();
        let names = Names::Kept;
        Ok(Self { server, dialect, role, sockets, sessions, opened, expected_timeout, answer, names, wording: 0 })
    }

    /// Whether something has arrived while it was idle: most likely the word that the server has hung up. `None` if that cannot be
    /// seen.
    pub fn has_word(&mut self) -> Option<bool> {
        self.sockets.are_known().then(|| self.sockets.have_word())
    }

    /// Which dialect it speaks.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Runs SQL text without parameters or results: transaction control and DDL.
    pub async fn batch(&mut self, text: &str) -> Result<()> {
        on!(
            &mut self.server,
            |connection: Db| connection.execute(sqlx::raw_sql(text)).await.map(drop).map_err(failed::<Db>),
            |sqlite| sqlite.batch(text).await
        )
    }

    /// Prepares a statement before a call needs it.
    pub async fn prepare(&mut self, statement: &Preparation) -> Result<()> {
        let text = self.sent(&statement.text);
        match &mut self.server {
            Server::Postgres(connection) => {
                postgres::prepare(connection, &text, &statement.values).await.map_err(failed::<Postgres>)
            }
            Server::MySql(connection) => connection.prepare(&statement.text).await.map(drop).map_err(failed::<MySql>),
            Server::Sqlite(_) => Ok(()),
        }
    }

    /// Ends a transaction so that what it did takes effect.
    pub async fn commit(&mut self) -> Result<()> {
        let Server::Postgres(connection) = &mut self.server else { return self.batch("COMMIT").await };
        if !matches!(self.names, Names::Tried { .. }) {
            return self.batch("COMMIT").await;
        }
        let learnt = postgres::commit_tried(connection).await.map_err(failed::<Postgres>)?;
        self.sessions.learn(learnt.unwrap_or(Session::Shared));
        self.names = Names::None;
        match learnt {
            Some(_) => Ok(()),
            None => Err(Error {
                undone: true,
                ..Error::new(Code::Database, "the database could not forget a prepared statement")
            }),
        }
    }

    /// Whether names have been given in a session that others get next.
    pub fn has_left_names(&self) -> bool {
        self.names == Names::Tried { left: true }
    }

    /// The text that is sent for a statement. Its wording is remembered until the outcome is known.
    fn sent<'a>(&mut self, text: &'a str) -> Cow<'a, str> {
        self.wording = self.sessions.wording();
        match (self.names, self.wording) {
            // Under its own text, sqlx would take it for prepared from then on.
            (Names::Tried { .. }, _) => format!("{}{text}", postgres::TRIED).into(),
            (Names::Kept, wording @ 1..) => format!("/* {wording} */ {text}").into(),
            (Names::Kept | Names::None, _) => text.into(),
        }
    }

    /// What an outcome means for the names of statements. One that is taken has done nothing, and tells that others have been in the
    /// session: no further one is given.
    fn tried<T>(&mut self, outcome: Result<T>) -> Result<T> {
        let is =
            |state: &str| matches!(&outcome, Err(error) if error.details.contains(&("sqlState", state.to_owned())));
        let is_taken = is(postgres::NAME_IS_TAKEN);
        if is(postgres::OUTDATED) {
            self.sessions.reword(self.wording);
        }
        if is_taken {
            self.sessions.learn(Session::Shared);
        }
        let Names::Tried { left } = &mut self.names else { return outcome };
        *left |= !is_taken;
        let health = if *left { Health::Lost } else { Health::Sound };
        outcome.map_err(|error| if is_taken { error.on(health) } else { error })
    }

    /// Why its server does not serve, by its role now. Nothing is asked where every role does.
    pub async fn objection(&mut self, wanted: Wanted) -> Result<Option<&'static str>> {
        if wanted == Wanted::Any {
            return Ok(None);
        }
        if let Some(role) = self.role.take() {
            return Ok(wanted.objection(role));
        }
        let role = match &mut self.server {
            Server::Postgres(connection) => postgres::role(connection).await.map_err(failed::<Postgres>)?,
            Server::MySql(connection) => mysql::role(connection).await.map_err(failed::<MySql>)?,
            Server::Sqlite(_) => return Ok(None),
        };
        self.sockets.answered();
        Ok(wanted.objection(role))
    }

    /// Asks for a sign of life.
    pub async fn ping(&mut self) -> Result<()> {
        let answer =
            on!(&mut self.server, |connection: Db| connection.ping().await.map_err(failed::<Db>), |sqlite| sqlite
                .ping()
                .await);
        self.sockets.answered();
        answer
    }

    /// Leaves the server, in the middle of a conversation too, and takes what it still sends. To close a socket on which something has
    /// arrived unread resets the connection, and PGlite's socket goes on counting a client that has reset it: of at most ten in `prisma dev`.
    pub(super) async fn leave(&self) {
        let Some(ending) = self.sockets.end() else { return };
        let until = Instant::now() + FAREWELL;
        while !ending.is_over() && Instant::now() < until {
            tokio::time::sleep(LEAVING).await;
        }
    }

    /// Says goodbye to the server. Errors are of no interest: the connection is gone either way.
    pub async fn close(self) {
        on!(
            self.server,
            |connection: Db| {
                let _: Option<Db> = None;
                let _ = connection.close().await;
            },
            |sqlite| sqlite.close().await
        );
    }
}

impl Executor for Connection {
    fn opened(&self) -> Option<Instant> {
        match self.server {
            Server::Sqlite(_) => None,
            // A pooler may have connected to the server anew.
            _ if self.sessions.get() != Session::Own => Some(Instant::now()),
            _ => Some(self.opened),
        }
    }

    async fn rows(&mut self, statement: &Statement, arguments: &[Value]) -> Result<Vec<Vec<Value>>> {
        let text = self.sent(&statement.text);
        let names = if statement.once && self.names == Names::Kept { Names::None } else { self.names };
        let rows = on!(
            &mut self.server,
            |connection: Db| {
                let foreseen = match statement.writes && names != Names::None {
                    true => Db::foresee(connection, statement, &text, Db::types(statement, arguments)).await,
                    false => Ok(()),
                };
                match foreseen {
                    Ok(()) => fetch::<Db>(connection, statement, &text, bind::<Db>(statement, arguments)?, names).await,
                    Err(error) => Err(error),
                }
            },
            |sqlite| return sqlite.rows(statement, arguments).await
        );
        let rows = self.tried(rows)?;
        rows.iter().try_for_each(|row| statement.verify(row, arguments))?;
        Ok(rows)
    }

    async fn affected(&mut self, statement: &Statement, arguments: &[Value]) -> Result<u64> {
        let (names, text) = (self.names, self.sent(&statement.text));
        let affected = on!(
            &mut self.server,
            |connection: Db| {
                let query = sqlx::query_with::<Db, _>(&text, bind::<Db>(statement, arguments)?);
                let done = connection.execute(query.persistent(names != Names::None)).await;
                done.map(|done| done.rows_affected()).map_err(failed::<Db>)
            },
            |sqlite| return sqlite.affected(statement, arguments).await
        );
        self.tried(affected)
    }

    async fn rows_of_keys(&mut self, statement: &Statement, keys: &[&str]) -> Result<Vec<Vec<Value>>> {
        let (names, text) = (self.names, self.sent(&statement.text));
        let rows = on!(
            &mut self.server,
            |connection: Db| {
                let bound = bind_keys::<Db>(statement, keys)?;
                fetch::<Db>(connection, statement, &text, bound, names).await
            },
            |sqlite| return sqlite.rows_of_keys(statement, keys).await
        );
        self.tried(rows)
    }

    async fn rows_of_calls(&mut self, statement: &Statement, calls: Calls<'_>) -> Result<Vec<Vec<Result<Value>>>> {
        let (names, text) = (self.names, self.sent(&statement.text));
        let rows = on!(
            &mut self.server,
            |connection: Db| {
                let foreseen = match statement.writes && names != Names::None {
                    true => {
                        let types = Db::types_of_calls(statement, calls.wires);
                        Db::foresee(connection, statement, &text, types).await
                    }
                    false => Ok(()),
                };
                match foreseen {
                    Ok(()) => {
                        let bound = bind_calls::<Db>(statement, calls)?;
                        fetch_each::<Db>(connection, statement, &text, bound, names).await
                    }
                    Err(error) => Err(error),
                }
            },
            |_sqlite| return Err(unshared())
        );
        self.tried(rows)
    }

    async fn affected_by_calls(&mut self, statement: &Statement, calls: Calls<'_>) -> Result<u64> {
        let (names, text) = (self.names, self.sent(&statement.text));
        let affected = on!(
            &mut self.server,
            |connection: Db| {
                let query = sqlx::query_with::<Db, _>(&text, bind_calls::<Db>(statement, calls)?);
                let done = connection.execute(query.persistent(names != Names::None)).await;
                done.map(|done| done.rows_affected()).map_err(failed::<Db>)
            },
            |_sqlite| return Err(unshared())
        );
        self.tried(affected)
    }

    async fn together(&mut self, steps: &[Step<'_>], texts: &[String]) -> Result<Vec<Done>> {
        // In a session on loan a transaction is open.
        let begins = self.names == Names::Kept;
        match &mut self.server {
            Server::MySql(connection) => together::perform(connection, steps, texts, begins).await,
            Server::Postgres(_) | Server::Sqlite(_) => Err(unshared()),
        }
    }

    async fn affected_by_keys(&mut self, statement: &Statement, keys: &[&str]) -> Result<u64> {
        let (names, text) = (self.names, self.sent(&statement.text));
        let affected = on!(
            &mut self.server,
            |connection: Db| {
                let query = sqlx::query_with::<Db, _>(&text, bind_keys::<Db>(statement, keys)?);
                let done = connection.execute(query.persistent(names != Names::None)).await;
                done.map(|done| done.rows_affected()).map_err(failed::<Db>)
            },
            |sqlite| return sqlite.affected_by_keys(statement, keys).await
        );
        self.tried(affected)
    }
}
