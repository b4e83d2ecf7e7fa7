//! Look-ups of which several start at once: they may share a query, or are answered in a row on the calling thread.

use std::sync::Arc;
use std::time::Instant;

use napi::bindgen_prelude::Function;
use napi::{Env, Result};
use tokio::sync::mpsc::Sender;

use crate::client::client::Client;
use crate::client::counts::Counted;
use crate::client::lookups::{LookUp, SharedLookUp};
use crate::database::batcher;
use crate::database::queue::{CompletionQueue, Request};
use crate::database::route::Route;
use crate::error::caught;
use crate::js::bridge::{Bridge, taken};
use crate::js::completions::Pending;
use crate::js::handle::Handle;
use crate::js::poll_once::poll_once;
use crate::js::row_batch::Batch;
use crate::value::{Input, Records};

impl Bridge {
    /// Look-ups of one form, by one key each.
    pub fn look_up(
        &self,
        env: &Env,
        handle: &Handle,
        look_up: &LookUp,
        given: Vec<(u32, Input)>,
        settle: &Function<'_, Batch, ()>,
    ) -> Result<()> {
        let call = match look_up {
            LookUp::Operation(operation) => Counted::operation(operation),
            LookUp::Request(request) => Counted::Request(request.request.method),
        };
        let pending = Pending { since: Instant::now(), counts: handle.counts().clone(), call };
        let given = answer_at_once(handle, look_up, given, (&pending, settle))?;
        if given.is_empty() {
            return Ok(());
        }
        pending.counts.went(taken(handle.route(look_up.access()), false), given.len());
        self.0.expect_counted(env, given.iter().map(|(id, _)| *id), &pending)?;
        match handle.start() {
            Ok((client, running)) => self.send(&client, &running, look_up, given),
            Err(error) => self.0.complete(given.into_iter().map(|(id, _)| (id, Err(error.clone()))).collect()),
        }
        Ok(())
    }

    fn send(&self, client: &Arc<Client>, running: &Sender<()>, look_up: &LookUp, given: Vec<(u32, Input)>) {
        match look_up.prepare(client) {
            Some(prepared) => match prepared.batched(client) {
                Some(shared) => self.join(client, running, shared, given, Instant::now()),
                None => self.send_alone(client, running, look_up, given),
            },
            None if look_up.shares(client) && !(given.len() == 1 && client.foresees()) => {
                poll_once(self.clone().send_later(client.clone(), running.clone(), look_up.clone(), given));
            }
            None => self.send_alone(client, running, look_up, given),
        }
    }

    fn send_alone(&self, client: &Arc<Client>, running: &Sender<()>, look_up: &LookUp, given: Vec<(u32, Input)>) {
        for (id, key) in given {
            let work = self.watched(id, Box::pin(look_up.alone(client.clone(), key)), false);
            poll_once(self.answer(id, running.clone(), work));
        }
    }

    /// Look-ups that are the first, or come during the first look at the tables: how they share queries is known after it.
    async fn send_later(self, client: Arc<Client>, running: Sender<()>, look_up: LookUp, given: Vec<(u32, Input)>) {
        let since = Instant::now();
        let shared = caught(async {
            look_up.first_look(&client).await?;
            Ok(look_up.prepare(&client).and_then(|prepared| prepared.batched(&client)))
        });
        match client.database.placed(shared.await) {
            Ok(Some(shared)) => self.join(&client, &running, shared, given, since),
            Ok(None) => self.send_alone(&client, &running, &look_up, given),
            Err(error) => self.0.complete(given.into_iter().map(|(id, _)| (id, Err(error.clone()))).collect()),
        }
    }

    /// Puts look-ups with a key that a column can hold into the queue, and answers the others. `since`: when they were made.
    fn join(
        &self,
        client: &Arc<Client>,
        running: &Sender<()>,
        shared: SharedLookUp,
        given: Vec<(u32, Input)>,
        since: Instant,
    ) {
        let mut requests = Vec::with_capacity(given.len());
        let mut others = Vec::new();
        for (id, given) in given {
            match shared.key(&given) {
                Ok(Some(key)) => {
                    requests.push(Request { key, id, completions: self.0.clone(), running: running.clone(), since });
                }
                // What cannot be stored is not found, without a query.
                Ok(None) => others.push((id, Ok(Records::new()))),
                Err(error) => others.push((id, Err(error))),
            }
        }
        self.0.complete(others);
        if let Some((at_replica, requests)) = shared.at_replica(&mut requests)
            && let Some(query) = at_replica.start(requests)
        {
            poll_once(query);
        }
        if !requests.is_empty()
            && let Some(query) = batcher::join(&client.database, shared, requests)
        {
            poll_once(query);
        }
    }
}

/// Settles those of the look-ups `given` that this thread can answer without waiting, and returns the others.
fn answer_at_once(
    handle: &Handle,
    look_up: &LookUp,
    given: Vec<(u32, Input)>,
    (pending, settle): (&Pending, &Function<'_, Batch, ()>),
) -> Result<Vec<(u32, Input)>> {
    let Route::CallingThread { .. } = handle.route(look_up.access()) else { return Ok(given) };
    let answers = handle.look(
        |client| look_up.prepare(client),
        |prepared, reader| Some(given.iter().map(|(_, key)| prepared.at_once(reader, key)).collect::<Vec<_>>()),
    );
    let Some(answers) = answers else { return Ok(given) };
    let mut outcomes = Vec::with_capacity(given.len());
    let mut others = Vec::new();
    for ((id, key), answer) in given.into_iter().zip(answers) {
        match answer {
            Some(outcome) => {
                pending.answered(&outcome);
                outcomes.push((id, outcome));
            }
            None => others.push((id, key)),
        }
    }
    if !outcomes.is_empty() {
        settle.call(Batch(outcomes))?;
    }
    Ok(others)
}
