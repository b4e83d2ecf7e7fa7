//! What a dialect's SQL has that is not the same everywhere, and what a database does in a way of its own.

/// Everything about a dialect that is not the same everywhere. In templates `{text}` stands for an expression, `{value}` for
/// an argument.
#[derive(Debug)]
pub struct Syntax {
    pub quote: char,
    /// What precedes the number of a parameter; MySQL's are anonymous.
    pub placeholder: Placeholder,
    pub insert_returning: bool,
    pub update_returning: bool,
    pub delete_returning: bool,
    /// Whether DELETE takes a limit, and cannot refer to its table in a sub-select.
    pub delete_limit: bool,
    /// Follows the table's name in an INSERT of a row that gives no column.
    pub insert_nothing: &'static str,
    /// Begins a SELECT that says what became of a write: a proxy that splits reads from writes must not send it to a standby.
    pub beside_the_write: &'static str,
    /// Whether a trigger can make a statement pass over a row without failing.
    pub drops_rows: bool,
    /// Whether a trigger can change a row that is about to be stored.
    pub triggers_change_rows: bool,
    /// Whether an INSERT … SELECT has to name what a trigger fills, as NULL: unlike an INSERT of values, it is refused otherwise.
    pub names_what_triggers_fill: bool,
    /// Opens a transaction that is going to write. MySQL's level is the session's.
    pub begin: &'static str,
    /// Precedes the milliseconds that each statement of the transaction may take, where a session cannot be told.
    pub transaction_timeout: Option<&'static str>,
    /// A template: takes a lock by name until the transaction ends, and answers 1 when it has it. `None` where a transaction that
    /// writes is alone anyway.
    pub lock: Option<&'static str>,
    /// Ends a SELECT of a row that others must not delete, nor change its key, until the transaction ends.
    pub hold: &'static str,
    /// Ends a SELECT of a row that is going to be deleted: others wait for the transaction's end.
    pub seize: &'static str,
    /// What gives the locks back after the transaction, if they outlive it.
    pub unlock: Option<&'static str>,
    pub migration_lock: MigrationLock,
    /// `DELETE` of some rows: `{rows}` is a condition with a limit. A subquery finds them where DELETE takes no limit, by
    /// where they are: `{row}` is SQLite's row number, or the key of a table that does without. `{again}` is the condition once more, without
    /// the limit: a row of another partition may have the same place, and another row the same key.
    pub delete_some: &'static str,
    /// The same where rows have no numbers or places.
    pub delete_some_by_key: &'static str,
    /// The id that the database counted up for the last INSERT, where that cannot return it.
    pub last_id: &'static str,
    /// Whether `=` on text may call different strings equal (collations that ignore case, accents or trailing spaces),
    /// so that key comparisons need a second, exact condition. Of a single column, see [`crate::types::codec::Codec::loose`].
    pub loose_equality: bool,
    /// A text and an argument, of which `=` is true only for the very same text; and a text of which comparisons mind what the database
    /// itself minds, and not the column's collation.
    pub exact_text: &'static str,
    pub exact_value: &'static str,
    pub usual_text: &'static str,
    pub lists: Lists,
    /// What follows a placeholder for a list of texts, integers, numbers, booleans, instants, where a list is one argument.
    pub list_casts: ListCasts,
    /// A text in lower case, and an argument.
    pub lower_text: &'static str,
    pub lower_value: &'static str,
    /// What an index has to be on, to serve such a comparison.
    pub lowered: Lowered,
    /// The text holds the pattern, of which the case counts.
    pub like: &'static str,
    /// The same of a pattern for the text's beginning.
    pub like_prefix: &'static str,
    /// The same where the case does not count.
    pub like_lower: &'static str,
    /// Whether the patterns of which the case counts are GLOB's.
    pub glob: bool,
    /// Follows what rows are ordered by: nulls come first, and a text counts by its bytes.
    pub order: &'static str,
    pub text_order: &'static str,
    /// Whether an index serves `(a, b) >= (x, y)`.
    pub compares_rows: bool,
    /// Whether a WITH clause may hold statements that write.
    pub writes_in_with: bool,
    /// Whether one DELETE takes rows from several tables.
    pub deletes_from_many: bool,
    /// Whether errors end a transaction: one in which a statement failed refuses all others.
    pub errors_end_transactions: bool,
    /// What follows a placeholder for an integer, such as a number of rows, for a boolean, for an instant.
    pub int_cast: &'static str,
    pub bool_cast: &'static str,
    pub time_cast: &'static str,
    /// What CAST calls a text.
    pub text_type: &'static str,
    /// What keeps a row that a SELECT found from being changed by others.
    pub for_update: &'static str,
    /// What keeps the rows of the table `b` that a SELECT found from being changed, or deleted, by others. It passes over those that others
    /// keep, rather than wait for them.
    pub for_change_now: &'static str,
    pub for_deletion_now: &'static str,
    /// In a FROM: has the statement fail if it waits for others' locks for longer than a moment.
    pub briefly: &'static str,
    /// Precedes a statement that is to fail rather than wait for rows that others keep.
    pub without_waiting: Option<&'static str>,
    /// What comes before an UPDATE and after it, before a SELECT and after that, so that both are one statement of one message: the SELECT is performed
    /// where the UPDATE has matched a row.
    pub compound: Option<[&'static str; 3]>,
    /// Where an INSERT of a row that is there already can change that one and answer it: what has it found by an index, `{index}`, and what
    /// precedes the changes. `None` where UPDATE can answer its rows, and where nothing can.
    pub on_duplicate: Option<[&'static str; 2]>,
    /// Whether a message may be several statements, with their values in the text, which are performed as far as none fails.
    pub messages_of_several: bool,
    /// Whether one writer at a time is all that the database allows, so that ours queue here rather than there.
    pub single_writer: bool,
    /// How many expired rows go in one step, unless the caller says otherwise: as many as look-ups beside it bear best. Each
    /// step is a commit, which costs some databases more than the rows do.
    pub prune_step: u32,
    /// The SHA-256 of a text's UTF-8 in base64url without padding, where the database computes it.
    pub sha256: Option<&'static str>,
    /// What the server tells of itself, as texts: its version, the database's name, the time zone, the connection's TLS, and how many bytes
    /// the database has.
    pub server: &'static str,
    /// Whether the database is a file.
    pub file: bool,
    /// Whether tables are in schemas, of which a database has several.
    pub schemas: bool,
    /// Whether the names of tables are the same that differ in case alone, and whether some servers keep them in lower case.
    pub caseless_names: bool,
    pub lowers_names: bool,
    /// Whether each value has a type of its own, of which its column's declaration says nothing.
    pub dynamic_types: bool,
    /// Answers the number that changes with the tables, where there is one.
    pub schema_version: Option<&'static str>,
    /// Whether the catalog shows the quotes of a default's literals with backslashes.
    pub escaped_defaults: bool,
    /// The functions and words that tell the present moment in a default, and those that compute and do nothing else, between
    /// spaces.
    pub clocks: &'static str,
    pub computing: &'static str,
    /// Answers by how many minutes the server's clock is off UTC, where native dates have no zone.
    pub clock_offset: Option<&'static str>,
    /// How it is told whether a replica has what its primary had. `None` where there are no replicas.
    pub replication: Option<Replication>,
    /// Whether the catalog may show nothing of a table while another connection alters it.
    pub passes_over_tables: bool,
    pub ddl: Ddl,
}

/// What an index is on that serves a comparison of texts in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lowered {
    /// What is compared.
    Compared,
    /// Another expression, beside what is compared.
    Expression,
    /// A column that has the text in lower case: the database has no indexes of expressions.
    Column,
}

/// Two questions, to a primary and to its replica. Each also answers which database it is that the session is in.
#[derive(Debug)]
pub struct Replication {
    /// Answers a place behind all that has been committed. Null, or empty, where the server keeps no account of that.
    pub position: &'static str,
    /// Answers, to the place as an argument, `has` or `behind`, `writes` where the server is no replica, or `elsewhere` where it has
    /// something else at that place, as far as it says.
    pub reached: &'static str,
    /// Has the primary send on what it keeps back before the place that is the argument, if it does.
    pub send: Option<&'static str>,
}

/// What the statements that make and alter tables have of their own.
#[derive(Debug)]
pub struct Ddl {
    /// An id that the application makes. MySQL's keys need a length; a hash in base64, as which Better Auth reserves some ids,
    /// has 43 characters.
    pub id: &'static str,
    /// An id that is a UUID, and one with what makes it, where the database does.
    pub uuid: &'static str,
    pub made_uuid: &'static str,
    /// An id that is counted up, with what counts.
    pub counted_id: &'static str,
    /// A text that an index is on.
    pub indexed_text: &'static str,
    pub bool: &'static str,
    /// False and true.
    pub bools: [&'static str; 2],
    pub date: &'static str,
    pub json: &'static str,
    /// The default of a date that the database fills in.
    pub now: &'static str,
    /// Whether a long text takes a default in parentheses alone.
    pub parenthesized_defaults: bool,
    /// Follows a text without a limit in an index, which then has its beginning.
    pub index_prefix: &'static str,
    /// Whether a column that is added can say itself what it refers to.
    pub inline_references: bool,
    /// Why a table that is there takes no foreign key.
    pub fixed_references: Option<&'static str>,
    /// What precedes the name of a foreign key in the ALTER TABLE that takes it away.
    pub drop_reference: &'static str,
    /// What comes before and after a column's name in the ALTER TABLE that makes it a text without a limit.
    pub lengthen: Option<(&'static str, &'static str)>,
    /// The default that makes a UUID, as an ALTER TABLE gives it to a column that is there.
    pub uuid_default: Option<&'static str>,
    /// The collation in which only identical strings are equal; trailing spaces count.
    pub exact_collation: &'static str,
    /// The text of the record of migrations.
    pub record_text: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    Numbered(char),
    Anonymous,
}

/// How a statement takes a list of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lists {
    /// As one argument, an array.
    Array,
    /// As one argument, an array in JSON.
    Json,
    /// As an argument for each value, so that its text depends on the list's length.
    Places,
}

#[derive(Debug)]
pub struct ListCasts {
    pub text: &'static str,
    pub int: &'static str,
    pub float: &'static str,
    pub bool: &'static str,
    pub time: &'static str,
}

/// What one migration at a time holds.
#[derive(Debug)]
pub enum MigrationLock {
    /// A transaction, which undoes what failed. It is entered by a statement, unless it is alone by itself.
    Transaction { enter: Option<&'static str> },
    /// A lock of the session's, since DDL commits by itself: the query that answers 1 once the lock is taken, and the statement
    /// that gives it back.
    Session { take: &'static str, give_back: &'static str },
}

impl MigrationLock {
    /// Whether each statement of a migration commits by itself, so that a migration may have ended after any of them.
    pub fn is_by_steps(&self) -> bool {
        matches!(self, MigrationLock::Session { .. })
    }
}

/// The escape character of our LIKE patterns. MySQL's and PostgreSQL's own, the backslash, means something to their
/// string literals too.
pub const ESCAPE: char = '|';
