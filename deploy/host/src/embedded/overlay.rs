//! A file that redb may open as if to write it, while nothing is ever written to it.
//!
//! redb can only check and repair a database that it may write. Here what it writes stays in memory: so a damaged file is
//! looked at without being changed, and can be read on a full disk.

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    ops::Bound,
    sync::{PoisonError, RwLock},
};

use redb::{BackendError, StorageBackend, backends::FileBackend};

/// The size of a block that is kept whole once a byte of it was written.
const BLOCK: u64 = 4096;

/// A file, and in memory the blocks that were written over it.
#[derive(Debug)]
pub(super) struct Overlay {
    file: FileBackend,
    written: RwLock<Written>,
}

#[derive(Debug)]
struct Written {
    length: u64,
    /// How much of the file shows: it may have been cut and made longer again.
    shown: u64,
    blocks: BTreeMap<u64, Vec<u8>>,
}

impl Overlay {
    /// Looks at a file. The lock that redb asks for is the file's own.
    pub(super) fn over(file: File) -> Result<Self, redb::Error> {
        let file = FileBackend::new(file)?;
        let length = file.len()?;
        Ok(Self { file, written: RwLock::new(Written { length, shown: length, blocks: BTreeMap::new() }) })
    }

    /// A block as it is now.
    fn block(&self, written: &Written, number: u64) -> io::Result<Vec<u8>> {
        if let Some(block) = written.blocks.get(&number) {
            return Ok(block.clone());
        }
        let start = number * BLOCK;
        let mut block = vec![0; usize::try_from(BLOCK).map_err(io::Error::other)?];
        let shown = usize::try_from(written.shown.saturating_sub(start).min(BLOCK)).map_err(io::Error::other)?;
        if shown > 0 {
            self.file.read(start, &mut block[..shown])?;
        }
        Ok(block)
    }
}

/// The parts of `length` bytes from `offset`, block by block: the block's number, where in it, and where among the bytes.
fn parts(offset: u64, length: usize) -> impl Iterator<Item = (u64, std::ops::Range<usize>, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = offset + done as u64;
        // Less than a block.
        let within = usize::try_from(at % BLOCK).unwrap_or_default();
        let size = (length - done).min(usize::try_from(BLOCK).unwrap_or(usize::MAX) - within);
        let part = (at / BLOCK, within..within + size, done..done + size);
        done += size;
        (size > 0).then_some(part)
    })
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.written.read().unwrap_or_else(PoisonError::into_inner).length)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let written = self.written.read().unwrap_or_else(PoisonError::into_inner);
        let end = offset.checked_add(out.len() as u64).filter(|end| *end <= written.length);
        let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
        let first_written = written.blocks.range(offset / BLOCK..).next().map(|(number, _)| *number);
        if end <= written.shown && first_written.is_none_or(|number| number * BLOCK >= end) {
            return self.file.read(offset, out);
        }
        for (number, within, at) in parts(offset, out.len()) {
            out[at].copy_from_slice(&self.block(&written, number)?[within]);
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut written = self.written.write().unwrap_or_else(PoisonError::into_inner);
        if length < written.length {
            written.shown = written.shown.min(length);
            written.blocks.retain(|number, _| number * BLOCK < length);
            if let Some(block) = written.blocks.get_mut(&(length / BLOCK)) {
                block[usize::try_from(length % BLOCK).map_err(io::Error::other)?..].fill(0);
            }
        }
        written.length = length;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut written = self.written.write().unwrap_or_else(PoisonError::into_inner);
        for (number, within, at) in parts(offset, data.len()) {
            let mut block = self.block(&written, number)?;
            block[within].copy_from_slice(&data[at]);
            written.blocks.insert(number, block);
        }
        written.length = written.length.max(offset + data.len() as u64);
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}
