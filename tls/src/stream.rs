//! TLS on a socket that does not block: what cannot be done yet is `WouldBlock`, and the socket knows what it waits for.

use std::io::{self, ErrorKind, Read, Write};

use rustls::ClientConnection;

use crate::error::HandshakeError;

/// A connection whose handshake is done.
#[derive(Debug)]
pub struct TlsStream<S> {
    /// Large: streams are passed on by value.
    session: Box<ClientConnection>,
    socket: S,
    has_said_goodbye: bool,
}

impl<S> TlsStream<S> {
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.socket
    }
}

impl<S: Read + Write> TlsStream<S> {
    /// Sends what is encrypted already.
    fn send(&mut self) -> io::Result<()> {
        while self.session.wants_write() {
            if self.session.write_tls(&mut self.socket)? == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
        }
        Ok(())
    }

    /// Takes in what has arrived, and tells how much that was. None: the other side has hung up.
    fn receive(&mut self) -> io::Result<usize> {
        let read = self.session.read_tls(&mut self.socket)?;
        if let Err(error) = self.session.process_new_packets() {
            // The server may want to know why. If it cannot be told, the reason is still this one.
            let _ = self.send();
            return Err(io::Error::new(ErrorKind::InvalidData, error));
        }
        Ok(read)
    }

    /// Says goodbye. The socket itself is its owner's to close.
    pub fn shutdown(&mut self) -> io::Result<()> {
        if !self.has_said_goodbye {
            self.session.send_close_notify();
            self.has_said_goodbye = true;
        }
        self.send()
    }
}

impl<S: Read + Write> Read for TlsStream<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.session.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read,
            }
            // The server does not answer what it has not been sent. If that waits, nothing is waited for beside it.
            self.send()?;
            self.receive()?;
        }
    }
}

impl<S: Read + Write> Write for TlsStream<S> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.send()?;
        let taken = self.session.writer().write(text)?;
        match self.send() {
            // It is encrypted, and is sent by what is called next.
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(taken),
            sent => sent.map(|()| taken),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()?;
        self.socket.flush()
    }
}

/// A connection whose handshake goes on.
#[derive(Debug)]
pub struct MidHandshakeTlsStream<S>(TlsStream<S>);

impl<S> MidHandshakeTlsStream<S> {
    pub(crate) fn of(session: ClientConnection, socket: S) -> Self {
        Self(TlsStream { session: Box::new(session), socket, has_said_goodbye: false })
    }

    pub fn get_mut(&mut self) -> &mut S {
        self.0.get_mut()
    }
}

impl<S: Read + Write> MidHandshakeTlsStream<S> {
    /// Goes on, as far as the socket lets it.
    pub fn handshake(mut self) -> Result<TlsStream<S>, HandshakeError<S>> {
        match self.go_on() {
            Ok(()) => Ok(self.0),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Err(HandshakeError::WouldBlock(self)),
            Err(error) => Err(HandshakeError::Failure(error.into())),
        }
    }

    fn go_on(&mut self) -> io::Result<()> {
        let stream = &mut self.0;
        loop {
            stream.send()?;
            if !stream.session.is_handshaking() {
                return Ok(());
            }
            if stream.receive()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
