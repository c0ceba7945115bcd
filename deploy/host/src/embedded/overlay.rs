//! A copy-on-write view of a file: redb opens it for writing, and what it writes stays in memory.
//!
//! redb checks and repairs only a database that it may write. With the overlay a damaged file is checked without being
//! changed, and can be read on a full disk.

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    ops::Bound,
    sync::{PoisonError, RwLock},
};

use redb::{BackendError, StorageBackend, backends::FileBackend};

/// The size of a block. A block is copied into memory when a byte of it is written.
const BLOCK: u64 = 4096;

/// A file, and the blocks in memory that cover parts of it.
#[derive(Debug)]
pub(super) struct Overlay {
    file: FileBackend,
    written: RwLock<OverlayBlocks>,
}

#[derive(Debug)]
struct OverlayBlocks {
    length: u64,
    /// How many bytes of the file are visible: fewer than `length` after a truncation and a growth.
    visible: u64,
    blocks: BTreeMap<u64, Vec<u8>>,
}

impl Overlay {
    /// A view of a file. redb's locks are those of the file itself.
    pub(super) fn over(file: File) -> Result<Self, redb::Error> {
        let file = FileBackend::new(file)?;
        let length = file.len()?;
        Ok(Self { file, written: RwLock::new(OverlayBlocks { length, visible: length, blocks: BTreeMap::new() }) })
    }

    /// The present contents of a block.
    fn block(&self, written: &OverlayBlocks, number: u64) -> io::Result<Vec<u8>> {
        if let Some(block) = written.blocks.get(&number) {
            return Ok(block.clone());
        }
        let start = number * BLOCK;
        let mut block = vec![0; usize::try_from(BLOCK).map_err(io::Error::other)?];
        let visible = usize::try_from(written.visible.saturating_sub(start).min(BLOCK)).map_err(io::Error::other)?;
        if visible > 0 {
            self.file.read(start, &mut block[..visible])?;
        }
        Ok(block)
    }
}

/// Splits `length` bytes from `offset` at the borders of blocks: the block's number, the range within it, and the range
/// within the bytes.
fn parts(offset: u64, length: usize) -> impl Iterator<Item = (u64, std::ops::Range<usize>, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = offset + done as u64;
        // Fits, since it is less than a block.
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
        if end <= written.visible && first_written.is_none_or(|number| number * BLOCK >= end) {
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
            written.visible = written.visible.min(length);
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
