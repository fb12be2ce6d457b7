//! Every text that these macros say. Each names what is wrong and what to write instead.

// Names and attributes.

pub(crate) fn declared_twice(name: &str, first_line: Option<usize>) -> String {
    match first_line {
        Some(line) => format!("`{name}` is declared twice, first on line {line}: give one of them another name"),
        None => format!("`{name}` is declared twice: give one of them another name"),
    }
}

pub(crate) fn field_is_parameter(name: &str) -> String {
    format!("`{name}` is already a shape parameter: give the field another name")
}

pub(crate) fn reserved_name(name: &str) -> String {
    format!("`{name}` is reserved: every resource struct has `id`, `workers` and `team`; choose another name")
}

pub(crate) fn unknown_option(name: &str) -> String {
    format!("`{name}` is no option here: the only one is `crate = path`")
}

pub(crate) fn option_twice(name: &str) -> String {
    format!("`{name}` is given twice: remove one")
}

pub(crate) const DSM_ATTRIBUTE_FORM: &str =
    "`#[dsm]` says nothing by itself: write `#[dsm(crate = path)]`, or remove it";

pub(crate) const CRATE_FORM: &str = "write `crate = path`";

pub(crate) const PUBLIC_NAME: &str = "public names of arrays are not available yet: remove `#[dsm(name = …)]`";

pub(crate) const CRATE_ON_FIELD: &str = "`crate = path` stands on the struct, not on a field";

// The declarations of `shared!`.

pub(crate) const EXPECTED_STRUCT: &str = "`shared!` declares structs: write `struct Name(n: usize) { a: [f64; n] }`";

pub(crate) const SHARED_GENERICS: &str =
    "a shared struct can't be generic: name the element types, and give sizes as parameters, `struct Name(n: usize)`";

pub(crate) const SHARED_BODY: &str = "the fields stand in braces: write `struct Name(n: usize) { a: [f64; n] }`";

pub(crate) const PARAMETER_FORM: &str = "a shape parameter has a name and a type: write `n: usize`";

pub(crate) const PARAMETER_CFG: &str = "a shape parameter can't depend on a `cfg`: put the `cfg` on the struct";

pub(crate) const FIELD_FORM: &str = "a field has a name and a type: write `a: [f64; n]`";

pub(crate) fn field_type(name: &str) -> String {
    format!("`{name}` must be an array `[T; n]`, or `Lock<T>`, `FairLock<T>`, `Atomic<T>`, `Flag`")
}

pub(crate) fn atomics_as_cells(name: &str) -> String {
    format!("an array of atomics is a plain array: declare `{name}: [T; n]` and name it in `atomic({name})`")
}

pub(crate) fn no_axes(name: &str) -> String {
    format!("`{name}` has no axes: write `[T; n]`, with one to six lengths")
}

pub(crate) const AXES_FORM: &str = "expected `;` and the lengths of the axes, as in `[f64; rows, columns]`";

pub(crate) fn too_many_axes(name: &str, axes: usize) -> String {
    format!("`{name}` has {axes} axes: an array has at most six")
}

pub(crate) fn locks_axes(name: &str, cell: &str) -> String {
    format!("an array of locks has one axis: write `{name}: [{cell}<T>; n]`")
}

pub(crate) fn cell_arguments(cell: &str) -> String {
    format!("`{cell}` takes one type: write `{cell}<T>`")
}

pub(crate) fn flags_axes(name: &str) -> String {
    format!("an array of flags has one axis: write `{name}: [Flag; n]`")
}

pub(crate) const FLAG_ARGUMENTS: &str = "a flag holds a `u32` and takes no type: write `Flag`";

// The clauses of `parallel`.

pub(crate) fn unknown_clause(name: &str, known: &[&str], nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => {
            format!("there is no clause `{name}`: did you mean `{nearest}`? The clauses are {}", list(known))
        }
        None => format!("there is no clause `{name}`: the clauses are {}", list(known)),
    }
}

pub(crate) fn clause_form(clause: &str) -> String {
    format!("name the arrays in parentheses: write `{clause}(a)`")
}

pub(crate) fn empty_clause(clause: &str) -> String {
    format!("`{clause}` names no array: write `{clause}(a)`, or remove it")
}

pub(crate) fn only_options(option: &str) -> String {
    format!("`{option}` is a schedule and no array here: name the arrays first, `split(a, {option})`")
}

pub(crate) const EXPECTED_CLAUSE: &str = "expected a clause, such as `read(a)` or `split(b)`";

pub(crate) const EXPECTED_ARRAY: &str = "expected the name of an array";

pub(crate) const EXPECTED_COMMA: &str = "expected `,` before this";

pub(crate) fn options_on(clause: &str) -> String {
    format!("`{clause}` takes only names of arrays: options belong to `split`")
}

pub(crate) fn unknown_split_option(name: &str, nearest: Option<&str>) -> String {
    let known = "the options of `split` are `axis = 1`, `block`, `cyclic`, `cyclic(4)`, `random`, `dynamic(64)`, \
                 `guided` and `guided(8)`";
    match nearest {
        Some(nearest) => format!("there is no option `{name}`: did you mean `{nearest}`? {}", capital(known)),
        None => format!("there is no option `{name}`: {known}"),
    }
}

pub(crate) fn name_after_option(name: &str) -> String {
    format!("names stand before the options: move `{name}` to the front")
}

pub(crate) const SCHEDULE_TWICE: &str =
    "a `split` has one schedule: remove this one, or split the arrays in two clauses";

pub(crate) fn schedule_argument(schedule: &str) -> String {
    format!("`{schedule}` takes no number: write `{schedule}`")
}

pub(crate) fn chunk_form(schedule: &str) -> String {
    format!("the chunk is a whole number of rows, from 1: write `{schedule}(4)`")
}

pub(crate) const AXIS_FORM: &str = "the axis is a number from 0 to 5: write `axis = 1`";

pub(crate) fn operator_missing(array: &str, known: &[&str]) -> String {
    format!(
        "contributions are put together by an operator: write `accumulate({array}, +)`; the operators are {}",
        list(known)
    )
}

pub(crate) const OPERATOR_TWICE: &str =
    "an `accumulate` has one operator: remove this one, or name the arrays in two clauses";

pub(crate) fn name_after_operator(name: &str) -> String {
    format!("names stand before the operator: move `{name}` to the front")
}

pub(crate) const CHUNK_OF_DYNAMIC: &str = "say how many rows a worker takes at a time: write `dynamic(64)`";

pub(crate) fn unknown_operator(known: &[&str]) -> String {
    format!("the operator is one of {}", list(known))
}

pub(crate) fn named_twice(array: &str, first: &str) -> String {
    format!("`{array}` is already in `{first}(…)`: an array stands in one clause only")
}

/// Only a call by hand can be wrong here.
pub(crate) const COMPACT_FORM: &str = "this macro is called by the other macros of dsm only";

// The clauses against the declaration.

pub(crate) fn unknown_array(shared: &str, array: &str, known: &[&str], nearest: Option<&str>) -> String {
    let which = match known {
        [] => format!("`{shared}` declares no arrays"),
        _ => format!("its arrays are {}", list(known)),
    };
    match nearest {
        Some(nearest) => {
            format!("`{shared}` declares no array `{array}`: did you mean `{nearest}`? {}", capital(&which))
        }
        None => format!("`{shared}` declares no array `{array}`: {which}"),
    }
}

pub(crate) fn cell_in_clause(name: &str) -> String {
    format!("`{name}` is no array: locks, flags and atomics are always there, so don't name it in a clause")
}

pub(crate) fn axis_out_of_range(array: &str, axes: usize) -> String {
    match axes {
        1 => format!("`{array}` has one axis: write `axis = 0`, or nothing"),
        _ => format!("`{array}` has {axes} axes: write a number from 0 to {}", axes - 1),
    }
}

// The signature of a parallel function.

pub(crate) fn wants_function(attribute: &str) -> String {
    format!("`{attribute}` goes on a function")
}

pub(crate) const FUNCTION_BODY: &str = "the function needs a body";

pub(crate) const RESOURCE_PARAMETER: &str =
    "the first parameter is the resource struct: write `res: VecAdd`, the name declared with `dsm::shared!`";

pub(crate) const RESOURCE_REFERENCE: &str =
    "the resource struct is taken by value: remove the `&`; to change its fields, write `mut` before its name";

pub(crate) const RECEIVER: &str =
    "a parallel function has no `self`: make it a free function, and pass what it needs as parameters";

pub(crate) const TYPE_GENERICS: &str =
    "a parallel function can't be generic: workers run one compiled function, so write the concrete type";

pub(crate) const WHERE_TYPES: &str =
    "a parallel function can't have bounds on types: it isn't generic, so remove this one";

pub(crate) fn qualifier(word: &str) -> String {
    format!("a parallel function can't be `{word}`: remove `{word}`")
}

pub(crate) const VARIADIC: &str = "a parallel function can't be variadic: pass a `Vec`";

pub(crate) const TOO_MANY_PARAMETERS: &str =
    "a parallel function takes at most 16 parameters after the resource struct: put some of them in a struct";

pub(crate) const PARAMETER_ATTRIBUTE: &str =
    "a parameter of a parallel function can't depend on a `cfg`: put the `cfg` on the function";

// The types of parameters and results.

pub(crate) const IMPL_PARAMETER: &str =
    "a parameter can't be `impl Trait`: each worker gets its own copy, so write the concrete type";

pub(crate) const MUT_PARAMETER: &str =
    "a worker gets its own copy, so nothing would come back through `&mut`: take `&T` or `T`, and return the result";

pub(crate) const INNER_REFERENCE: &str =
    "a reference can only stand at the front of a parameter's type, as in `&[T]` or `&str`: write an owned type here";

pub(crate) const NAMED_LIFETIME: &str =
    "a parameter can't hold borrowed parts: each worker gets its own copy, so write an owned type";

pub(crate) const STATIC_REFERENCE: &str = "a worker's copy lives as long as the call: remove `'static`";

pub(crate) const FUNCTION_PARAMETER: &str =
    "a function or closure can't be sent to another process: pass a value that says what to do";

pub(crate) const TRAIT_OBJECT: &str = "a trait object can't be sent to another process: write the concrete type";

pub(crate) const RAW_POINTER: &str =
    "a pointer means nothing in another process: pass the value, or declare the memory with `dsm::shared!`";

pub(crate) const INFERRED_TYPE: &str = "write the type out: `_` can't stand in the signature of a function";

pub(crate) const IMPL_RESULT: &str =
    "a result can't be `impl Trait`: it is sent to the driver, so write the concrete type";

pub(crate) const BORROWED_RESULT: &str =
    "a result can't be borrowed: it is sent to the driver, so return an owned value";

pub(crate) const FUNCTION_RESULT: &str =
    "a function or closure can't be sent to another process: return a value that says what to do";

pub(crate) const NEVER_TYPE: &str =
    "`!` has no values, and a parallel function returns one: write another type, or none";

// `main` and `test`.

pub(crate) fn entry_options(attribute: &str) -> String {
    format!("`#[dsm::{attribute}]` takes only `crate = path`")
}

pub(crate) fn entry_parameters(attribute: &str) -> String {
    format!("a function with `#[dsm::{attribute}]` takes no parameters: remove them")
}

pub(crate) fn entry_generics(attribute: &str) -> String {
    format!("a function with `#[dsm::{attribute}]` can't be generic: remove this")
}

pub(crate) fn entry_qualifier(attribute: &str, word: &str) -> String {
    format!("a function with `#[dsm::{attribute}]` can't be `{word}`: remove `{word}`")
}

pub(crate) const MAIN_NAME: &str = "`#[dsm::main]` goes on the function `main`";

// `derive(Element)`.

pub(crate) const ELEMENT_KIND: &str =
    "only a struct can derive `Element`: of an enum or union, not all bytes make a valid value";

pub(crate) const ELEMENT_GENERICS: &str =
    "a generic struct can't derive `Element`: padding is checked for one concrete type, so write the types out";

pub(crate) const ELEMENT_EMPTY: &str = "a struct without fields can't derive `Element`: there is nothing to share";

pub(crate) const ELEMENT_REPR: &str =
    "the layout of an element must be fixed: add `#[repr(C)]` or `#[repr(transparent)]`";

/// The text of the assertion that rustc evaluates.
pub(crate) fn element_padding(name: &str) -> String {
    format!(
        "`{name}` has padding bytes: reorder the fields from large to small, or fill the gap with a field of its own"
    )
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
