//! Passwords: registered, verified, changed and removed, and taken away when the owner of an address comes.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::authjs::model::Table;
use crate::authjs::operation::{Action, Operation};
use crate::authjs::password_call::{Change, Changed, Ending, Holder, find, holder, links, swap};
use crate::authjs::password_gate::{Gate, Next};
use crate::authjs::password_requests::{self, PASSWORD, VERIFIED};
use crate::authjs::password_standing::{Standing, is_linked, is_provider, mark};
use crate::authjs::plan::Plan;
use crate::authjs::row::given;
use crate::client::client::Client;
use crate::client::replan::Planning;
use crate::error::{Code, Error, Result};
use crate::passwords::hashing::{Verdict, decoy, hash, is_of_today, verify};
use crate::passwords::input::Password;
use crate::passwords::threads;
use crate::statement::count::{counted, number};
use crate::value::{Fields, Input, Records, Value};

/// So often a verification is done again because the hash has changed meanwhile.
const MOST_ROUNDS: u32 = 4;

impl Client {
    /// Performs what an operation about passwords asks for.
    pub(super) async fn password(self: &Arc<Self>, operation: &'static Operation, fields: &Fields) -> Result<Records> {
        self.keep_passwords();
        match operation.action {
            Action::Register => self.register(operation, fields).await,
            Action::VerifyPassword => self.verify(fields).await,
            Action::FindPassword => self.find_password(fields).await,
            Action::OpenSession => self.open_session(operation, fields).await,
            Action::SetPassword => self.set_password(fields).await,
            _ => self.remove_password(fields).await,
        }
    }

    async fn register(self: &Arc<Self>, operation: &'static Operation, fields: &Fields) -> Result<Records> {
        let password = chosen(fields)?;
        let email = address(fields)?;
        // Before the work: without a place for it, it would be done in vain.
        self.make_room_for_passwords().await?;
        // Before anything is looked up, so that the time tells nothing of the address.
        let hash = self.hash(password).await?;
        let mut fields: Fields =
            fields.iter().filter(|(name, _)| !matches!(&**name, "email" | PASSWORD)).cloned().collect();
        fields.push((Cow::Borrowed("email"), Input::Text(email)));
        fields.push((Cow::Borrowed(PASSWORD), Input::Text(hash)));
        self.attempt_again(operation, &fields, None).await
    }

    /// The user, and the mark of the hash that was compared.
    async fn verify(self: &Arc<Self>, fields: &Fields) -> Result<Records> {
        let (Some(email), Some(typed)) = (text(fields, "email")?, text(fields, PASSWORD)?) else {
            return Ok(Records::new());
        };
        // What cannot be a password is the password of no user.
        let Ok(password) = Password::new(&Input::Text(typed.to_owned())) else { return Ok(Records::new()) };
        // No address has one. Those that are white space would be trimmed here, and count as another address elsewhere.
        if email.contains(char::is_control) {
            return Ok(Records::new());
        }
        if self.has_no_passwords().await? {
            let (settings, decoy) = (self.passwords.clone(), self.decoy()?);
            threads::run(settings.queue, move || verify(&settings, &decoy, &password)).await?;
            return Ok(Records::new());
        }
        let mut found = self.with_plan(|plan| self.by_email(plan, email)).await?;
        for _ in 0..MOST_ROUNDS {
            let stored = match found.as_ref().and_then(|found| found.hash.clone()) {
                Some(stored) => stored,
                None => self.decoy()?,
            };
            let (settings, compared, typed) = (self.passwords.clone(), stored.clone(), password.clone());
            let verdict = threads::run(settings.queue, move || verify(&settings, &compared, &typed)).await?;
            let Some(holder) = found.filter(|found| found.hash.is_some()) else { return Ok(Records::new()) };
            let outdated = match verdict {
                Verdict::Wrong => return Ok(Records::new()),
                Verdict::UnknownPepper => {
                    self.warn_of_pepper();
                    return Ok(Records::new());
                }
                Verdict::Right { outdated } => outdated,
            };
            // Work that cannot be done now is done at the next sign-in.
            if outdated
                && let Ok(new) = self.hash(password.clone()).await
                && let Ok(true) = self.with_plan(|plan| self.upgrade(plan, &holder.id, &stored, &new)).await
            {
                return Ok(marked(holder.user, &new));
            }
            // A password that was changed while this one was compared is the one that counts.
            let again = self.with_plan(|plan| self.by_id(plan, holder.id.clone())).await?;
            if again.as_ref().and_then(|again| again.hash.as_ref()) == Some(&stored) {
                return Ok(again.map(|again| marked(again.user, &stored)).unwrap_or_default());
            }
            found = again;
        }
        Ok(Records::new())
    }

    /// Whether a user has a password. On tables without a place for them, none has.
    async fn find_password(self: &Arc<Self>, fields: &Fields) -> Result<Records> {
        if self.has_no_passwords().await? || self.operations().await?.passwords().is_err() {
            return Ok(Records::new());
        }
        let Some(email) = text(fields, "email")? else { return Ok(Records::new()) };
        let found = self.with_plan(|plan| self.by_email(plan, email)).await?;
        Ok(found.filter(|found| found.hash.is_some()).map(|found| found.user).unwrap_or_default())
    }

    /// Opens a session for a person whose password was compared, if it is still theirs.
    async fn open_session(self: &Arc<Self>, operation: &'static Operation, fields: &Fields) -> Result<Records> {
        let mark = match given(fields, "mark") {
            Some(Input::Text(mark)) => Some(mark.clone()),
            _ => None,
        };
        // It is of this call, and no field of the session.
        let fields: Fields = fields.iter().filter(|(name, _)| &**name != "mark").cloned().collect();
        self.attempt_again(operation, &fields, Some(&Gate::SignIn { mark })).await
    }

    async fn set_password(self: &Arc<Self>, fields: &Fields) -> Result<Records> {
        let password = chosen(fields)?;
        let ending = match (given(fields, "endSessions"), given(fields, "currentToken")) {
            (Some(Input::Bool(false)), _) => Ending::None,
            (Some(Input::Bool(true) | Input::Null) | None, None | Some(Input::Null)) => Ending::All,
            (Some(Input::Bool(true) | Input::Null) | None, Some(Input::Text(token))) => Ending::AllBut(token.clone()),
            _ => return Err(invalid("takes endSessions as a boolean and currentToken as a string", "currentToken")),
        };
        self.make_room_for_passwords().await?;
        let before = self.with_plan(|plan| async move {
            let Some(id) = user_id(&plan, fields)? else { return Ok(None) };
            self.standing(plan, id).await
        });
        let Some(before) = &before.await? else { return Err(no_user()) };
        let hash = &self.hash(password).await?;
        let ending = &ending;
        let changed = self.with_plan(|plan| async move {
            let Some(id) = user_id(&plan, fields)? else { return Ok(Changed::NoUser) };
            self.fresh.forget(&id);
            self.database.run(&Next::new(&plan, &id, before, hash, ending)?).await
        });
        match changed.await? {
            Changed::NoUser => Err(no_user()),
            Changed::Done(_) => Ok(Records::new()),
        }
    }

    async fn remove_password(self: &Arc<Self>, fields: &Fields) -> Result<Records> {
        if self.has_no_passwords().await? {
            return Ok(vec![number(0)]);
        }
        self.look_for_other_passwords(&self.operations().await?).await;
        let removed = self.with_plan(|plan| async move {
            let Some(id) = user_id(&plan, fields)? else { return Ok(0) };
            let had = self.by_id(plan.clone(), id.clone()).await?.is_some_and(|found| found.hash.is_some());
            if !had && plan.passwords()?.other.is_none() {
                return Ok(0);
            }
            match self.database.run(&Change::remove(&plan, &id, &Ending::None)?).await? {
                Changed::Done(removed) if had => Ok(removed),
                Changed::Done(_) | Changed::NoUser => Ok(0),
            }
        });
        Ok(vec![number(removed.await?)])
    }

    /// From now on, what is in the place for passwords is this package's.
    pub fn keep_passwords(&self) {
        self.keeps_passwords.store(true, Ordering::Relaxed);
    }

    /// Whether a call may be the first that tells that an address is its user's.
    pub(super) fn may_verify(operation: &Operation, fields: &Fields) -> bool {
        verified_user(operation, fields).is_some()
    }

    /// Remembers who has just been made.
    pub(super) fn note_fresh(&self, operation: &Operation, made: &Records) {
        if (operation.action, operation.table) != (Action::Insert, Table::User) {
            return;
        }
        let Some(plan) = self.known.plan() else { return };
        let users = plan.layout.table(Table::User);
        let place = users.visible().position(|column| column.field == "id");
        let id = place.and_then(|place| made.first()?.1.get(place).cloned());
        if let Some(id) = id.and_then(|id| users.column("id").codec.store(id)) {
            self.fresh.add(id);
        }
    }

    /// What comes before an address becomes a verified one, or an account of a provider is linked, where it may be the first time.
    pub(super) async fn first_verification(
        self: &Arc<Self>,
        operation: &Operation,
        fields: &Fields,
    ) -> Result<Option<Gate>> {
        let Some(id) = verified_user(operation, fields) else { return Ok(None) };
        let plan = self.operations().await?;
        if plan.passwords().is_err() {
            // Better Auth may have a password of the user's, although there is no place for one here yet.
            let is_other = password_requests::has_other(&plan.layout);
            if !is_other || self.make_room_for_passwords().await.is_err() {
                return Ok(None);
            }
        }
        let links = operation.action == Action::Link;
        let is_first = self.with_plan(|plan| async move {
            let Some(id) = plan.layout.table(Table::User).column("id").key(id) else { return Ok(false) };
            if links && self.fresh.knows(&id) {
                return Ok(false);
            }
            let standing = self.standing(plan, id).await?;
            Ok(standing.is_some_and(|found| found.holder.verified == Some(false) && !(links && found.linked)))
        });
        let is_first = is_first.await?;
        if is_first {
            self.look_for_other_passwords(&plan).await;
        }
        // Hashes that an application keeps by itself are its own matter.
        let is_ours = if self.keeps_passwords.load(Ordering::Relaxed) { |_: &str| true } else { is_of_today };
        Ok(is_first.then_some(Gate::Verification { links, is_ours }))
    }

    /// Whether there cannot be any: on our own tables, none has been stored yet.
    async fn has_no_passwords(self: &Arc<Self>) -> Result<bool> {
        let plan = self.operations().await?;
        if !plan.layout.is_ours || plan.passwords().is_ok() {
            return Ok(false);
        }
        // Better Auth's are found here, once there is a place for them.
        Ok(!password_requests::has_other(&plan.layout) || self.make_room_for_passwords().await.is_err())
    }

    /// Before a password changes: Better Auth may have got its place for passwords since the last look at the tables. Both places are
    /// to have the same one.
    pub(super) async fn look_for_other_passwords(self: &Arc<Self>, plan: &Arc<Plan>) {
        if plan.layout.has(Table::Account) && !password_requests::has_other(&plan.layout) {
            // That the tables cannot be looked at now is no reason to fail.
            let _ = self.look_again(plan).await;
        }
    }

    /// What is known of a user at this moment.
    async fn standing(&self, plan: Arc<Plan>, id: Value) -> Result<Option<Standing>> {
        let Some(holder) = self.by_id(plan.clone(), id.clone()).await? else { return Ok(None) };
        let linked = match links(&plan, &id)? {
            Some(links) => is_linked(&self.database.run(&links).await?),
            None => false,
        };
        Ok(Some(Standing { holder, linked }))
    }

    async fn by_email(&self, plan: Arc<Plan>, email: &str) -> Result<Option<Holder>> {
        let column = plan.layout.table(Table::User).column("email");
        let mut found = None;
        // As it was typed, and as Auth.js writes addresses: both, or the time would tell which of them is there.
        let lower = email.trim().to_lowercase();
        let spellings = std::iter::once(email).chain((lower != email).then_some(lower.as_str()));
        for spelling in spellings {
            let Some(key) = column.key(&Input::Text(spelling.to_owned())) else { continue };
            let records = self.database.run(&find(&plan, "email", key)?).await?;
            found = found.or(holder(&plan, records)?);
        }
        Ok(found)
    }

    async fn by_id(&self, plan: Arc<Plan>, id: Value) -> Result<Option<Holder>> {
        let records = self.database.run(&find(&plan, "id", id)?).await?;
        holder(&plan, records)
    }

    async fn upgrade(&self, plan: Arc<Plan>, id: &Value, old: &str, new: &str) -> Result<bool> {
        Ok(counted(&self.database.run(&swap(&plan, id, old, new)?).await?) > 0)
    }

    async fn hash(&self, password: Password) -> Result<String> {
        let settings = self.passwords.clone();
        threads::run(settings.queue, move || hash(&settings, &password)).await
    }

    /// What a password is compared with where there is none.
    fn decoy(&self) -> Result<String> {
        if let Some(decoy) = self.decoy.get() {
            return Ok(decoy.clone());
        }
        let decoy = decoy(&self.passwords)?;
        Ok(self.decoy.get_or_init(|| decoy).clone())
    }

    /// Does `work` by the plan that is known, and again by another one if the tables turn out to have changed.
    async fn with_plan<T, F: Future<Output = Result<T>> + Send>(
        self: &Arc<Self>,
        work: impl Fn(Arc<Plan>) -> F + Send,
    ) -> Result<T> {
        let mut planning = Planning::new(self).await?;
        loop {
            match work(planning.plan()).await {
                Err(error) => planning.renew(Table::User, error).await?,
                done => return done,
            }
        }
    }

    fn warn_of_pepper(&self) {
        if !self.warned_of_pepper.swap(true, Ordering::Relaxed) {
            let message = "a password cannot be verified: its hash was made with a pepper that the option passwords.pepper does not name";
            self.attendants.tell(&Error::new(Code::Config, message).about("warning", "RUST_ADAPTER_UNKNOWN_PEPPER"));
        }
    }
}

/// The user whose address a call may be the first to verify.
fn verified_user<'a>(operation: &Operation, fields: &'a Fields) -> Option<&'a Input> {
    let verifies = || !matches!(given(fields, VERIFIED), None | Some(Input::Null | Input::Bool(false)));
    match (operation.action, operation.table) {
        (Action::UpdateExisting, Table::User) if verifies() => given(fields, "id"),
        (Action::Link, _) if matches!(given(fields, "type"), Some(Input::Text(kind)) if is_provider(kind)) => {
            given(fields, "userId")
        }
        _ => None,
    }
}

/// A user whose password was compared, with the mark of its hash.
fn marked(user: Records, hash: &str) -> Records {
    user.into_iter().chain([mark(hash)]).collect()
}

fn no_user() -> Error {
    Error::new(Code::NotFound, "no user has the given id").about("table", "user")
}

/// The id of the user, as the users' table stores it; `None` if no user can have it.
fn user_id(plan: &Plan, fields: &Fields) -> Result<Option<Value>> {
    match given(fields, "userId") {
        None | Some(Input::Null) => Err(invalid("takes the id of a user", "userId")),
        Some(id) => Ok(plan.layout.table(Table::User).column("id").key(id)),
    }
}

/// A new password.
fn chosen(fields: &Fields) -> Result<Password> {
    let none = Input::Null;
    Password::new(given(fields, PASSWORD).unwrap_or(&none))
        .map_err(|why| invalid(&format!("the password {why}"), PASSWORD))
}

/// The address of a new user, as Auth.js writes it.
fn address(fields: &Fields) -> Result<String> {
    let Some(Input::Text(email)) = given(fields, "email") else {
        return Err(invalid("takes an e-mail address", "email"));
    };
    let email = email.trim().to_lowercase();
    let is_one =
        matches!(email.split('@').collect::<Vec<_>>().as_slice(), [name, host] if !name.is_empty() && !host.is_empty());
    if !is_one
        || email.contains(|character: char| character.is_whitespace() || character.is_control() || character == ',')
    {
        return Err(invalid("takes an e-mail address, which has one @ and neither spaces nor commas", "email"));
    }
    Ok(email)
}

/// A text of a sign-in; `None` for one that no database holds.
fn text<'a>(fields: &'a Fields, name: &'static str) -> Result<Option<&'a str>> {
    match given(fields, name) {
        Some(Input::Text(text)) => Ok(Some(text)),
        Some(Input::Malformed(_)) => Ok(None),
        _ => Err(invalid(&format!("takes {name} as a string"), name)),
    }
}

fn invalid(why: &str, field: &'static str) -> Error {
    Error::new(Code::InvalidArgument, why.to_owned()).about("field", field)
}
