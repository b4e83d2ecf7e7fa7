//! The socket of a connection that sqlx keeps to itself: whether something has arrived on it, such as the word that the server has
//! hung up.
//!
//! Which of the process's sockets it is follows from what was there before it was opened. Of several that were opened meanwhile
//! all are watched, until others turn out to be other connections': what arrives on those costs a question to the server, and no
//! more.

#![allow(unsafe_code)] // The standard library does not ask these questions of a number.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A process that has more of them does not look through all of them for each connection.
#[cfg(unix)]
const MOST: usize = 4096;

/// A socket: its number, and what tells it from others that had this number before.
type Socket = (i32, u64);

/// The sockets of which it is known which connection's they are.
static CLAIMED: Mutex<BTreeSet<Socket>> = Mutex::new(BTreeSet::new());

fn claimed() -> MutexGuard<'static, BTreeSet<Socket>> {
    CLAIMED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The sockets of which one is a connection's. None where that is not known.
#[derive(Debug, Default)]
pub struct Sockets {
    candidates: Vec<Socket>,
    /// Those on which something had arrived when that was last asked.
    heard: Vec<Socket>,
}

/// The sockets that a process has open.
#[derive(Debug, Default)]
pub struct Open(HashSet<Socket>);

impl Open {
    /// Those that are connected to `port`, or to a server of this machine that has none.
    pub fn to(port: u16) -> Self {
        Self(connected(port).unwrap_or_default())
    }

    /// Those that have been opened since.
    pub fn since(&self, port: u16) -> Sockets {
        let now = connected(port).unwrap_or_default();
        let mut sockets = Sockets { candidates: now.difference(&self.0).copied().collect(), heard: Vec::new() };
        sockets.claim();
        sockets
    }
}

impl Sockets {
    pub fn are_known(&self) -> bool {
        !self.candidates.is_empty()
    }

    /// Whether something has arrived that has not been read, or the other side has hung up.
    pub fn have_word(&mut self) -> bool {
        if self.candidates.len() > 1 {
            self.claim();
        }
        self.heard = readable(&self.candidates);
        !self.heard.is_empty()
    }

    /// The server has answered all the same. What had arrived for this connection has been read with the answer: what is still there is
    /// for others.
    pub fn answered(&mut self) {
        if self.candidates.len() > 1 {
            let heard = std::mem::take(&mut self.heard);
            let unread = readable(&heard);
            self.candidates.retain(|each| !unread.contains(each));
            self.claim();
        }
    }

    /// Says that nothing more will come from this side. What the other side still sends can be taken from then on, and thrown away, by
    /// what this returns. `None` where it is not known which socket is the connection's own.
    pub fn end(&self) -> Option<Ending> {
        let [(own, _)] = self.candidates.as_slice() else { return None };
        finish(*own).then_some(Ending(*own))
    }

    /// Leaves out what is known to be other connections'. What is left alone is this one's.
    fn claim(&mut self) {
        let mut claimed = claimed();
        self.candidates.retain(|each| !claimed.contains(each));
        if let [own] = self.candidates.as_slice() {
            claimed.insert(*own);
        }
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        if let [own] = self.candidates.as_slice() {
            claimed().remove(own);
        }
    }
}

/// A socket on which nothing more is sent, for as long as its connection lives.
#[derive(Debug)]
pub struct Ending(i32);

impl Ending {
    /// Takes what has arrived. Whether the other side has hung up, too.
    pub fn is_over(&self) -> bool {
        while let Some(count) = take(self.0) {
            if count == 0 {
                return true;
            }
        }
        false
    }
}

#[cfg(unix)]
fn finish(socket: i32) -> bool {
    // SAFETY: it takes two numbers. One that is no socket's is an error.
    unsafe { libc::shutdown(socket, libc::SHUT_WR) == 0 }
}

#[cfg(not(unix))]
fn finish(_: i32) -> bool {
    false
}

/// How much has been taken, nothing if the other side has hung up; `None` if nothing has arrived yet.
#[cfg(unix)]
fn take(socket: i32) -> Option<usize> {
    let mut bytes = [0_u8; 4096];
    // SAFETY: `bytes` has room for as many bytes as are asked for, and lives until the call returns, which it does at once.
    let taken = unsafe { libc::recv(socket, bytes.as_mut_ptr().cast(), bytes.len(), libc::MSG_DONTWAIT) };
    match usize::try_from(taken) {
        Ok(count) => Some(count),
        Err(_) if std::io::Error::last_os_error().kind() == std::io::ErrorKind::WouldBlock => None,
        // It has been reset.
        Err(_) => Some(0),
    }
}

#[cfg(not(unix))]
fn take(_: i32) -> Option<usize> {
    Some(0)
}

/// Those of the sockets on which something has arrived, or the other side has hung up.
#[cfg(unix)]
fn readable(sockets: &[Socket]) -> Vec<Socket> {
    let mut polled: Vec<_> =
        sockets.iter().map(|(fd, _)| libc::pollfd { fd: *fd, events: libc::POLLIN, revents: 0 }).collect();
    // SAFETY: `polled` is an array of that many elements, and lives until the call returns, which it does at once.
    let found = unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, 0) };
    let heard = sockets.iter().zip(&polled).filter(|(_, each)| found > 0 && each.revents & !libc::POLLNVAL != 0);
    heard.map(|(socket, _)| *socket).collect()
}

#[cfg(not(unix))]
fn readable(_: &[Socket]) -> Vec<Socket> {
    Vec::new()
}

#[cfg(unix)]
fn connected(port: u16) -> Option<HashSet<Socket>> {
    let folder = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };
    let mut found = HashSet::new();
    for (count, entry) in std::fs::read_dir(folder).ok()?.enumerate() {
        if count == MOST {
            return None;
        }
        let Some(number) = entry.ok().and_then(|entry| entry.file_name().to_str()?.parse().ok()) else { continue };
        if let Some(inode) = inode_to(number, port) {
            found.insert((number, inode));
        }
    }
    Some(found)
}

#[cfg(not(unix))]
fn connected(_: u16) -> Option<HashSet<Socket>> {
    None
}

/// What tells the socket from others of its number, if it is one that is connected to `port` or to a path.
#[cfg(unix)]
fn inode_to(number: i32, port: u16) -> Option<u64> {
    // SAFETY: all of these structures are plain data, for which zeros are values.
    let (mut peer, mut status) = unsafe { std::mem::zeroed::<(libc::sockaddr_storage, libc::stat)>() };
    let mut length = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    let address = (&raw mut peer).cast::<libc::sockaddr>();
    // SAFETY: `peer` has room for `length` bytes, which is enough for any address; a number that is no socket's is an error.
    if unsafe { libc::getpeername(number, address, &raw mut length) } != 0 {
        return None;
    }
    let at = match i32::from(peer.ss_family) {
        // SAFETY: of this family, the address is of this type, which the storage has room for.
        libc::AF_INET => u16::from_be(unsafe { (*address.cast::<libc::sockaddr_in>()).sin_port }),
        // SAFETY: as above.
        libc::AF_INET6 => u16::from_be(unsafe { (*address.cast::<libc::sockaddr_in6>()).sin6_port }),
        libc::AF_UNIX => port,
        _ => return None,
    };
    // SAFETY: `status` is such a structure; a number that is gone meanwhile is an error.
    let told = unsafe { libc::fstat(number, &raw mut status) } == 0;
    (told && at == port).then_some(status.st_ino)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    fn listen() -> (TcpListener, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        (listener, port)
    }

    fn connect(listener: &TcpListener, port: u16) -> (TcpStream, TcpStream) {
        let client = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
        (client, listener.accept().expect("the client").0)
    }

    fn hears(sockets: &mut Sockets) -> bool {
        (0..10_000).any(|_| {
            std::thread::yield_now();
            sockets.have_word()
        })
    }

    #[test]
    fn a_word_and_a_farewell_are_noticed() {
        let (listener, port) = listen();
        let _earlier = connect(&listener, port);
        let before = Open::to(port);
        let (mut client, mut server) = connect(&listener, port);
        let mut sockets = before.since(port);
        assert_eq!(sockets.candidates.len(), 1, "the other one was there before");
        assert!(sockets.are_known() && !sockets.have_word());
        server.write_all(b"!").expect("written");
        assert!(hears(&mut sockets));
        client.read_exact(&mut [0]).expect("read");
        assert!(!sockets.have_word());
        drop(server);
        assert!(hears(&mut sockets));
    }

    #[test]
    fn an_ending_hears_the_other_side_out() {
        let (listener, port) = listen();
        let before = Open::to(port);
        let (client, mut server) = connect(&listener, port);
        let sockets = before.since(port);
        server.write_all(b"unread").expect("written");
        let ending = sockets.end().expect("its own");
        assert!(!ending.is_over());
        assert_eq!(server.read(&mut [0]).expect("the end"), 0);
        server.write_all(&[0; 10_000]).expect("written");
        server.shutdown(std::net::Shutdown::Write).expect("ended");
        assert!((0..10_000).any(|_| {
            std::thread::yield_now();
            ending.is_over()
        }));
        drop(client);
        // Not "connection reset".
        assert_eq!(server.read(&mut [0]).expect("the end"), 0);
        assert!(Sockets::default().end().is_none());
    }

    #[test]
    fn of_several_that_were_opened_at_once_each_finds_its_own() {
        let (listener, port) = listen();
        let before = Open::to(port);
        let (_one, mut to_one) = connect(&listener, port);
        let (_other, to_other) = connect(&listener, port);
        let (mut one, mut other) = (before.since(port), before.since(port));
        assert_eq!((one.candidates.len(), other.candidates.len()), (2, 2));
        to_one.write_all(b"!").expect("written");
        assert!(hears(&mut other), "it may be its own");
        // Its server has answered: it was not.
        other.answered();
        assert!(!other.have_word());
        assert!(hears(&mut one));
        assert_eq!(one.candidates.len(), 1, "the other one's is known");
        drop(to_other);
        assert!(hears(&mut other));
    }

    #[test]
    fn what_is_left_over_from_an_earlier_answer_is_its_own() {
        let (listener, port) = listen();
        let before = Open::to(port);
        let (mut client, mut server) = connect(&listener, port);
        let (_neighbour, _to_neighbour) = connect(&listener, port);
        let (mut sockets, neighbour) = (before.since(port), before.since(port));
        assert_eq!((sockets.candidates.len(), neighbour.candidates.len()), (2, 2));
        server.write_all(b"!").expect("written");
        assert!(hears(&mut sockets));
        client.read_exact(&mut [0]).expect("read with the next answer");
        sockets.answered();
        assert_eq!(sockets.candidates.len(), 2, "either may still be its own");
        drop(server);
        assert!(hears(&mut sockets), "the server's farewell");
    }

    #[test]
    fn a_claim_is_not_on_a_later_socket_of_its_number() {
        let (listener, port) = listen();
        let before = Open::to(port);
        let (client, _server) = connect(&listener, port);
        let old = before.since(port);
        let [(number, _)] = old.candidates[..] else { panic!("one") };
        drop(client);
        // The lowest free number is the next one's.
        let others: Vec<_> = (0..32).map(|_| connect(&listener, port)).collect();
        let after = Open::to(port);
        let again: Vec<_> = after.0.iter().filter(|(each, _)| *each == number).collect();
        if let [(_, inode)] = again[..] {
            let mut new = Sockets { candidates: vec![(number, *inode)], heard: Vec::new() };
            new.claim();
            assert!(new.are_known());
        }
        drop((others, old));
    }

    #[test]
    fn what_is_no_socket_says_nothing() {
        assert!(!Sockets::default().are_known());
        assert!(!Sockets::default().have_word());
        let mut gone = Sockets { candidates: vec![(-1, 0), (1_000_000, 0)], heard: Vec::new() };
        assert!(!gone.have_word());
    }
}
