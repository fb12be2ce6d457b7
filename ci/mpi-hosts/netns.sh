#!/usr/bin/env bash
# netns.sh up [N] | down [N] | cut HOST | heal HOST: pretended hosts dsmh0, dsmh1, ... on this machine.
# Each is a network namespace whose eth0 has 10.77.0.(number + 1); a bridge in a namespace of its own, dsmsw, joins them, so
# that the machine's own network is never touched.
set -euo pipefail

up() {
    local number other host
    ip netns add dsmsw
    ip -n dsmsw link set lo up
    ip -n dsmsw link add br0 type bridge
    ip -n dsmsw link set br0 up
    for ((number = 0; number < $1; number++)); do
        host=dsmh$number
        ip netns add "$host"
        ip -n "$host" link set lo up
        ip link add "v$host" netns dsmsw type veth peer name eth0 netns "$host"
        ip -n dsmsw link set "v$host" master br0 up
        ip -n "$host" addr add "10.77.0.$((number + 1))/24" dev eth0
        ip -n "$host" link set eth0 up
        mkdir -p "/etc/netns/$host"
        echo 127.0.0.1 localhost > "/etc/netns/$host/hosts"
        for ((other = 0; other < $1; other++)); do
            echo "10.77.0.$((other + 1)) dsmh$other" >> "/etc/netns/$host/hosts"
        done
    done
}

down() {
    local number
    for ((number = 0; number < $1; number++)); do
        ip netns del "dsmh$number" 2> /dev/null || true
        rm -rf "/etc/netns/dsmh$number"
    done
    ip netns del dsmsw 2> /dev/null || true
}

case $1 in
    up | down) "$1" "${2:-2}" ;;
    cut) ip -n dsmsw link set "v$2" down ;;
    heal) ip -n dsmsw link set "v$2" up ;;
    *) echo "unknown: $1"; exit 2 ;;
esac
