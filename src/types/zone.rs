//! The time zone of columns that hold local time.

use chrono::{DateTime, Local, NaiveDateTime, Offset, TimeDelta, TimeZone as _, Utc};

/// Whose wall clock MySQL's columns show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Zone {
    #[default]
    Utc,
    /// UTC as the peer wrote it, but under the server's time zone (Drizzle's TIMESTAMP).
    Server,
    /// The wall clock of this process (Kysely's and mysql2's DATETIME).
    Local,
    /// So many minutes east of UTC.
    Fixed(i32),
}

impl Zone {
    /// How many minutes this process's clock is ahead of UTC today.
    pub fn local_minutes() -> i32 {
        Local::now().offset().fix().local_minus_utc() / 60
    }

    /// What a clock of this zone shows at `time`, written as if it were UTC.
    pub fn wall(self, time: DateTime<Utc>) -> DateTime<Utc> {
        time + match self {
            Zone::Utc | Zone::Server => TimeDelta::zero(),
            Zone::Fixed(minutes) => TimeDelta::minutes(i64::from(minutes)),
            Zone::Local => seconds(Local.offset_from_utc_datetime(&time.naive_utc()).fix().local_minus_utc()),
        }
    }

    /// When a clock of this zone shows `wall`. Of the hour that comes twice in autumn, the first; in the hour that spring
    /// leaves out, as if it had not.
    pub fn instant(self, wall: DateTime<Utc>) -> DateTime<Utc> {
        let naive: NaiveDateTime = wall.naive_utc();
        match self {
            Zone::Utc | Zone::Server => wall,
            Zone::Fixed(minutes) => wall - TimeDelta::minutes(i64::from(minutes)),
            Zone::Local => match Local.from_local_datetime(&naive).earliest() {
                Some(local) => local.to_utc(),
                None => wall - seconds(Local.offset_from_utc_datetime(&naive).fix().local_minus_utc()),
            },
        }
    }
}

pub fn seconds(seconds: i32) -> TimeDelta {
    TimeDelta::seconds(i64::from(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_show_instants_and_back() {
        let time = DateTime::from_timestamp_millis(1_907_050_150_123).unwrap();
        for zone in [Zone::Utc, Zone::Server, Zone::Local, Zone::Fixed(300), Zone::Fixed(-570)] {
            assert_eq!(zone.instant(zone.wall(time)), time, "{zone:?}");
        }
        assert_eq!(Zone::Fixed(300).wall(time).to_rfc3339(), "2030-06-07T13:09:10.123+00:00");
    }
}
