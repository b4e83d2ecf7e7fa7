//! Which statements Auth.js's calls are going to send: what its sign-ins are known to pass.

use crate::authjs::operation::{OPERATIONS, Operation};
use crate::authjs::plan::{Plan, Prepared};
use crate::authjs::row::written;
use crate::statement::preparation::Preparation;

/// Which fields methods are given, each list alone: by sign-ins by e-mail and with passkeys.
const GIVEN: &[(&str, &[&str])] = &[
    ("createUser", &["id", "email", "emailVerified"]),
    ("createUser", &["id", "email", "emailVerified", "name"]),
    ("createUser", &["id", "email", "emailVerified", "name", "image"]),
    ("updateUser", &["emailVerified"]),
    ("updateUser", &["name"]),
    ("createSession", &["sessionToken", "userId", "expires"]),
    ("updateSession", &["expires"]),
    ("createVerificationToken", &["identifier", "token", "expires"]),
    ("createAuthenticator", REGISTERED),
    ("updateAuthenticatorCounter", &["counter"]),
];

const REGISTERED: &[&str] = &[
    "credentialID",
    "userId",
    "providerAccountId",
    "credentialPublicKey",
    "counter",
    "credentialDeviceType",
    "credentialBackedUp",
    "transports",
];

/// What `linkAccount` is always given.
const LINKED: &[&str] = &["userId", "type", "provider", "providerAccountId"];

/// What a provider adds to that: nothing (an e-mail's), GitHub's tokens, Google's, those that can be refreshed, Keycloak's.
const OF_PROVIDERS: &[&[&str]] = &[
    &[],
    &["access_token", "token_type", "scope"],
    &["access_token", "expires_at", "token_type", "scope", "id_token"],
    &["access_token", "refresh_token", "expires_at", "token_type", "scope", "id_token"],
    &["access_token", "refresh_token", "expires_at", "token_type", "scope", "id_token", "session_state"],
];

/// Each method with a list of the fields that it is given.
fn given() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let linked = OF_PROVIDERS.iter().map(|tokens| ("linkAccount", [LINKED, tokens].concat()));
    GIVEN.iter().map(|(name, fields)| (*name, fields.to_vec())).chain(linked)
}

/// In the order in which they are worth preparing: a request looks up its session before anything else happens.
pub fn preparations(plan: &Plan) -> Vec<Preparation> {
    let mut preparations = Vec::new();
    let mut operations: Vec<&Operation> = OPERATIONS.iter().collect();
    operations.sort_by_key(|operation| !operation.access().shares);
    for operation in operations {
        match plan.prepared(operation) {
            Prepared::Fixed(compiled) => preparations.extend(compiled.preparations()),
            Prepared::Varying(choices) => {
                for (_, fields) in given().filter(|(name, _)| *name == operation.name) {
                    let positions = written(plan, operation, &fields);
                    let compiled = plan.varying(operation, choices, &positions);
                    preparations.extend(compiled.iter().flat_map(|compiled| compiled.preparations()));
                }
            }
            Prepared::Sequence { requests, .. } => {
                preparations.extend(requests.iter().flat_map(|compiled| compiled.preparations()));
            }
            Prepared::Revoke { list, delete } => {
                preparations.extend([list, delete].into_iter().flat_map(|compiled| compiled.preparations()));
            }
            Prepared::Stepwise | Prepared::Impossible => {}
        }
    }
    preparations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authjs::layout::Layout;
    use crate::dialect::Dialect;

    #[test]
    fn each_is_a_field_of_a_method_that_is_there() {
        for (name, fields) in given() {
            let operation = OPERATIONS.iter().find(|operation| operation.name == name).expect(name);
            for field in fields {
                assert!(operation.table.fields().iter().any(|each| each.name == field), "{name}: {field}");
            }
        }
    }

    #[test]
    fn each_method_is_foretold() {
        for dialect in Dialect::ALL {
            let plan = Plan::new(dialect, Layout::own(dialect, None, |_| false)).expect("a plan");
            let foretold = preparations(&plan);
            for verb in ["SELECT", "INSERT", "UPDATE", "DELETE"] {
                assert!(foretold.iter().any(|each| each.text.starts_with(verb)), "{dialect:?}: {verb}");
            }
            assert!(foretold.iter().all(|each| !each.text.is_empty()));
        }
    }
}
