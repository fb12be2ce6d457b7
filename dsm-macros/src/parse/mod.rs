//! Tokens in, model out. Errors here are about form; what the form means is for the checks.

mod clauses;
mod declared;
mod element;
mod field_type;
mod function;
mod options;
mod recover;
mod shared;

pub(crate) use clauses::clauses;
pub(crate) use declared::{SecondStep, second_step, stage_macro};
pub(crate) use element::element;
pub(crate) use function::function;
pub(crate) use options::attribute_options;
pub(crate) use shared::shared;
