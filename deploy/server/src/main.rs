//! The badge server.
fn main() {}
