//! The logical tables and fields of Auth.js, and what our own schema says about each.

use crate::dialect::Dialect;
use crate::encryption::place::Purpose;
use crate::table::column::{Column, Fill};
use crate::table::encrypted::Tokens;
use crate::types::id::IdForm;
use crate::types::kind::{Kind, Role};

/// The table that lists which migrations were applied: where it is, the tables are our own.
pub const RECORD: &str = "rust_auth_adapter_migration";

/// A table, by the name Auth.js documents for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Table {
    User,
    Account,
    Session,
    VerificationToken,
    Authenticator,
    /// Of ours: the hash of a user's password, where the table of users has no column for it.
    UserPassword,
}

#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub role: Role,
    pub required: bool,
}

const fn key(name: &'static str, max: usize) -> Field {
    Field { name, kind: Kind::Text, role: Role::Key(max), required: true }
}

const fn ascii_key(name: &'static str, max: usize) -> Field {
    Field { role: Role::AsciiKey(max), ..key(name, max) }
}

const fn free(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, role: Role::Free, required: false }
}

const fn required(field: Field) -> Field {
    Field { required: true, ..field }
}

const fn optional(field: Field) -> Field {
    Field { required: false, ..field }
}

/// The lengths keep every unique key below InnoDB's 3,072 bytes at four bytes a character, on every database alike, so
/// that what one accepts the others do too.
const USER_ID: usize = 255;

/// WebAuthn allows 1,023 bytes, which are 1,364 characters of base64. Auth.js uses them as a provider's account id too.
const CREDENTIAL_ID: usize = 1400;

/// Of an account's provider id, InnoDB's unique key covers this many characters: what two ids of such length have in
/// common by chance is less. The price of a clash would be a refusal, never a confusion.
#[cfg(test)]
const INDEXED_PROVIDER_ACCOUNT_ID: usize = 660;

const USER: &[Field] = &[
    key("id", USER_ID),
    free("name", Kind::Text),
    optional(key("email", 320)),
    free("emailVerified", Kind::Time),
    free("image", Kind::Text),
];

const ACCOUNT: &[Field] = &[
    key("userId", USER_ID),
    key("type", 255),
    key("provider", 100),
    key("providerAccountId", CREDENTIAL_ID),
    free("refresh_token", Kind::Text),
    free("access_token", Kind::Text),
    free("expires_at", Kind::Int),
    free("token_type", Kind::Text),
    free("scope", Kind::Text),
    free("id_token", Kind::Text),
    free("session_state", Kind::Text),
];

/// Which of an account's fields are tokens, and which name the account.
pub fn tokens() -> Tokens {
    let fields = [("access_token", Purpose::Access), ("refresh_token", Purpose::Refresh), ("id_token", Purpose::Id)];
    Tokens {
        provider: "provider".to_owned(),
        account: "providerAccountId".to_owned(),
        fields: fields.map(|(field, purpose)| (field.to_owned(), purpose)).into(),
    }
}

const SESSION: &[Field] = &[key("sessionToken", 512), key("userId", USER_ID), required(free("expires", Kind::Time))];

const VERIFICATION_TOKEN: &[Field] =
    &[key("identifier", 400), key("token", 300), required(free("expires", Kind::Time))];

const AUTHENTICATOR: &[Field] = &[
    ascii_key("credentialID", CREDENTIAL_ID),
    key("userId", USER_ID),
    key("providerAccountId", CREDENTIAL_ID),
    required(free("credentialPublicKey", Kind::Text)),
    required(free("counter", Kind::Int)),
    key("credentialDeviceType", 255),
    required(free("credentialBackedUp", Kind::Bool)),
    free("transports", Kind::Text),
];

/// The field that holds the hash.
pub const HASH: &str = "hash";

const USER_PASSWORD: &[Field] = &[key("userId", USER_ID), key(HASH, 512)];

impl Table {
    /// A column of our own schema.
    pub fn column(self, field: &Field, dialect: Dialect) -> Column {
        let fill = match (self, field.name) {
            (Table::User, "id") => Fill::Id { form: IdForm::Uuid, strict: false },
            _ => Fill::Nothing,
        };
        let plain = Column::plain(dialect, self.name(), field.name, field.kind, field.role);
        Column { required: field.required, indexed: field.name == "expires", fill, ..plain }
    }

    pub const ALL: [Table; 6] = [
        Table::User,
        Table::Account,
        Table::Session,
        Table::VerificationToken,
        Table::Authenticator,
        Table::UserPassword,
    ];

    /// Tables that single ways of signing in need: without one, or with one that cannot be used, all others work.
    pub const OPTIONAL: [Table; 2] = [Table::VerificationToken, Table::Authenticator];

    /// Tables with rows that belong to a user, which leave with the user.
    pub const OF_A_USER: [Table; 4] = [Table::Session, Table::Account, Table::Authenticator, Table::UserPassword];

    pub fn name(self) -> &'static str {
        match self {
            Table::User => "user",
            Table::Account => "account",
            Table::Session => "session",
            Table::VerificationToken => "verificationToken",
            Table::Authenticator => "authenticator",
            Table::UserPassword => "userPassword",
        }
    }

    pub fn fields(self) -> &'static [Field] {
        match self {
            Table::User => USER,
            Table::Account => ACCOUNT,
            Table::Session => SESSION,
            Table::VerificationToken => VERIFICATION_TOKEN,
            Table::Authenticator => AUTHENTICATOR,
            Table::UserPassword => USER_PASSWORD,
        }
    }

    /// The keys of which no two rows may agree, besides a user's id.
    pub fn keys(self) -> &'static [&'static [&'static str]] {
        match self {
            Table::User => &[&["email"]],
            Table::Account => &[&["provider", "providerAccountId"]],
            Table::Session => &[&["sessionToken"]],
            // Equal tokens are one token: no caller gains by a second.
            Table::VerificationToken => &[],
            Table::Authenticator => &[&["credentialID"]],
            Table::UserPassword => &[&["userId"]],
        }
    }

    /// The fields that name one row.
    pub fn identity(self) -> &'static [&'static str] {
        match self {
            Table::User => &["id"],
            Table::Account => &["provider", "providerAccountId"],
            Table::Session => &["sessionToken"],
            Table::VerificationToken => &["identifier", "token"],
            Table::Authenticator => &["credentialID"],
            Table::UserPassword => &["userId"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_required_keys() {
        for table in Table::ALL {
            for name in table.identity() {
                let field = table.fields().iter().find(|field| field.name == *name).expect("identity is a field");
                assert!(field.required && field.role != Role::Free, "{}.{name}", table.name());
            }
        }
    }

    #[test]
    fn unique_keys_fit_an_innodb_index() {
        for table in Table::ALL {
            let field = |name: &str| table.fields().iter().find(|field| field.name == name).expect("field");
            let bytes = |name: &&str| match field(name).role {
                Role::Key(max) => max.min(INDEXED_PROVIDER_ACCOUNT_ID) * 4,
                Role::AsciiKey(max) => max,
                Role::Free => usize::MAX,
            };
            assert!(table.identity().iter().map(bytes).sum::<usize>() <= 3072, "{}", table.name());
        }
    }
}
