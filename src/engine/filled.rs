//! What goes into a column of a new row that its caller says nothing of.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::engine::arguments::Encoder;
use crate::engine::compiled::Compiled;
use crate::error::Result;
use crate::table::column::{Column, Derived, Fill};
use crate::value::{Input, Value};

/// What a URL's component keeps as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// `values` are those of the row that are given.
pub fn filled(compiled: &Compiled, column: &Column, values: &[Value]) -> Result<Value> {
    match column.fill {
        Fill::Derived(of) => derived(compiled, column, of, values),
        Fill::Id { form, .. } => column.encode(&Input::Text(form.generate()?)),
        Fill::Now => column.present(),
        Fill::Nothing | Fill::Trigger | Fill::Unknown => Err(column.missing()),
    }
}

/// What a column holds that only one of the two contracts has.
fn derived(compiled: &Compiled, column: &Column, derived: Derived, values: &[Value]) -> Result<Value> {
    let given = |field: &str| {
        let is_its = |encoder: &Encoder| matches!(encoder, Encoder::Store(column) if column.field == field);
        compiled.encoders.iter().position(is_its).map(|place| &values[place])
    };
    let text = match derived {
        Derived::Same(field) => return given(field).cloned().ok_or_else(|| column.missing()),
        Derived::Sort { provider, id_token } => match given(provider) {
            Some(Value::Text(name)) if name == "credential" => "credential",
            Some(Value::Text(name)) if name == "email" => "email",
            Some(Value::Text(name)) if ["passkey", "webauthn"].contains(&name.as_str()) => "webauthn",
            _ if given(id_token).is_some_and(|token| *token != Value::Null) => "oidc",
            _ => "oauth",
        }
        .to_owned(),
        Derived::Issuer { provider } => match given(provider) {
            Some(Value::Text(name)) if name == "credential" => "local:credential".to_owned(),
            Some(Value::Text(name)) => format!("local:oauth:{}", utf8_percent_encode(name, PLAIN)),
            _ => return Err(column.missing()),
        },
    };
    column.encode(&Input::Text(text))
}
