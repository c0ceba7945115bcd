//! A limit on the memory that response bodies take while they are received, shared by all exchanges.

use std::sync::Arc;

use badgesmith_engine::world::Fault;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The unit in which memory is counted, in bytes.
const BLOCK: usize = 64 * 1024;

/// The memory for all bodies that are being received, as a semaphore of blocks.
#[derive(Debug)]
pub(crate) struct BodyMemory(Arc<Semaphore>);

/// The memory that one body has taken; dropping it gives the memory back.
pub(crate) struct BodyReservation {
    memory: Arc<Semaphore>,
    blocks: Option<OwnedSemaphorePermit>,
}

impl BodyMemory {
    /// This many bytes for all bodies.
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes / BLOCK)))
    }

    /// A reservation for one body, empty at first.
    pub(crate) fn reservation(&self) -> BodyReservation {
        BodyReservation { memory: Arc::clone(&self.0), blocks: None }
    }
}

impl BodyReservation {
    /// Extends the reservation to a body of this many bytes.
    ///
    /// # Errors
    /// [`Fault::Busy`] if other bodies have taken the memory.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Fault> {
        let reserved = self.blocks.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = bytes.div_ceil(BLOCK).saturating_sub(reserved);
        let missing = u32::try_from(missing).map_err(|_| Fault::Busy)?;
        if missing > 0 {
            let blocks = Arc::clone(&self.memory).try_acquire_many_owned(missing).map_err(|_| Fault::Busy)?;
            match &mut self.blocks {
                Some(reserved) => reserved.merge(blocks),
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
    fn bodies_take_a_bounded_memory_and_give_it_back() {
        let memory = BodyMemory::new(32 * 1024 * 1024);
        let mut reservations: Vec<_> = (0..32).map(|_| memory.reservation()).collect();
        for bytes in [1, BLOCK, 1024 * 1024] {
            assert!(reservations.iter_mut().all(|reservation| reservation.grow(bytes).is_ok()));
        }
        assert_eq!(memory.reservation().grow(1), Err(Fault::Busy));
        reservations.pop();
        assert_eq!(memory.reservation().grow(1024 * 1024), Ok(()));
    }
}
