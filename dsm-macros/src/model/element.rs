//! A struct that derives `Element`.

use proc_macro2::Ident;
use syn::{Attribute, Generics, Member, Type};

use super::Krate;

pub(crate) struct ElementStruct {
    pub(crate) krate: Krate,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) generics: Generics,
    pub(crate) name: Ident,
    pub(crate) fields: Vec<(Member, Type)>,
}
