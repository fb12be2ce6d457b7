//! Tests that reach across the crate's modules.

mod memory;
