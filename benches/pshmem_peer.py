#!/usr/bin/env python3
"""What pshmem takes for what dsm-mpi/examples/replicated_bench.rs measures, on the same ranks.

    pip install pshmem mpi4py
    mpirun -n 4 python3 benches/pshmem_peer.py
"""

import time

import numpy as np
from mpi4py import MPI
from pshmem import MPILock, MPIShared

ROUNDS = 5
comm = MPI.COMM_WORLD


def measured(turns, turn):
    """Seconds per turn of the slowest rank, in the best round."""
    best = float("inf")
    turn()
    for _ in range(ROUNDS):
        comm.barrier()
        begun = time.perf_counter()
        for _ in range(turns):
            turn()
        taken = (time.perf_counter() - begun) / turns
        best = min(best, comm.allreduce(taken, op=MPI.MAX))
    return best


def say(what, seconds):
    if comm.rank == 0:
        print(f"{what:24} {seconds * 1e6:10.1f} us", flush=True)


def main():
    if comm.rank == 0:
        print(f"pshmem, {comm.size} ranks")
    for name, elements, turns in (
        ("set of 8 B", 1, 2000),
        ("set of 8 MB", 1_000_000, 20),
        ("set of 80 MB", 10_000_000, 5),
    ):
        with MPIShared((elements,), np.float64, comm) as table:
            piece = np.ones(elements) if comm.rank == 0 else None
            say(name, measured(turns, lambda: table.set(piece, (0,), fromrank=0)))
            assert table.data.sum() == elements
    with MPILock(comm) as lock:
        def turn():
            lock.lock()
            lock.unlock()

        asker = comm.size - 1
        say("lock, free", measured(2000, lambda: turn() if comm.rank == asker else None))
        say("lock, contended", measured(500, turn) / comm.size)


main()
