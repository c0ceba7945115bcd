//! A client's socket that records in the connection's state what is received and sent.

use std::{
    cell::RefCell,
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use super::{activity::Activity, client_stream::ClientStream, connection_table::ConnectionSlot, poll_time};

/// How many bytes are read at once. A connection holds no more than this of pipelined requests.
const READ_SIZE: usize = 8 * 1024;
/// Up to how many bytes the pieces of an answer are copied into one buffer, because a write of several pieces costs
/// more than the copy. Most badges fit.
const SMALL_ANSWER: usize = 4 * 1024;
/// How many bytes are discarded when a client goes on sending after the connection is closed for writing.
const MAX_DISCARDED: usize = 4 * 1024 * 1024;

thread_local! {
    /// The buffer in which the pieces of a small answer are joined. Each thread has one, because an answer is in it
    /// only during the write.
    static WHOLE: RefCell<Vec<u8>> = RefCell::new(Vec::with_capacity(SMALL_ANSWER));
}

/// A socket and its slot in the table of connections; closing the socket frees the slot.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: ClientStream,
    slot: ConnectionSlot,
    /// How many bytes were discarded since the socket was closed for writing.
    discarded: Option<usize>,
}

impl Socket {
    pub(crate) const fn new(stream: ClientStream, slot: ConnectionSlot) -> Self {
        Self { stream, slot, discarded: None }
    }

    /// The state of the connection.
    pub(crate) const fn activity(&self) -> &Arc<Activity> {
        self.slot.activity()
    }

    fn read(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // This does not fill the buffer with zeros first.
        Pin::new(&mut (&mut self.stream).take(READ_SIZE as u64)).poll_read(cx, buffer)
    }

    /// Fails once the client of an event stream has closed the connection. Nothing else reads from it, so its place
    /// would stay taken until an event is written.
    fn notice_end(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.stream.poll_end(cx) {
            Poll::Ready(Ok(true)) => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Poll::Ready(Err(fault)) => Poll::Ready(Err(fault)),
            Poll::Ready(Ok(false)) | Poll::Pending => Poll::Ready(Ok(())),
        }
    }

    fn sent(&self, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match outcome {
            Poll::Ready(Ok(_)) => self.slot.activity().sent(poll_time::now()),
            Poll::Ready(Err(_)) => {}
            // The rest of the answer stays in memory.
            Poll::Pending => self.slot.enforce_memory_limit(),
        }
        outcome
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        match this.read(cx, buffer) {
            Poll::Ready(read) => read?,
            Poll::Pending => {
                this.slot.activity().nothing_received(poll_time::now());
                return Poll::Pending;
            }
        }
        let read = buffer.filled().len() - before;
        if read > 0 {
            this.slot.received(read, poll_time::now());
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
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        let outcome = if length <= SMALL_ANSWER {
            WHOLE.with_borrow_mut(|whole| {
                whole.clear();
                pieces.iter().for_each(|piece| whole.extend_from_slice(piece));
                Pin::new(&mut this.stream).poll_write(cx, whole)
            })
        } else {
            Pin::new(&mut this.stream).poll_write_vectored(cx, pieces)
        };
        this.sent(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Flushes the stream. After that no part of an answer is left in memory.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.stream).poll_flush(cx))?;
        this.slot.activity().flushed(poll_time::now());
        if this.slot.activity().is_listening() {
            return this.notice_end(cx);
        }
        Poll::Ready(Ok(()))
    }

    /// Closes the socket for writing, and discards what arrives until the client closes it as well: closing a socket
    /// with unread bytes resets the connection, and the client may lose the last answer.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let mut discarded = match this.discarded {
            Some(discarded) => discarded,
            None => {
                ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
                let was_listening = this.slot.activity().is_listening();
                this.slot.activity().closing(poll_time::now());
                if was_listening {
                    // No unread bytes are left, so the client receives the whole answer, and a stopping server need not
                    // wait.
                    return Poll::Ready(Ok(()));
                }
                0
            }
        };
        let mut piece = [0; READ_SIZE];
        while discarded < MAX_DISCARDED {
            this.discarded = Some(discarded);
            let mut buffer = ReadBuf::new(&mut piece);
            ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buffer))?;
            match buffer.filled().len() {
                0 => break,
                read => discarded += read,
            }
        }
        Poll::Ready(Ok(()))
    }
}
