#!/usr/bin/env bash
# dsm::mpi under Open MPI and MPICH: the programs dsm-mpi/tests/ranks and agents on 1 to 4 ranks, on nodes that MPICH pretends, and on
# two hosts that network namespaces pretend, over TCP; then what ends a job, and that nothing is left of it.
# With a word, only that part: openmpi, mpich or hosts.
set -euo pipefail
cd "$(dirname "$0")/.."
only=${1:-}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# What this machine has no need of costs Open MPI a fifth of a second at each start.
export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader,tcp OMPI_MCA_osc=^ucx,rdma OMPI_MCA_mpi_yield_when_idle=1
directory=$(mktemp -d)
output=$directory/output
# A job that is ended leaves Open MPI's own files there.
export OMPI_MCA_btl_vader_backing_directory=$directory
trap 'rm -rf "$directory"' EXIT

have() { command -v "$1" > /dev/null; }
if ! have mpicc.openmpi || ! have mpicc.mpich || ! have ip || ! ls /usr/lib/llvm-*/lib/libclang*.so* > /dev/null 2>&1; then
    packages="openmpi-bin libopenmpi-dev mpich libmpich-dev libclang-dev iproute2"
    # shellcheck disable=SC2086  # One word each.
    if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages; } \
        > "$output" 2>&1; then
        echo "mpi: SKIPPED, $packages can't be had here: $(tail -1 "$output")"
        exit 0
    fi
fi

# rsmpi isn't built anew for another MPI, so each has a target directory.
build() { # MPI PROGRAM
    MPICC=mpicc.$1 CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/$1" \
        cargo test --quiet --package dsm-mpi --features system-mpi --test ranks --test agents --no-run --message-format json \
        | sed -n "s/.*\"executable\":\"\([^\"]*$2-[^\"]*\)\".*/\1/p"
}

fail() {
    cat "$output"
    echo "mpi: $1"
    exit 1
}

# Ranks that still run, and what they share by name.
left_behind() { # PROGRAM
    local left
    left=$(pgrep -fa "^$1( |$)" || true)
    [ -z "$left" ] || fail "processes left behind: $left"
    left=$(ls -A /dev/shm)
    [ -z "$left" ] || fail "left in /dev/shm: $left"
}

passes() { # WHAT RANKS NODES PROGRAM LAUNCHER...
    local what=$1 ranks=$2 nodes=$3 program=$4
    shift 4
    EXPECTED_RANKS=$ranks EXPECTED_NODES=$nodes timeout 300 "$@" "$program" > "$output" 2>&1 || fail "$what failed"
    grep -q "cases hold on .* $ranks ranks" "$output" || fail "$what: no case ran"
    echo "$what, $ranks ranks: $(grep 'cases hold' "$output")"
}

# Clusters on ranks that are nodes: calls hold, and the death of an agent ends the job.
agents() { # WHAT RANKS WORKERS PROGRAM LAUNCHER...
    local what="$1, clusters" ranks=$2 workers=$3 program=$4 status=0
    shift 4
    DSM_NUM_WORKERS=$workers timeout 300 "$@" "$program" > "$output" 2>&1 || fail "$what failed"
    grep -q "calls hold on $((ranks * workers)) workers" "$output" || fail "$what: not on all nodes"
    echo "$what, $ranks nodes: $(grep 'calls hold' "$output")"
    [ "$ranks" = 1 ] && return
    DSM_NUM_WORKERS=$workers timeout 120 "$@" "$program" --fault > "$output" 2>&1 || status=$?
    [ "$status" != 124 ] || fail "$what, an agent killed: the job hangs"
    [ "$status" != 0 ] || fail "$what, an agent killed: the job ends well"
    left_behind "$program"
}

# The fault's job ends with a failure, or well, and so many ranks have seen what they should.
fault() { # NAME well|badly SEEN PROGRAM LAUNCHER...
    local name=$1 ends=$2 seen=$3 program=$4 status=0 found
    shift 4
    rm -f "$directory"/given-up-* "$directory"/writes-*
    FAULT_DIRECTORY=$directory timeout 120 "$@" "$program" --fault "$name" > "$output" 2>&1 || status=$?
    [ "$status" != 124 ] || fail "fault $name: the job hangs"
    if [ "$ends" = well ] && [ "$status" != 0 ]; then fail "fault $name: the job ends with $status"; fi
    if [ "$ends" = badly ] && [ "$status" = 0 ]; then fail "fault $name: the job ends well"; fi
    found=$(grep -c '^seen: ' "$output" || true)
    [ "$found" = "$seen" ] || fail "fault $name: $found ranks have seen it, not $seen"
    ! grep -q 'the job has ended' "$output" || fail "fault $name: a rank lived on"
    left_behind "$program"
    echo "fault $name: as it should be (status $status): $(grep -m1 -oE '^seen: .*' "$output" || echo 'the job ended')"
}

faults() { # PROGRAM LAUNCHER-OF-4...
    local program=$1
    shift
    fault panics badly 0 "$program" "$@"
    fault fails badly 0 "$program" "$@"
    fault killed badly 0 "$program" "$@"
    fault killed_with_the_lock badly 0 "$program" "$@"
    fault returns well 3 "$program" "$@"
    fault keeps_the_lock well 4 "$program" "$@"
    DSM_DEADLINE=soon fault deadline well 4 "$program" "$@"
    DSM_DEADLINE=1 fault late badly 4 "$program" "$@"
}

over_openmpi() {
    local program ranks
    program=$(build openmpi ranks)
    for ranks in 1 2 3 4; do
        passes "Open MPI" $ranks 1 "$program" mpirun.openmpi --oversubscribe --bind-to none -n $ranks
        agents "Open MPI" $ranks $((ranks % 2 + 1)) "$(build openmpi agents)" \
            mpirun.openmpi --oversubscribe --bind-to none -n $ranks
    done
    faults "$program" mpirun.openmpi --oversubscribe --bind-to none -n 4
}

over_mpich() {
    local program ranks
    program=$(build mpich ranks)
    for ranks in 1 2 3 4; do
        passes MPICH $ranks 1 "$program" mpiexec.mpich -n $ranks
        agents MPICH $ranks $((2 - ranks % 2)) "$(build mpich agents)" mpiexec.mpich -n $ranks
    done
    for ranks in 2 3 4; do
        passes "MPICH, pretended nodes" $ranks 2 "$program" env MPIR_CVAR_NUM_CLIQUES=2 mpiexec.mpich -n $ranks
    done
    faults "$program" mpiexec.mpich -n 4
}

# Between hosts: a network namespace for each.
over_hosts() {
    local program launcher
    program=$(build openmpi ranks)
    ci/mpi-hosts/netns.sh down
    if ! ci/mpi-hosts/netns.sh up > "$output" 2>&1; then
        ci/mpi-hosts/netns.sh down
        echo "mpi between hosts: SKIPPED, network namespaces can't be made here: $(tail -1 "$output")"
        return
    fi
    trap 'ci/mpi-hosts/netns.sh down; rm -rf "$directory"' EXIT
    launcher=(ci/mpi-hosts/agent.sh dsmh0 mpirun.openmpi --host "dsmh0:2,dsmh1:2" -n 4
        --mca plm_rsh_agent "$PWD/ci/mpi-hosts/agent.sh" --mca btl_tcp_if_include eth0 --mca oob_tcp_if_include eth0
        --oversubscribe --bind-to none
        -x EXPECTED_RANKS -x EXPECTED_NODES -x FAULT_DIRECTORY -x DSM_DEADLINE -x DSM_NUM_WORKERS -x OMPI_MCA_pml -x OMPI_MCA_btl)
    export DSM_DEADLINE=
    passes "two hosts" 4 2 "$program" "${launcher[@]}"
    agents "two hosts" 4 1 "$(build openmpi agents)" "${launcher[@]}"
    fault far_node well 4 "$program" "${launcher[@]}"
    fault killed badly 0 "$program" "${launcher[@]}"
    DSM_DEADLINE=2 cut_link "$program" "${launcher[@]}"
    ci/mpi-hosts/netns.sh down
    trap 'rm -rf "$directory"' EXIT
}

# The link is cut once all ranks write; then each of them has an error by its deadline.
cut_link() { # PROGRAM LAUNCHER...
    local program=$1 job status=0 rank
    shift
    rm -f "$directory"/given-up-* "$directory"/writes-*
    FAULT_DIRECTORY=$directory timeout 120 "$@" "$program" --fault cut > "$output" 2>&1 &
    job=$!
    for rank in 0 1 2 3; do
        until [ -e "$directory/writes-$rank" ]; do
            kill -0 "$job" 2> /dev/null || fail "fault cut: the job ended before it was cut"
        done
    done
    ci/mpi-hosts/netns.sh cut dsmh1
    for rank in 0 1 2 3; do
        until [ -e "$directory/given-up-$rank" ]; do
            kill -0 "$job" 2> /dev/null || fail "fault cut: the job ended before all ranks had seen it"
        done
    done
    # The launcher hears of the other host's end only over the link.
    ci/mpi-hosts/netns.sh heal dsmh1
    wait "$job" || status=$?
    [ "$status" != 124 ] || fail "fault cut: the job hangs"
    [ "$status" != 0 ] || fail "fault cut: the job ends well"
    left_behind "$program"
    echo "fault cut: as it should be (status $status): $(grep -m1 -oE 'seen: .*' "$output")"
}

cargo clippy --quiet --package dsm-mpi --all-targets --features system-mpi --target-dir \
    "${CARGO_TARGET_DIR:-target}/openmpi" -- -D warnings
for part in openmpi mpich hosts; do
    if [ "${only:-$part}" = $part ]; then
        "over_$part"
    fi
done
