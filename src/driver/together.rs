//! Several statements in one message, which begins a transaction. Servers take such a message only with its values in the text.

use std::fmt::Write as _;

use futures_util::TryStreamExt;

use crate::driver::codec::{Codec as _, failed};
use crate::driver::sqlx::mysql::MySqlConnection;
use crate::driver::sqlx::{self, Either, Executor as _, MySql};
use crate::error::{Code, Error, Health, Result};
use crate::statement::statement::{Output, Statement};
use crate::value::Value;

/// A statement with its arguments.
pub type Step<'a> = (&'a Statement, &'a [Value]);

/// What became of a statement: the rows that it answered, and how many it matched.
#[derive(Debug, Default)]
pub struct Done {
    pub rows: Vec<Vec<Value>>,
    pub affected: u64,
}

/// As long as the ids are that adapters make.
const LONGEST: usize = 64;

/// The texts of `steps`, each with its values in the place of its parameters. `None` unless all values are ids of the usual forms, whose
/// text may be seen in the server's logs; each stands there in hexadecimal digits.
pub fn texts(steps: &[Step<'_>]) -> Option<Vec<String>> {
    steps.iter().map(|(statement, arguments)| text(statement, arguments)).collect()
}

fn text(statement: &Statement, arguments: &[Value]) -> Option<String> {
    let mut parts = statement.text.split('?');
    let mut text = parts.next()?.to_owned();
    for argument in statement.arguments.iter() {
        match &arguments[*argument] {
            Value::Int(number) => write!(text, "{number}").ok()?,
            Value::Text(id) if is_id(id) => {
                text += "_utf8mb4 X'";
                id.bytes().try_for_each(|byte| write!(text, "{byte:02X}")).ok()?;
                text += "'";
            }
            _ => return None,
        }
        text += parts.next()?;
    }
    // A name that has a question mark in it would be taken for a parameter.
    parts.next().is_none().then_some(text)
}

/// Whether it is of a form that no address has, nor a secret of any use.
fn is_id(text: &str) -> bool {
    let is_of_ids = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(is_of_ids)
}

/// Performs the statements whose `texts` these are. `begins`: no transaction is open, so that the message opens one, which is committed by
/// another message: a server that is left alone meanwhile must not go on to the end.
pub async fn perform(
    connection: &mut MySqlConnection,
    steps: &[Step<'_>],
    texts: &[String],
    begins: bool,
) -> Result<Vec<Done>> {
    let all = texts.join("; ");
    if !begins {
        return answers(connection, steps, &all, 0).await;
    }
    let error = match answers(connection, steps, &format!("START TRANSACTION; {all}"), 1).await {
        Ok(done) => match connection.execute("COMMIT").await {
            Ok(_) => return Ok(done),
            Err(error) => failed::<MySql>(error),
        },
        // Without COMMIT nothing has taken effect.
        Err(error) => Error { undone: error.undone || error.connection == Health::Lost, ..error },
    };
    // A server that only reads has opened the transaction all the same.
    if error.connection != Health::Sound && error.code != Code::ReadOnly {
        return Err(error);
    }
    let is_over = connection.execute("ROLLBACK").await.is_ok();
    Err(if is_over { error } else { error.on(Health::Broken) })
}

/// `before`: how many statements come before those.
async fn answers(
    connection: &mut MySqlConnection,
    steps: &[Step<'_>],
    message: &str,
    before: usize,
) -> Result<Vec<Done>> {
    let mut all: Vec<Done> = steps.iter().map(|_| Done::default()).collect();
    let mut at = 0_usize;
    let mut unread: Option<Error> = None;
    let mut messages = connection.fetch_many(sqlx::raw_sql(message));
    while let Some(message) = messages.try_next().await.map_err(failed::<MySql>)? {
        let place = at.checked_sub(before).filter(|place| *place < steps.len());
        match (message, place) {
            (Either::Right(row), Some(place)) => {
                let (statement, arguments) = steps[place];
                let value = |(index, column): (usize, &Output)| {
                    column.revive(MySql::decode(&row, index, column.codec.wire).ok())
                };
                let values = statement.columns.iter().enumerate().map(value).collect::<Result<Vec<_>>>();
                match values.and_then(|values| statement.verify(&values, arguments).map(|()| values)) {
                    Ok(values) => all[place].rows.push(values),
                    Err(error) => unread = unread.or(Some(error)),
                }
            }
            (Either::Right(_), None) => {}
            (Either::Left(done), place) => {
                if let Some(place) = place {
                    all[place].affected = done.rows_affected();
                }
                at += 1;
            }
        }
    }
    unread.map_or(Ok(all), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::table::builder::Builder;

    fn statement(name: &str) -> Statement {
        let built = Builder::new(Dialect::MySql).push("DELETE FROM ").push(name).push(" WHERE `a` = ").placeholder(0);
        built.push(" AND CAST(").placeholder(0).push(" AS BINARY) = `b`").build()
    }

    #[test]
    fn ids_stand_in_the_text_and_nothing_else_does() {
        let table = statement("`user`");
        let of = |value: Value| texts(&[(&table, &[value])]).map(|texts| texts.concat());
        let with =
            |literal: &str| format!("DELETE FROM `user` WHERE `a` = {literal} AND CAST({literal} AS BINARY) = `b`");
        assert_eq!(of(Value::Int(-7)), Some(with("-7")));
        for id in ["a", "0190e7f4-0c39-7bd2-8a3c-1d2f5c6b7a89", "cm4_x-Y9", &"x".repeat(LONGEST)] {
            let digits = id.bytes().map(|byte| format!("{byte:02X}")).collect::<String>();
            assert_eq!(of(Value::Text(id.to_owned())), Some(with(&format!("_utf8mb4 X'{digits}'"))), "{id}");
        }
        for other in ["", "ada@example.com", "it's", "a b", "ä", "a.b", "\u{1F600}", &"x".repeat(LONGEST + 1)] {
            assert_eq!(of(Value::Text(other.to_owned())), None, "{other}");
        }
        for other in [Value::Null, Value::Bool(true), Value::Float(1.5), Value::Unsigned(u64::MAX)] {
            assert_eq!(of(other.clone()), None, "{other:?}");
        }
    }

    #[test]
    fn a_name_is_no_parameter() {
        let odd = statement("`us?er`");
        assert_eq!(texts(&[(&odd, &[Value::Int(1)])]), None);
        let fine = statement("`user`");
        assert_eq!(texts(&[(&fine, &[Value::Int(1)]), (&odd, &[Value::Int(1)])]), None);
    }
}
