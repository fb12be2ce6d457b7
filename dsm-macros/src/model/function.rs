//! Functions: as they were written, and what `parallel` makes of one.

use proc_macro2::{Group, Ident};
use syn::{Attribute, Generics, Pat, Path, Signature, Type, Visibility};

use super::{Krate, Usage};

/// A function as written. The body stays tokens: what is wrong in it is for rustc to say.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: Group,
}

/// A parallel function that passed the checks.
pub(crate) struct Parallel {
    pub(crate) krate: Krate,
    pub(crate) usages: Vec<Usage>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    pub(crate) generics: Generics,
    pub(crate) resource: Resource,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) returned: Returned,
    pub(crate) body: Group,
}

/// `mut res: VecAdd`.
pub(crate) struct Resource {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) pattern: Pat,
    pub(crate) path: Path,
}

/// A further parameter.
pub(crate) struct Argument {
    pub(crate) attributes: Vec<Attribute>,
    /// The user's pattern.
    pub(crate) pattern: Pat,
    /// Its name in the public function.
    pub(crate) name: Ident,
    /// The type as written.
    pub(crate) ty: Type,
}

/// What the user's function returns.
pub(crate) enum Returned {
    Unit,
    Plain(Box<Type>),
    /// Some `Result`; the type of its success, if it is written.
    Result {
        whole: Box<Type>,
        success: Option<Box<Type>>,
    },
}

/// A type without parentheses and without the invisible groups that `macro_rules` fragments come in.
pub(crate) fn peeled(mut ty: &Type) -> &Type {
    loop {
        match ty {
            Type::Group(group) => ty = &group.elem,
            Type::Paren(paren) => ty = &paren.elem,
            _ => return ty,
        }
    }
}
