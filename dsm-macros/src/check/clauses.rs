//! The clauses of `parallel` by themselves: one clause per array, options that go together.

use proc_macro2::{Ident, Span};

use crate::errors::Errors;
use crate::messages;
use crate::model::{AccumulateOp, Clause, ClauseOption, Kind, Mode, Schedule, ScheduleName, Usage};
use crate::names::text;

/// More axes than this no array has.
const MAX_AXES: usize = 6;

/// Checks the clauses and says how each array is used.
pub(super) fn clauses(clauses: &[Clause], errors: &mut Errors) -> Vec<Usage> {
    let mut usages = Vec::new();
    let mut named: Vec<(String, Kind)> = Vec::new();
    for clause in clauses {
        let modes = Modes::new(clause, errors);
        if clause.arrays.is_empty() {
            errors.at(&clause.keyword, empty(clause));
        }
        for array in &clause.arrays {
            let name = text(array);
            if let Some((_, first)) = named.iter().find(|(seen, _)| *seen == name) {
                errors.at(array, messages::named_twice(&name, first.keyword()));
                continue;
            }
            named.push((name, clause.kind));
            usages.extend(modes.of(array));
        }
    }
    usages
}

fn empty(clause: &Clause) -> String {
    let schedule = clause.options.iter().find_map(|option| match option {
        ClauseOption::Schedule { keyword, .. } => Some(keyword.to_string()),
        ClauseOption::Axis { .. } | ClauseOption::Operator { .. } => None,
    });
    match schedule {
        Some(schedule) => messages::only_options(&schedule),
        None => messages::empty_clause(clause.kind.keyword()),
    }
}

/// How a clause uses its arrays.
struct Modes {
    kind: Kind,
    axis: usize,
    axis_span: Span,
    schedule: Schedule,
    operator: Option<(AccumulateOp, Span)>,
}

impl Modes {
    fn new(clause: &Clause, errors: &mut Errors) -> Self {
        let mut modes = Self {
            kind: clause.kind,
            axis: 0,
            axis_span: clause.keyword.span(),
            schedule: Schedule::Block,
            operator: None,
        };
        let (mut axis_given, mut schedule_given) = (false, false);
        for option in &clause.options {
            match option {
                ClauseOption::Axis { keyword, .. } if axis_given => {
                    errors.at(keyword, messages::option_twice("axis"));
                }
                ClauseOption::Axis { value, span, .. } => {
                    axis_given = true;
                    modes.axis = *value;
                    modes.axis_span = *span;
                    if *value >= MAX_AXES {
                        errors.at_span(*span, messages::AXIS_FORM);
                    }
                }
                ClauseOption::Operator { span, .. } if modes.operator.is_some() => {
                    errors.at_span(*span, messages::OPERATOR_TWICE);
                }
                ClauseOption::Operator { operator, span } => modes.operator = Some((*operator, *span)),
                ClauseOption::Schedule { keyword, .. } if schedule_given => {
                    errors.at(keyword, messages::SCHEDULE_TWICE);
                }
                ClauseOption::Schedule { keyword, name, argument } => {
                    schedule_given = true;
                    modes.schedule = schedule(keyword, *name, *argument, errors);
                }
            }
        }
        if clause.kind == Kind::Accumulate
            && modes.operator.is_none()
            && let Some(array) = clause.arrays.first()
        {
            let known = AccumulateOp::ALL.map(AccumulateOp::token);
            errors.at(&clause.keyword, messages::operator_missing(&text(array), &known));
        }
        modes
    }

    fn of(&self, array: &Ident) -> Option<Usage> {
        let mode = match self.kind {
            Kind::Read => Mode::Read,
            Kind::Split => Mode::Split { axis: self.axis, axis_span: self.axis_span, schedule: self.schedule },
            Kind::Atomic => Mode::Atomic,
            Kind::Raw => Mode::Raw,
            Kind::Accumulate => {
                let (operator, span) = self.operator?;
                Mode::Accumulate { operator, span }
            }
        };
        Some(Usage { array: array.clone(), mode })
    }
}

/// The schedule that the words stand for; a block, after a mistake.
fn schedule(keyword: &Ident, name: ScheduleName, argument: Option<(usize, Span)>, errors: &mut Errors) -> Schedule {
    let word = name.keyword();
    match (name, argument) {
        (ScheduleName::Dynamic, None) => {
            errors.at(keyword, messages::CHUNK_OF_DYNAMIC);
            Schedule::Block
        }
        (ScheduleName::Block | ScheduleName::Random, Some((_, span))) => {
            errors.at_span(span, messages::schedule_argument(word));
            Schedule::Block
        }
        (ScheduleName::Cyclic | ScheduleName::Dynamic | ScheduleName::Guided, Some((0, span))) => {
            errors.at_span(span, messages::chunk_form(word));
            Schedule::Block
        }
        (ScheduleName::Cyclic, Some((chunk, _))) => Schedule::Cyclic(chunk),
        (ScheduleName::Cyclic, None) => Schedule::Cyclic(1),
        (ScheduleName::Dynamic, Some((chunk, _))) => Schedule::Dynamic(chunk),
        (ScheduleName::Guided, Some((least, _))) => Schedule::Guided(least),
        (ScheduleName::Guided, None) => Schedule::Guided(1),
        (ScheduleName::Block, None) => Schedule::Block,
        (ScheduleName::Random, None) => Schedule::Random,
    }
}
