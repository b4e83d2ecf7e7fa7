//! `npx rust-auth-adapter <command>`.

use std::sync::Arc;

use clap::builder::PossibleValue;
use clap::{Parser, Subcommand, ValueEnum};

use crate::authjs::migrate::{self, Which};
use crate::authjs::prune::MAX_BATCH;
use crate::client::client::Client;
use crate::client::options::Options;
use crate::client::registry;
use crate::database::runtime::RUNTIME;
use crate::dialect::Dialect;
use crate::driver::sqlite::options::JournalMode;
use crate::error::{Error, Result};
use crate::url;

mod prune;

#[derive(Debug, Parser)]
#[command(name = "rust-auth-adapter", version, about = "Authentication data for Node.js")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create the adapter's own tables, or upgrade them
    Migrate {
        /// The database; the variable DATABASE_URL if left out
        url: Option<String>,
        /// Make the table for passwords, too, which otherwise the first one that is stored makes
        #[arg(long)]
        passwords: bool,
    },
    /// Show which tables are used and how, and what would make them better
    Check {
        /// The database; the variable DATABASE_URL if left out
        url: Option<String>,
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete sessions and verification tokens that have expired, a few at a time
    Prune {
        /// The database; the variable DATABASE_URL if left out
        url: Option<String>,
        /// Rows in one step; if left out, as many as suits the database
        #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_BATCH)))]
        batch_size: Option<u32>,
        /// Print the numbers as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the SQL that creates the adapter's own tables
    Generate {
        dialect: Dialect,
        /// With the table for passwords
        #[arg(long)]
        passwords: bool,
    },
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
    match CommandLine::try_parse_from(std::iter::once("rust-auth-adapter".to_owned()).chain(arguments)) {
        Ok(CommandLine { command }) => match execute(&command) {
            Ok(code) => code,
            Err(error) => {
                eprintln!("{}: {error}", error.code.as_str());
                if let Some(cause) = &error.cause {
                    eprintln!("  cause: {cause}");
                }
                if matches!(command, Command::Check { .. }) { 2 } else { 1 }
            }
        },
        Err(answer) => {
            // Help and version are answers too, on standard output and with code 0.
            let _ = answer.print();
            answer.exit_code()
        }
    }
}

/// Returns the exit code.
fn execute(command: &Command) -> Result<i32> {
    match command {
        Command::Generate { dialect, passwords } => {
            print!("{}", migrate::generate(*dialect, which(*passwords)));
        }
        Command::Migrate { url: address, passwords } => {
            let client = client(address)?;
            let (applied, outside) = RUNTIME.block_on(async {
                let outcome = async { Ok((client.migrate(which(*passwords)).await?, client.outside().await?)) }.await;
                client.close().await;
                outcome
            })?;
            outside.iter().for_each(|note| eprintln!("{note}"));
            match applied.as_slice() {
                [] => println!("the schema is up to date"),
                applied => applied.iter().for_each(|name| println!("applied {name}")),
            }
        }
        Command::Prune { url: address, batch_size, json } => {
            let client = existing(address)?;
            let pruned = RUNTIME.block_on(async {
                let pruned = prune::run(&client, *batch_size).await;
                client.close().await;
                pruned
            })?;
            if *json {
                println!("{}", pruned.to_json());
            } else {
                println!("{pruned}");
            }
        }
        Command::Check { url: address, json } => {
            let client = existing(address)?;
            let report = RUNTIME.block_on(async {
                let report = client.check().await;
                client.close().await;
                report
            })?;
            if *json {
                println!("{:#}", report.to_json());
            } else {
                print!("{report}");
            }
            return Ok(i32::from(!report.warnings.is_empty()));
        }
    }
    Ok(0)
}

fn which(passwords: bool) -> Which {
    if passwords { Which::All } else { Which::Usual }
}

fn client(address: &Option<String>) -> Result<Arc<Client>> {
    RUNTIME.start()?;
    registry::open(&address.clone().map_or_else(from_environment, Ok)?, Options::default())
}

/// For what is of no use to a database that is not there yet: a mistyped path must not become an empty file.
fn existing(address: &Option<String>) -> Result<Arc<Client>> {
    RUNTIME.start()?;
    let mut address = url::parse(&address.clone().map_or_else(from_environment, Ok)?)?;
    if let Some(file) = address.target.file_mut() {
        file.create = false;
    }
    Client::new(address, Options { journal_mode: JournalMode::Keep, ..Options::default() })
}

fn from_environment() -> Result<String, Error> {
    std::env::var("DATABASE_URL").map_err(|_| url::missing())
}
