//! The contract of dsm, each part stated once: what every engine must do.

#[macro_use]
mod support;

mod accumulate;
mod anonymous;
mod arguments;
mod at_home;
mod atomics;
mod axes_in_place;
mod backends;
mod background;
mod blocks;
mod by_hand;
mod cells;
mod clusters;
mod collectives;
mod elements;
mod environment;
mod escapes;
mod far_from_home;
mod files;
mod flags;
mod heat;
mod hidden;
mod indices;
mod lent;
mod locks;
mod loops;
mod map;
mod memory;
mod ordered;
mod phases;
mod raw;
mod reentry;
mod refusals;
mod results;
mod rows;
mod sections;
mod shapes;
mod sorting;
mod split_at;
mod stream;
mod sub_teams;
mod threads;
mod tuples;
mod vec_add;

use support::teams;
