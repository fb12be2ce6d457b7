//! The agent of a node that isn't the driver's: makes its part of clusters and runs its part of calls, as the driver says.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use super::address;
use super::member::Member;
use super::message::{Account, Ending, Job, Message, Plan, RankAccount};
use super::net::Net;
use super::station::{Station, install, station};
use crate::cluster::{Backend, Over, ProcessPool, Purpose, Settings, WaitPolicy, number_of_workers, post};
use crate::error::Result;
use crate::segment::{Declaration, Field, Segment, Untold};

/// A cluster on this node.
struct Cluster {
    // The pool first, so that the workers are gone before the memory is.
    pool: ProcessPool,
    segment: Arc<Segment>,
    member: Member,
}

/// Joins this process to others on several nodes: on node 0 returns, and clusters are then made on all nodes; on any other
/// serves until the driver leaves, and ends the process.
pub fn join(net: Box<dyn Net>) {
    install(net);
    let Some(mut station) = station() else { unreachable!("a network was just installed") };
    let cores = station.net.cores();
    let workers = number_of_workers(None, &|name| std::env::var_os(name), cores).map_err(|error| error.to_string());
    let program = address::program().unwrap_or_else(|error| {
        station.net.give_up(&format!("can't read /proc/self/exe, to compare the programs of all nodes: {error}"))
    });
    if station.node() > 0 {
        station.post(0, &Message::Hello { workers, program });
        serve(station)
    }
    let mut rooms = vec![workers];
    for node in 1..station.nodes() {
        match station.next(node) {
            Message::Hello { workers, program: theirs } => {
                if theirs != program {
                    station
                        .net
                        .give_up(&format!("node {node} runs another program than node 0: build it once, for all"));
                }
                rooms.push(workers);
            }
            _ => station.confused("this greeting"),
        }
    }
    for (node, room) in rooms.into_iter().enumerate() {
        match room {
            Ok(room) => station.rooms[node] = room,
            Err(why) => station.net.give_up(&format!("node {node}: {why}")),
        }
    }
}

/// Lets the agents of the other nodes go; on node 0, at the end.
pub fn leave() {
    if let Some(mut station) = station() {
        let nodes = station.nodes();
        station.post_to_others(nodes, &Message::Leave);
        station.net.leave();
    }
}

fn serve(mut station: std::sync::MutexGuard<'static, Station>) -> ! {
    let mut clusters = HashMap::new();
    loop {
        match station.next(0) {
            Message::Create(plan) => {
                let cluster = plan.cluster;
                let made = create(&station, plan);
                let outcome = made.map(|made| _ = clusters.insert(cluster, made)).map_err(|error| error.to_string());
                station.post(0, &Message::Created { cluster, outcome });
            }
            Message::Call(job) => match clusters.get_mut(&job.cluster) {
                Some(cluster) => run(&mut station, cluster, &job),
                None => station.confused("a call of a cluster it doesn't know"),
            },
            Message::Drop { cluster } => _ = clusters.remove(&cluster),
            Message::Leave => {
                clusters.clear();
                station.net.leave();
                drop(station);
                std::process::exit(0);
            }
            _ => station.confused("this order"),
        }
    }
}

fn create(station: &Station, plan: Plan) -> Result<Cluster> {
    let node = station.node();
    let fields = plan.fields.into_iter().map(|field| Field {
        index: field.index,
        name: kept(field.name),
        kind: field.kind,
        // Until the types are known.
        type_id: TypeId::of::<Untold>(),
        type_name: "?",
        stride: field.stride,
        offset: field.offset,
    });
    let declaration = Declaration::laid_out_as("cluster", fields.collect(), plan.length);
    let mut segment = Arc::new(Segment::create(declaration)?);
    let types = (address::types(plan.types))(&segment);
    match Arc::get_mut(&mut segment) {
        Some(segment) => segment.give_types(&types),
        None => unreachable!("the handles are gone"),
    }
    let size = plan.ranks.last().map_or(0, |ranks| ranks.end);
    let settings = Settings {
        backend: Backend::Process,
        size,
        first: plan.ranks[node].start,
        here: plan.ranks[node].len(),
        seed: plan.seed,
        deadline: None,
        grace: plan.grace,
        allow_threads: true,
        wait_policy: WaitPolicy::chosen(None, std::env::var_os("DSM_WAIT_POLICY"))?,
        purpose: Purpose::Cluster,
        way: None,
        loan: None,
    };
    let pool = ProcessPool::start(&segment, &settings)?;
    let member = Member::new(node, plan.ranks, &segment.fields, plan.written);
    Ok(Cluster { pool, segment, member })
}

/// A name that lives as long as the program; each is kept once.
fn kept(name: String) -> &'static str {
    static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.iter().find(|known| **known == name) {
        return known;
    }
    let name: &'static str = Box::leak(name.into_boxed_str());
    names.push(name);
    name
}

/// This node's part of a call.
fn run(station: &mut Station, cluster: &mut Cluster, job: &Job) {
    let Cluster { pool, segment, member } = cluster;
    member.begin(station, &segment.memory, &job.access, job.seed, &job.written);
    let sent = pool.memory.take_arguments(&job.arguments);
    let number = post(&pool.memory, address::entry(job.entry), sent, job.seed);
    let over = member.serve(station, (pool, &segment.memory), (job.call, number), None);
    let account = account(pool, over);
    station.post(0, &Message::Over { call: job.call, account });
    member.end(station, &segment.memory);
    pool.memory.give_back(over != Over::Finished, sent);
}

fn account(pool: &mut ProcessPool, over: Over) -> Account {
    let memory = &pool.memory;
    let ranks = memory.layout.local().map(|rank| {
        let slot = memory.slot(rank);
        let (value, report) = memory.answered(rank);
        RankAccount {
            answer: slot.answer_number(),
            value: value.to_vec(),
            report: report.to_vec(),
            death: slot.death.load(Ordering::Acquire),
            overdue: slot.overdue.load(Ordering::Relaxed),
            holder: slot.holder.load(Ordering::Relaxed),
        }
    });
    let ranks = ranks.collect();
    let (failure, rank) = memory.control().failure();
    let ending = match over {
        Over::Finished => Ending::Finished,
        Over::Failed => Ending::Failed,
        Over::MonitorDied | Over::Stuck => Ending::MonitorDied,
    };
    Account { ending, failure: failure.map(|failure| failure as u32), rank, ranks, whole: pool.is_whole() }
}
