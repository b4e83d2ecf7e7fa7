//! `secure`: which secrets it converts, and what it says of them.

use std::fmt;
use std::sync::Arc;

use tokio::time::sleep;

use crate::authjs::secure::{self, Conversion, Securing};
use crate::authjs::secure_sessions::SessionTokens;
use crate::cli::progress::Progress;
use crate::client::client::Client;
use crate::error::Result;

/// How many secrets were converted, by what they are.
#[derive(Debug, Default)]
pub struct Secured {
    session_tokens: u64,
}

impl Secured {
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "sessionTokens": self.session_tokens })
    }
}

impl fmt::Display for Secured {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "secured {}", name(&SessionTokens, self.session_tokens))
    }
}

/// `1 session token`, `2 session tokens`.
fn name(conversion: &impl Conversion, count: u64) -> String {
    let [one, several] = conversion.names();
    format!("{count} {}", if count == 1 { one } else { several })
}

/// One conversion after the other. Each is complete in itself: another kind of secret is another one.
pub async fn run(client: &Arc<Client>, batch: Option<u32>) -> Result<Secured> {
    Ok(Secured { session_tokens: convert(client, &SessionTokens, batch).await? })
}

/// How many secrets were converted.
async fn convert(client: &Arc<Client>, conversion: &impl Conversion, batch: Option<u32>) -> Result<u64> {
    let plan = client.operations().await?;
    if !plan.layout.has(conversion.table()) {
        return Ok(0);
    }
    conversion.examine(&client.database, &plan).await?;
    let expected = secure::count(&client.database, &plan, conversion.table()).await?;
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
