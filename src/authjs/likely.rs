//! Which statements Auth.js's calls are going to send: what its sign-ins are known to pass.

use crate::authjs::operation::{OPERATIONS, Operation};
use crate::authjs::plan::{Plan, Prepared};
use crate::authjs::row::written;
use crate::statement::preparation::Preparation;

/// Which fields methods are given: by sign-ins with OAuth (GitHub's tokens; Google's, which expire; those that can be refreshed; Keycloak's, with a session),
/// by e-mail, and with passkeys.
const GIVEN: &[(&str, &[&str])] = &[
    ("createUser", &["id", "email", "emailVerified"]),
    ("createUser", &["id", "email", "emailVerified", "name"]),
    ("createUser", &["id", "email", "emailVerified", "name", "image"]),
    ("updateUser", &["emailVerified"]),
    ("updateUser", &["name"]),
    ("linkAccount", &["userId", "type", "provider", "providerAccountId"]),
    ("linkAccount", &["userId", "type", "provider", "providerAccountId", "access_token", "token_type", "scope"]),
    ("linkAccount", LINKED_WITH_AN_ID_TOKEN),
    ("linkAccount", LINKED_WITH_A_REFRESH_TOKEN),
    ("linkAccount", LINKED_WITH_ALL),
    ("createSession", &["sessionToken", "userId", "expires"]),
    ("updateSession", &["expires"]),
    ("createVerificationToken", &["identifier", "token", "expires"]),
    ("createAuthenticator", REGISTERED),
    ("updateAuthenticatorCounter", &["counter"]),
];

const LINKED_WITH_AN_ID_TOKEN: &[&str] = &[
    "userId",
    "type",
    "provider",
    "providerAccountId",
    "access_token",
    "expires_at",
    "token_type",
    "scope",
    "id_token",
];

const LINKED_WITH_A_REFRESH_TOKEN: &[&str] = &[
    "userId",
    "type",
    "provider",
    "providerAccountId",
    "access_token",
    "refresh_token",
    "expires_at",
    "token_type",
    "scope",
    "id_token",
];

const LINKED_WITH_ALL: &[&str] = &[
    "userId",
    "type",
    "provider",
    "providerAccountId",
    "access_token",
    "refresh_token",
    "expires_at",
    "token_type",
    "scope",
    "id_token",
    "session_state",
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

/// In the order in which they are worth preparing: a request looks up its session before anything else happens.
pub fn preparations(plan: &Plan) -> Vec<Preparation> {
    let mut preparations = Vec::new();
    let mut operations: Vec<&Operation> = OPERATIONS.iter().collect();
    operations.sort_by_key(|operation| !operation.access().shares);
    for operation in operations {
        match plan.prepared(operation) {
            Prepared::Fixed(compiled) => preparations.extend(compiled.preparations()),
            Prepared::Varying(choices) => {
                for (_, fields) in GIVEN.iter().filter(|(name, _)| *name == operation.name) {
                    let positions = written(plan, operation, fields);
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
        for (name, fields) in GIVEN {
            let operation = OPERATIONS.iter().find(|operation| operation.name == *name).expect(name);
            for field in *fields {
                assert!(operation.table.fields().iter().any(|each| each.name == *field), "{name}: {field}");
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
