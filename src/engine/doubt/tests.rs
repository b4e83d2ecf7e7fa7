use std::sync::Arc;

use crate::database::runtime::RUNTIME;
use crate::dialect::Dialect;
use crate::driver::executor::{Executor, unshared};
use crate::driver::work::Work as _;
use crate::engine::call::Call;
use crate::engine::compile::compile;
use crate::engine::tests::tables;
use crate::error::{Code, Error, Health, Result};
use crate::statement::statement::Statement;
use crate::value::Value;

/// A server that writes a row, and then undoes what it is asked.
#[derive(Default)]
struct Failing {
    written: u64,
}

impl Executor for Failing {
    async fn rows(&mut self, _: &Statement, _: &[Value]) -> Result<Vec<Vec<Value>>> {
        let gone = Error::new(Code::Connect, "the node does not take part in its cluster").on(Health::Lost);
        Err(Error { undone: true, ..gone })
    }

    async fn affected(&mut self, _: &Statement, _: &[Value]) -> Result<u64> {
        self.written += 1;
        Ok(1)
    }

    async fn rows_of_keys(&mut self, _: &Statement, _: &[&str]) -> Result<Vec<Vec<Value>>> {
        Err(unshared())
    }

    async fn affected_by_keys(&mut self, _: &Statement, _: &[&str]) -> Result<u64> {
        Err(unshared())
    }
}

#[test]
fn a_write_whose_row_is_not_read_has_been_written() {
    let asked = r#"{"method": "create", "model": "counted", "set": ["label"]}"#;
    let request = serde_json::from_str(asked).expect("a request");
    let compiled = compile(&tables(Dialect::MySql), &request).expect("it compiles");
    let call = Call::encoded(Arc::new(compiled), vec![Value::Null]).expect("a call");
    let mut server = Failing::default();
    let error = RUNTIME.block_on(call.on(&mut server)).expect_err("it is not read");
    assert_eq!(server.written, 1);
    assert!(call.is_done() && !error.undone && error.connection == Health::Lost);
}
