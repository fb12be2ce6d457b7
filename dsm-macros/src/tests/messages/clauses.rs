//! The messages about the clauses of `parallel`.

use super::Case;
use super::Input::{Declared, Parallel, SecondStep};

const F: &str = "fn f(res: VecAdd) {}";

pub(super) const CASES: &[Case] = &[
    (
        "unknown_clause",
        Parallel("reed(a), reduce(b), split(c)", F),
        &[
            "there is no clause `reed`: did you mean `read`? The clauses are `read`, `split`, `atomic`, `accumulate` \
             and `raw`",
            "there is no clause `reduce`: the clauses are `read`, `split`, `atomic`, `accumulate` and `raw`",
        ],
    ),
    ("clause_form", Parallel("read, split(c)", F), &["name the arrays in parentheses: write `read(a)`"]),
    (
        "empty_clause",
        Parallel("read(), split(axis = 1)", F),
        &[
            "`read` names no array: write `read(a)`, or remove it",
            "`split` names no array: write `split(a)`, or remove it",
        ],
    ),
    (
        "only_options",
        Parallel("split(random)", F),
        &["`random` is a schedule and no array here: name the arrays first, `split(a, random)`"],
    ),
    ("EXPECTED_CLAUSE", Parallel("3, read(a)", F), &["expected a clause, such as `read(a)` or `split(b)`"]),
    ("EXPECTED_ARRAY", Parallel("read(a, 3, b)", F), &["expected the name of an array"]),
    ("EXPECTED_COMMA", Parallel("read(a b) split(c)", F), &["expected `,` before this", "expected `,` before this"]),
    (
        "options_on",
        Parallel("read(a, axis = 1), atomic(b, cyclic(3))", F),
        &[
            "`read` takes only names of arrays: options belong to `split`",
            "`atomic` takes only names of arrays: options belong to `split`",
        ],
    ),
    (
        "unknown_split_option",
        Parallel("split(a, axes = 1), split(b, cyclc(4)), split(c, chunked(4))", F),
        &[
            "there is no option `axes`: did you mean `axis`? The options of `split` are `axis = 1`, `block`, \
             `cyclic`, `cyclic(4)`, `random`, `dynamic(64)`, `guided` and `guided(8)`",
            "there is no option `cyclc`: did you mean `cyclic`? The options of `split` are `axis = 1`, `block`, \
             `cyclic`, `cyclic(4)`, `random`, `dynamic(64)`, `guided` and `guided(8)`",
            "there is no option `chunked`: the options of `split` are `axis = 1`, `block`, `cyclic`, `cyclic(4)`, \
             `random`, `dynamic(64)`, `guided` and `guided(8)`",
        ],
    ),
    (
        "name_after_option",
        Parallel("split(a, cyclic, b)", F),
        &["names stand before the options: move `b` to the front"],
    ),
    (
        "SCHEDULE_TWICE",
        Parallel("split(a, cyclic, random)", F),
        &["a `split` has one schedule: remove this one, or split the arrays in two clauses"],
    ),
    ("option_twice", Parallel("split(a, axis = 0, axis = 1)", F), &["`axis` is given twice: remove one"]),
    ("option_twice", Parallel("crate = a, crate = b", F), &["`crate` is given twice: remove one"]),
    (
        "schedule_argument",
        Parallel("split(a, block(3)), split(b, random(3))", F),
        &["`block` takes no number: write `block`", "`random` takes no number: write `random`"],
    ),
    (
        "chunk_form",
        Parallel("split(a, cyclic(0)), split(b, cyclic()), split(c, cyclic(x)), split(d, cyclic(1, 2))", F),
        &[
            "the chunk is a whole number of rows, from 1: write `cyclic(4)`",
            "the chunk is a whole number of rows, from 1: write `cyclic(4)`",
            "the chunk is a whole number of rows, from 1: write `cyclic(4)`",
            "the chunk is a whole number of rows, from 1: write `cyclic(4)`",
        ],
    ),
    (
        "AXIS_FORM",
        Parallel("split(a, axis = x), split(b, axis = 6), split(c, axis = -1)", F),
        &[
            "the axis is a number from 0 to 5: write `axis = 1`",
            "the axis is a number from 0 to 5: write `axis = 1`",
            "the axis is a number from 0 to 5: write `axis = 1`",
        ],
    ),
    (
        "operator_missing",
        Parallel("accumulate(f, g), accumulate(min)", F),
        &[
            "contributions are put together by an operator: write `accumulate(f, +)`; the operators are `+`, `*`, `min`, \
             `max`, `and`, `or` and `xor`",
            "contributions are put together by an operator: write `accumulate(min, +)`; the operators are `+`, `*`, `min`, \
             `max`, `and`, `or` and `xor`",
        ],
    ),
    (
        "OPERATOR_TWICE",
        Parallel("accumulate(f, +, min), accumulate(g, and, *)", F),
        &[
            "an `accumulate` has one operator: remove this one, or name the arrays in two clauses",
            "an `accumulate` has one operator: remove this one, or name the arrays in two clauses",
        ],
    ),
    (
        "name_after_operator",
        Parallel("accumulate(f, +, g)", F),
        &["names stand before the operator: move `g` to the front"],
    ),
    (
        "CHUNK_OF_DYNAMIC",
        Parallel("split(a, dynamic), split(b, dynamic(0)), split(c, guided(-1)), split(d, guided(0))", F),
        &[
            "the chunk is a whole number of rows, from 1: write `guided(4)`",
            "say how many rows a worker takes at a time: write `dynamic(64)`",
            "the chunk is a whole number of rows, from 1: write `dynamic(4)`",
            "the chunk is a whole number of rows, from 1: write `guided(4)`",
        ],
    ),
    (
        "unknown_operator",
        Parallel("accumulate(f, -)", F),
        &["the operator is one of `+`, `*`, `min`, `max`, `and`, `or` and `xor`"],
    ),
    (
        "named_twice",
        Parallel("read(a, b), split(b), atomic(r#a)", F),
        &[
            "`b` is already in `read(…)`: an array stands in one clause only",
            "`a` is already in `read(…)`: an array stands in one clause only",
        ],
    ),
    (
        "unknown_array",
        Declared("read(d), split(grip), split(a, random, axis = 0), atomic(cyclc)"),
        &[
            "`VecAdd` declares no array `d`: its arrays are `a` and `grid`",
            "`VecAdd` declares no array `grip`: did you mean `grid`? Its arrays are `a` and `grid`",
            "`VecAdd` declares no array `cyclc`: did you mean `cyclic`? Its arrays are `a` and `grid`",
        ],
    ),
    (
        "unknown_array",
        SecondStep("{ VecAdd sound (0 cell Lock total) } { read(a) } { fn f(res: VecAdd) {} }"),
        &["`VecAdd` declares no array `a`: `VecAdd` declares no arrays"],
    ),
    // What is wrong with a broken declaration is said there.
    ("unknown_array", SecondStep("{ VecAdd broken } { read(a) } { fn f(res: VecAdd) {} }"), &[]),
    (
        "cell_in_clause",
        Declared("read(a, total)"),
        &["`total` is no array: locks, flags and atomics are always there, so don't name it in a clause"],
    ),
    (
        "axis_out_of_range",
        Declared("split(a, axis = 1), split(grid, axis = 2)"),
        &["`a` has one axis: write `axis = 0`, or nothing", "`grid` has 2 axes: write a number from 0 to 1"],
    ),
    (
        "COMPACT_FORM",
        SecondStep("{ VecAdd sound (0 flag ready) } { } { fn f(res: VecAdd) {} }"),
        &["this macro is called by the other macros of dsm only"],
    ),
];
