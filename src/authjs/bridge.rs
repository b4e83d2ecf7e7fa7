//! Which of Auth.js's tables and columns stand for which of Better Auth's models and fields, and what differs between the two.

use std::sync::Arc;

use crate::authjs::choice::{self, Choice, Known};
use crate::authjs::mapping::Mapping;
use crate::authjs::model::{HASH, Table};
use crate::authjs::{advice, discover, family, own, password_column};
use crate::dialect::Dialect;
use crate::driver::answers::Answers;
use crate::engine::borrowed::{Borrowed, Meaning, Stand};
use crate::engine::schema::On;
use crate::error::Result;
use crate::table::catalog::{self, Catalog};
use crate::table::column::Derived;
use crate::table::shared::{Elsewhere, Without};
use crate::types::translation::Translation;

/// How a value of one contract is known to the other.
#[derive(Debug, Clone, Copy)]
enum As {
    Itself,
    /// A session's token, of which Auth.js's adapter may store a hash.
    Token,
    /// The moment at which an address was proved: whether it was.
    Proof,
    /// Seconds since the epoch: a moment.
    Seconds,
    /// What a provider allows, with spaces in between: with commas.
    Scopes,
    /// Auth.js's name of a provider: Better Auth's.
    Provider,
    /// Bytes in base64: in base64url.
    Base64,
}

/// A model of Better Auth's, and the table of Auth.js's that stands for it.
#[derive(Debug)]
struct Model {
    key: &'static str,
    table: Table,
    /// Better Auth's fields with Auth.js's.
    fields: &'static [(&'static str, &'static str, As)],
    /// The fields that name one row on every layout.
    identity: &'static [&'static str],
    address: Option<&'static str>,
    /// Whether ids are made of what names a row, where the table has none. A session's never is: its id is shown, and its token opens it.
    makes_ids: bool,
    /// Auth.js's field that Better Auth does not have, and that a row needs.
    derived: Option<(&'static str, Derived)>,
    /// A column that neither has any more, and that some versions of Better Auth have left.
    left: Option<(&'static str, Derived)>,
    /// The fields of a password and of the user whose it is.
    secret: Option<[&'static str; 2]>,
}

const MODELS: &[Model] = &[
    Model {
        key: "user",
        table: Table::User,
        fields: &[
            ("id", "id", As::Itself),
            ("name", "name", As::Itself),
            ("email", "email", As::Itself),
            ("emailVerified", "emailVerified", As::Proof),
            ("image", "image", As::Itself),
        ],
        identity: &["id"],
        address: Some("email"),
        makes_ids: false,
        derived: None,
        left: None,
        secret: None,
    },
    Model {
        key: "session",
        table: Table::Session,
        fields: &[
            ("token", "sessionToken", As::Token),
            ("userId", "userId", As::Itself),
            ("expiresAt", "expires", As::Itself),
        ],
        identity: &["token"],
        address: None,
        makes_ids: false,
        derived: None,
        left: None,
        secret: None,
    },
    Model {
        key: "account",
        table: Table::Account,
        fields: &[
            ("userId", "userId", As::Itself),
            ("providerId", "provider", As::Provider),
            ("accountId", "providerAccountId", As::Itself),
            ("accessToken", "access_token", As::Itself),
            ("refreshToken", "refresh_token", As::Itself),
            ("idToken", "id_token", As::Itself),
            ("accessTokenExpiresAt", "expires_at", As::Seconds),
            ("scope", "scope", As::Scopes),
        ],
        identity: &["providerId", "accountId"],
        address: None,
        makes_ids: true,
        derived: Some(("type", Derived::Sort { provider: "providerId", id_token: "idToken" })),
        left: Some(("issuer", Derived::Issuer { provider: "providerId" })),
        secret: Some(["password", "userId"]),
    },
    Model {
        key: "passkey",
        table: Table::Authenticator,
        fields: &[
            ("userId", "userId", As::Itself),
            ("credentialID", "credentialID", As::Base64),
            ("publicKey", "credentialPublicKey", As::Itself),
            ("counter", "counter", As::Itself),
            ("deviceType", "credentialDeviceType", As::Itself),
            ("backedUp", "credentialBackedUp", As::Itself),
            ("transports", "transports", As::Itself),
        ],
        identity: &["credentialID"],
        address: None,
        makes_ids: true,
        derived: Some(("providerAccountId", Derived::Same("credentialID"))),
        left: None,
        secret: None,
    },
];

/// Providers that the two call by different names, and whose accounts have the same ids with both: Auth.js's name, Better Auth's.
const PROVIDERS: &[(&str, &str)] = &[("microsoft-entra-id", "microsoft")];

/// Of each model of Better Auth's that Auth.js's tables have, the one that stands for it.
pub async fn borrowed<'catalog>(
    answers: &mut impl Answers,
    dialect: Dialect,
    schema: Option<&str>,
    mapping: &Mapping,
    catalog: &'catalog Catalog,
    on: &On,
) -> Result<Vec<(&'static str, Borrowed<'catalog>)>> {
    let ours = own::layout(answers, dialect, schema, catalog, mapping).await?;
    let known = Known { ours: ours.as_ref().and_then(|ours| ours.users), used: None };
    let choice = choice::choose(answers, dialect, catalog, mapping, known).await?;
    let choice = choice.ok_or_else(|| advice::nothing(dialect, catalog, mapping))?;
    let names = names(on);
    let passwords = passwords(dialect, mapping, &choice, ours.as_ref());
    let stand = |model: &Model| {
        let borrowed = stands(model, &choice, mapping, &names)?;
        Ok(borrowed.map(|(key, lent)| {
            let secret = model.secret.map(|fields| (fields, passwords.clone()));
            (key, Borrowed { secret, ..lent })
        }))
    };
    MODELS.iter().filter_map(|model| stand(model).transpose()).collect()
}

/// Where Auth.js's side keeps passwords: in a column of the users' table, or in a table of ours.
fn passwords(
    dialect: Dialect,
    mapping: &Mapping,
    choice: &Choice<'_>,
    ours: Option<&own::Ours<'_>>,
) -> Option<Elsewhere> {
    let found = |table: &catalog::Table| discover::layout(dialect, mapping, Table::User, table, |_, _| None).ok();
    let users = choice.table(Table::User).and_then(found)?;
    let (of, id) = (users.name.clone(), users.column("id").name.clone());
    if let Some(column) = password_column::of(&users) {
        let without = if column.required { Without::Empty } else { Without::Null };
        let room = column.role.longest();
        return Some(Elsewhere { table: of, hash: column.name.clone(), user: id, room, without });
    }
    let layout = &ours.filter(|_| choice.is_ours)?.layout;
    let table = layout.has(Table::UserPassword).then(|| layout.table(Table::UserPassword))?;
    let (hash, user) = (table.column(HASH), table.column("userId").name.clone());
    let without = Without::Row { users: of, id };
    Some(Elsewhere { table: table.name.clone(), hash: hash.name.clone(), user, room: hash.role.longest(), without })
}

/// The pairs of providers' names: those that the application says, and the usual ones that it says nothing of.
fn names(on: &On) -> Arc<[(String, String)]> {
    let is_said = |ours: &str, theirs: &str| on.providers.iter().any(|(one, other)| one == ours || other == theirs);
    let usual = PROVIDERS.iter().filter(|(ours, theirs)| !is_said(ours, theirs));
    let usual = usual.map(|(ours, theirs)| ((*ours).to_owned(), (*theirs).to_owned()));
    on.providers.iter().map(|(ours, theirs)| (ours.clone(), theirs.clone())).chain(usual).collect()
}

fn stands<'catalog>(
    model: &Model,
    choice: &Choice<'catalog>,
    mapping: &Mapping,
    names: &Arc<[(String, String)]>,
) -> Result<Option<(&'static str, Borrowed<'catalog>)>> {
    let Some(table) = choice.table(model.table) else { return Ok(None) };
    let stand = |(field, ours, known): &(&'static str, &'static str, As)| {
        family::settled(mapping, model.table, table, ours)?;
        let meaning = match known {
            As::Itself => Meaning::Same,
            As::Token => Meaning::Token,
            As::Proof => Meaning::Presence,
            As::Seconds => Meaning::Seconds,
            As::Scopes => Meaning::Translated(Translation::Words),
            As::Base64 => Meaning::Translated(Translation::Base64),
            As::Provider => Meaning::Translated(Translation::Names(names.clone())),
        };
        Ok(Stand { field, column: family::column(mapping, model.table, table, ours), meaning })
    };
    let derived =
        model.derived.and_then(|(ours, derived)| Some((family::column(mapping, model.table, table, ours)?, derived)));
    let left = model.left.and_then(|(name, derived)| Some((table.similar(name).into_iter().next()?, derived)));
    Ok(Some((
        model.key,
        Borrowed {
            table,
            stands: model.fields.iter().map(stand).collect::<Result<_>>()?,
            identity: model.identity,
            address: model.address,
            makes_ids: model.makes_ids,
            derived: derived.into_iter().chain(left).collect(),
            secret: None,
        },
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_auth_js_own() {
        for model in MODELS {
            let of_the_table = |ours: &str| ours == "id" || model.table.fields().iter().any(|field| field.name == ours);
            for (_, ours, _) in model.fields {
                assert!(of_the_table(ours), "{}.{ours}", model.key);
            }
            for field in model.identity.iter().chain(&model.address) {
                assert!(model.fields.iter().any(|(theirs, ..)| theirs == field), "{}.{field}", model.key);
            }
        }
    }

    #[test]
    fn what_an_application_says_of_a_provider_replaces_the_usual() {
        let pairs = |providers: &[(&str, &str)]| {
            let providers = providers.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect();
            names(&On { providers }).to_vec()
        };
        assert_eq!(pairs(&[]), [("microsoft-entra-id".to_owned(), "microsoft".to_owned())]);
        assert_eq!(pairs(&[("azure-ad", "microsoft")]), [("azure-ad".to_owned(), "microsoft".to_owned())]);
        assert_eq!(pairs(&[("acme", "acme-sso")]).len(), 2);
    }
}
