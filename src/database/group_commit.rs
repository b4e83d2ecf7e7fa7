//! Writes of several callers that take effect by one commit.
//!
//! A commit costs SQLite a third of a write. Where several wait for the thread that writes, it therefore performs those
//! that are there, each within a savepoint, and commits when none is left, or many have been performed. No caller is
//! answered before.
//!
//! Invariants:
//! - The group has the writers' turn from its first write to its end, as any writer has.
//! - No caller hears of a write before the commit that it is part of has succeeded. If it fails, all have changed nothing.
//! - Whose write fails has changed nothing, and the others go on.
//! - The commit waits for other connections until the first member's time is up, and no longer than the busy timeout.

use std::cell::RefCell;

use tokio::sync::{OwnedMutexGuard, oneshot};

use crate::database::hung_disk::{Deadline, deadline};
use crate::database::writer_local::here;
use crate::driver::sqlite::writer::{MEMBER, Writer};
use crate::error::{Code, Result};

/// So many writes in one commit, for which the first waits, and each other connection that wants to write.
const MOST: usize = 32;

struct Group {
    _turn: OwnedMutexGuard<()>,
    members: Vec<Member>,
}

/// A caller that waits for the commit.
struct Member {
    deadline: Option<Deadline>,
    committed: oneshot::Sender<Result<()>>,
}

thread_local! {
    /// The open group of the thread that writes.
    static GROUP: RefCell<Option<Group>> = const { RefCell::new(None) };
}

pub fn is_open() -> bool {
    GROUP.with_borrow(Option::is_some)
}

/// Begins a group. Whether that could be done: if not, another process may be writing.
pub fn open(turn: OwnedMutexGuard<()>) -> bool {
    let begun = here(|writer| writer.begin().is_ok()) == Some(true);
    if begun {
        GROUP.set(Some(Group { _turn: turn, members: Vec::new() }));
    }
    begun
}

/// Performs `work` as part of the open group. Its output stands once the receiver has received that; `None` if it changed nothing.
pub fn join<T>(work: impl AsyncFnOnce(&mut Writer) -> Result<T>) -> Option<(T, oneshot::Receiver<Result<()>>)> {
    let done = here(|writer| writer.perform(&MEMBER, work)).flatten();
    let lasts = here(|writer| writer.is_held()) == Some(true);
    GROUP.with_borrow_mut(|group| {
        if !lasts {
            // Some errors make SQLite undo everything; the others learn of it by what they wait for.
            *group = None;
        }
        let (committed, receiver) = oneshot::channel();
        let output = done?;
        group.as_mut()?.members.push(Member { deadline: deadline(), committed });
        Some((output, receiver))
    })
}

/// Ends the group if it has grown so large.
pub fn end_if_full() {
    if GROUP.with_borrow(|group| group.as_ref().is_some_and(|group| group.members.len() >= MOST)) {
        end();
    }
}

/// Makes the open group take effect, if there is one, and tells its members. A member that is told nothing has changed nothing, and may do its work anew.
pub fn end() {
    let Some(Group { _turn, members }) = GROUP.take() else { return };
    let first = members.iter().filter_map(|member| member.deadline).min_by_key(|deadline| deadline.at);
    let in_time = || first.map_or(Ok(()), Deadline::in_time);
    let committed = here(|writer| {
        let committed = in_time().and_then(|()| writer.commit(first.map(|deadline| deadline.at)));
        if committed.is_err() {
            writer.rollback();
        }
        committed
    });
    let Some(outcome) = committed else { return };
    // As long as the busy timeout, which concerns all of them.
    let was_patient = outcome.as_ref().is_err_and(|error| error.code == Code::Timeout) && in_time().is_ok();
    for Member { deadline, committed } in members {
        let is_late = || deadline.is_some_and(|deadline| deadline.in_time().is_err());
        if outcome.is_ok() || was_patient || is_late() {
            // A member that does not wait any more has gone with the process's last environment.
            let _ = committed.send(outcome.clone());
        }
    }
}
