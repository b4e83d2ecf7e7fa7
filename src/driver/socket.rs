//! The socket of a connection that sqlx keeps to itself: whether something has arrived on it, such as the word that the server has
//! hung up.
//!
//! Which of the process's sockets it is follows from what was there before it was opened. Of several that were opened meanwhile
//! all are watched: what arrives on another one costs a question to the server, and no more.

#![allow(unsafe_code)] // The standard library does not ask these questions of a number.

use std::collections::HashSet;

/// A process that has more of them does not look through all of them for each connection.
#[cfg(unix)]
const MOST: usize = 4096;

/// The sockets of which one is a connection's. None where that is not known.
#[derive(Debug, Default)]
pub struct Sockets(Vec<i32>);

/// The sockets that a process has open, by their numbers and by what tells sockets of one number apart.
#[derive(Debug, Default)]
pub struct Open(HashSet<(i32, u64)>);

impl Open {
    /// Those that are connected to `port`, or to a server of this machine that has none.
    pub fn to(port: u16) -> Self {
        Self(connected(port).unwrap_or_default())
    }

    /// Those that have been opened since.
    pub fn since(&self, port: u16) -> Sockets {
        let now = connected(port).unwrap_or_default();
        Sockets(now.difference(&self.0).map(|(number, _)| *number).collect())
    }
}

impl Sockets {
    pub fn are_known(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether something has arrived that has not been read, or the other side has hung up.
    #[cfg(unix)]
    pub fn have_word(&self) -> bool {
        let mut polled: Vec<_> =
            self.0.iter().map(|fd| libc::pollfd { fd: *fd, events: libc::POLLIN, revents: 0 }).collect();
        // SAFETY: `polled` is an array of that many elements, and lives until the call returns, which it does at once.
        let found = unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, 0) };
        found > 0 && polled.iter().any(|each| each.revents & !libc::POLLNVAL != 0)
    }

    #[cfg(not(unix))]
    pub fn have_word(&self) -> bool {
        false
    }
}

#[cfg(unix)]
fn connected(port: u16) -> Option<HashSet<(i32, u64)>> {
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
fn connected(_: u16) -> Option<HashSet<(i32, u64)>> {
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

    #[test]
    fn a_word_and_a_farewell_are_noticed() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let _earlier = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
        let before = Open::to(port);
        let mut client = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
        let sockets = before.since(port);
        assert_eq!(sockets.0.len(), 1, "the other one was there before");
        drop(listener.accept().expect("the earlier one"));
        let (mut server, _) = listener.accept().expect("the client");
        assert!(sockets.are_known() && !sockets.have_word());
        server.write_all(b"!").expect("written");
        let arrives = || {
            (0..1000).any(|_| {
                sockets.have_word() || {
                    std::thread::yield_now();
                    false
                }
            })
        };
        assert!(arrives());
        client.read_exact(&mut [0]).expect("read");
        assert!(!sockets.have_word());
        drop(server);
        assert!(arrives());
    }

    #[test]
    fn what_is_no_socket_says_nothing() {
        assert!(!Sockets::default().are_known());
        assert!(!Sockets::default().have_word());
        assert!(!Sockets(vec![-1, 1_000_000]).have_word());
    }
}
