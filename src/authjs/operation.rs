//! The operations: one table, of Auth.js's nineteen and of ours around sessions.

use Action::{
    Claim, Delete, DeleteUser, Find, FindPassword, FindSessionAndUser, FindUserByAccount, Insert, Link, List,
    OpenSession, Prune, Register, RemovePassword, Revoke, RevokeAll, RevokeOthers, SetPassword, Swap, Update,
    UpdateExisting, VerifyPassword,
};
use Arguments::{Fields, Object};

use crate::authjs::model::Table;
use crate::database::route::{Access, Replicas};
use crate::error::{Code, Error};

/// What an operation does to its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Find,
    /// The user behind an account.
    FindUserByAccount,
    FindSessionAndUser,
    Insert,
    /// Insert, and be refused if another row has the same identity, whether or not the database keeps it unique.
    Claim,
    /// Insert, unless the very same link is there already.
    Link,
    /// Change the row and return it; a row that is not there is nothing.
    Update,
    /// Change the row; a row that is not there is an error.
    UpdateExisting,
    Delete,
    /// Delete the user and all that is the user's.
    DeleteUser,
    /// A user's rows, as they may be shown.
    List,
    /// Delete the one of a user's rows that was listed under an id, and count it.
    Revoke,
    /// Delete all of a user's rows but one, and count them.
    RevokeOthers,
    /// Delete all of a user's rows, and count them.
    RevokeAll,
    /// Delete some of the rows that have expired, and count them.
    Prune,
    /// Insert a user with a password.
    Register,
    /// The user who has this address and this password.
    VerifyPassword,
    /// The id of the user with this address, if they have a password.
    FindPassword,
    /// Insert a session, unless the user's password has been removed or changed since it was compared.
    OpenSession,
    /// Give a user another password, and end sessions.
    SetPassword,
    /// Take a user's password away, and count it.
    RemovePassword,
    /// Change the row if its tokens still expire when the caller believes, and count it.
    Swap,
}

/// What the caller passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arguments {
    /// These fields, in this order.
    Fields(&'static [&'static str]),
    /// One object.
    Object,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    pub name: &'static str,
    pub action: Action,
    pub table: Table,
    pub arguments: Arguments,
    /// The fields that name the row or rows.
    pub keys: &'static [&'static str],
}

const ACCOUNT: &[&str] = &["provider", "providerAccountId"];
const OWNER: &[&str] = &["userId"];
const IDENTIFIER: &[&str] = &["identifier"];
const OWNER_AND_KEPT: &[&str] = &["userId", "sessionToken"];

const fn operation(
    name: &'static str,
    action: Action,
    table: Table,
    arguments: Arguments,
    keys: &'static [&'static str],
) -> Operation {
    Operation { name, action, table, arguments, keys }
}

/// A verification token is used by deleting it: the caller that deletes the row has it, so one only. The identifier must
/// match too; a short code would otherwise hit another user's.
pub static OPERATIONS: [Operation; 38] = [
    operation("createUser", Insert, Table::User, Object, &[]),
    operation("getUser", Find, Table::User, Fields(&["id"]), &["id"]),
    operation("getUserByEmail", Find, Table::User, Fields(&["email"]), &["email"]),
    operation("getUserByAccount", FindUserByAccount, Table::Account, Object, ACCOUNT),
    operation("updateUser", UpdateExisting, Table::User, Object, &["id"]),
    operation("deleteUser", DeleteUser, Table::User, Fields(&["id"]), &["id"]),
    operation("linkAccount", Link, Table::Account, Object, &[]),
    operation("unlinkAccount", Delete, Table::Account, Object, ACCOUNT),
    operation("createSession", Insert, Table::Session, Object, &[]),
    operation("getSessionAndUser", FindSessionAndUser, Table::Session, Fields(&["sessionToken"]), &["sessionToken"]),
    operation("updateSession", Update, Table::Session, Object, &["sessionToken"]),
    operation("deleteSession", Delete, Table::Session, Fields(&["sessionToken"]), &["sessionToken"]),
    operation("createVerificationToken", Insert, Table::VerificationToken, Object, &[]),
    operation("useVerificationToken", Delete, Table::VerificationToken, Object, &["identifier", "token"]),
    operation("getAccount", Find, Table::Account, Fields(&["providerAccountId", "provider"]), ACCOUNT),
    operation("getAuthenticator", Find, Table::Authenticator, Fields(&["credentialID"]), &["credentialID"]),
    operation("createAuthenticator", Insert, Table::Authenticator, Object, &[]),
    operation("listAuthenticatorsByUserId", Find, Table::Authenticator, Fields(OWNER), OWNER),
    operation(
        "updateAuthenticatorCounter",
        UpdateExisting,
        Table::Authenticator,
        Fields(&["credentialID", "counter"]),
        &["credentialID"],
    ),
    operation("listSessions", List, Table::Session, Fields(&["userId", "sessionToken"]), OWNER),
    operation("listAccounts", List, Table::Account, Fields(OWNER), OWNER),
    operation("revokeSession", Revoke, Table::Session, Fields(&["userId", "id"]), OWNER),
    operation("revokeOtherSessions", RevokeOthers, Table::Session, Fields(OWNER_AND_KEPT), OWNER_AND_KEPT),
    operation("revokeAllSessions", RevokeAll, Table::Session, Fields(OWNER), OWNER),
    operation("pruneSessions", Prune, Table::Session, Object, &[]),
    operation("pruneVerificationTokens", Prune, Table::VerificationToken, Object, &[]),
    operation("claimVerificationToken", Claim, Table::VerificationToken, Object, &[]),
    operation("listVerificationTokens", Find, Table::VerificationToken, Fields(IDENTIFIER), IDENTIFIER),
    operation("deleteVerificationTokens", RevokeAll, Table::VerificationToken, Fields(IDENTIFIER), IDENTIFIER),
    operation("findAccounts", Find, Table::Account, Fields(OWNER), OWNER),
    operation("updateAccount", Update, Table::Account, Object, ACCOUNT),
    operation("swapAccount", Swap, Table::Account, Object, ACCOUNT),
    operation("registerUser", Register, Table::User, Object, &[]),
    operation("verifyPassword", VerifyPassword, Table::User, Object, &[]),
    operation("findPassword", FindPassword, Table::User, Fields(&["email"]), &[]),
    operation("openSession", OpenSession, Table::Session, Object, &[]),
    operation("setPassword", SetPassword, Table::User, Object, &[]),
    operation("removePassword", RemovePassword, Table::User, Fields(&["userId"]), &[]),
];

impl Operation {
    pub fn by_number(number: u32) -> Option<&'static Operation> {
        OPERATIONS.get(number as usize)
    }

    pub fn number(&self) -> usize {
        OPERATIONS.iter().position(|operation| std::ptr::eq(operation, self)).unwrap_or_default()
    }

    /// What serves it.
    pub fn access(&self) -> Access {
        Access {
            reads: matches!(self.action, Find | FindUserByAccount | FindSessionAndUser | List),
            shares: matches!((self.action, self.table), (FindSessionAndUser, _) | (Find, Table::User)),
            // The others look through rows in between.
            brief: matches!(
                self.action,
                Insert | Claim | Link | Update | UpdateExisting | Delete | DeleteUser | RevokeOthers | RevokeAll
            ),
            replicas: self.replicas(),
        }
    }

    /// Which replicas may answer it. What a write follows from is asked of the server that writes: tokens, and the accounts that
    /// `getAccessToken` looks at.
    fn replicas(&self) -> Replicas {
        match (self.action, self.table) {
            (FindSessionAndUser, _) | (List, Table::Session) => Replicas::Sessions,
            (Find, Table::User | Table::Authenticator) | (FindUserByAccount, _) | (List, Table::Account) => {
                Replicas::Lasting
            }
            (Find, Table::Account) if self.keys == ACCOUNT => Replicas::Lasting,
            _ => Replicas::Never,
        }
    }

    /// Whether it answers all rows that it finds, and not the first alone.
    pub fn lists(&self) -> bool {
        self.action == List
            || (self.action, self.keys) == (Find, OWNER)
            || (self.action, self.keys) == (Find, IDENTIFIER)
    }

    /// Whether the database's error says that no row has the key that was asked for.
    pub fn finds_nothing_by(&self, error: &Error) -> bool {
        let detail = |wanted: &str| error.details.iter().find(|(name, _)| *name == wanted).map(|(_, value)| &**value);
        error.code == Code::InvalidValue
            && detail("sqlState").is_some()
            && match self.action {
                Find | FindUserByAccount | FindSessionAndUser | List => true,
                Delete | DeleteUser => detail("field").is_some_and(|field| self.keys.contains(&field)),
                _ => false,
            }
    }

    /// Whether its argument is one object.
    pub fn takes_object(&self) -> bool {
        self.arguments == Arguments::Object
    }

    /// Whether the operation stores what it is given.
    pub fn writes_fields(&self) -> bool {
        matches!(self.action, Insert | Claim | Link | OpenSession | Register | Update | UpdateExisting)
    }

    /// Whether the operation makes a row.
    pub fn inserts(&self) -> bool {
        matches!(self.action, Insert | Claim | Link | OpenSession | Register)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_fields_of_their_tables() {
        for operation in &OPERATIONS {
            let fields = operation.table.fields();
            for key in operation.keys {
                assert!(fields.iter().any(|field| field.name == *key), "{}: {key}", operation.name);
            }
        }
    }

    #[test]
    fn names_are_unique() {
        for (number, operation) in OPERATIONS.iter().enumerate() {
            assert_eq!(operation.number(), number, "{}", operation.name);
        }
    }

    #[test]
    fn replicas_answer_nothing_that_a_write_follows_from() {
        let named = |wanted| {
            let may = OPERATIONS.iter().filter(|operation| operation.access().replicas == wanted);
            may.map(|operation| operation.name).collect::<Vec<_>>()
        };
        assert_eq!(
            named(Replicas::Lasting),
            [
                "getUser",
                "getUserByEmail",
                "getUserByAccount",
                "getAccount",
                "getAuthenticator",
                "listAuthenticatorsByUserId",
                "listAccounts"
            ]
        );
        assert_eq!(named(Replicas::Sessions), ["getSessionAndUser", "listSessions"]);
    }
}
