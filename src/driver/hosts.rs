//! The hosts of one URL: which of them is wanted, and in which order they are asked.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

/// How long a host that was of no use is asked after the others.
const REMEMBERED: Duration = Duration::from_secs(30);

/// How long a host that did not answer is left alone while others answer.
const LEFT_ALONE: Duration = Duration::from_secs(5);

/// Which sessions serve: libpq's `target_session_attrs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    /// A standby if there is one, else any.
    PreferStandby,
}

const NAMES: [(&str, Wanted); 6] = [
    ("any", Wanted::Any),
    ("read-write", Wanted::ReadWrite),
    ("read-only", Wanted::ReadOnly),
    ("primary", Wanted::Primary),
    ("standby", Wanted::Standby),
    ("prefer-standby", Wanted::PreferStandby),
];

/// What a server is, and what its sessions may do by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role {
    /// It follows another server.
    pub standby: bool,
    /// Its sessions begin as read-only ones.
    pub read_only: bool,
}

impl Wanted {
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(each, _)| *each == name).map(|(_, wanted)| *wanted)
    }

    /// All names, for a message.
    pub fn names() -> String {
        let names: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }

    /// Why a server of this role does not serve.
    pub fn objection(self, role: Role) -> Option<&'static str> {
        let Role { standby, read_only } = role;
        match self {
            Wanted::ReadWrite if standby => Some("it is a standby, which only reads"),
            Wanted::ReadWrite if read_only => Some("it only reads"),
            Wanted::ReadOnly if !standby && !read_only => Some("it writes"),
            Wanted::Primary if standby => Some("it is a standby"),
            Wanted::Standby | Wanted::PreferStandby if !standby => Some("it is no standby"),
            _ => None,
        }
    }

    /// Whether a server has to stay what it was when it was connected to.
    pub fn lasts(self) -> bool {
        !matches!(self, Wanted::Any | Wanted::PreferStandby)
    }

    /// Whether only a server that writes serves.
    pub fn writes(self) -> bool {
        matches!(self, Wanted::ReadWrite | Wanted::Primary)
    }
}

/// What a URL says of the choice among its hosts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Choice {
    /// `None`: of one host any session, of several one that writes.
    pub wanted: Option<Wanted>,
    /// Whether each connection asks the hosts in an order of its own.
    pub random: bool,
}

/// Where a server listens.
#[derive(Debug, Clone)]
pub struct Host {
    /// For messages, with the port: `db1.example.com:5432`.
    pub name: String,
    pub port: u16,
}

impl Host {
    pub fn new(host: &str, port: u16) -> Self {
        let name = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        Self { name, port }
    }

    /// The socket of PostgreSQL in `folder`.
    pub fn at(folder: &Path, port: u16) -> Self {
        Self { name: format!("{}/.s.PGSQL.{port}", folder.display()), port }
    }
}

/// The hosts of one URL, and what connections have learnt of them. Clones share that.
#[derive(Debug, Clone)]
pub struct Hosts {
    pub all: Arc<[Host]>,
    pub wanted: Wanted,
    random: bool,
    past: Arc<Mutex<Vec<Option<Failure>>>>,
}

/// The last attempt to connect, if it did not succeed.
#[derive(Debug, Clone, Copy)]
struct Failure {
    at: Instant,
    silent: bool,
}

impl Hosts {
    pub fn new(all: Vec<Host>, choice: Choice) -> Self {
        let wanted = choice.wanted.unwrap_or(if all.len() > 1 { Wanted::ReadWrite } else { Wanted::Any });
        let past = Arc::new(Mutex::new(vec![None; all.len()]));
        Self { all: all.into(), wanted, random: choice.random, past }
    }

    /// Whether there is nothing to choose: every session of the one host serves.
    pub fn are_one(&self) -> bool {
        self.all.len() == 1 && self.wanted == Wanted::Any
    }

    pub fn are_several(&self) -> bool {
        self.all.len() > 1
    }

    /// In which order a connection asks the hosts, by their numbers: those that were of no use lately come after the others, and
    /// those that did not answer come last.
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<_> = (0..self.all.len()).collect();
        if self.random {
            order.sort_by_cached_key(|_| Uuid::new_v4());
        }
        let past = self.past();
        order.sort_by_key(|host| {
            let failure = past[*host].filter(|failure| failure.at.elapsed() < REMEMBERED);
            (failure.is_some_and(|failure| failure.silent), failure.map(|failure| failure.at))
        });
        order
    }

    /// Whether a host that did not answer a moment ago is to be left alone, since others answer. If not, the one who asks is the only
    /// one who waits for it.
    pub fn is_left_alone(&self, host: usize) -> bool {
        match &mut self.past()[host] {
            Some(failure) if failure.silent => {
                let left_alone = failure.at.elapsed() < LEFT_ALONE;
                if !left_alone {
                    failure.at = Instant::now();
                }
                left_alone
            }
            _ => false,
        }
    }

    /// A host has given a connection that serves.
    pub fn served(&self, host: usize) {
        self.past()[host] = None;
    }

    /// A host was of no use: it refused, it is not what is wanted, or it did not answer.
    pub fn failed(&self, host: usize, silent: bool) {
        self.past()[host] = Some(Failure { at: Instant::now(), silent });
    }

    fn past(&self) -> MutexGuard<'_, Vec<Option<Failure>>> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(count: u16, choice: Choice) -> Hosts {
        Hosts::new((0..count).map(|port| Host { name: format!("h:{port}"), port }).collect(), choice)
    }

    #[test]
    fn several_hosts_are_asked_for_a_writer_unless_the_url_says_otherwise() {
        assert_eq!(hosts(1, Choice::default()).wanted, Wanted::Any);
        assert_eq!(hosts(2, Choice::default()).wanted, Wanted::ReadWrite);
        assert_eq!(hosts(2, Choice { wanted: Some(Wanted::Any), random: false }).wanted, Wanted::Any);
    }

    #[test]
    fn each_value_takes_the_roles_that_libpq_takes() {
        let roles = [(false, false), (false, true), (true, true)];
        for (wanted, taken) in [
            (Wanted::Any, [true, true, true]),
            (Wanted::ReadWrite, [true, false, false]),
            (Wanted::ReadOnly, [false, true, true]),
            (Wanted::Primary, [true, true, false]),
            (Wanted::Standby, [false, false, true]),
            (Wanted::PreferStandby, [false, false, true]),
        ] {
            for ((standby, read_only), taken) in roles.into_iter().zip(taken) {
                assert_eq!(wanted.objection(Role { standby, read_only }).is_none(), taken, "{wanted:?} {standby}");
            }
        }
    }

    #[test]
    fn what_was_of_no_use_is_asked_later_and_what_did_not_answer_last() {
        let hosts = hosts(4, Choice::default());
        assert_eq!(hosts.order(), [0, 1, 2, 3]);
        hosts.failed(0, true);
        hosts.failed(2, false);
        hosts.failed(1, false);
        assert_eq!(hosts.order(), [3, 2, 1, 0]);
        assert!(hosts.is_left_alone(0) && !hosts.is_left_alone(1) && !hosts.is_left_alone(3));
        hosts.served(0);
        assert_eq!(hosts.order(), [0, 3, 2, 1]);
        assert!(!hosts.is_left_alone(0));
    }

    #[test]
    fn one_caller_at_a_time_waits_for_a_host_that_did_not_answer() {
        let hosts = hosts(2, Choice::default());
        let Some(before) = Instant::now().checked_sub(LEFT_ALONE) else { return };
        hosts.past()[0] = Some(Failure { at: before, silent: true });
        assert!(!hosts.is_left_alone(0), "it has been left alone for long enough");
        assert!(hosts.is_left_alone(0), "another caller is asking it");
        let Some(long_ago) = Instant::now().checked_sub(REMEMBERED) else { return };
        hosts.past()[0] = Some(Failure { at: long_ago, silent: true });
        assert_eq!(hosts.order(), [0, 1]);
    }

    #[test]
    fn a_random_order_has_every_host_first_at_times() {
        let hosts = hosts(3, Choice { wanted: None, random: true });
        let firsts: std::collections::HashSet<_> = (0..200).map(|_| hosts.order()[0]).collect();
        assert_eq!(firsts.len(), 3);
        hosts.failed(1, false);
        assert!((0..50).all(|_| hosts.order()[2] == 1));
    }
}
