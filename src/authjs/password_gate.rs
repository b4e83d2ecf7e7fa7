//! What a user's password is asked in the transaction of a call, before it: no change of it comes in between.

use chrono::Utc;

use crate::authjs::model::Table;
use crate::authjs::password_call::{Change, Changed, Ending, current};
use crate::authjs::password_standing::{Standing, mark_of};
use crate::authjs::plan::Plan;
use crate::driver::executor::Executor;
use crate::driver::work::{Scope, Work};
use crate::engine::call::Call;
use crate::error::{Code, Error, Result};
use crate::value::{Records, Value};

/// What comes before a call.
#[derive(Debug, Clone)]
pub enum Gate {
    /// It may be the first that tells that an address is its user's: a password from before is removed, and the user's sessions
    /// end. Another person may have set it. `links`: by an account of a provider. `is_ours`: which hashes are no matter of the application.
    Verification { links: bool, is_ours: fn(&str) -> bool },
    /// It opens a session for a person whose password was compared. The hash has to be the one with this mark, or, without
    /// one, to be there still.
    SignIn { mark: Option<String> },
}

impl Gate {
    /// Holds on to the user with this id, and does what comes before. What there is to say of a user who is not there, the call says.
    pub async fn pass(&self, plan: &Plan, id: &Value, executor: &mut impl Executor) -> Result<()> {
        let removal = Change::remove(plan, id, &Ending::All)?;
        if !removal.holds(executor).await? {
            return Ok(());
        }
        let Some(standing) = Standing::look(plan, id, executor).await? else { return Ok(()) };
        match self {
            Self::SignIn { mark } => {
                let hash = standing.holder.hash.as_deref();
                let is_same = hash.is_some_and(|hash| mark.as_ref().is_none_or(|mark| *mark == mark_of(hash)));
                if is_same { Ok(()) } else { Err(overtaken()) }
            }
            Self::Verification { links, is_ours } => {
                let Standing { holder, linked } = standing;
                let has_ours = holder.hash.is_some_and(|hash| is_ours(&hash));
                // A user who is linked already has shown before whose address it is.
                let is_first = holder.verified == Some(false) && !(*links && linked);
                if is_first && has_ours {
                    removal.on(executor).await?;
                } else if is_first {
                    removal.on_other(executor).await?;
                }
                Ok(())
            }
        }
    }
}

/// A user's next password, whose hash took a while to make.
pub struct Next<'call> {
    plan: &'call Plan,
    id: &'call Value,
    /// What was known before.
    before: &'call Standing,
    /// What finds the session that is to stay.
    current: Option<Call>,
    change: Change,
}

impl<'call> Next<'call> {
    pub fn new(
        plan: &'call Plan,
        id: &'call Value,
        before: &'call Standing,
        hash: &str,
        ending: &Ending,
    ) -> Result<Self> {
        let current = match ending {
            Ending::AllBut(token) => current(plan, id, token)?,
            Ending::None | Ending::All => None,
        };
        Ok(Self { plan, id, before, current, change: Change::set(plan, id, hash, ending)? })
    }
}

impl Work for Next<'_> {
    type Output = Changed;

    fn scope(&self) -> Scope {
        Scope::Atomic
    }

    fn takes_locks(&self) -> bool {
        self.change.takes_locks()
    }

    async fn on(&self, executor: &mut impl Executor) -> Result<Changed> {
        if !self.change.holds(executor).await? {
            return Ok(Changed::NoUser);
        }
        if let Some(current) = &self.current
            && !is_alive(self.plan, &current.on(executor).await?)
        {
            let message = "the user has no session with currentToken: it has ended";
            return Err(Error::new(Code::NotFound, message).about("table", Table::Session.name()));
        }
        let Some(now) = Standing::look(self.plan, self.id, executor).await? else { return Ok(Changed::NoUser) };
        let is_removed = self.before.holder.hash.is_some() && now.holder.hash.is_none();
        if is_removed || now.is_proven() && !self.before.is_proven() {
            return Err(overtaken());
        }
        self.change.on(executor).await
    }
}

/// Whether a session has been found that has not expired.
fn is_alive(plan: &Plan, session: &Records) -> bool {
    let expires = plan.layout.table(Table::Session).visible().position(|column| column.field == "expires");
    let now = Utc::now();
    session.first().is_some_and(
        |(_, values)| !matches!(expires.and_then(|place| values.get(place)), Some(Value::Time(end)) if *end <= now),
    )
}

/// Of a call that began before another one removed the password, or changed it.
fn overtaken() -> Error {
    let message = "the password was removed or changed meanwhile, or its user's address was verified";
    Error::new(Code::NotFound, message).about("table", Table::User.name())
}
