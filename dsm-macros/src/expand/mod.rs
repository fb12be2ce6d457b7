//! Model in, tokens out. Nothing here makes an error: what arrives has passed the checks, or is marked as broken and
//! gets a stub that keeps one mistake from being reported many times.

mod attributes;
mod docs;
mod element;
mod entry;
mod field_traits;
mod handles;
mod job;
mod parallel;
mod resources;
mod shape;
mod shared;
mod specification;
mod stage;
mod stub;

pub(crate) use element::{element, impl_only as stub_element};
pub(crate) use entry::{main, test};
pub(crate) use parallel::parallel;
pub(crate) use resources::resources;
pub(crate) use shared::shared;
pub(crate) use stage::{derived_stage_macro, first_step};
pub(crate) use stub::{function as stub_function, resources as stub_resources};
