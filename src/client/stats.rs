//! What a client tells of itself, as JavaScript reads it: `Stats` in index.d.ts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use crate::authjs::operation::Operation;
use crate::client::client::Client;
use crate::client::counts::{Counts, Looks, Prunings};
use crate::database::database::Database;
use crate::dialect::Dialect;
use crate::driver::message::last_name;
use crate::stats::batches::Sizes;
use crate::stats::connections::Pooled;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DatabaseStats {
    connections: Pooled,
    batches: BatchStats,
    sessions: Option<&'static str>,
}

#[derive(Serialize)]
struct BatchStats {
    lookups: Sizes,
    writes: Sizes,
}

#[derive(Serialize)]
struct Learnt {
    dialect: Option<&'static str>,
    tables: BTreeMap<String, String>,
    #[serde(flatten)]
    looks: Looks,
}

/// What is counted of calls, where no database can be opened: errors.
pub fn of_calls(counts: &Counts) -> Value {
    json!({
        "calls": counts.calls.all(),
        "routes": counts.routes.all(),
        "connections": null,
        "batches": null,
        "pooler": null,
        "learnt": null,
        "pruned": null,
        "replicas": [],
    })
}

impl Client {
    pub fn stats(self: &Arc<Self>) -> Value {
        let mut stats = of_calls(&self.counts);
        let own = of_database(&self.database);
        let learnt = Learnt {
            dialect: self.database.dialect().map(Dialect::name),
            tables: self.table_names(),
            looks: self.counts.looks(),
        };
        let prunings: Prunings = self.counts.prunings();
        stats["connections"] = json!(own.connections);
        stats["batches"] = json!(own.batches);
        stats["pooler"] = json!(own.sessions);
        stats["learnt"] = json!(learnt);
        stats["pruned"] = json!(prunings);
        let replicas = self.replicas.iter().flat_map(|replicas| replicas.databases());
        stats["replicas"] = replicas
            .map(|database| {
                let DatabaseStats { connections, batches, sessions } = of_database(database);
                json!({ "connections": connections, "batches": batches, "pooler": sessions, "place": database.place.map() })
            })
            .collect();
        stats
    }

    /// How long connections took since the last time this was asked: for each, the number of the pool (0, then the replicas'), what it
    /// was by the number of [`Took`](crate::stats::connections::Took), and seconds.
    pub fn connection_times(&self) -> Vec<f64> {
        let replicas = self.replicas.iter().flat_map(|replicas| replicas.databases());
        let pools = std::iter::once(&*self.database).chain(replicas);
        let times = |(pool, database): (usize, &Database)| {
            let row = move |(what, took): (u8, Duration)| [pool as f64, f64::from(what), took.as_secs_f64()];
            database.connection_times().into_iter().flat_map(row)
        };
        pools.enumerate().flat_map(times).collect()
    }

    /// Where the database is: system, namespace, address and port, each if it is known.
    pub fn place(&self) -> Value {
        let mut place = self.database.place.map();
        let system = match self.database.dialect() {
            Some(Dialect::Postgres) => "postgresql",
            Some(dialect) => dialect.name(),
            None => self.database.place.system,
        };
        place.insert("system", system.to_owned());
        json!(place)
    }

    /// What the database calls the table that a call is about.
    pub fn table_of_operation(&self, operation: &Operation) -> Option<String> {
        let plan = self.known.plan()?;
        plan.layout.has(operation.table).then(|| last_name(&plan.layout.table(operation.table).name))
    }

    /// The same of a model of a schema.
    pub fn table_of_model(&self, schema: u32, model: &str) -> Option<String> {
        self.known_requests(schema)?.tables.get(model).ok().map(|table| last_name(&table.name))
    }

    /// What the database calls the tables, by what callers call them.
    fn table_names(&self) -> BTreeMap<String, String> {
        let mut names = self.planned.table_names();
        if let Some(plan) = self.known.plan() {
            names.extend(plan.layout.all().map(|table| (table.table.name().to_owned(), last_name(&table.name))));
        }
        names
    }
}

fn of_database(database: &Database) -> DatabaseStats {
    let sessions = database.dialect().map(|_| database.session().name());
    let batches = BatchStats {
        lookups: database.batches.lookups.summary().into(),
        writes: database.batches.writes.summary().into(),
    };
    DatabaseStats { connections: database.connections(), batches, sessions }
}
