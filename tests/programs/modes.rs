//! The steps in which arrays change their modes.

use dsm::prelude::*;

use super::ground::Block;
use super::program::{N, Turn, digest};
use super::rank::Rank;

impl<'w> Rank<'w> {
    /// Writes an array in this turn's way, has all read it, and splits it again.
    pub(crate) fn turn(&self, step: usize, turn: Turn, mut array: Block<'w>) -> (u64, Block<'w>) {
        let team = &self.team;
        let seen = match turn {
            Turn::Block => self.write_and_publish(step, array),
            Turn::At => {
                let cuts = self.program.cuts(step);
                let range = cuts[team.id()]..cuts[team.id() + 1];
                let array = team.phase(array.split_at(range));
                self.write_and_publish(step, array)
            }
            Turn::Cyclic(chunk) => self.write_rows(step, array, Schedule::Cyclic(chunk)),
            Turn::Random => self.write_rows(step, array, Schedule::Random),
            Turn::Atomically => {
                array.fill(0);
                let cells = team.phase(array.atomics());
                for (index, amount) in self.program.contributions(step, team.id()) {
                    cells[index].fetch_add(amount);
                }
                self.pace(step, 2);
                team.phase(cells.publish())
            }
        };
        let read = digest(seen.iter().copied());
        self.pace(step, 3);
        (read, team.phase(seen.reclaim()))
    }

    fn write(&self, step: usize, first: usize, array: &mut Block<'w>) {
        let range = array.range();
        for (element, index) in array.iter_mut().zip(range) {
            *element = self.program.cell(step, first + index);
        }
        self.pace(step, 2);
    }

    fn write_and_publish(&self, step: usize, mut array: Block<'w>) -> Read<'w, u64, Ix1> {
        self.write(step, 0, &mut array);
        self.team.phase(array.publish())
    }

    fn write_rows(&self, step: usize, array: Block<'w>, schedule: Schedule) -> Read<'w, u64, Ix1> {
        let mut rows = self.team.phase(array.rows(schedule));
        for (index, element) in &mut rows {
            *element = self.program.cell(step, index);
        }
        self.pace(step, 2);
        self.team.phase(rows.publish())
    }

    /// Both arrays in the same phases: while the first is read, rows of the second are written.
    pub(crate) fn both(&self, step: usize, [mut a, b]: [Block<'w>; 2]) -> (u64, [Block<'w>; 2]) {
        let team = &self.team;
        self.write(step, 0, &mut a);
        let (a, mut b) = team.phase((a.publish(), b.rows(Schedule::Random)));
        for (index, element) in &mut b {
            *element = self.program.cell(step, N + index);
        }
        let first = digest(a.iter().copied());
        self.pace(step, 3);
        let (a, b) = team.phase((a.reclaim(), b.publish()));
        let second = digest(b.iter().copied());
        (digest([first, second]), [a, team.phase(b.reclaim())])
    }
}
