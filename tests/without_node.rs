//! The core as a library: both contracts on a SQLite file, with no JavaScript in the process.

use std::sync::Arc;

use rust_auth_adapter::internals::{
    Argument, Client, Fields, Input, OPERATIONS, Options, RUNTIME, Records, Value, describe, numbered, parse, register,
    shape,
};

fn client(name: &str) -> Arc<Client> {
    let file = std::env::temp_dir().join(format!("rust_auth_{name}_{}.db", std::process::id()));
    let _ = std::fs::remove_file(&file);
    RUNTIME.start().expect("threads");
    let address = parse(&format!("sqlite:{}", file.display())).expect("a URL");
    Client::new(address, Options { migrate: true, ..Options::default() }).expect("a client")
}

fn operate(client: &Arc<Client>, name: &str, fields: &[(&'static str, &str)]) -> Records {
    let operation = OPERATIONS.iter().find(|operation| operation.name == name).expect("an operation");
    let fields: Fields = fields.iter().map(|(name, text)| ((*name).into(), Input::Text((*text).into()))).collect();
    RUNTIME.block_on(client.clone().operate(operation, fields)).expect(name)
}

fn request(client: &Arc<Client>, schema: u32, form: &str, values: &[&str]) -> Records {
    let request = numbered(register(schema, form.to_owned()).expect("a request")).expect("a number");
    let values = values.iter().map(|text| Argument::One(Input::Text((*text).into()))).collect();
    RUNTIME.block_on(client.clone().request(request, values, None)).expect(form)
}

/// A field of the only record.
fn field(records: &Records, name: &str) -> Value {
    let [(shape, values)] = records.as_slice() else { panic!("{records:?} is not one record") };
    let shape = shape::get(*shape).expect("a shape");
    let place = shape.iter().position(|(key, _)| key == name).expect("a field");
    values[place].clone()
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

#[test]
fn a_user_comes_and_goes() {
    let client = client("operations");
    let made = operate(&client, "createUser", &[("email", "ada@example.com"), ("name", "Ada")]);
    let Value::Text(id) = field(&made, "id") else { panic!("an id") };
    assert_eq!(operate(&client, "getUserByEmail", &[("email", "ada@example.com")]), made);
    let changed = operate(&client, "updateUser", &[("id", &id), ("name", "Ada Lovelace")]);
    assert_eq!(field(&changed, "name"), text("Ada Lovelace"));
    assert_eq!(operate(&client, "deleteUser", &[("id", &id)]), changed);
    assert_eq!(operate(&client, "getUser", &[("id", &id)]), Records::new());
    RUNTIME.block_on(client.close());
}

#[test]
fn a_request_is_answered_from_the_same_tables() {
    let client = client("requests");
    let made = operate(&client, "createUser", &[("email", "ada@example.com")]);
    let schema = r#"{"models":[{"name":"user","fields":[
        {"name":"id","key":"id","kind":"id","required":true},
        {"name":"email","key":"email","kind":"text","required":true}]}]}"#;
    let schema = describe(schema.to_owned()).expect("a schema");
    let find = r#"{"method":"findOne","model":"user","filter":[{"field":"email","operator":"eq"}]}"#;
    let found = request(&client, schema, find, &["ada@example.com"]);
    assert_eq!(field(&found, "id"), field(&made, "id"));
    assert_eq!(request(&client, schema, find, &["bob@example.com"]), Records::new());
    RUNTIME.block_on(client.close());
}
