//! What goes wrong, and what the driver is told of it: every failure ends the call with an error, and the next call works.

#[path = "../conformance/support.rs"]
#[macro_use]
mod support;
#[path = "../programs/mod.rs"]
mod programs;
#[path = "../wear/mod.rs"]
mod wear;

mod bench;
mod faults;
#[cfg(debug_assertions)]
mod strikes;

mod accumulate;
mod background;
mod deadlock;
mod divergence;
mod driver;
#[cfg(debug_assertions)]
mod driver_points;
mod endless;
mod endurance;
mod flags;
mod guards;
mod killed;
mod lent;
mod loops;
mod map;
mod matrix;
mod misuse;
mod monitor;
mod ordered;
mod out_of_memory;
mod own_errors;
mod payloads;
#[cfg(debug_assertions)]
mod points;
mod random_programs;
mod ranges;
mod restarts;
mod sending;
mod sticky;
mod sub_teams;
mod threads;
mod unwinding;
