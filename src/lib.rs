//! Authentication data for Node.js. This file has all that JavaScript can call; [`js`] is the bridge, and nothing
//! else in the crate knows of JavaScript.

#![deny(unsafe_code)]

mod authjs;
mod cli;
mod client;
mod database;
mod ddl;
mod dialect;
mod driver;
mod encryption;
mod engine;
mod error;
// The room is called `napi`; a module of that name would hide the crate.
#[path = "napi/mod.rs"]
mod js;
mod passwords;
mod statement;
mod stats;
mod table;
#[cfg(test)]
mod tests;
mod types;
mod url;
mod value;

use napi::bindgen_prelude::{Array, Either, External, Function, Object, Uint32ArraySlice, Unknown};
use napi::{Env, JsString, Result};
use napi_derive::napi;

use crate::authjs::operation::Operation;
use crate::cli::secure::Asked;
use crate::client::lookups::LookUp;
use crate::engine::reseal::Wanted;
use crate::js::bridge::Bridge;
use crate::js::handle::{Begun, Handle};
use crate::js::row_batch::Batch;

/// For tests and benchmarks that run without Node. It promises nothing: it changes with the core.
#[doc(hidden)]
pub mod internals {
    pub use crate::authjs::operation::{OPERATIONS, Operation};
    pub use crate::client::client::Client;
    pub use crate::client::options::Options;
    pub use crate::database::runtime::RUNTIME;
    pub use crate::dialect::Dialect;
    pub use crate::engine::arguments::{Argument, encode};
    pub use crate::engine::compile::compile;
    pub use crate::engine::compiled::{Compiled, Steps};
    pub use crate::engine::registered::{Numbered, describe, numbered, register};
    pub use crate::engine::request::Request;
    pub use crate::engine::schema::Schema;
    pub use crate::engine::tables::Tables;
    pub use crate::error::Error;
    pub use crate::statement::shape;
    pub use crate::url::parse;
    pub use crate::value::{Fields, Input, Records, Value};
}

/// Opens the bridge of one JavaScript environment: `settle` receives every outcome, in batches.
#[napi(catch_unwind)]
pub fn connect(settle: Function<'_, Batch, ()>) -> Result<External<Bridge>> {
    Bridge::open(settle).map(External::new)
}

/// Prepares an adapter without any I/O. A URL that cannot be used is reported by the first operation.
#[napi(catch_unwind)]
pub fn open(url: Option<String>, options: Object<'_>) -> Result<External<Handle>> {
    Handle::open(url, &options).map(External::new)
}

/// Starts an operation. Its outcome goes to `at_once` if it is there before this returns, and otherwise comes to `settle`
/// under `id`; without `at_once` it always does the latter, in a later task of the event loop. Returns whether it was waited for: then [`go_on`] is to be called once its caller can go on.
#[napi(catch_unwind)]
#[allow(clippy::too_many_arguments)] // An object around them would cost more than the call.
pub fn submit(
    env: Env,
    bridge: &External<Bridge>,
    handle: &External<Handle>,
    id: u32,
    operation: u32,
    first: Unknown<'_>,
    second: Unknown<'_>,
    at_once: Option<Function<'_, Batch, ()>>,
) -> Result<bool> {
    bridge.submit(&env, handle, (id, operation), [first, second], at_once.as_ref())
}

/// Whether there is more than one core, so that databases answer while JavaScript's thread is busy.
#[napi(catch_unwind)]
pub fn has_cores() -> bool {
    *database::runtime::HAS_CORES
}

/// Lets another thread have this core, if one waits for it.
#[napi(catch_unwind)]
pub fn give_way() {
    std::thread::yield_now();
}

/// How each operation is served, by its number.
#[napi(catch_unwind)]
pub fn routes(handle: &External<Handle>) -> Vec<&'static str> {
    authjs::operation::OPERATIONS.iter().map(|operation| handle.route(operation.access()).name()).collect()
}

/// How requests of one form are served.
#[napi(catch_unwind)]
pub fn route(handle: &External<Handle>, form: u32) -> Result<&'static str> {
    let request = engine::registered::numbered(form).ok_or_else(|| js::unknown("request"))?;
    Ok(handle.route(request.request.access()).name())
}

/// Starts many look-ups of one operation. The first `count` of `places` are the id of each and the length of its key in
/// turn; `keys` are all their keys in a row. Outcomes that are there before this returns go to `at_once`, others to `settle`.
#[napi(catch_unwind)]
#[allow(clippy::too_many_arguments)] // As for `submit`.
pub fn share(
    env: Env,
    bridge: &External<Bridge>,
    handle: &External<Handle>,
    operation: u32,
    places: Uint32ArraySlice<'_>,
    count: u32,
    keys: JsString<'_>,
    at_once: Function<'_, Batch, ()>,
) -> Result<()> {
    let operation = Operation::by_number(operation).ok_or_else(|| js::unknown("operation"))?;
    let given = js::arguments::by_key(&places, count, keys)?;
    bridge.look_up(&env, handle, &LookUp::Operation(operation), given, &at_once)
}

/// The caller that was waited for has been answered. Until then one that asks is not alone, and is not waited for.
#[napi(catch_unwind)]
pub fn go_on(bridge: &External<Bridge>) {
    bridge.go_on();
}

/// Lets this environment hear of what fails without having been called for.
#[napi(catch_unwind)]
pub fn attend(bridge: &External<Bridge>, handle: &External<Handle>) {
    bridge.attend(handle);
}

/// The application has this adapter keep its passwords, whether or not it has called one of the methods for them.
#[napi(catch_unwind)]
pub fn keep_passwords(handle: &External<Handle>) {
    Bridge::keep_passwords(handle);
}

/// Throws if these are no options for passwords.
#[napi(catch_unwind)]
pub fn judge_passwords(settings: Unknown<'_>) -> Result<()> {
    js::options::passwords("passwordHashing", settings).map(drop)
}

/// Hashes a password, or compares it with a stored hash. The outcome comes to `settle` under `id`.
#[napi(catch_unwind)]
pub fn hash_password(
    env: Env,
    bridge: &External<Bridge>,
    id: u32,
    settings: Unknown<'_>,
    password: Unknown<'_>,
    stored: Option<String>,
) -> Result<()> {
    let settings = js::options::passwords("passwordHashing", settings)?;
    let password = js::arguments::input(password)?.unwrap_or(value::Input::Null);
    bridge.hash(&env, id, settings, password, stored)
}

/// What an adapter tells of itself, in JSON.
#[napi(catch_unwind)]
pub fn stats(handle: &External<Handle>) -> Result<String, &'static str> {
    handle.stats().map_err(|error| napi::Error::new(error.code.as_str(), error.message))
}

/// How long connections took since the last time this was asked, three numbers for each: the pool (0, then those of replicas), what it was (0: to be lent
/// one, 1: to open one, 2: from its loan to its return), and seconds. None are kept before the first time.
#[napi(catch_unwind)]
pub fn connection_times(handle: &External<Handle>) -> Vec<f64> {
    handle.enter().map(|(client, _)| client.connection_times()).unwrap_or_default()
}

/// Where an adapter's database is, in JSON: system, namespace, address and port, each if it is known.
#[napi(catch_unwind)]
pub fn place(handle: &External<Handle>) -> Option<String> {
    handle.enter().ok().map(|(client, _)| client.place().to_string())
}

/// What the database calls the table that an operation is about, by its number; after the first look at the tables.
#[napi(catch_unwind)]
pub fn table_of_operation(handle: &External<Handle>, operation: u32) -> Option<String> {
    handle.enter().ok()?.0.table_of_operation(Operation::by_number(operation)?)
}

/// The same of a model of a schema.
#[napi(catch_unwind)]
pub fn table_of_model(handle: &External<Handle>, schema: u32, model: String) -> Option<String> {
    handle.enter().ok()?.0.table_of_model(schema, &model)
}

/// From now on notes are taken of calls, for [`notes`].
#[napi(catch_unwind)]
pub fn take_notes(bridge: &External<Bridge>) {
    bridge.take_notes();
}

/// What has been noted of calls since the last time, before their outcomes are settled: a row of numbers for each. One that begins with -1 is
/// a query that calls have shared: how many they were, how many milliseconds ago it was sent, how many it took, how many it had waited for a connection, and the ids.
/// Any other is an id, and how many milliseconds that call has waited for a connection, and for writers.
#[napi(catch_unwind)]
pub fn notes(bridge: &External<Bridge>) -> Vec<f64> {
    bridge.notes()
}

/// Closes an adapter once its operations have ended; the outcome comes to `settle` under `id`.
#[napi(catch_unwind)]
pub fn close(env: Env, bridge: &External<Bridge>, handle: &External<Handle>, id: u32) -> Result<()> {
    bridge.close(&env, handle, id)
}

/// The number of a schema: the tables of an application, as it describes them in JSON.
#[napi(catch_unwind)]
pub fn describe(schema: String) -> Result<u32> {
    engine::registered::describe(schema).map_err(js::malformed)
}

/// The number of a form of requests to a schema's tables, described in JSON.
#[napi(catch_unwind)]
pub fn prepare(schema: u32, request: String) -> Result<u32> {
    engine::registered::register(schema, request).map_err(js::malformed)
}

/// Starts a request to a schema's tables with these values; its form is given by number, or described. Its outcome comes
/// as that of [`submit`] does.
#[napi(catch_unwind)]
#[allow(clippy::too_many_arguments)] // As for `submit`.
pub fn request(
    env: Env,
    bridge: &External<Bridge>,
    handle: &External<Handle>,
    transaction: Option<&External<Begun>>,
    id: u32,
    schema: u32,
    form: Either<u32, String>,
    values: Array<'_>,
    at_once: Option<Function<'_, Batch, ()>>,
) -> Result<bool> {
    let request = match form {
        Either::A(number) => engine::registered::numbered(number),
        Either::B(text) => engine::registered::once(schema, &text),
    };
    let transaction = transaction.map(|begun| begun.transaction.clone());
    bridge.request(&env, handle, (id, request), &values, transaction, at_once.as_ref())
}

/// Starts requests of one form, each by one key. Given and answered as to [`share`].
#[napi(catch_unwind)]
#[allow(clippy::too_many_arguments)] // As for `submit`.
pub fn request_together(
    env: Env,
    bridge: &External<Bridge>,
    handle: &External<Handle>,
    number: u32,
    places: Uint32ArraySlice<'_>,
    count: u32,
    keys: JsString<'_>,
    at_once: Function<'_, Batch, ()>,
) -> Result<()> {
    let given = js::arguments::by_key(&places, count, keys)?;
    let request = engine::registered::numbered(number).ok_or_else(|| js::unknown("request"))?;
    bridge.look_up(&env, handle, &LookUp::Request(request), given, &at_once)
}

/// Makes the tables that `wanted` describes in JSON, or only says how. The statements come to `settle` under `id`.
#[napi(catch_unwind)]
pub fn migrate(
    env: Env,
    bridge: &External<Bridge>,
    handle: &External<Handle>,
    id: u32,
    wanted: String,
    apply: bool,
) -> Result<()> {
    bridge.migrate(&env, handle, id, serde_json::from_str(&wanted).map_err(js::malformed)?, apply)
}

/// Looks at the tables of a schema, by its number, and changes nothing of them. What is to be said comes to `settle` under `id`. `snapshot`: the
/// file that one is written into.
#[napi(catch_unwind)]
pub fn check(
    env: Env,
    bridge: &External<Bridge>,
    handle: &External<Handle>,
    id: u32,
    schema: u32,
    snapshot: Option<String>,
) -> Result<()> {
    let schema = engine::registered::described(schema).ok_or_else(|| js::unknown("schema"))?;
    bridge.check(&env, handle, id, schema, snapshot.map(Into::into))
}

/// Converts the tokens of a schema's models. `renamed`: the earlier and the present name of each provider that has got another one, as
/// JSON. What was done comes to `settle` under `id`.
#[napi(catch_unwind)]
#[allow(clippy::too_many_arguments)] // As for `submit`.
pub fn secure(
    env: Env,
    bridge: &External<Bridge>,
    handle: &External<Handle>,
    id: u32,
    schema: u32,
    batch: Option<u32>,
    rotates: bool,
    renamed: String,
) -> Result<()> {
    let schema = engine::registered::described(schema).ok_or_else(|| js::unknown("schema"))?;
    let renamed = serde_json::from_str(&renamed).map_err(js::malformed)?;
    let asked = Asked { batch, keys: true, wanted: Wanted { rotates, renamed } };
    bridge.secure(&env, handle, id, schema, asked)
}

/// Begins a transaction, which is undone if it has not ended after so many milliseconds.
#[napi(catch_unwind)]
pub fn begin(handle: &External<Handle>, milliseconds: u32) -> Result<External<Begun>, &'static str> {
    handle.begin(milliseconds).map(External::new)
}

/// Ends a transaction. Its outcome comes as that of [`submit`] does: of one that is undone, a record if it may be done again.
#[napi(catch_unwind)]
pub fn end(
    env: Env,
    bridge: &External<Bridge>,
    transaction: &External<Begun>,
    id: u32,
    commit: bool,
    at_once: Option<Function<'_, Batch, ()>>,
) -> Result<bool> {
    bridge.end(&env, transaction, (id, commit), at_once.as_ref())
}

/// The names of the operations, in the order of their numbers.
#[napi(catch_unwind)]
pub fn operations() -> Vec<&'static str> {
    authjs::operation::OPERATIONS.iter().map(|operation| operation.name).collect()
}

/// The numbers of the operations that take one object.
#[napi(catch_unwind)]
pub fn taking_objects() -> Vec<u32> {
    let operations = (0..).zip(&authjs::operation::OPERATIONS);
    operations.filter(|(_, operation)| operation.takes_object()).map(|(number, _)| number).collect()
}

/// The keys of a shape of records, each followed by the kind of its values.
#[napi(catch_unwind)]
pub fn shape(number: u32) -> Vec<String> {
    js::row_batch::shape(number)
}

/// What a command that JavaScript performs says, as a terminal shows it. `kind`: `report`, `done` or `partly` for standard output, `told` or `failed`
/// for standard error.
#[napi(catch_unwind)]
pub fn painted(kind: String, text: String) -> Result<String> {
    let paint: fn(&str) -> String = match kind.as_str() {
        "report" => cli::paint::report,
        "done" => cli::paint::done,
        "partly" => cli::paint::partly,
        "told" => cli::paint::told,
        "failed" => cli::paint::failed,
        _ => return Err(js::unknown("kind")),
    };
    Ok(paint(&text))
}

/// What the files of the environment say (`.env.local` and `.env` of this folder, unless others are named), a name and its value after the other:
/// for a command that JavaScript performs.
#[napi(catch_unwind)]
pub fn environment(files: Vec<String>) -> Result<Vec<String>, &'static str> {
    let files: Vec<_> = files.into_iter().map(Into::into).collect();
    let found = cli::environment::variables(&files);
    let found = found.map_err(|error| napi::Error::new(error.code.as_str(), error.message))?;
    Ok(found.into_iter().flat_map(|(name, value)| [name, value]).collect())
}

/// Runs the command line and returns the exit code.
#[napi(catch_unwind)]
pub fn command_line(arguments: Vec<String>) -> i32 {
    cli::run(arguments)
}
