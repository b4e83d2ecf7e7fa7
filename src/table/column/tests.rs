use chrono::DateTime;

use crate::dialect::Dialect;
use crate::table::column::{Column, Keeps};
use crate::types::kind::{Kind, Role};
use crate::value::Value;

#[test]
fn what_may_not_stay_as_it_is_is_not_kept() {
    let (whole, part) = (Value::Time(DateTime::UNIX_EPOCH), Value::Time(DateTime::from_timestamp_nanos(1_000_000)));
    let texts = ["a", "", " a"].map(|text| Value::Text(text.to_owned()));
    let cut = Value::Text("a ".to_owned());
    for (keeps, kept) in
        [(Keeps::Nothing, [false; 3]), (Keeps::WholeSeconds, [true, true, false]), (Keeps::All, [true; 3])]
    {
        let column = Column { keeps, ..Column::plain(Dialect::MySql, "user", "field", Kind::Text, Role::Free) };
        assert_eq!([&Value::Null, &whole, &part].map(|value| column.keeps(value)), kept, "{keeps:?}");
        assert!(texts.iter().all(|text| column.keeps(text) == kept[0]) && !column.keeps(&cut), "{keeps:?}");
    }
}
