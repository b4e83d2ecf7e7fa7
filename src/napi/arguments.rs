//! Reads what a caller passed. Nothing that belongs to JavaScript leaves this module.
//!
//! `lib/reading.js` has read it before: objects are its own, of which no property runs a caller's code. What stands for a caller's
//! object or array is an array of two: its JSON, or null if it has none, and whether it is an array.

use std::borrow::Cow;

use napi::bindgen_prelude::{
    Array, BigInt, FromNapiValue, JsObjectValue, KeyCollectionMode, KeyConversion, KeyFilter, Object, Unknown,
    ValueType,
};
use napi::{JsDate, JsString, JsValue, Result, Status};

use crate::authjs::operation::{Arguments, Operation};
use crate::engine::arguments::Argument;
use crate::engine::request::Request;
use crate::error::{Code, Error};
use crate::value::{Fields, Input};

/// The fields that the arguments of `operation` stand for. The outer error is a broken engine, the inner one a caller's
/// mistake.
pub fn fields(operation: &Operation, arguments: [Unknown<'_>; 2]) -> Result<std::result::Result<Fields, Error>> {
    match operation.arguments {
        Arguments::Fields(names) => {
            // An argument left out is no patch that leaves things as they are: it counts as null.
            let field = |(name, value): (&'static &'static str, Unknown<'_>)| {
                Ok((Cow::Borrowed(*name), input(value)?.unwrap_or(Input::Null)))
            };
            names.iter().zip(arguments).map(field).collect::<Result<_>>().map(Ok)
        }
        Arguments::Object => {
            let [value, _] = arguments;
            if value.get_type()? == ValueType::Object && !value.is_array()? && !value.is_date()? {
                let mut fields = Fields::new();
                for (name, value) in properties(&FromNapiValue::from_unknown(value)?)? {
                    if let Some(input) = input(value)? {
                        fields.push((Cow::Owned(name), input));
                    }
                }
                return Ok(Ok(fields));
            }
            // A look-up or deletion finds nothing by it; a write cannot guess what was meant.
            if !operation.writes_fields() {
                return Ok(Ok(Fields::new()));
            }
            let got = input(value)?.map_or("undefined", |input| input.describe());
            Ok(Err(Error::new(Code::InvalidArgument, format!("{} takes an object, not {got}", operation.name))))
        }
    }
}

/// The values of a request, in the order in which it counts them.
pub fn arguments(request: &Request, values: &Array<'_>) -> Result<Vec<Argument>> {
    // Of the conditions, those about a null have no value; those about a list have several.
    let lists = request.filter.iter().filter(|condition| condition.places.is_some() || !condition.null);
    let lists = lists.map(|condition| condition.places.is_some());
    let single = |count: usize| std::iter::repeat_n(false, count);
    let written = request.set.len() + request.increment.len();
    let mut lists = single(written).chain(lists).chain(std::iter::repeat(false));
    let mut arguments = Vec::with_capacity(values.len() as usize);
    for index in 0..values.len() {
        let value: Unknown<'_> = values.get_element(index)?;
        arguments.push(if lists.next() == Some(true) {
            let items: Array<'_> = FromNapiValue::from_unknown(value)?;
            let item = |index| Ok(input(items.get_element(index)?)?.unwrap_or(Input::Null));
            Argument::Many((0..items.len()).map(item).collect::<Result<_>>()?)
        } else {
            Argument::One(input(value)?.unwrap_or(Input::Null))
        });
    }
    Ok(arguments)
}

/// The own enumerable properties that have a string for a name, in order.
pub fn properties<'env>(object: &Object<'env>) -> Result<Vec<(String, Unknown<'env>)>> {
    let names = object.get_all_property_names(
        KeyCollectionMode::OwnOnly,
        KeyFilter::Enumerable,
        KeyConversion::NumbersToStrings,
    )?;
    let names: Array<'env> = FromNapiValue::from_unknown(names.to_unknown())?;
    let mut properties = Vec::with_capacity(names.len() as usize);
    for index in 0..names.len() {
        let name: Unknown<'env> = names.get_element(index)?;
        if name.get_type()? == ValueType::String {
            properties.push((String::from_unknown(name)?, object.get_property(name)?));
        }
    }
    Ok(properties)
}

/// `None` for `undefined`, which counts as absent.
pub fn input(value: Unknown<'_>) -> Result<Option<Input>> {
    Ok(Some(match value.get_type()? {
        ValueType::Undefined => return Ok(None),
        ValueType::Null => Input::Null,
        ValueType::Boolean => Input::Bool(FromNapiValue::from_unknown(value)?),
        ValueType::Number => Input::Number(FromNapiValue::from_unknown(value)?),
        ValueType::String => text(FromNapiValue::from_unknown(value)?)?,
        ValueType::BigInt => {
            let big: BigInt = FromNapiValue::from_unknown(value)?;
            let (int, lossless) = big.get_i128();
            if lossless { Input::BigInt(int.to_string()) } else { Input::Other("a bigint of more than 128 bits") }
        }
        ValueType::Object if value.is_date()? => {
            let date: JsDate<'_> = FromNapiValue::from_unknown(value)?;
            Input::Date(date.value_of()?)
        }
        ValueType::Object => object(value)?,
        ValueType::Function => Input::Other("a function"),
        ValueType::Symbol => Input::Other("a symbol"),
        _ => Input::Other("an external value"),
    }))
}

/// The conversion to UTF-8 puts U+FFFD in the place of a lone surrogate. Only a string that shows one is looked at again.
fn text(string: JsString<'_>) -> Result<Input> {
    let text = string.into_utf8()?.into_owned()?;
    if text.contains('\u{FFFD}') && String::from_utf16(string.into_utf16()?.as_slice()).is_err() {
        return Ok(Input::Malformed(text));
    }
    Ok(Input::Text(text))
}

/// Ids and keys. The first `count` of `places` are the id of each and the length of its key in turn; `keys` are all their
/// keys in a row.
pub fn by_key(places: &[u32], count: u32, keys: JsString<'_>) -> Result<Vec<(u32, Input)>> {
    let missing = || napi::Error::new(Status::InvalidArg, "fewer keys than announced");
    let places = places.get(..count as usize).ok_or_else(missing)?;
    let keys = keys.into_utf16()?;
    let mut keys = keys.as_slice();
    let mut given = Vec::with_capacity(places.len() / 2);
    for place in places.chunks_exact(2) {
        let (key, others) = keys.split_at_checked(place[1] as usize).ok_or_else(missing)?;
        given.push((place[0], utf16(key)));
        keys = others;
    }
    Ok(given)
}

fn utf16(text: &[u16]) -> Input {
    String::from_utf16(text).map_or_else(|_| Input::Malformed(String::from_utf16_lossy(text)), Input::Text)
}

/// A caller's array or object, in case there is a JSON column for it. What JSON cannot hold (cycles, bigints, a `toJSON` that
/// throws) is an object like any other that no column stores.
fn object(value: Unknown<'_>) -> Result<Input> {
    if !value.is_array()? {
        return Ok(Input::Other("an object"));
    }
    let array: Array<'_> = FromNapiValue::from_unknown(value)?;
    let (json, is_array): (Unknown<'_>, bool) = (array.get_element(0)?, array.get_element(1)?);
    if json.get_type()? == ValueType::String {
        return Ok(Input::Json(String::from_unknown(json)?));
    }
    Ok(Input::Other(if is_array { "an array" } else { "an object" }))
}
