//! A request on one database: what its values become, and the statements that perform it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::driver::sqlite::reader::Long;
use crate::driver::work::Scope;
use crate::engine::arguments::Encoder;
use crate::engine::batched_lookup::Batched;
use crate::engine::batched_write::BatchedWrite;
use crate::engine::first_form::FirstForm;
use crate::engine::joins::Joined;
use crate::engine::owner_check::OwnerCheck;
use crate::engine::replaced_delete::Replaced;
use crate::engine::request::Method;
use crate::engine::seal::Seal;
use crate::engine::settle::Inserted;
use crate::engine::token::Token;
use crate::engine::unique_check::UniqueCheck;
use crate::engine::written::Written;
use crate::error::{Code, Error};
use crate::statement::preparation::{Bound, Preparation};
use crate::statement::statement::Statement;
use crate::table::column::Column;
use crate::types::wire::Wire;

/// A request on one database.
#[derive(Debug)]
pub struct Compiled {
    pub method: Method,
    /// The name of the table's model.
    pub model: Arc<str>,
    pub encoders: Vec<Encoder>,
    /// The tokens that it is about, where hashes may be stored in their places.
    pub token: Option<Token>,
    /// Columns that an INSERT fills by itself, whose values follow the arguments.
    pub fills: Vec<Column>,
    /// How its tokens are encrypted, if it writes any.
    pub seal: Option<Seal>,
    /// What has to be looked at before a write.
    pub checks: Vec<UniqueCheck>,
    /// What an INSERT that inserted nothing has to look at.
    pub owner: Option<OwnerCheck>,
    pub steps: Steps,
    /// How the row of an INSERT is looked for when the answer was lost.
    pub inserted: Vec<Inserted>,
    /// Whether doing it again, when the answer was lost, comes to the same as once.
    pub repeats: bool,
    /// What reads again the row that a statement has returned, by what names it, which is returned last: triggers may have
    /// changed it since.
    pub followed: Option<Statement>,
    /// An UPDATE and the look-up of its row in one message.
    pub both: Option<Statement>,
    /// What asks first for the likelier stored form of a token.
    pub first_form: Option<FirstForm>,
    /// What finds the row by the same address in other capitals, where none has it as it is.
    pub otherwise: Option<Statement>,
    /// What writes a password, or takes it away, where the other contract looks for it.
    pub mirrored: Vec<Statement>,
    /// There is a password, and the other contract had no place for it at the last look.
    pub may_mirror: bool,
    /// For each of the request's joins, in order.
    pub joins: Vec<Joined>,
    /// Of several rows that are found, the first by its values answers.
    pub one: bool,
    /// For several callers at once.
    pub batched: Option<Arc<Batched>>,
    /// For several callers that write at once.
    pub batched_write: Option<Arc<BatchedWrite>>,
    /// Whether it is too long for the calling thread.
    pub long: Long,
    /// Whether connections have been told to prepare its statements.
    pub foretold: AtomicBool,
}

#[derive(Debug)]
pub enum Steps {
    Find(Statement),
    Count(Statement),
    /// Answers how many rows were concerned.
    Affect(Statement),
    /// Answers the first of the rows it wrote or deleted.
    Return(Statement),
    /// The same. Where it changes none, the second finds those that it was about.
    Update {
        write: Statement,
        find: Option<Statement>,
    },
    /// An INSERT whose row is what it was given: of each column that is shown the argument, and null where there is none.
    Keep {
        write: Statement,
        arguments: Box<[Option<usize>]>,
    },
    /// The second answers what the first wrote, if it wrote anything, with what it is known to have written over it.
    Then {
        write: Statement,
        read: Statement,
        written: Written,
    },
    /// The second deletes what the first answers. Only the caller whose DELETE removed it gets the answer.
    Take {
        read: Statement,
        write: Statement,
    },
    /// The first takes hold of a row, whose id then follows the other arguments. What is answered is what the last reads,
    /// or else what the first found.
    Locked {
        find: Statement,
        write: Statement,
        read: Option<Statement>,
    },
    /// A DELETE that tells nothing of what it deleted.
    Replaced(Box<Replaced>),
}

impl Compiled {
    /// As what its values travel, as far as that is known without them.
    pub fn wires(&self) -> Option<Vec<Wire>> {
        let filled = self.fills.iter().map(|column| column.codec.sent_as(column.kind));
        let mut sent = Vec::with_capacity(self.encoders.len() + self.fills.len());
        for encoder in &self.encoders {
            let width = self.token.as_ref().map_or(1, |token| token.width(sent.len()));
            sent.extend(std::iter::repeat_n(encoder.wire(), width));
        }
        sent.into_iter().chain(filled).collect()
    }

    /// The statements that most of its calls send, to be prepared before they are needed.
    pub fn preparations(&self) -> Vec<Preparation> {
        let Some(wires) = self.wires() else { return Vec::new() };
        let statements = match &self.steps {
            Steps::Find(one) => self.first_form.iter().map(|first| &first.statement).chain([one]).collect(),
            Steps::Count(one) | Steps::Affect(one) | Steps::Return(one) => vec![one],
            Steps::Update { write, .. } | Steps::Keep { write, .. } => vec![write],
            Steps::Then { write, read, .. } => match &self.both {
                Some(both) => vec![both],
                None => vec![write, read],
            },
            Steps::Take { read, write } => vec![read, write],
            Steps::Locked { find, write, read } => [find, write].into_iter().chain(read).collect(),
            Steps::Replaced(_) => Vec::new(),
        };
        let single = statements.into_iter().filter_map(|statement| {
            // Values that come out of an earlier statement are of types of their own.
            let values = statement.arguments.iter().map(|argument| wires.get(*argument).copied().map(Bound::One));
            Some(Preparation { text: statement.text.clone(), values: values.collect::<Option<_>>()? })
        });
        let lookups = self.batched.iter().filter_map(|batched| batched.preparation());
        let writes = self.batched_write.iter().flat_map(|batched| batched.preparations());
        single.chain(lookups).chain(writes).collect()
    }

    /// An address that several rows have, each in other capitals.
    pub fn ambiguous(&self) -> Error {
        let message = format!(
            "more than one {} has this e-mail address, in other capitals each, and none has it as it is: which of them is meant \
             cannot be told",
            self.model
        );
        Error::new(Code::Unique, message).about("table", &*self.model).about("field", "email")
    }

    pub fn scope(&self) -> Scope {
        match self.steps {
            Steps::Find(_) | Steps::Count(_) => Scope::Read,
            Steps::Locked { .. } | Steps::Replaced(_) => Scope::Atomic,
            _ if self.followed.is_some() || !self.mirrored.is_empty() => Scope::Atomic,
            _ => Scope::Write,
        }
    }
}
