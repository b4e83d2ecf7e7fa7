//! An e-mail address that is looked for in any case: which index serves that, beside the comparison that decides, and what makes one.

use crate::dialect::Dialect;
use crate::dialect::syntax::Lowered;
use crate::table::catalog::{CASELESS, Column, LOOSE, Table};
use crate::table::naming::fitting;

/// A condition that an index serves, and that no row fails which the comparison passes: of a column, ready for SQL, and the address.
#[derive(Debug, Clone)]
pub struct Sieve {
    pub column: String,
    pub template: &'static str,
}

/// Longer addresses do not fit into an index.
const LONGEST: usize = 700;

/// What has to stand beside the comparison. `None` where that is served by an index itself, or nothing is there that is.
pub fn sieve(dialect: Dialect, table: &Table, column: &Column) -> Option<Sieve> {
    let (column, template) = match dialect.syntax().lowered {
        Lowered::Compared => return None,
        _ if column.category == CASELESS => (column, "{text} = {value}"),
        Lowered::Expression => (column, "lower({text}) = lower({value})"),
        Lowered::Column => (generated(table, column)?, "{text} = lower({value})"),
    };
    Some(Sieve { column: dialect.quote(&column.name), template })
}

/// The statements that make the index. `name` is the table's, ready for SQL; `indexes` are the names of those that are there.
pub fn missing(dialect: Dialect, table: &Table, column: &Column, name: &str, indexes: &[String]) -> Vec<String> {
    let title = fitting(&format!("{}_{}_lower_idx", table.name, column.name));
    let syntax = dialect.syntax();
    let fits = column.length.is_some_and(|length| length <= LONGEST);
    let is_served = column.category == CASELESS && table.is_indexed(&column.name);
    if !table.is_table() || is_served || indexes.contains(&format!("{}.{title}", table.schema)) {
        return Vec::new();
    }
    let (quoted, mut statements) = (dialect.quote(&column.name), Vec::new());
    let key = match syntax.lowered {
        Lowered::Compared if column.category == LOOSE => {
            format!("lower({})", syntax.usual_text.replace("{text}", &quoted))
        }
        Lowered::Compared => format!("lower({quoted})"),
        _ if !fits => return Vec::new(),
        _ if column.category == CASELESS => quoted,
        Lowered::Expression => format!("(lower({quoted}))"),
        Lowered::Column => {
            let made = fitting(&format!("{}_lower", column.name));
            let key = dialect.quote(&made);
            if table.column(&made).is_none() {
                let (length, collation) = (column.length.unwrap_or(LONGEST), syntax.ddl.exact_collation);
                statements.push(format!(
                    "ALTER TABLE {name} ADD COLUMN {key} varchar({length}) CHARACTER SET utf8mb4 COLLATE {collation} \
                     AS (lower({quoted})) VIRTUAL INVISIBLE"
                ));
            }
            key
        }
    };
    statements.push(format!("CREATE INDEX {} ON {name} ({key})", dialect.quote(&title)));
    statements
}

/// The column that has the address in lower case, which [`missing`] makes.
fn generated<'a>(table: &'a Table, column: &Column) -> Option<&'a Column> {
    table.column(&fitting(&format!("{}_lower", column.name))).filter(|column| column.computed)
}
