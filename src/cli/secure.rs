//! `secure`: which secrets it converts, and what it says of them.

use std::fmt;
use std::sync::Arc;

use tokio::time::sleep;

use crate::authjs::secure::{self, Conversion, Securing};
use crate::authjs::secure_accounts::AccountTokens;
use crate::authjs::secure_sessions::SessionTokens;
use crate::cli::paint;
use crate::cli::progress::Progress;
use crate::client::client::Client;
use crate::engine::reseal::Wanted;
use crate::engine::schema::Schema;
use crate::error::{Code, Result};
use crate::statement::shape;
use crate::types::kind::Kind;
use crate::value::Value;

/// How many secrets were converted, by what they are.
#[derive(Debug, Default)]
pub struct Secured {
    /// `None`: not looked at.
    session_tokens: Option<u64>,
    /// `None` without keys.
    account_tokens: Option<u64>,
    /// Account tokens that no key can read.
    unreadable: u64,
}

impl Secured {
    pub fn to_json(&self) -> serde_json::Value {
        let mut json = serde_json::Map::new();
        json.extend(self.session_tokens.map(|count| ("sessionTokens".to_owned(), count.into())));
        if let Some(count) = self.account_tokens {
            json.insert("accountTokens".to_owned(), count.into());
            json.insert("unreadable".to_owned(), self.unreadable.into());
        }
        json.into()
    }
}

impl Secured {
    /// The same for standard output.
    pub fn painted(&self) -> String {
        let paint = if self.unreadable > 0 { paint::partly } else { paint::done };
        paint(&self.to_string())
    }

    /// What JavaScript hears.
    pub fn record(&self) -> (u32, Vec<Value>) {
        let fields = ["text", "json"].map(|name| (name.to_owned(), Kind::Text));
        let values = [self.to_string(), self.to_json().to_string()].map(Value::Text);
        (shape::number(fields.into()), values.into())
    }
}

impl fmt::Display for Secured {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sessions = self.session_tokens.map(|count| name(&SessionTokens, count));
        let accounts = self.account_tokens.map(|count| name(&AccountTokens::default(), count));
        let counts: Vec<_> = sessions.into_iter().chain(accounts).collect();
        write!(formatter, "secured {}", counts.join(" and "))?;
        if self.unreadable > 0 {
            let unreadable = name(&AccountTokens::default(), self.unreadable);
            write!(formatter, "; no key can read {unreadable}, which stay as they are")?;
        }
        Ok(())
    }
}

/// `1 session token`, `2 session tokens`.
fn name(conversion: &impl Conversion, count: u64) -> String {
    let [one, several] = conversion.names();
    format!("{count} {}", if count == 1 { one } else { several })
}

/// What is asked for.
#[derive(Debug, Default)]
pub struct Asked {
    pub batch: Option<u32>,
    /// Whether there are keys for the tokens of accounts.
    pub keys: bool,
    pub wanted: Wanted,
}

/// One conversion after the other. Each is complete in itself: another kind of secret is another one. Where there are keys, an
/// application need not have its session tokens hashed as well.
pub async fn run(client: &Arc<Client>, Asked { batch, keys, wanted }: Asked) -> Result<Secured> {
    let only_accounts = wanted.rotates || !wanted.renamed.is_empty();
    let mut secured = Secured::default();
    if keys {
        let tokens = AccountTokens::new(wanted);
        secured.account_tokens = Some(convert(client, &tokens, batch).await?);
        secured.unreadable = tokens.unreadable();
    }
    if !only_accounts {
        match convert(client, &SessionTokens, batch).await {
            Err(error) if keys && error.code == Code::Config => {}
            outcome => secured.session_tokens = Some(outcome?),
        }
    }
    Ok(secured)
}

/// Converts the tokens of the models that an application describes. `None`: no step was told of.
pub async fn models(client: &Arc<Client>, described: &Schema, batch: Option<u32>, wanted: &Wanted) -> Result<Secured> {
    let mut progress = None;
    let (mut looked, mut converted) = (0, 0);
    let outcome = client
        .reseal(described, wanted, batch, |expected, done| {
            let progress = progress.get_or_insert_with(|| Progress::new(expected, "rows"));
            looked += done.looked;
            converted += done.converted;
            let so_far = name(&AccountTokens::default(), converted);
            progress.advance(done.looked, &format_args!("{so_far}: looked at {looked}"));
        })
        .await;
    if let Some(progress) = &progress {
        progress.end();
    }
    let done = outcome?;
    Ok(Secured { account_tokens: Some(done.converted), unreadable: done.unreadable, ..Secured::default() })
}

/// How many secrets were converted.
async fn convert(client: &Arc<Client>, conversion: &impl Conversion, batch: Option<u32>) -> Result<u64> {
    let plan = client.operations().await?;
    if !plan.layout.has(conversion.table()) {
        return Ok(0);
    }
    conversion.examine(&client.database, &plan).await?;
    let name_of_table = &plan.layout.table(conversion.table()).name;
    let expected = secure::count(&client.database, plan.tables.dialect, name_of_table).await?;
    let mut progress = Progress::new(expected, "rows");
    let (mut securing, mut looked, mut converted) = (Securing::new(batch), 0, 0);
    let outcome = async {
        while !securing.done {
            let step = client.secure_step(conversion, &mut securing).await?;
            converted += step.converted;
            looked += step.looked;
            progress.advance(step.looked, &format_args!("{}: looked at {looked}", name(conversion, converted)));
            sleep(securing.rest).await;
        }
        Ok(converted)
    }
    .await;
    progress.end();
    outcome
}
