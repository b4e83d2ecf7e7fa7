//! The conversion of session tokens that are stored as they are: they become hashes.

use crate::authjs::layout::TableLayout;
use crate::authjs::model::Table;
use crate::authjs::plan::Plan;
use crate::authjs::secure::{Conversion, Place, Progress, Question};
use crate::authjs::session_token::require_room;
use crate::database::database::Database;
use crate::dialect::Dialect;
use crate::driver::executor::Executor;
use crate::error::{Error, Result};
use crate::statement::statement::{Output, Statement};
use crate::table::builder::Builder;
use crate::types::token_hash::{MARK, hashed, is_marked};
use crate::value::Value;

/// Session tokens become hashes.
#[derive(Debug)]
pub struct SessionTokens;

impl Conversion for SessionTokens {
    fn names(&self) -> [&'static str; 2] {
        ["session token", "session tokens"]
    }

    fn table(&self) -> Table {
        Table::Session
    }

    /// Adapters that do not look for hashes would find none of the sessions: one that writes hashes has to be there already.
    async fn examine(&self, database: &Database, plan: &Plan) -> Result<()> {
        let statements = Statements::new(plan);
        let found = async |condition: &str| {
            let rows = database.run(&Question { statement: statements.any(condition) }).await?;
            Ok::<_, Error>(!rows.is_empty())
        };
        if !found("").await? {
            return Ok(());
        }
        let room = require_room(plan.tables.dialect, statements.table);
        let marked = format!(" WHERE SUBSTR({}, 1, {}) = '{MARK}'", statements.read(), MARK.len());
        // A column without room has none.
        if room.is_err() || !found(&marked).await? {
            return Err(Error::config(
                "no session token is hashed yet: have all processes of the application use sessionTokens: \"hashed\" first \
                 (processes that do not look for hashes would find none of the sessions), and sign in once",
            ));
        }
        Ok(())
    }

    async fn convert(
        &self,
        plan: &Plan,
        executor: &mut impl Executor,
        place: Option<&Place>,
        limit: u32,
    ) -> Result<Progress> {
        let statements = Statements::new(plan);
        let arguments: &[Value] = place.map_or(&[], Vec::as_slice);
        let found = executor.rows(&statements.behind(place.is_some(), limit), arguments).await?;
        let tokens: Vec<&str> = found.iter().flatten().filter_map(text).collect();
        let plain: Vec<&str> = tokens.into_iter().filter(|token| !is_marked(token)).collect();
        let converted = match statements.replace_all(limit) {
            _ if plain.is_empty() => 0,
            Some(replace) => executor.affected_by_keys(&replace, &plain).await?,
            None => {
                let mut converted = 0;
                for token in plain {
                    let pair = [Value::Text(token.to_owned()), Value::Text(hashed(token))];
                    converted += executor.affected(&statements.replace(), &pair).await?;
                }
                converted
            }
        };
        let is_last = found.len() < limit as usize;
        let looked = found.len() as u64;
        Ok(Progress { looked, converted, place: found.into_iter().last().filter(|_| !is_last) })
    }
}

fn text(value: &Value) -> Option<&str> {
    if let Value::Text(text) = value { Some(text) } else { None }
}

struct Statements<'plan> {
    dialect: Dialect,
    table: &'plan TableLayout,
}

impl<'plan> Statements<'plan> {
    fn new(plan: &'plan Plan) -> Self {
        Self { dialect: plan.tables.dialect, table: plan.layout.table(Table::Session) }
    }

    /// The column as it is read.
    fn read(&self) -> String {
        let column = self.table.column("sessionToken");
        column.codec.read.replace("{}", &column.name)
    }

    fn tokens(&self) -> Builder {
        let built = Builder::new(self.dialect).push("SELECT ").unnamed(&self.read(), Output::text());
        built.push(" FROM ").push(&self.table.name)
    }

    /// Some token, if there is one.
    fn any(&self, condition: &str) -> Statement {
        self.tokens().push(condition).push(" LIMIT 1").build()
    }

    /// At most `limit` tokens in the order of their index, behind the one that is the argument.
    fn behind(&self, place: bool, limit: u32) -> Statement {
        let column = self.table.column("sessionToken");
        let built = self.tokens();
        let built = if place {
            built.push(" WHERE ").push(&column.name).push(" > ").ordered_argument(column, 0)
        } else {
            built
        };
        built.push(" ORDER BY ").push(&column.name).push(&format!(" LIMIT {limit}")).build()
    }

    /// Puts hashes into the places of as many tokens as there are places for, where the database computes them. What is a hash
    /// already stays one, also where the column takes other texts for equal.
    fn replace_all(&self, limit: u32) -> Option<Statement> {
        let column = self.table.column("sessionToken");
        let (read, length) = (self.read(), MARK.len());
        let hash = self.dialect.syntax().sha256?.replace("{text}", &read);
        let marked = format!("CONCAT('{MARK}', {hash})");
        let built = Builder::new(self.dialect).push("UPDATE ").push(&self.table.name).push(" SET ");
        let built = built.push(&column.name).push(" = ").push(&marked).push(" WHERE ");
        let built = built.among("", column, limit as usize, false);
        Some(built.push(&format!(" AND SUBSTR({read}, 1, {length}) <> '{MARK}'")).build())
    }

    /// Puts the second argument into the place of the first.
    fn replace(&self) -> Statement {
        let column = self.table.column("sessionToken");
        let built = Builder::new(self.dialect).push("UPDATE ").push(&self.table.name).push(" SET ");
        let built = built.push(&column.name).push(" = ").argument(column, 1).push(" WHERE ");
        built.equals("", column, 0).build()
    }
}
