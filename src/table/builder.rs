//! Assembles one statement.

use std::ops::Range;

use crate::dialect::Dialect;
use crate::dialect::syntax::{Lists, Placeholder};
use crate::statement::shape::{self, HIDDEN, Shown};
use crate::statement::statement::{Output, Sealed, Statement};
use crate::table::column::Column;
use crate::types::codec::{AS_ITSELF, Equality};
use crate::types::kind::Kind;
use crate::types::past::{Span, Texts};
use crate::types::wire::Wire;

/// A statement in the making. Nothing but quoted identifiers, keywords and placeholders is ever pushed: values travel
/// as arguments.
pub struct Builder {
    dialect: Dialect,
    text: String,
    arguments: Vec<usize>,
    columns: Vec<Output>,
    records: Vec<(u32, usize)>,
    keys: Vec<(usize, Range<usize>)>,
    sealed: Vec<Sealed>,
}

impl Builder {
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            text: String::with_capacity(256),
            arguments: Vec::new(),
            columns: Vec::new(),
            records: Vec::new(),
            keys: Vec::new(),
            sealed: Vec::new(),
        }
    }

    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub fn push(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// What `push` makes of each of `items`, with `separator` between them.
    pub fn separated<T>(
        self,
        separator: &str,
        items: impl IntoIterator<Item = T>,
        push: impl Fn(Self, T) -> Self,
    ) -> Self {
        items
            .into_iter()
            .enumerate()
            .fold(self, |built, (position, item)| push(if position > 0 { built.push(separator) } else { built }, item))
    }

    /// A placeholder for the argument at `index`, which is stored in or compared with `column`.
    pub fn argument(self, column: &Column, index: usize) -> Self {
        let (before, after) = column.codec.write.split_once("{}").unwrap_or_default();
        self.push(before).placeholder(index).push(after)
    }

    /// The same, compared in the order that ORDER BY has: that of the column's own collation.
    pub fn ordered_argument(self, column: &Column, index: usize) -> Self {
        if column.codec.write == AS_ITSELF { self.placeholder(index) } else { self.argument(column, index) }
    }

    /// `expression` as it is stored in or compared with `column`.
    pub fn stored(self, column: &Column, expression: &str) -> Self {
        let (before, after) = column.codec.write.split_once("{}").unwrap_or_default();
        self.push(before).push(expression).push(after)
    }

    /// A placeholder for the argument at `index`.
    pub fn placeholder(mut self, index: usize) -> Self {
        self.arguments.push(index);
        match self.dialect.syntax().placeholder {
            Placeholder::Anonymous => self.text.push('?'),
            Placeholder::Numbered(prefix) => {
                self.text.push(prefix);
                self.text.push_str(&self.arguments.len().to_string());
            }
        }
        self
    }

    /// The list at `index`, an array of the type that `cast` says. The planner does not see how long it is: PostgreSQL takes a list of
    /// unknown length to be one of ten, and would plan a statement about fewer anew for each call.
    pub fn list(self, index: usize, cast: &str) -> Self {
        self.push("(SELECT ").placeholder(index).push(cast).push(")")
    }

    /// A template of the dialect's, of `text` and the argument at `index`.
    pub fn template(mut self, template: &str, text: &str, index: usize) -> Self {
        let mut rest = template;
        while let Some((before, part)) = rest.split_once('{') {
            let (name, after) = part.split_once('}').unwrap_or_default();
            self = self.push(before);
            self = if name == "value" { self.placeholder(index) } else { self.push(text) };
            rest = after;
        }
        self.push(rest)
    }

    /// `column = argument`, true only for the very same text.
    ///
    /// Where `=` is loose it stays, because the index serves it, and a comparison of the bytes decides.
    pub fn equals(self, prefix: &str, column: &Column, index: usize) -> Self {
        let name = format!("{prefix}{}", column.name);
        let built = self.push(&name).push(" = ").argument(column, index);
        if !built.is_loose(column) {
            return built;
        }
        let text = built.exact(&name);
        built.push(&format!(" AND {text} = ")).exact_argument(index)
    }

    /// `column <> argument`, false only for the very same text.
    pub fn differs(self, prefix: &str, column: &Column, index: usize) -> Self {
        self.push("NOT (").equals(prefix, column, index).push(")")
    }

    /// `one = other` between columns of two tables, just as exact.
    pub fn joins(self, one: (&str, &Column), other: (&str, &Column)) -> Self {
        let (left, right) = (format!("{}{}", one.0, one.1.name), format!("{}{}", other.0, other.1.name));
        let collated = collated(one.1, other.1).map(|name| format!(" COLLATE {name}")).unwrap_or_default();
        let built = self.push(&format!("{left} = {right}{collated}"));
        if !built.is_loose(one.1) && !built.is_loose(other.1) {
            return built;
        }
        let (left, right) = (built.exact(&left), built.exact(&right));
        built.push(&format!(" AND {left} = {right}"))
    }

    /// Whether `=` may call the column's value equal to a different text.
    pub fn is_loose(&self, column: &Column) -> bool {
        column.codec.wire == Wire::Text
            && match column.codec.equality {
                Equality::Usual => self.dialect.syntax().loose_equality,
                Equality::Loose => true,
                Equality::Exact => false,
            }
    }

    /// A column's text as what equals nothing but the very same text.
    pub fn exact(&self, name: &str) -> String {
        self.dialect.syntax().exact_text.replace("{text}", name)
    }

    /// The argument at `index`, to be compared with that.
    pub fn exact_argument(self, index: usize) -> Self {
        let template = self.dialect.syntax().exact_value;
        self.template(template, "", index)
    }

    /// A column's text in lower case.
    pub fn lower(&self, column: &Column, name: &str) -> String {
        self.dialect.syntax().lower_text.replace("{text}", &self.text(column, name))
    }

    /// The argument at `index`, to be compared with that.
    pub fn lower_argument(self, index: usize) -> Self {
        let template = self.dialect.syntax().lower_value;
        self.template(template, "", index)
    }

    /// A column as the text that it is read as, to be searched or compared in lower case.
    pub fn text(&self, column: &Column, name: &str) -> String {
        let text = column.codec.read.replace("{}", name);
        if column.codec.equality == Equality::Loose {
            self.dialect.syntax().usual_text.replace("{text}", &text)
        } else {
            text
        }
    }

    /// The conjunction of `column = argument` over `columns`, whose arguments start at `first`.
    pub fn matching<'a>(self, prefix: &str, columns: impl IntoIterator<Item = &'a Column>, first: usize) -> Self {
        self.separated(" AND ", (first..).zip(columns), |built, (index, column)| built.equals(prefix, column, index))
    }

    /// `column` equals one of `count` arguments, which are all that the statement has. Rows may match loosely where `=`
    /// is loose: the caller compares.
    ///
    /// `in_sight`: the planner sees the list, which tells it in which partitions the rows are.
    pub fn among(self, prefix: &str, column: &Column, count: usize, in_sight: bool) -> Self {
        let built = self.push(prefix).push(&column.name);
        if built.dialect.syntax().lists == Lists::Array {
            let cast = built.dialect.syntax().list_casts.text;
            let built = built.push(" = ANY(");
            return if in_sight { built.placeholder(0) } else { built.list(0, cast).push(cast) }.push(")");
        }
        built.push(" IN (").separated(", ", 0..count, Self::placeholder).push(")")
    }

    /// `column` is within `span`, whose arguments are all that come before.
    pub fn within(self, column: &Column, span: &Span) -> Self {
        let mut built = self.push(&column.name).push(" < ").argument(column, 0);
        if span.from.is_some() {
            built = built.push(" AND ").push(&column.name).push(" >= ").argument(column, 1);
        }
        if column.codec.wire == Wire::Any {
            // To SQLite a text may be less than a number, if the column's declaration says so.
            built = built.push(&format!(" AND typeof({}) <> 'text'", column.name));
        }
        built
    }

    /// `column` is one of `texts`, which end before the first argument.
    pub fn among_texts(self, column: &Column, texts: &Texts) -> Self {
        let built = if column.codec.wire == Wire::Any {
            // Numbers come before all texts.
            self.push(&column.name).push(" >= '' AND ")
        } else {
            self
        };
        let built = if texts.dated { built.push(&column.name).push(" LIKE '____-%' AND ") } else { built };
        built.push(&column.name).push(" < ").argument(column, 0)
    }

    /// A comma-separated list of result columns, which make up one record.
    pub fn record_of<'a>(mut self, prefix: &str, columns: impl Iterator<Item = &'a Column> + Clone) -> Self {
        let before = self.columns.len();
        self = columns.clone().fold(self, |built, column| built.output(prefix, column));
        self.records.push((shape_of(columns.clone()), self.columns.len() - before));
        if columns.clone().any(|column| column.encrypted.is_some()) {
            self.sealed(prefix, columns, before)
        } else {
            self
        }
    }

    /// Has the encrypted ones of `columns`, which are those of the result from `before` on, decrypted. What names their account is
    /// asked for too where the record does not show it.
    fn sealed<'a>(mut self, prefix: &str, columns: impl Iterator<Item = &'a Column> + Clone, before: usize) -> Self {
        let shown: Vec<_> = columns.collect();
        let mut hidden: Vec<&Column> = Vec::new();
        for (place, column) in shown.iter().enumerate() {
            let Some(encrypted) = &column.encrypted else { continue };
            let mut at = |wanted: &'a Column| {
                let is_wanted = |each: &&Column| each.name == wanted.name;
                before
                    + shown.iter().position(is_wanted).unwrap_or_else(|| {
                        let among = hidden.iter().position(is_wanted).unwrap_or_else(|| {
                            hidden.push(wanted);
                            hidden.len() - 1
                        });
                        shown.len() + among
                    })
            };
            let (provider, account) = (at(&encrypted.provider), at(&encrypted.account));
            let (purpose, keyring) = (encrypted.purpose, encrypted.keyring.clone());
            let translation = encrypted.provider.codec.translation.clone();
            self.sealed.push(Sealed { column: before + place, provider, account, translation, purpose, keyring });
        }
        if !hidden.is_empty() {
            self.records.push((HIDDEN, hidden.len()));
        }
        hidden.into_iter().fold(self, |built, column| built.output(prefix, column))
    }

    /// One result column.
    pub fn output(mut self, prefix: &str, column: &Column) -> Self {
        if !self.columns.is_empty() {
            self.text.push_str(", ");
        }
        match column.codec.read.split_once("{}") {
            Some((before, after)) => [before, prefix, &column.name, after].map(|part| self.text.push_str(part)),
            // Not the column's value at all.
            None => {
                self.text.push_str(&column.codec.read.replace("{.}", prefix));
                [(); 4]
            }
        };
        self.columns.push(output_of(column));
        self
    }

    /// One record of `columns`, which the caller makes up: the statement does not ask for it.
    pub fn unread<'a>(mut self, columns: impl Iterator<Item = &'a Column> + Clone) -> Self {
        let before = self.columns.len();
        self.columns.extend(columns.clone().map(output_of));
        self.records.push((shape_of(columns), self.columns.len() - before));
        self
    }

    /// How many result columns there are so far.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// A placeholder for a number of rows.
    pub fn limit(self, index: usize) -> Self {
        let cast = self.dialect.syntax().int_cast;
        self.placeholder(index).push(cast)
    }

    /// A result column of no table.
    pub fn unnamed(mut self, expression: &str, output: Output) -> Self {
        self.columns.push(output);
        self.push(expression)
    }

    /// Declares that `column` of the result must equal one of `arguments`.
    pub fn verified(mut self, column: usize, arguments: Range<usize>) -> Self {
        self.keys.push((column, arguments));
        self
    }

    pub fn build(self) -> Statement {
        let beside_the_write = self.dialect.syntax().beside_the_write;
        let text = self.text.strip_prefix(beside_the_write).unwrap_or(&self.text);
        Statement {
            writes: !text.starts_with("SELECT "),
            text: self.text.into(),
            arguments: self.arguments.into(),
            columns: self.columns.into(),
            records: self.records.into(),
            keys: self.keys.into(),
            lenient: false,
            sealed: self.sealed.into(),
            once: false,
        }
    }
}

/// The number of the shape that records of these columns have.
pub fn shape_of<'a>(columns: impl Iterator<Item = &'a Column>) -> u32 {
    let shown = |column: &Column| match column.encrypted {
        Some(_) => Shown::Decrypted,
        None if column.revived => Shown::TextJson,
        None => Shown::As(column.kind),
    };
    shape::number_of(columns.map(|column| (column.field.to_string(), shown(column))).collect())
}

/// The collation by which `one = other` is compared where MySQL would refuse to choose between theirs, or not use the index of `one`. Texts of
/// different character sets it converts by itself.
fn collated<'column>(one: &'column Column, other: &Column) -> Option<&'column str> {
    let (one, other) = (one.codec.collation.as_deref()?, other.codec.collation.as_deref()?);
    let characters = |collation: &str| collation.split('_').next().map(str::to_owned);
    (one != other && characters(one) == characters(other)).then_some(one)
}

/// What is read from a column.
fn output_of(column: &Column) -> Output {
    Output {
        table: column.table.clone(),
        field: column.field.to_string(),
        kind: column.kind,
        codec: column.codec.clone(),
        always: column.required && column.kind == Kind::Time,
    }
}

#[cfg(test)]
mod tests;
