//! Hashing without a database, as Better Auth asks for it.

use std::sync::OnceLock;

use crate::error::{Code, Error, Result};
use crate::passwords::hashing::{Verdict, hash, verify};
use crate::passwords::input::Password;
use crate::passwords::settings::Settings;
use crate::passwords::threads;
use crate::statement::count::nothing;
use crate::statement::shape;
use crate::types::kind::Kind;
use crate::value::{Input, Records, Value};

/// The hash of `password`, as one record; or, with a `stored` hash, a record if it is the password's.
pub async fn hashed(settings: Settings, password: Input, stored: Option<String>) -> Result<Records> {
    let queue = settings.queue;
    let is_text = matches!(password, Input::Text(_) | Input::Malformed(_));
    let password =
        Password::new(&password).map_err(|why| Error::new(Code::InvalidArgument, format!("the password {why}")));
    match stored {
        // Better Auth hashes a password whose address it does not know, and verifies one whose address it knows: a text that is refused
        // by the one and not by the other would tell a stranger which it is.
        Some(_) if !is_text => Ok(Records::new()),
        Some(stored) => {
            let password = password?;
            let verdict = threads::run(queue, move || verify(&settings, &stored, &password)).await?;
            match verdict {
                Verdict::Right { .. } => Ok(vec![nothing()]),
                Verdict::Wrong => Ok(Records::new()),
                Verdict::UnknownPepper => Err(Error::new(
                    Code::Config,
                    "the hash was made with a pepper that the option pepper does not name",
                )),
            }
        }
        None => {
            let password = password?;
            let hash = threads::run(queue, move || hash(&settings, &password)).await?;
            Ok(vec![text(hash)])
        }
    }
}

/// A record that is a text.
fn text(text: String) -> (u32, Vec<Value>) {
    static SHAPE: OnceLock<u32> = OnceLock::new();
    let shape = *SHAPE.get_or_init(|| shape::number(vec![("hash".to_owned(), Kind::Text)]));
    (shape, vec![Value::Text(text)])
}
