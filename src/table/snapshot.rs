//! What a database's catalog has answered, written down: a file that a process can plan its first call by, before it has asked.
//!
//! Invariants:
//! - What is planned by a snapshot counts only once the server has answered the same fingerprint.
//! - The file holds what the catalog says of the tables, and nothing that is in them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::dialect::Dialect;
use crate::dialect::catalog::Queries;
use crate::driver::answers::Answers;
use crate::driver::connection::Texts;
use crate::error::{Code, Error, Result};

/// Of the file's form; what is asked of catalogs belongs to the package's version.
const FORM: u32 = 1;

/// What the catalog changed meanwhile is asked again, so often at most.
const MOST_LOOKS: u32 = 8;

/// A larger file is none of ours.
const MAX_BYTES: u64 = 64 << 20;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    form: u32,
    /// Of the package, whose questions these are.
    version: String,
    dialect: String,
    pub fingerprint: String,
    /// The answers, by the hashes of the questions.
    answers: BTreeMap<String, Vec<Texts>>,
    /// A hash of all the rest.
    checksum: String,
}

impl Snapshot {
    /// Asks `answers`, in one state of the tables.
    pub async fn take(
        answers: &mut impl Answers,
        dialect: Dialect,
        schema: Option<&str>,
        more: &[&str],
    ) -> Result<Option<Self>> {
        let queries = dialect.catalog(schema, more);
        let Some(fingerprint) = dialect.fingerprint(&queries) else { return Ok(None) };
        let fingerprint = format!("SELECT {fingerprint}");
        let questions = [vec![fingerprint.as_str()], queries.texts(), vec![fingerprint.as_str()]].concat();
        for _ in 0..MOST_LOOKS {
            let mut answered = answers.answers_to(&questions).await?.into_iter();
            let (before, after) = (only(answered.next()), only(answered.next_back()));
            if let Some(fingerprint) = before.filter(|before| after.as_ref() == Some(before)) {
                return Ok(Some(Self::of(dialect, fingerprint, &queries, answered.collect())));
            }
        }
        Err(Error::new(Code::Schema, "the tables change all the time: no snapshot of them could be taken"))
    }

    fn of(dialect: Dialect, fingerprint: String, queries: &Queries, answers: Vec<Vec<Texts>>) -> Self {
        let answers = queries.texts().into_iter().map(hash).zip(answers).collect();
        let (version, dialect) = (env!("CARGO_PKG_VERSION").to_owned(), dialect.name().to_owned());
        let taken = Self { form: FORM, version, dialect, fingerprint, answers, checksum: String::new() };
        Self { checksum: taken.summed(), ..taken }
    }

    pub fn read(path: &Path) -> Result<Self, String> {
        let size = std::fs::metadata(path).map_err(|error| format!("it cannot be read: {error}"))?.len();
        if size > MAX_BYTES {
            return Err("it is no snapshot".to_owned());
        }
        let text = std::fs::read_to_string(path).map_err(|error| format!("it cannot be read: {error}"))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, String> {
        // A file of another form need not have the same members.
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|_| "it is no snapshot, or damaged".to_owned())?;
        let says = |name: &str| value.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        if value.get("checksum").is_some() && says("version") != env!("CARGO_PKG_VERSION") {
            return Err(format!(
                "it was made by version {} of the package, and this is {}",
                says("version"),
                env!("CARGO_PKG_VERSION")
            ));
        }
        let read: Self = serde_json::from_value(value).map_err(|_| "it is no snapshot, or damaged".to_owned())?;
        if read.form != FORM || read.summed() != read.checksum {
            return Err("it is damaged".to_owned());
        }
        Ok(read)
    }

    /// As a file: each row on a line of its own, so that a change of the tables is one of few lines.
    pub fn to_text(&self) -> String {
        let answers: Vec<_> = self
            .answers
            .iter()
            .map(|(question, rows)| {
                let rows: Vec<_> = rows.iter().map(|row| format!("\n      {}", json(row))).collect();
                format!("\n    {}: [{}]", json(question), rows.join(","))
            })
            .collect();
        format!(
            "{{\n  \"form\": {},\n  \"version\": {},\n  \"dialect\": {},\n  \"fingerprint\": {},\n  \"answers\": {{{}\n  }},\n  \"checksum\": {}\n}}\n",
            self.form,
            json(&self.version),
            json(&self.dialect),
            json(&self.fingerprint),
            answers.join(","),
            json(&self.checksum)
        )
    }

    pub fn is_of(&self, dialect: Dialect) -> bool {
        self.dialect == dialect.name()
    }

    /// The dialect that it says it is of.
    pub fn dialect(&self) -> Option<Dialect> {
        Dialect::ALL.into_iter().find(|dialect| self.is_of(*dialect))
    }

    fn summed(&self) -> String {
        let rest = (self.form, &self.version, &self.dialect, &self.fingerprint, &self.answers);
        hash(&serde_json::to_string(&rest).unwrap_or_default())
    }
}

/// A snapshot answers what the catalog was asked, and nothing else: that is for the database to tell.
impl Answers for &Snapshot {
    fn has_rows(&self) -> bool {
        false
    }

    async fn answers_to(&mut self, queries: &[&str]) -> Result<Vec<Vec<Texts>>> {
        let answers = queries.iter().map(|query| self.answers.get(&hash(query)).cloned());
        answers.collect::<Option<_>>().ok_or_else(|| Error::new(Code::Internal, UNANSWERED))
    }
}

pub const UNANSWERED: &str = "the snapshot does not tell all that is to be known of these tables";

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn only(rows: Option<Vec<Texts>>) -> Option<String> {
    rows?.into_iter().next()?.into_iter().next()?
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken() -> Snapshot {
        let queries = Dialect::Postgres.catalog(None, &[]);
        let row = [Some("public".to_owned()), Some("user \"x\"".to_owned()), None].to_vec();
        Snapshot::of(Dialect::Postgres, "a".to_owned(), &queries, vec![vec![row], Vec::new(), Vec::new()])
    }

    #[test]
    fn a_file_that_was_altered_is_refused() {
        let taken = taken();
        let text = taken.to_text();
        assert_eq!(Snapshot::parse(&text).expect("whole").to_text(), text);
        for altered in [
            text.replace("public", "Public"),
            text.replace("null", "\"\""),
            text.replace("postgres", "mysql"),
            text.replace("\"fingerprint\": \"a\"", "\"fingerprint\": \"b\""),
            text.replace("\"form\": 1", "\"form\": 2"),
            text.replace("\"checksum\"", "\"further\": 1, \"checksum\""),
            text.replacen(env!("CARGO_PKG_VERSION"), "0.0.0", 1),
            text[..text.len() / 2].to_owned(),
            String::new(),
        ] {
            assert!(altered != text && Snapshot::parse(&altered).is_err(), "{altered}");
        }
    }

    #[test]
    fn it_answers_what_the_catalog_was_asked_and_nothing_else() {
        let taken = taken();
        let mut answers = &taken;
        let mut ask = |queries: &[&str]| {
            futures_util::FutureExt::now_or_never(answers.answers_to(queries))
                .expect("no waiting")
                .map(|rows| rows.len())
        };
        let queries = Dialect::Postgres.catalog(None, &[]);
        assert_eq!(ask(&queries.texts()).expect("asked"), 3);
        let other = Dialect::Postgres.catalog(Some("auth"), &[]);
        assert_eq!(ask(&other.texts()).expect_err("not asked").code, Code::Internal);
        assert_eq!(ask(&["SELECT 1"]).expect_err("not asked").code, Code::Internal);
    }
}
