//! How a call goes with others in one message: what it sends, and what it makes of the answers.

use crate::driver::together::{Done, Step};
use crate::engine::call::Call;
use crate::engine::compiled::{Compiled, Steps};
use crate::statement::count::number;
use crate::statement::first;
use crate::value::Records;

impl Call {
    /// Its statements, in their order, if there is nothing to it but them.
    pub fn plain_steps(&self) -> Option<Vec<Step<'_>>> {
        let Compiled { seal, checks, followed, mirrored, .. } = &*self.compiled;
        let is_plain = seal.is_none() && checks.is_empty() && followed.is_none() && mirrored.is_empty();
        let statements = match &self.compiled.steps {
            Steps::Affect(write) | Steps::Return(write) => vec![write],
            Steps::Take { read, write } => vec![read, write],
            _ => return None,
        };
        let steps = statements.into_iter().map(|statement| (statement, self.values.as_slice()));
        (is_plain && self.given.is_none()).then(|| steps.collect())
    }

    /// What it answers, by what became of those statements, of which each takes its part.
    pub fn concluded(&self, done: &mut impl Iterator<Item = Done>) -> Records {
        let mut next = || done.next().unwrap_or_default();
        match &self.compiled.steps {
            Steps::Affect(_) => vec![number(next().affected)],
            Steps::Return(write) => first::records(write, next().rows),
            Steps::Take { read, .. } => {
                let (found, taken) = (next().rows, next().affected);
                if taken == 0 { Records::new() } else { first::records(read, found) }
            }
            _ => Records::new(),
        }
    }
}
