//! The macros of dsm: [`shared!`], [`macro@parallel`], [`macro@main`], [`macro@test`] and the [`Element`] derive.
//!
//! This crate is an implementation detail of `dsm`, which re-exports everything here; depend on `dsm` instead. The
//! generated code names its own paths in full (`::dsm::…`), and holds no unsafe block.
//!
//! Every macro goes the same way: `parse` reads tokens, `model` is what was read, `check` finds what is wrong with
//! it, `expand` writes the code. Only `parse` and `check` make errors, and all errors of an input are reported at
//! once.

mod check;
mod errors;
mod expand;
mod messages;
mod model;
mod names;
mod parse;
mod pipeline;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Declares structs whose fields lie in memory that all workers share.
///
/// A field is an array `[T; rows, cols]` of one to six axes, or one of `Lock<T>`, `FairLock<T>`, `Atomic<T>`,
/// `Flag`, or an array `[Lock<T>; n]` of locks or `[Flag; n]` of flags. The parameters in parentheses are plain values that give the shapes; `+ - * / %` on
/// them are checked, so that a shape too large is an error at creation.
///
/// For each struct this makes the struct itself (`VecAdd { n: 10 }` says how large to make it), the struct of the
/// driver's handles (`VecAddHandles`), and a hidden macro under the struct's name that `parallel` calls. One `use`
/// brings the struct and its macro. A struct in a function body can't have the name of one in the module around it:
/// rustc calls the name of the macro ambiguous.
///
/// `#[dsm(crate = path)]` on a struct names the crate `dsm` when it goes by another name.
#[proc_macro]
pub fn shared(input: TokenStream) -> TokenStream {
    pipeline::shared(input.into(), &site()).into()
}

/// Makes a function run on all workers of a cluster at once.
///
/// The first parameter is typed with the name of a declared struct; inside it is the resource struct of this function
/// (`AddResources` for `add`), whose fields are the arrays named in the clauses, every lock, flag and atomic, `id`,
/// `workers` and `team`. The caller passes the cluster in its place and gets one result per worker.
///
/// Clauses, each with the names of one or more arrays:
///
/// * `read(a)`: every worker reads all of it.
/// * `split(c)`: each worker owns a block of axis 0, of another axis with `axis = 1`. With `cyclic`, `cyclic(4)` or
///   `random` the rows are dealt out instead; with `dynamic(64)`, `guided` or `guided(8)` they are handed out as workers
///   ask for them.
/// * `atomic(h)`: every worker operates on any element, atomically.
/// * `raw(x)`: every worker does anything, through unsafe methods.
///
/// `crate = path` names the crate `dsm` when it goes by another name. The function stands in a module or in a function
/// body, not in an `impl`.
#[proc_macro_attribute]
pub fn parallel(clauses: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::parallel(clauses.into(), item.into()).into()
}

/// Starts the program's `main` as dsm's driver.
#[proc_macro_attribute]
pub fn main(options: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::main(options.into(), item.into()).into()
}

/// Runs a test in a process of its own, where it may make clusters.
#[proc_macro_attribute]
pub fn test(options: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::test(options.into(), item.into()).into()
}

/// Lets a struct be the element of a shared array.
///
/// The struct is `#[repr(C)]` or `#[repr(transparent)]`, `Clone` and `Copy`, all its fields are elements, and there is
/// no padding between them: all of this is checked at compile time.
///
/// `#[dsm(crate = path)]` on the struct names the crate `dsm` when it goes by another name.
#[proc_macro_derive(Element, attributes(dsm))]
pub fn element(item: TokenStream) -> TokenStream {
    pipeline::element(item.into()).into()
}

/// The second step of `parallel`, called by the macro that `shared!` makes: the declaration joins the function.
#[doc(hidden)]
#[proc_macro]
pub fn __expand_parallel(input: TokenStream) -> TokenStream {
    pipeline::expand_parallel(input.into()).into()
}

/// Makes the macro that `parallel` calls for a struct of which some field depends on a `cfg`.
#[doc(hidden)]
#[proc_macro_derive(__StageMacro, attributes(dsm))]
pub fn __stage_macro(item: TokenStream) -> TokenStream {
    pipeline::stage_macro(item.into()).into()
}

/// Where the macro is called, for names that must differ from call to call.
fn site() -> String {
    let span = proc_macro::Span::call_site();
    format!("{}:{}:{}", span.file(), span.line(), span.column())
}
