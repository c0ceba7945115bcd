//! The socket that the server listens at.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use tokio::net::{TcpListener, TcpSocket};

use super::{client_stream::ClientStream, listen_address::ListenAddress, peer::Peer};

/// The size of the kernel's send and receive buffers of a connection, in bytes, without the kernel's own overhead. An
/// ordinary answer fits, and no more than this waits in the kernel for a client that does not read.
const SYSTEM_BUFFER: u32 = 64 * 1024;
/// How many connections may wait in the kernel to be accepted.
const BACKLOG: u32 = 1024;

/// A socket that accepts connections.
#[derive(Debug)]
pub(crate) enum ListeningSocket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix {
        listener: tokio::net::UnixListener,
        _file: unix::SocketFile,
    },
}

impl ListeningSocket {
    /// Listens at an address; the file of a Unix socket gets this mode.
    ///
    /// # Errors
    /// The address is taken or cannot be used.
    pub(crate) fn bind(address: &ListenAddress, mode: u32) -> io::Result<Self> {
        match address {
            ListenAddress::Tcp(address) => bind_tcp(*address).map(Self::Tcp),
            #[cfg(unix)]
            ListenAddress::UnixSocket(path) => {
                unix::bind(path, mode).map(|(listener, file)| Self::Unix { listener, _file: file })
            }
        }
    }

    /// The address, with the port that the system chose.
    pub(crate) fn address(&self, asked: ListenAddress) -> ListenAddress {
        match self {
            Self::Tcp(listener) => listener.local_addr().map_or(asked, ListenAddress::Tcp),
            #[cfg(unix)]
            Self::Unix { .. } => asked,
        }
    }

    /// The next connection.
    ///
    /// # Errors
    /// It could not be accepted.
    pub(crate) async fn accept(&self) -> io::Result<(ClientStream, Peer)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, from) = listener.accept().await?;
                // Nagle's algorithm would delay small answers.
                let _ = stream.set_nodelay(true);
                Ok((ClientStream::Tcp(stream), Peer::at(from.ip())))
            }
            #[cfg(unix)]
            Self::Unix { listener, .. } => {
                let (stream, _) = listener.accept().await?;
                Ok((ClientStream::Unix(stream), Peer::UnixSocket))
            }
        }
    }
}

fn bind_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address.ip() {
        IpAddr::V4(_) => TcpSocket::new_v4()?,
        IpAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // On Windows this option would let another process listen at the same address.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit the sizes. If they cannot be set, the system's defaults hold.
    let _ = socket.set_send_buffer_size(SYSTEM_BUFFER);
    let _ = socket.set_recv_buffer_size(SYSTEM_BUFFER);
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[cfg(unix)]
mod unix {
    use std::{
        fs, io,
        os::unix::{
            fs::{FileTypeExt, MetadataExt, PermissionsExt},
            net::UnixStream,
        },
        path::{Path, PathBuf},
    };

    use tokio::net::{UnixListener, UnixSocket};

    use super::BACKLOG;

    /// The file of a Unix socket, which is removed when the server ends.
    #[derive(Debug)]
    pub(crate) struct SocketFile {
        path: PathBuf,
        inode: Option<u64>,
    }

    /// Listens at a path, and replaces a socket that no process listens at any more.
    pub(super) fn bind(path: &Path, mode: u32) -> io::Result<(UnixListener, SocketFile)> {
        remove_stale(path)?;
        let socket = UnixSocket::new_stream()?;
        socket.bind(path)?;
        let file = SocketFile { path: path.to_owned(), inode: inode(path) };
        // Nobody can connect before the mode is set, since nothing listens yet.
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
        Ok((socket.listen(BACKLOG)?, file))
    }

    fn remove_stale(path: &Path) -> io::Result<()> {
        let taken = |words: &str| Err(io::Error::new(io::ErrorKind::AddrInUse, words));
        match fs::symlink_metadata(path) {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(fault) => return Err(fault),
            Ok(found) if !found.file_type().is_socket() => return taken("there is a file that is no socket"),
            Ok(_) => {}
        }
        match UnixStream::connect(path) {
            Ok(_) => taken("another process listens there"),
            Err(fault) if fault.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
            Err(fault) => Err(fault),
        }
    }

    fn inode(path: &Path) -> Option<u64> {
        fs::symlink_metadata(path).ok().map(|found| found.ino())
    }

    impl Drop for SocketFile {
        fn drop(&mut self) {
            // If another server has replaced the file, it is not removed.
            if self.inode.is_some() && inode(&self.path) == self.inode {
                let _ = fs::remove_file(&self.path);
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[tokio::test]
        async fn a_stale_socket_is_replaced_and_one_that_is_listened_at_is_not() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.sock");
            drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
            let (listener, file) = bind(&path, 0o660).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
            let taken = bind(&path, 0o660).unwrap_err();
            assert_eq!(taken.to_string(), "another process listens there");
            drop((listener, file));
            assert!(!path.exists(), "the file is removed at the end");
            fs::write(&path, "precious").unwrap();
            assert!(bind(&path, 0o660).is_err());
            assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        }
    }
}
