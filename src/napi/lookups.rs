//! Look-ups of which several start at once: they may share a query, or are answered in a row on the calling thread.

use std::sync::Arc;
use std::time::Instant;

use napi::bindgen_prelude::Function;
use napi::{Env, Result, Status};
use tokio::sync::mpsc::Sender;

use crate::authjs::operation::Operation;
use crate::authjs::{lookup, perform};
use crate::database::batcher;
use crate::database::batcher::Question;
use crate::database::database::Store;
use crate::database::queue::{Inbox, Outcome, Request};
use crate::dialect::reader::Reader;
use crate::engine::request::Numbered;
use crate::engine::{batched_lookup, execute};
use crate::error::Error;
use crate::js::bridge::Crossing;
use crate::js::handle::Handle;
use crate::js::poll_once::depart;
use crate::js::row_batch::Batch;
use crate::value::Records;
use crate::value::{Input, Value};

impl Crossing {
    /// Look-ups by an operation, by one key each.
    pub fn share(
        &self,
        env: &Env,
        handle: &Handle,
        number: u32,
        given: Vec<(u32, Input)>,
        settle: &Function<'_, Batch, ()>,
    ) -> Result<()> {
        let Some((operation, [field])) = Operation::by_number(number).map(|operation| (operation, operation.keys))
        else {
            return Err(napi::Error::new(Status::InvalidArg, "not an operation with one key"));
        };
        let fields = |key: &Input| vec![((*field).into(), key.clone())];
        let plan = Store::known_plan;
        let given = answer_at_once(handle, settle, given, plan, |plan, reader, key| {
            perform::at_once(plan, reader, operation, &fields(key))
        })?;
        self.board(env, handle, given, |store, running, given| {
            let plan = store.known_plan();
            match plan.and_then(|plan| lookup::Asked::new(store, &plan, operation).map(|asked| (plan, asked))) {
                Some((plan, asked)) => {
                    let column = plan.statements.layout.table(operation.table).column(field);
                    let key = |key: &Input| match column.key(key) {
                        Some(Value::Text(key)) => Ok(Some(key)),
                        _ => Ok(None),
                    };
                    self.travel(store, running, asked, key, given);
                }
                None => {
                    for (id, key) in given {
                        let alone = perform::perform(store.clone(), operation, fields(&key));
                        depart(self.answer(id, running.clone(), alone));
                    }
                }
            }
        })
    }

    /// Ids and keys, on their way to the handle's store.
    fn board(
        &self,
        env: &Env,
        handle: &Handle,
        given: Vec<(u32, Input)>,
        send: impl FnOnce(&Arc<Store>, &Sender<()>, Vec<(u32, Input)>),
    ) -> Result<()> {
        if given.is_empty() {
            return Ok(());
        }
        self.0.expect(env, given.len())?;
        match handle.start() {
            Ok((store, running)) => send(&store, &running, given),
            Err(error) => self.0.arrive(given.into_iter().map(|(id, _)| (id, Err(error.clone()))).collect()),
        }
        Ok(())
    }

    /// Lets those wait for a query whose `key` makes sense, and answers the others.
    fn travel<Q: Question>(
        &self,
        store: &Arc<Store>,
        running: &Sender<()>,
        question: Q,
        key: impl Fn(&Input) -> std::result::Result<Option<String>, Error>,
        given: Vec<(u32, Input)>,
    ) {
        let since = Instant::now();
        let mut requests = Vec::with_capacity(given.len());
        let mut others = Vec::new();
        for (id, given) in given {
            match key(&given) {
                Ok(Some(key)) => {
                    requests.push(Request { key, id, inbox: self.0.clone(), running: running.clone(), since });
                }
                // What cannot be stored is not found, and need not bother anybody else.
                Ok(None) => others.push((id, Ok(Records::new()))),
                Err(error) => others.push((id, Err(error))),
            }
        }
        self.0.arrive(others);
        if !requests.is_empty()
            && let Some(flight) = batcher::join(store, question, requests)
        {
            depart(flight);
        }
    }

    /// Look-ups of one form, by one key each.
    pub fn request_together(
        &self,
        env: &Env,
        handle: &Handle,
        request: Option<Numbered>,
        given: Vec<(u32, Input)>,
        settle: &Function<'_, Batch, ()>,
    ) -> Result<()> {
        let Some(request) = request else {
            return Err(napi::Error::new(Status::InvalidArg, "unknown request"));
        };
        let plan = |store: &Arc<Store>| store.plans.known(request.schema_number);
        let given = answer_at_once(handle, settle, given, plan, |plan, reader, key| {
            execute::at_once(plan, reader, &request, &batched_lookup::arguments(&request, key.clone()))
        })?;
        self.board(env, handle, given, |store, running, given| match batched_lookup::Asked::new(store, &request) {
            Some(asked) => self.travel(store, running, asked.clone(), |key| asked.key(key), given),
            None => {
                for (id, key) in given {
                    let alone = batched_lookup::alone(store, &request, key);
                    depart(self.answer(id, running.clone(), alone));
                }
            }
        })
    }
}

/// Settles those of the look-ups `given` that this thread can answer without waiting, and returns the others.
fn answer_at_once<P>(
    handle: &Handle,
    settle: &Function<'_, Batch, ()>,
    given: Vec<(u32, Input)>,
    plan: impl FnOnce(&Arc<Store>) -> Option<P>,
    answer: impl Fn(&P, &mut Option<Reader>, &Input) -> Option<Outcome>,
) -> Result<Vec<(u32, Input)>> {
    if !handle.answers_at_once() {
        return Ok(given);
    }
    let answers = handle
        .look(plan, |plan, reader| Some(given.iter().map(|(_, key)| answer(&plan, reader, key)).collect::<Vec<_>>()));
    let Some(answers) = answers else { return Ok(given) };
    let mut outcomes = Vec::with_capacity(given.len());
    let mut others = Vec::new();
    for ((id, key), answer) in given.into_iter().zip(answers) {
        match answer {
            Some(outcome) => outcomes.push((id, outcome)),
            None => others.push((id, key)),
        }
    }
    if !outcomes.is_empty() {
        settle.call(Batch(outcomes))?;
    }
    Ok(others)
}
