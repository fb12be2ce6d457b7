//! A function that dsm starts: `main` or a test.

use proc_macro2::{Group, Ident};
use syn::{Attribute, ReturnType, Visibility};

pub(crate) struct Entry {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    pub(crate) output: ReturnType,
    pub(crate) body: Group,
}
