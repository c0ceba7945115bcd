//! The stream of a client's connection: over TCP, or over a Unix socket.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// An accepted connection.
#[derive(Debug)]
pub(crate) enum ClientStream {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

/// A stream that belongs to no runtime, so that another runtime can register it.
#[derive(Debug)]
pub(crate) enum UnregisteredStream {
    Tcp(std::net::TcpStream),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
}

impl UnregisteredStream {
    /// Takes a stream from its runtime.
    ///
    /// # Errors
    /// The stream cannot be deregistered from the runtime.
    pub(crate) fn of(stream: ClientStream) -> io::Result<Self> {
        match stream {
            ClientStream::Tcp(stream) => stream.into_std().map(Self::Tcp),
            #[cfg(unix)]
            ClientStream::Unix(stream) => stream.into_std().map(Self::Unix),
        }
    }

    /// Adds it to the runtime of this thread.
    ///
    /// # Errors
    /// The runtime cannot take it.
    pub(crate) fn register(self) -> io::Result<ClientStream> {
        match self {
            Self::Tcp(stream) => TcpStream::from_std(stream).map(ClientStream::Tcp),
            #[cfg(unix)]
            Self::Unix(stream) => tokio::net::UnixStream::from_std(stream).map(ClientStream::Unix),
        }
    }
}

impl ClientStream {
    /// Whether the client has closed its side, seen without reading what it has sent; pending if neither is known.
    pub(crate) fn poll_end(&self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut byte = [0];
        match self {
            Self::Tcp(stream) => stream.poll_peek(cx, &mut ReadBuf::new(&mut byte)).map_ok(|read| read == 0),
            #[cfg(unix)]
            Self::Unix(stream) => {
                use rustix::net::{RecvFlags, recv};
                use std::task::ready;
                use tokio::io::Interest;

                loop {
                    ready!(stream.poll_read_ready(cx))?;
                    let read = stream.try_io(Interest::READABLE, || Ok(recv(stream, &mut byte, RecvFlags::PEEK)?.0));
                    match read {
                        Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => {}
                        read => return Poll::Ready(read.map(|read| read == 0)),
                    }
                }
            }
        }
    }
}

/// Calls the same function of whichever stream it is.
macro_rules! either {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Self::Tcp(stream) => {
                let $stream = Pin::new(stream);
                $call
            }
            #[cfg(unix)]
            Self::Unix(stream) => {
                let $stream = Pin::new(stream);
                $call
            }
        }
    };
}

impl AsyncRead for ClientStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_read(cx, buffer))
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        either!(self, stream => stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self, stream => stream.poll_write_vectored(cx, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.is_write_vectored(),
            #[cfg(unix)]
            Self::Unix(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_shutdown(cx))
    }
}
