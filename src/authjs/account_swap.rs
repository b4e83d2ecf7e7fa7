//! Changes an account if its tokens still expire when the caller believes: by that, of all who want to refresh them one does.

use crate::authjs::keys::by_keys;
use crate::authjs::model::Table;
use crate::authjs::plan::Plan;
use crate::authjs::row::given;
use crate::engine::call::Call;
use crate::engine::request::Method;
use crate::error::{Code, Error, Result};
use crate::value::Fields;

/// The field that the change is bound to, and the name under which the caller gives its value of before.
const EXPIRES: &str = "expires_at";
const EXPECTED: &str = "expected";

const KEYS: [&str; 3] = ["provider", "providerAccountId", EXPIRES];

/// `None` if no row can match.
pub fn swap(plan: &Plan, fields: &Fields) -> Result<Option<Call>> {
    if !plan.layout.has(Table::Account) {
        return Err(Error::new(Code::Schema, plan.layout.why_not(Table::Account)).about("table", Table::Account.name()));
    }
    let accounts = plan.layout.table(Table::Account);
    if accounts.position(EXPIRES).is_none() {
        let message = "the table of accounts has no column for expires_at, by which callers agree who refreshes tokens";
        return Err(Error::new(Code::Schema, message).about("table", Table::Account.name()).about("field", EXPIRES));
    }
    let mut request = by_keys(Method::UpdateMany, Table::Account, &KEYS);
    let mut values = Vec::new();
    for column in &accounts.columns {
        let is_key = matches!(&*column.field, "provider" | "providerAccountId" | "userId" | "id" | "type");
        if let Some(input) = given(fields, &column.field).filter(|_| !is_key && !column.generated) {
            request.set.push(column.field.to_string());
            values.push(column.encode(input)?);
        }
    }
    for (key, name) in KEYS.iter().zip(["provider", "providerAccountId", EXPECTED]) {
        match given(fields, name).and_then(|input| accounts.column(key).key(input)) {
            Some(value) => values.push(value),
            None => return Ok(None),
        }
    }
    Call::encoded(plan.compile(&request)?, values).map(Some)
}
