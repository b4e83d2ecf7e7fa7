//! `npx rust-auth-adapter <command>`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde_json::json;

use crate::authjs::migrate::{self, Applied};
use crate::authjs::migrations::Part;
use crate::authjs::prune::MAX_BATCH;
use crate::authjs::secure::MAX_BATCH as MAX_SECURED;
use crate::cli::names::Names;
use crate::cli::output::{say, write};
use crate::client::client::Client;
use crate::client::options::Options;
use crate::client::registry;
use crate::database::runtime::RUNTIME;
use crate::dialect::Dialect;
use crate::driver::sqlite::options::JournalMode;
use crate::encryption::key;
use crate::encryption::keyring::Keyring;
use crate::engine::reseal::Wanted;
use crate::error::{Error, Result};
use crate::url;

pub mod environment;
mod names;
pub mod output;
pub mod paint;
mod progress;
mod prune;
pub mod secure;
pub mod snapshot;

#[derive(Debug, Parser)]
#[command(name = "rust-auth-adapter", version, about = "Authentication data for Node.js", after_help = ELSEWHERE)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
    /// Print results and errors as JSON
    #[arg(long, global = true)]
    json: bool,
    /// Read DATABASE_URL from this file instead of .env.local and .env; the shell's wins
    #[arg(long, global = true, value_name = "FILE")]
    env_file: Vec<PathBuf>,
}

/// What JavaScript performs, because only Better Auth's configuration tells what it needs.
const ELSEWHERE: &str = "\
Better Auth:
  better-auth migrate --config <FILE>  Create the tables that this configuration of Better Auth needs
  better-auth check --config <FILE>    Show which tables stand for them and how, and what would make them better
  better-auth secure --config <FILE>   Encrypt the tokens of accounts that are stored as they are
  They read .env.local and .env, or what --env-file names, before the configuration";

#[derive(Debug, Subcommand)]
enum Command {
    /// Create the adapter's own tables, or upgrade them
    Migrate {
        /// The database; the variable DATABASE_URL if left out
        url: Option<String>,
        #[command(flatten)]
        more: More,
    },
    /// Show which tables are used and how, and what would make them better
    Check {
        /// The database; the variable DATABASE_URL if left out
        url: Option<String>,
        /// Write what is known of the tables into this file, for the option snapshot
        #[arg(long, value_name = "FILE")]
        snapshot: Option<PathBuf>,
        #[command(flatten)]
        names: Names,
    },
    /// Delete sessions and verification tokens that have expired, a few at a time
    Prune {
        /// The database; the variable DATABASE_URL if left out
        url: Option<String>,
        /// Rows in one step; if left out, as many as suits the database
        #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_BATCH)))]
        batch_size: Option<u32>,
        #[command(flatten)]
        names: Names,
    },
    /// Hash the session tokens that are stored as they are, a few at a time, while the application runs; with keys in
    /// RUST_AUTH_ADAPTER_KEYS (id:key,id:key) encrypt the tokens of accounts
    Secure {
        /// The database; the variable DATABASE_URL if left out
        url: Option<String>,
        /// Of accounts: encrypt by the first key what another one has encrypted
        #[arg(long)]
        rotate: bool,
        /// Of accounts: a provider that has got another name in the table, so that what was encrypted for the old one can be read
        #[arg(long, value_name = "OLD=NEW", value_parser = renaming)]
        renamed: Vec<(String, String)>,
        /// Rows in one step; if left out, as many as look-ups beside it bear well
        #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_SECURED)))]
        batch_size: Option<u32>,
        #[command(flatten)]
        names: Names,
    },
    /// Print a new key for the option encryption: 32 random bytes, in base64
    Key,
    /// Print the SQL that creates the adapter's own tables
    Generate {
        dialect: Dialect,
        #[command(flatten)]
        more: More,
    },
}

/// What only some applications need.
#[derive(Debug, Args)]
struct More {
    /// With the table for passwords, which otherwise the first one that is stored makes
    #[arg(long)]
    passwords: bool,
    /// With a column of sessions for the browser that each is in: userAgent
    #[arg(long)]
    user_agents: bool,
}

impl More {
    fn parts(&self) -> Vec<Part> {
        let passwords = self.passwords.then_some(Part::Passwords);
        passwords.into_iter().chain(self.user_agents.then_some(Part::UserAgents)).collect()
    }
}

impl ValueEnum for Dialect {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).aliases(self.alias()))
    }
}

/// 0: done. 1: the database or its URL is at fault. 2: the command line is.
/// Of `check`, 0: all is well. 1: there are warnings. 2: the tables cannot be used, or not be reached.
pub fn run(arguments: Vec<String>) -> i32 {
    let wants_json = arguments.iter().any(|argument| argument == "--json");
    let given = std::iter::once("rust-auth-adapter".to_owned()).chain(arguments.iter().cloned());
    match CommandLine::try_parse_from(given) {
        Ok(line) => match line.execute() {
            Ok(code) => output::code(code),
            Err(error) => {
                tell(&error, line.json);
                if matches!(line.command, Command::Check { .. }) { 2 } else { 1 }
            }
        },
        Err(wrong) if wants_json && wrong.use_stderr() => {
            say(
                &json!({ "error": { "code": "ERR_USAGE", "message": output::redacted(&wrong.to_string(), &arguments) } }),
            );
            wrong.exit_code()
        }
        Err(answer) => {
            // Help and version are answers too, on standard output and with code 0.
            output::answer(&answer, &arguments);
            answer.exit_code()
        }
    }
}

fn tell(error: &Error, as_json: bool) {
    let code = error.code.as_str();
    if as_json {
        let cause = error.cause.as_ref().map(ToString::to_string);
        say(&json!({ "error": { "code": code, "message": error.to_string(), "cause": cause } }));
        return;
    }
    output::tell(&paint::failed(&format!("{code}: {error}")));
    if let Some(cause) = &error.cause {
        output::tell(&format!("  cause: {cause}"));
    }
}

impl CommandLine {
    /// Returns the exit code.
    fn execute(&self) -> Result<i32> {
        match &self.command {
            Command::Key => {
                let key = key::make()?;
                if self.json {
                    say(&json!({ "key": key }));
                } else {
                    say(&key);
                }
            }
            Command::Generate { dialect, more } => {
                let sql = migrate::generate(*dialect, &more.parts());
                if self.json {
                    say(&json!({ "dialect": dialect.name(), "sql": sql }));
                } else {
                    write(&sql);
                }
            }
            Command::Migrate { url: address, more } => {
                let client = self.client(address.as_deref())?;
                let (applied, outside) = RUNTIME.block_on(async {
                    let outcome = async { Ok((client.migrate(&more.parts()).await?, client.outside().await?)) }.await;
                    client.close().await;
                    outcome
                })?;
                if self.json {
                    let notes: Vec<_> = outside.iter().map(ToString::to_string).collect();
                    let Applied { migrations, tables } = applied;
                    say(&json!({ "applied": migrations, "tables": tables, "notes": notes }));
                    return Ok(0);
                }
                outside.iter().for_each(|line| output::tell(&paint::note(line)));
                say(&paint::done(&applied.to_string()));
            }
            Command::Prune { url: address, batch_size, names } => {
                let client = self.existing(address.as_deref(), names)?;
                let pruned = RUNTIME.block_on(async {
                    let pruned = prune::run(&client, *batch_size).await;
                    client.close().await;
                    pruned
                })?;
                if self.json {
                    say(&pruned.to_json());
                } else {
                    say(&paint::done(&pruned.to_string()));
                }
            }
            Command::Secure { url: address, batch_size, rotate, renamed, names } => {
                let needs_keys = *rotate || !renamed.is_empty();
                let keys = environment::keys(&self.env_file, needs_keys, |why| output::tell(&paint::note(why)))?;
                if keys.is_none() && needs_keys {
                    return Err(Error::config("RUST_AUTH_ADAPTER_KEYS has to hold the keys: id:key,id:key"));
                }
                let wanted = Wanted { rotates: *rotate, renamed: renamed.clone() };
                let asked = secure::Asked { batch: *batch_size, keys: keys.is_some(), wanted };
                let client = self.existing_with(address.as_deref(), names, keys)?;
                let secured = RUNTIME.block_on(async {
                    let secured = secure::run(&client, asked).await;
                    client.close().await;
                    secured
                })?;
                if self.json {
                    say(&secured.to_json());
                } else {
                    say(&secured.painted());
                }
            }
            Command::Check { url: address, snapshot, names } => {
                let client = self.existing(address.as_deref(), names)?;
                let report = RUNTIME.block_on(async {
                    let written = async {
                        if let Some(file) = snapshot {
                            snapshot::write(&client, None, file).await?;
                        }
                        client.check().await
                    };
                    let report = written.await;
                    client.close().await;
                    report
                })?;
                if self.json {
                    let mut told = report.to_json();
                    if let Some(file) = snapshot {
                        told["snapshot"] = json!(file.display().to_string());
                    }
                    say(&format!("{told:#}"));
                } else {
                    if let Some(file) = snapshot {
                        say(&paint::done(&format!("wrote the snapshot {}", file.display())));
                    }
                    write(&paint::report(&report.to_string()));
                }
                return Ok(i32::from(!report.warnings.is_empty()));
            }
        }
        Ok(0)
    }

    fn client(&self, given: Option<&str>) -> Result<Arc<Client>> {
        RUNTIME.start()?;
        registry::open(&environment::address(given, &self.env_file)?, Options::default())
    }

    /// For what is of no use to a database that is not there yet: a mistyped path must not become an empty file.
    fn existing(&self, given: Option<&str>, names: &Names) -> Result<Arc<Client>> {
        self.existing_with(given, names, None)
    }

    /// The same, with the keys that tokens are encrypted with.
    fn existing_with(&self, given: Option<&str>, names: &Names, keys: Option<Keyring>) -> Result<Arc<Client>> {
        RUNTIME.start()?;
        let mut address = url::parse(&environment::address(given, &self.env_file)?)?;
        if let Some(file) = address.target.file_mut() {
            file.create = false;
        }
        let mut options = Options { journal_mode: JournalMode::Keep, ..Options::default() };
        options.mapping.conventions.encryption = keys;
        names.name(&mut options.mapping);
        Client::new(address, options)
    }
}

/// `old=new`.
fn renaming(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((old, new)) if !old.is_empty() && !new.is_empty() && old != new => Ok((old.to_owned(), new.to_owned())),
        _ => Err("the old and the new name of a provider: old=new".to_owned()),
    }
}
