//! What holds for arrays and locks over any number of ranks; run alone, or by `ci/mpi.sh` under launchers.
//!
//! `ranks [CASE…]` runs the cases whose names contain one of the words, or all; `ranks --fault NAME` runs one after which the
//! job is no longer whole, and of which `ci/mpi.sh` knows the outcome. A case that fails panics, which ends the job.

mod comms;
mod faults;
mod giving;
mod locks;
mod misuse;
mod reading;
mod shapes;

use dsm::mpi::Comm;

/// A case, and its name.
type Case = (&'static str, fn(&Comm));

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--nocapture").collect();
    if let [option, name] = &words[..]
        && option == "--fault"
    {
        return faults::run(name);
    }
    let comm = Comm::world().expect("the world");
    let suites = [comms::CASES, shapes::CASES, giving::CASES, reading::CASES, misuse::CASES, locks::CASES];
    let mut count = 0;
    for &(name, case) in suites.concat().iter() {
        if words.is_empty() || words.iter().any(|word| name.contains(word.as_str())) {
            case(&comm);
            count += 1;
        }
    }
    assert!(count > 0, "no case is named {words:?}");
    if comm.rank() == 0 {
        println!("{count} cases hold on {} of {} nodes, {} ranks", comm.node().size(), comm.nodes(), comm.size());
    }
}
