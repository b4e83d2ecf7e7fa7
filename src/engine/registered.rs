//! Which number stands for what a caller has described, a schema or a request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::engine::request::Request;
use crate::engine::schema::Schema;

/// What callers have described, by number. Equal descriptions share a number, so that the lists stay as long as there are
/// different ones; numbers are process-wide, as every JavaScript environment learns them once.
#[derive(Debug)]
struct Known {
    schemas: Vec<(String, Arc<Schema>)>,
    requests: Vec<(u32, String, Arc<Request>)>,
}

static KNOWN: Mutex<Known> = Mutex::new(Known { schemas: Vec::new(), requests: Vec::new() });

fn known() -> MutexGuard<'static, Known> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request with its number and its schema.
#[derive(Debug, Clone)]
pub struct Numbered {
    pub number: u32,
    pub request: Arc<Request>,
    pub schema_number: u32,
    pub schema: Arc<Schema>,
}

/// What stands for the number of a request that is not registered.
pub const UNREGISTERED: u32 = u32::MAX;

/// The number of the schema that `text` describes, in JSON.
pub fn describe(text: String) -> serde_json::Result<u32> {
    let mut known = known();
    if let Some(number) = known.schemas.iter().position(|(each, _)| *each == text) {
        return Ok(number as u32);
    }
    let schema = Arc::new(serde_json::from_str(&text)?);
    known.schemas.push((text, schema));
    Ok(known.schemas.len() as u32 - 1)
}

/// The schema that has this number.
pub fn described(number: u32) -> Option<Arc<Schema>> {
    known().schemas.get(number as usize).map(|(_, schema)| schema.clone())
}

/// The number of the request that `text` describes, in JSON, to the tables of a schema.
pub fn register(schema: u32, text: String) -> serde_json::Result<u32> {
    let mut known = known();
    if let Some(number) = known.requests.iter().position(|(of, each, _)| *of == schema && *each == text) {
        return Ok(number as u32);
    }
    let request = Arc::new(serde_json::from_str(&text)?);
    known.requests.push((schema, text, request));
    Ok(known.requests.len() as u32 - 1)
}

/// The request that has this number.
pub fn numbered(number: u32) -> Option<Numbered> {
    let known = known();
    let (schema_number, _, request) = known.requests.get(number as usize)?;
    let (_, schema) = known.schemas.get(*schema_number as usize)?;
    Some(Numbered { number, request: request.clone(), schema_number: *schema_number, schema: schema.clone() })
}

/// A request that `text` describes, in JSON, and that is not worth remembering.
pub fn once(schema_number: u32, text: &str) -> Option<Numbered> {
    let request = Arc::new(serde_json::from_str(text).ok()?);
    Some(Numbered { number: UNREGISTERED, request, schema_number, schema: described(schema_number)? })
}
