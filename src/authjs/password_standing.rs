//! What is known of a user and their password, and what tells one hash from another.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use sha2::{Digest, Sha256};

use crate::authjs::password_call::{Holder, find, holder, links};
use crate::authjs::plan::Plan;
use crate::driver::executor::Executor;
use crate::driver::work::Work;
use crate::error::Result;
use crate::statement::shape;
use crate::types::kind::Kind;
use crate::value::{Records, Value};

/// What is known of a user and their password.
pub struct Standing {
    pub holder: Holder,
    /// Whether an account of a provider is theirs.
    pub linked: bool,
}

impl Standing {
    /// By statements of the caller's transaction.
    pub async fn look(plan: &Plan, id: &Value, executor: &mut impl Executor) -> Result<Option<Self>> {
        let found = find(plan, "id", id.clone())?.on(executor).await?;
        let Some(holder) = holder(plan, found)? else { return Ok(None) };
        let linked = match links(plan, id)? {
            Some(links) => is_linked(&links.on(executor).await?),
            None => false,
        };
        Ok(Some(Self { holder, linked }))
    }

    /// Whether it was shown whose address it is.
    pub fn is_proven(&self) -> bool {
        self.linked || self.holder.verified == Some(true)
    }
}

/// Whether one of a user's [`links`] is an account at a provider.
pub fn is_linked(links: &Records) -> bool {
    links.iter().any(|(_, values)| matches!(values.first(), Some(Value::Text(kind)) if is_provider(kind)))
}

/// Whether an account of this type is one at a provider.
pub fn is_provider(kind: &str) -> bool {
    matches!(kind, "oauth" | "oidc")
}

/// What tells a hash from all others, and is none.
pub fn mark_of(hash: &str) -> String {
    BASE64_STANDARD_NO_PAD.encode(Sha256::new_with_prefix(b"rust-auth-adapter mark\0").chain_update(hash).finalize())
}

/// A record that is the mark of a hash.
pub fn mark(hash: &str) -> (u32, Vec<Value>) {
    static SHAPE: OnceLock<u32> = OnceLock::new();
    let shape = *SHAPE.get_or_init(|| shape::number(vec![("mark".to_owned(), Kind::Text)]));
    (shape, vec![Value::Text(mark_of(hash))])
}
