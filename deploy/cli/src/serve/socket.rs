//! A client's socket, which tells its connection what moves over it.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::{activity::Activity, connection_table::Place};

/// How much is read at once, in bytes. It is the most that a connection holds of requests that wait for their turn.
const MOST_AT_ONCE: usize = 8 * 1024;
/// Up to how many bytes an answer is put together before it is written, since several pieces cost the system more than
/// a copy. Most badges fit.
const SMALL: usize = 4 * 1024;
/// How many bytes are thrown away of a client that goes on sending to a connection that ends.
const MOST_THROWN_AWAY: usize = 4 * 1024 * 1024;

/// A socket and the place of its connection, which is given back when the socket is closed.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    place: Place,
    /// How many bytes were thrown away since it was closed for writing.
    thrown_away: Option<usize>,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, place: Place) -> Self {
        // Nagle's algorithm would hold back small answers.
        let _ = stream.set_nodelay(true);
        Self { stream, place, thrown_away: None }
    }

    /// What its connection is doing.
    pub(crate) const fn activity(&self) -> &Arc<Activity> {
        self.place.activity()
    }

    fn read(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if buffer.remaining() <= MOST_AT_ONCE {
            return Pin::new(&mut self.stream).poll_read(cx, buffer);
        }
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(MOST_AT_ONCE));
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut part))?;
        let read = part.filled().len();
        buffer.advance(read);
        Poll::Ready(Ok(()))
    }

    fn sent(&self, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match outcome {
            Poll::Ready(Ok(_)) => self.place.activity().sent(Instant::now()),
            Poll::Ready(Err(_)) => {}
            // The rest of the answer stays in memory.
            Poll::Pending => self.place.relieve(),
        }
        outcome
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(this.read(cx, buffer))?;
        let read = buffer.filled().len() - before;
        if read > 0 {
            this.place.received(read, Instant::now());
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.sent(outcome)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let mut whole = [0; SMALL];
        let mut length = 0;
        for piece in pieces {
            let Some(room) = whole.get_mut(length..length + piece.len()) else {
                let outcome = Pin::new(&mut this.stream).poll_write_vectored(cx, pieces);
                return this.sent(outcome);
            };
            room.copy_from_slice(piece);
            length += piece.len();
        }
        let outcome = Pin::new(&mut this.stream).poll_write(cx, &whole[..length]);
        this.sent(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Called when everything was handed over, so nothing of an answer is left in memory.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.stream).poll_flush(cx))?;
        this.place.activity().flushed(Instant::now());
        Poll::Ready(Ok(()))
    }

    /// Closes the socket for writing, and throws away what arrives until the client closes it, too: a socket that is
    /// closed while something is unread resets the connection, and the client may lose the answer it was told.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let mut thrown_away = match this.thrown_away {
            Some(thrown_away) => thrown_away,
            None => {
                ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
                this.place.activity().closing(Instant::now());
                0
            }
        };
        let mut piece = [0; MOST_AT_ONCE];
        while thrown_away < MOST_THROWN_AWAY {
            this.thrown_away = Some(thrown_away);
            let mut buffer = ReadBuf::new(&mut piece);
            ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buffer))?;
            match buffer.filled().len() {
                0 => break,
                read => thrown_away += read,
            }
        }
        Poll::Ready(Ok(()))
    }
}
