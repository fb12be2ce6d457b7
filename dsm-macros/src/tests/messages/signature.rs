//! The messages about the signature of a parallel function.

use super::Case;
use super::Input::Parallel;

const RESOURCE: &str =
    "the first parameter is the resource struct: write `res: VecAdd`, the name declared with `dsm::shared!`";

pub(super) const CASES: &[Case] = &[
    ("wants_function", Parallel("", "struct S;"), &["`#[dsm::parallel]` goes on a function"]),
    ("FUNCTION_BODY", Parallel("", "fn f(res: VecAdd);"), &["the function needs a body"]),
    ("RESOURCE_PARAMETER", Parallel("", "fn f() {}"), &[RESOURCE]),
    ("RESOURCE_PARAMETER", Parallel("", "fn f(x: f64) {}"), &[RESOURCE]),
    (
        "RESOURCE_REFERENCE",
        Parallel("", "fn f(res: &mut VecAdd, x: u8) {}"),
        &["the resource struct is taken by value: remove the `&`; to change its fields, write `mut` before its name"],
    ),
    ("RESOURCE_PARAMETER", Parallel("", "fn f(res: (VecAdd, u8)) {}"), &[RESOURCE]),
    ("RESOURCE_PARAMETER", Parallel("", "fn f(res: VecAdd<'_>) {}"), &[RESOURCE]),
    ("RESOURCE_PARAMETER", Parallel("", "fn f(res: <A as B>::C) {}"), &[RESOURCE]),
    (
        "RECEIVER",
        Parallel("", "fn f(&self, res: VecAdd) {}"),
        &["a parallel function has no `self`: make it a free function, and pass what it needs as parameters"],
    ),
    (
        "TYPE_GENERICS",
        Parallel("", "fn f<'a, T: Copy, const N: usize>(res: VecAdd, x: T) {}"),
        &[
            "a parallel function can't be generic: workers run one compiled function, so write the concrete type",
            "a parallel function can't be generic: workers run one compiled function, so write the concrete type",
        ],
    ),
    (
        "WHERE_TYPES",
        Parallel("", "fn f<'a>(res: VecAdd) where 'a: 'a, Vec<u8>: Clone {}"),
        &["a parallel function can't have bounds on types: it isn't generic, so remove this one"],
    ),
    (
        "qualifier",
        Parallel("", "const async unsafe extern \"C\" fn f(res: VecAdd) {}"),
        &[
            "a parallel function can't be `const`: remove `const`",
            "a parallel function can't be `async`: remove `async`",
            "a parallel function can't be `unsafe`: remove `unsafe`",
            "a parallel function can't be `extern`: remove `extern`",
        ],
    ),
    ("VARIADIC", Parallel("", "fn f(res: VecAdd, ...) {}"), &["a parallel function can't be variadic: pass a `Vec`"]),
    (
        "TOO_MANY_PARAMETERS",
        Parallel(
            "",
            "fn f(res: VecAdd, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: u8, \
             m: u8, n: u8, o: u8, p: u8, q: u8, r: u8) {}",
        ),
        &["a parallel function takes at most 16 parameters after the resource struct: put some of them in a struct"],
    ),
    (
        "PARAMETER_ATTRIBUTE",
        Parallel(
            "",
            "fn f(#[cfg(unix)] res: VecAdd, #[cfg_attr(unix, allow(unused))] x: u8, #[allow(unused)] y: u8) {}",
        ),
        &[
            "a parameter of a parallel function can't depend on a `cfg`: put the `cfg` on the function",
            "a parameter of a parallel function can't depend on a `cfg`: put the `cfg` on the function",
        ],
    ),
    (
        "IMPL_PARAMETER",
        Parallel("", "fn f(res: VecAdd, x: impl Iterator<Item = &'static mut u8>) {}"),
        &["a parameter can't be `impl Trait`: each worker gets its own copy, so write the concrete type"],
    ),
    (
        "MUT_PARAMETER",
        Parallel("", "fn f(res: VecAdd, x: &mut [f64], y: Option<&mut u8>) {}"),
        &[
            "a worker gets its own copy, so nothing would come back through `&mut`: take `&T` or `T`, and return the \
             result",
            "a worker gets its own copy, so nothing would come back through `&mut`: take `&T` or `T`, and return the \
             result",
        ],
    ),
    (
        "INNER_REFERENCE",
        Parallel("", "fn f(res: VecAdd, x: Vec<&str>, y: &[&str], z: &&u8) {}"),
        &[
            "a reference can only stand at the front of a parameter's type, as in `&[T]` or `&str`: write an owned \
             type here",
            "a reference can only stand at the front of a parameter's type, as in `&[T]` or `&str`: write an owned \
             type here",
            "a reference can only stand at the front of a parameter's type, as in `&[T]` or `&str`: write an owned \
             type here",
        ],
    ),
    (
        "NAMED_LIFETIME",
        Parallel("", "fn f<'a>(res: VecAdd, x: &'a str, y: Cow<'a, str>, z: &Cow<'_, str>, w: Cow<'static, str>) {}"),
        &[
            "a parameter can't hold borrowed parts: each worker gets its own copy, so write an owned type",
            "a parameter can't hold borrowed parts: each worker gets its own copy, so write an owned type",
        ],
    ),
    (
        "STATIC_REFERENCE",
        Parallel("", "fn f(res: VecAdd, x: &'static str) {}"),
        &["a worker's copy lives as long as the call: remove `'static`"],
    ),
    (
        "FUNCTION_PARAMETER",
        Parallel("", "fn f(res: VecAdd, x: fn(f64) -> f64, y: Box<dyn Fn(&u8)>, z: impl FnOnce(), w: &dyn FnMut()) {}"),
        &[
            "a function or closure can't be sent to another process: pass a value that says what to do",
            "a function or closure can't be sent to another process: pass a value that says what to do",
            "a function or closure can't be sent to another process: pass a value that says what to do",
            "a function or closure can't be sent to another process: pass a value that says what to do",
        ],
    ),
    (
        "TRAIT_OBJECT",
        Parallel("", "fn f(res: VecAdd, x: &dyn Shape, y: Box<dyn Shape>) {}"),
        &[
            "a trait object can't be sent to another process: write the concrete type",
            "a trait object can't be sent to another process: write the concrete type",
        ],
    ),
    (
        "RAW_POINTER",
        Parallel("", "fn f(res: VecAdd, x: *const u8, y: Vec<*mut u8>) {}"),
        &[
            "a pointer means nothing in another process: pass the value, or declare the memory with `dsm::shared!`",
            "a pointer means nothing in another process: pass the value, or declare the memory with `dsm::shared!`",
        ],
    ),
    (
        "INFERRED_TYPE",
        Parallel("", "fn f(res: VecAdd, x: _, y: Vec<_>) {}"),
        &[
            "write the type out: `_` can't stand in the signature of a function",
            "write the type out: `_` can't stand in the signature of a function",
        ],
    ),
    (
        "IMPL_RESULT",
        Parallel("", "fn f(res: VecAdd) -> impl Iterator<Item = u8> {}"),
        &["a result can't be `impl Trait`: it is sent to the driver, so write the concrete type"],
    ),
    (
        "BORROWED_RESULT",
        Parallel("", "fn f<'a>(res: VecAdd, x: &'a str) -> (&'a str, Cow<'a, str>) {}"),
        &[
            "a result can't be borrowed: it is sent to the driver, so return an owned value",
            "a result can't be borrowed: it is sent to the driver, so return an owned value",
        ],
    ),
    (
        "FUNCTION_RESULT",
        Parallel("", "fn f(res: VecAdd) -> Result<fn(), String> {}"),
        &["a function or closure can't be sent to another process: return a value that says what to do"],
    ),
    (
        "NEVER_TYPE",
        Parallel("", "fn f(res: VecAdd) -> ! {}"),
        &["`!` has no values, and a parallel function returns one: write another type, or none"],
    ),
];
