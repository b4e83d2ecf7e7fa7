//! What answers questions about the tables: a connection, or what has been written down of one's answers.

use futures_util::TryStreamExt;
use uuid::Uuid;

use crate::dialect::Dialect;
use crate::driver::codec::failed;
use crate::driver::connection::{Connection, Server, Texts, on};
use crate::driver::session::Session;
use crate::driver::sqlx::{Either, Executor as _, MySql, Postgres, Row};
use crate::driver::{postgres, sqlx};
use crate::error::{Code, Error, Health, Result};

pub trait Answers: Send {
    /// Whether rows can be asked, too.
    fn has_rows(&self) -> bool {
        true
    }

    /// The rows of several queries without parameters, in their order, every value as text.
    fn answers_to(&mut self, queries: &[&str]) -> impl Future<Output = Result<Vec<Vec<Texts>>>> + Send;

    /// The rows of one.
    fn answer_to(&mut self, query: &str) -> impl Future<Output = Result<Vec<Texts>>> + Send {
        async move { Ok(self.answers_to(&[query]).await?.into_iter().flatten().collect()) }
    }
}

impl Answers for Connection {
    async fn answers_to(&mut self, queries: &[&str]) -> Result<Vec<Vec<Texts>>> {
        self.texts_of(queries).await
    }
}

impl Connection {
    /// The rows of a query without parameters, every value as text. One message in the simple protocol, which is right
    /// behind any pooler.
    pub async fn texts(&mut self, text: &str) -> Result<Vec<Texts>> {
        Ok(self.texts_of(&[text]).await?.into_iter().flatten().collect())
    }

    /// The rows of several queries, in their order, which travel as one message. The first time, it also asks whether the session
    /// has the settings that it was told: one that has not is not ours, but a pooler's that passes them over.
    pub async fn texts_of(&mut self, queries: &[&str]) -> Result<Vec<Vec<Texts>>> {
        let Some(expected) = self.expected_timeout.take() else {
            if self.dialect != Dialect::Postgres || self.sessions.get() == Session::Own {
                return self.answers(queries).await;
            }
            if self.sessions.may_compile() {
                match self.answers(&[&[postgres::UNCOMPILED], queries].concat()).await {
                    // A server that compiles nothing has no such setting.
                    Err(error) if error.details.contains(&("sqlState", postgres::UNKNOWN_SETTING.into())) => {
                        self.sessions.learn_uncompiled();
                    }
                    answered => return answered.map(|answers| answers.into_iter().skip(1).collect()),
                }
            }
            return self.answers(queries).await;
        };
        let answered = self.answers(&[queries, &[postgres::STATEMENT_TIMEOUT]].concat()).await;
        let mut answers = answered.inspect_err(|_| self.expected_timeout = Some(expected))?;
        let told = answers.pop().into_iter().flatten().flatten().flatten().next();
        if told.is_none_or(|told| told != expected.to_string()) {
            self.sessions.learn(Session::Lent);
            let version = firsts(self.answers(&[postgres::VERSION]).await?.into_iter().flatten().collect());
            if version.iter().any(|text| postgres::WEB_ASSEMBLY.iter().any(|mark| text.contains(mark))) {
                self.sessions.learn(Session::Shared);
                self.sessions.learn_one();
            }
        }
        Ok(answers)
    }

    async fn answers(&mut self, queries: &[&str]) -> Result<Vec<Vec<Texts>>> {
        on!(
            &mut self.server,
            |connection: Db| {
                let text = queries.join(";\n");
                let mut answers = vec![Vec::new()];
                let mut messages = connection.fetch_many(sqlx::raw_sql(&text));
                while let Some(message) = messages.try_next().await.map_err(failed::<Db>)? {
                    match (message, answers.last_mut()) {
                        (Either::Right(row), Some(rows)) => {
                            let values = (0..row.len())
                                .map(|index| row.try_get_unchecked::<Option<String>, _>(index))
                                .collect::<Result<_, _>>();
                            rows.push(values.map_err(failed::<Db>)?);
                        }
                        // The end of one query's rows.
                        _ => answers.push(Vec::new()),
                    }
                }
                answers.truncate(queries.len());
                Ok(answers)
            },
            |sqlite| {
                let mut answers = Vec::new();
                for query in queries {
                    answers.push(sqlite.texts(query).await?);
                }
                Ok(answers)
            }
        )
    }

    /// The first column of a query's rows.
    pub async fn first_texts(&mut self, text: &str) -> Result<Vec<String>> {
        Ok(firsts(self.texts(text).await?))
    }

    /// As [`Self::batch`], after a statement has failed. Where the session is not ours alone, it also makes sure that the next answer
    /// is the answer to this: PGlite before 0.5 ends its answer to what failed twice, and each further answer would be taken for
    /// that to the next question.
    pub async fn recover(&mut self, text: &str) -> Result<()> {
        if self.dialect != Dialect::Postgres || self.sessions.get() == Session::Own {
            return self.batch(text).await;
        }
        let mark = Uuid::new_v4().to_string();
        // Each statement has an answer of its own.
        let answers = self.answers(&[text, &format!("SELECT '{mark}'")]).await?;
        if answers.into_iter().nth(1).is_some_and(|rows| firsts(rows) == [mark]) {
            return Ok(());
        }
        if self.sessions.are_one() {
            self.leave().await;
        }
        Err(Error::new(Code::Connect, "the database answers what it was not asked").on(Health::Broken))
    }
}

fn firsts(rows: Vec<Texts>) -> Vec<String> {
    rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
}
