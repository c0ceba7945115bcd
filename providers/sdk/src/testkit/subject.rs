//! The provider under test: one in this process, or a library built from one.

use std::{error::Error, panic};

use crate::{message, provider::Provider};

/// Why a subject returned no step: an error of the subject's own kind, such as a panic or a library that cannot be
/// opened.
pub type SubjectFault = Box<dyn Error + Send + Sync>;

/// A provider under test.
pub trait Subject {
    /// Takes a call and the bodies of its answers, returns a step.
    ///
    /// # Errors
    /// Why there is no step; a panic of the provider is such an error.
    fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, SubjectFault>;
}

/// A provider in this process.
#[derive(Debug)]
pub struct InProcess<P>(pub P);

impl<P: Provider + panic::RefUnwindSafe> Subject for InProcess<P> {
    fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, SubjectFault> {
        Ok(panic::catch_unwind(|| message::answer(&self.0, call, bodies)).map_err(|_| "it panicked")??)
    }
}
