//! What answers questions about the tables: a connection, or what has been written down of one's answers.

use crate::driver::connection::{Connection, Texts};
use crate::error::Result;

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
