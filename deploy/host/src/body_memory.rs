//! The memory that bodies may take while they arrive, all together.

use std::sync::Arc;

use badgesmith_engine::world::Fault;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How large a block is, in bytes.
const BLOCK: usize = 64 * 1024;

/// The memory of all bodies that are arriving, in blocks.
#[derive(Debug)]
pub(crate) struct Bodies(Arc<Semaphore>);

/// The memory that one body takes while it arrives.
pub(crate) struct Room {
    bodies: Arc<Semaphore>,
    blocks: Option<OwnedSemaphorePermit>,
}

impl Bodies {
    /// So many bytes for all of them.
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes / BLOCK)))
    }

    /// Room for one body, none of it taken yet.
    pub(crate) fn room(&self) -> Room {
        Room { bodies: Arc::clone(&self.0), blocks: None }
    }
}

impl Room {
    /// Makes room for a body of so many bytes.
    ///
    /// # Errors
    /// [`Fault::Busy`] where other bodies have taken it all.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Fault> {
        let has = self.blocks.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = bytes.div_ceil(BLOCK).saturating_sub(has);
        let more = u32::try_from(more).map_err(|_| Fault::Busy)?;
        if more > 0 {
            let blocks = Arc::clone(&self.bodies).try_acquire_many_owned(more).map_err(|_| Fault::Busy)?;
            match &mut self.blocks {
                Some(has) => has.merge(blocks),
                None => self.blocks = Some(blocks),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_that_arrive_take_so_much_memory_and_give_it_back() {
        let bodies = Bodies::new(32 * 1024 * 1024);
        let mut rooms: Vec<_> = (0..32).map(|_| bodies.room()).collect();
        for bytes in [1, BLOCK, 1024 * 1024] {
            assert!(rooms.iter_mut().all(|room| room.grow(bytes).is_ok()));
        }
        assert_eq!(bodies.room().grow(1), Err(Fault::Busy));
        rooms.pop();
        assert_eq!(bodies.room().grow(1024 * 1024), Ok(()));
    }
}
