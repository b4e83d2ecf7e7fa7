//! A look-up by tables that have been written down: its answer counts only if the server says, in the same answer, that they are
//! still the same.

use std::sync::Arc;
use std::time::Instant;

use uuid::Uuid;

use crate::dialect::fingerprint::beside;
use crate::driver::executor::Executor;
use crate::driver::postgres::{STATEMENT_TIMEOUT, UNCOMPILED};
use crate::driver::work::{Scope, Work};
use crate::error::{Code, Error, Health, Result};
use crate::statement::statement::{Output, Statement};
use crate::value::Value;

/// What is asked beside a look-up, and what has to be answered. It begins with a word that no other question has: another client's
/// answer, as a pooler may mix them up, is none to it.
#[derive(Debug)]
pub struct Mark {
    word: String,
    asked: String,
    fingerprint: String,
    /// How long statements may take by the settings of a session of our own, in milliseconds: one that takes another time is not ours,
    /// but a pooler's that passes them over.
    timeout: Option<u128>,
}

impl Mark {
    /// `asked`: PostgreSQL's expression for the fingerprint.
    pub fn new(asked: &str, fingerprint: &str, timeout: Option<u128>) -> Self {
        let word = Uuid::new_v4().to_string();
        let asked = format!("pg_catalog.concat_ws(' ', '{word}', {asked}, ({STATEMENT_TIMEOUT}))");
        Self { word, asked, fingerprint: fingerprint.to_owned(), timeout }
    }

    /// `None`: this is no answer to the question.
    fn judge(&self, answered: &str) -> Option<Judged> {
        let mut words = answered.split(' ');
        if words.next() != Some(&*self.word) {
            return None;
        }
        let (fingerprint, timeout) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        Some(match self.timeout {
            _ if fingerprint != self.fingerprint => Judged::Changed,
            Some(expected) if timeout != expected.to_string() => Judged::NotOurs,
            _ => Judged::Same,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judged {
    Same,
    Changed,
    NotOurs,
}

/// What came of a look-up.
#[derive(Debug)]
pub enum Answer<T> {
    /// The tables are what they were.
    Vouched(T),
    /// They are not.
    Changed,
    /// Nothing can be said: the session is not ours alone, which was not known.
    NotOurs,
}

/// `work`, which only reads, and whose first statement has `mark` beside it.
pub struct Vouched<'a, W> {
    pub work: &'a W,
    pub mark: &'a Mark,
}

impl<W: Work> Work for Vouched<'_, W> {
    type Output = Answer<W::Output>;

    fn scope(&self) -> Scope {
        Scope::Read
    }

    fn beginning(&self) -> &'static str {
        UNCOMPILED
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<Answer<W::Output>> {
        let mut vouching = Vouching { executor, mark: self.mark, judged: None };
        let outcome = self.work.on(&mut vouching).await;
        match vouching.judged {
            Some(Judged::Same) => outcome.map(Answer::Vouched),
            Some(Judged::Changed) => Ok(Answer::Changed),
            Some(Judged::NotOurs) => Ok(Answer::NotOurs),
            None => Err(outcome.err().unwrap_or_else(unasked)),
        }
    }
}

struct Vouching<'a, E> {
    executor: &'a mut E,
    mark: &'a Mark,
    judged: Option<Judged>,
}

impl<E: Executor> Executor for Vouching<'_, E> {
    fn opened(&self) -> Option<Instant> {
        self.executor.opened()
    }

    async fn rows(&mut self, statement: &Statement, arguments: &[Value]) -> Result<Vec<Vec<Value>>> {
        if self.judged == Some(Judged::Same) {
            return self.executor.rows(statement, arguments).await;
        }
        if statement.writes {
            return Err(unasked());
        }
        let asked = marked(statement, &self.mark.asked);
        let rows = self.executor.rows(&asked, arguments).await?;
        let mark =
            rows.first().and_then(|row| if let Some(Value::Text(mark)) = row.first() { Some(mark) } else { None });
        let judged = mark.and_then(|mark| self.mark.judge(mark)).ok_or_else(mixed_up)?;
        self.judged = Some(judged);
        if judged != Judged::Same {
            return Err(unasked());
        }
        let is_there = |row: &Vec<Value>| row.get(1).is_some_and(|there| *there != Value::Null);
        let rows: Vec<_> = rows.into_iter().filter(is_there).map(|mut row| row.split_off(2)).collect();
        rows.iter().try_for_each(|row| statement.verify(row, arguments))?;
        Ok(rows)
    }

    async fn affected(&mut self, _: &Statement, _: &[Value]) -> Result<u64> {
        Err(unasked())
    }

    async fn rows_of_keys(&mut self, statement: &Statement, keys: &[&str]) -> Result<Vec<Vec<Value>>> {
        match self.judged {
            Some(Judged::Same) => self.executor.rows_of_keys(statement, keys).await,
            _ => Err(unasked()),
        }
    }

    async fn affected_by_keys(&mut self, _: &Statement, _: &[&str]) -> Result<u64> {
        Err(unasked())
    }
}

/// `statement`, with `mark` beside it.
fn marked(statement: &Statement, mark: &str) -> Statement {
    // Without a row all is null.
    let columns = statement.columns.iter().cloned().map(|column| Output { always: false, ..column });
    Statement {
        text: Arc::from(beside(mark, &statement.text)),
        columns: [Output::text(), Output::text()].into_iter().chain(columns).collect(),
        records: [].into(),
        keys: [].into(),
        sealed: [].into(),
        once: true,
        ..statement.clone()
    }
}

/// No caller hears of it: the call is made by the tables as they are.
fn unasked() -> Error {
    Error::new(Code::Internal, "the tables are not vouched for")
}

fn mixed_up() -> Error {
    Error::new(Code::Mismatch, "the database answered another question than the one asked").on(Health::Lost)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_to_the_question_counts() {
        let mark = Mark::new("x", "abc", Some(15_000));
        let word = &mark.word;
        for (answered, judged) in [
            (format!("{word} abc 15000"), Some(Judged::Same)),
            (format!("{word} abd 15000"), Some(Judged::Changed)),
            (format!("{word}  15000"), Some(Judged::Changed)),
            (format!("{word} abc 0"), Some(Judged::NotOurs)),
            (format!("{word} abc"), Some(Judged::NotOurs)),
            (format!("{} abc 15000", Uuid::new_v4()), None),
            ("abc 15000".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(mark.judge(&answered), judged, "{answered}");
        }
        let mark = Mark::new("x", "abc", None);
        assert_eq!(mark.judge(&format!("{} abc 0", mark.word)), Some(Judged::Same), "a pooler has settings of its own");
    }
}
