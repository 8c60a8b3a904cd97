"""What one host can do to the others: nothing."""

import json
import time
from contextlib import contextmanager
from typing import Iterator

from lab import memory, paths, report
from lab.containers import VM
from lab.errors import expect, until
from lab.lab import Lab
from lab.process import Process
from lab.traffic import Ping, peer, reaches

from .convergence import adjacencies
from .topology import ADJACENCIES, HOSTS

RATE, SECONDS = 20_000, 10
# A flood may fill queues and tables up to their bounds, no more.
GROWTH = 16 * 1024      # kB


def misses(lab: Lab) -> None:
    """20,000 packets/s that no flow matches, for 10 s from h2: OSPF, routes and pings h1 <-> h4 notice nothing"""
    _calm(lab, "h2", "flood-misses", lab.vms["rfvmB"].mac("eth1"), RATE, SECONDS)


def forged_arp(lab: Lab) -> None:
    """20,000 forged ARP requests/s, each from another sender, for 10 s from h2: they notice nothing"""
    try:
        _calm(lab, "h2", "flood-arp", "172.31.2.1", RATE, SECONDS)
        forged = [flow for flow in lab.switches["sB"].flows() if flow.match.get("nw_dst", "").startswith("8.")]
        expect(not forged, f"{len(forged)} forged senders have a flow, such as {forged and forged[0]}", *lab.logs)
    finally:
        # Senders in the host's own network were believed: they would only go while later checks run.
        lab.vms["rfvmB"].run("ip", "neigh", "flush", "dev", "eth1")
    until(lambda: reaches(lab.hosts["h2"], HOSTS["h1"]), "h2 reaches h1 again", 10, tuple(lab.logs))


def scan(lab: Lab) -> None:
    """a host scans all 65,536 addresses of a network that its router is connected to: nothing grows without limit"""
    vm = lab.vms["rfvmB"]
    vm.run("ip", "addr", "add", "172.20.0.1/16", "dev", "eth1")
    try:
        _calm(lab, "h2", "scan", vm.mac("eth1"), "172.20.0.0/16", 8000)
        known = len(json.loads(vm.run("ip", "-j", "neigh", "show", "dev", "eth1") or "[]"))
        expect(known <= 2048, f"{known} neighbours are known on rfvmB's eth1")
    finally:
        vm.run("ip", "addr", "del", "172.20.0.1/16", "dev", "eth1")


def _calm(lab: Lab, attacker: str, command: str, *words: object) -> None:
    """Has a host do its worst, and looks at everybody else meanwhile."""
    host = lab.hosts[attacker]
    until(lambda: adjacencies(lab) == ADJACENCIES, "all neighbours are there to begin with", 10, tuple(lab.logs))
    before, since = memory.resident(lab), time.monotonic()
    pings = [Ping(lab.hosts["h1"], HOSTS["h4"], 0.02), Ping(lab.hosts["h4"], HOSTS["h1"], 0.02)]
    try:
        with _route_changes(lab) as changes:
            for ping in pings:
                ping.wait_answers(10)
            sent, rate = peer(host, command, host.interface, *words).split()
    finally:
        results = [ping.finish() for ping in pings]
    report.note(f"{sent} frames were sent, {rate} a second")
    for result in results:
        expect(not result.lost, f"pings while {command} went on: {result}", *lab.logs)
    expect(not changes, f"routes changed while {command} went on: {changes}", *lab.logs)
    expect(adjacencies(lab) == ADJACENCIES, "a neighbour of OSPF was lost", *lab.logs)
    youngest = min(map(_youngest_adjacency, lab.vms.values()))
    expect(youngest >= time.monotonic() - since, f"a neighbour of OSPF changed {youngest:.1f} s ago", *lab.logs)
    for name, now in memory.resident(lab).items():
        expect(now - before[name] <= GROWTH, f"{name} grew from {before[name]} to {now} kB", *lab.logs)
    until(lambda: reaches(host, HOSTS["h1"]), f"{attacker} itself reaches h1 again", 10, tuple(lab.logs))


@contextmanager
def _route_changes(lab: Lab) -> Iterator[list[str]]:
    """What `ip monitor route` says in the VMs until the end of the block."""
    seen: list[str] = []
    monitors = {}
    for name, vm in lab.vms.items():
        log = paths.LOG / f"monitor.{name}.log"
        log.write_text("")
        monitors[name] = Process.spawn(f"monitor.{name}", vm.network("ip", "-4", "monitor", "route"), log)
    try:
        yield seen
    finally:
        for name, monitor in monitors.items():
            monitor.stop()
            seen += [f"{name}: {line}" for line in monitor.log.read_text().splitlines()]


def _youngest_adjacency(vm: VM) -> float:
    """Seconds since the last step of any of the VM's OSPF neighbours."""
    found = json.loads(vm.run("vtysh", "-c", "show ip ospf neighbor detail json"))["neighbors"]
    return min(neighbour["lastPrgrsvChangeMsec"] for neighbours in found.values() for neighbour in neighbours) / 1000
