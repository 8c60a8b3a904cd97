"""How far the network has come: from the first adjacency to the last ping."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass

from lab import report
from lab.containers import VM
from lab.errors import LabError
from lab.lab import Lab
from lab.process import ENVIRONMENT

from .topology import ADJACENCIES, CONVERGENCE, HOSTS, OSPF_ROUTES

_PAIRS = [(source, target) for source in HOSTS for target in HOSTS if source != target]


@dataclass(frozen=True)
class Progress:
    neighbours: int
    routes: int
    flows: int
    pings: int

    @property
    def is_complete(self) -> bool:
        return self == Progress(ADJACENCIES, OSPF_ROUTES, OSPF_ROUTES, len(_PAIRS))

    def __str__(self) -> str:
        return (f"neighbours full {self.neighbours}/{ADJACENCIES}, routes {self.routes}/{OSPF_ROUTES}, "
                f"flows {self.flows}/{OSPF_ROUTES}, pings {self.pings}/{len(_PAIRS)}")


def measure(lab: Lab) -> Progress:
    """Each stage is looked at once the one before it is complete."""
    neighbours = adjacencies(lab)
    if neighbours < ADJACENCIES:
        return Progress(neighbours, 0, 0, 0)
    wanted = {vm.name: ospf_routes(vm) for vm in lab.vms.values()}
    routes = sum(map(len, wanted.values()))
    if routes < OSPF_ROUTES:
        return Progress(neighbours, routes, 0, 0)
    installed = sum(_forwarded(lab, name, prefixes) for name, prefixes in wanted.items())
    if installed < OSPF_ROUTES:
        return Progress(neighbours, routes, installed, 0)
    return Progress(neighbours, routes, installed, sum(ping_all(lab).values()))


def wait_converged(lab: Lab, within: float = CONVERGENCE) -> float:
    """Waits until everyone reaches everyone, and shows how it goes. Returns how long it took."""
    begin = time.monotonic()
    shown = None
    while True:
        progress = measure(lab)
        took = time.monotonic() - begin
        if progress != shown and not progress.is_complete:
            report.line("....", str(progress), end="\r" if sys.stdout.isatty() else "\n")
            shown = progress
        if progress.is_complete:
            report.line("ok", f"{progress} ({took:.1f} s)")
            return took
        if took > within:
            raise LabError(f"not converged within {within:g} s: {progress}", *lab.logs)
        time.sleep(0.2)


def adjacencies(lab: Lab) -> int:
    """How many OSPF neighbours are full, seen from each VM."""
    return sum(map(_full_neighbours, lab.vms.values()))


def _full_neighbours(vm: VM) -> int:
    answer = vm.run("vtysh", "-c", "show ip ospf neighbor json", check=False)
    try:
        found = json.loads(answer).get("neighbors", {})
    except ValueError:      # ospfd is not up yet
        return 0
    return sum(neighbour.get("nbrState", neighbour.get("state", "")).startswith("Full")
               for neighbours in found.values() for neighbour in neighbours)


def ospf_routes(vm: VM) -> set[str]:
    """The prefixes that OSPF has put into the VM's kernel."""
    listed = json.loads(vm.run("ip", "-j", "route", "show", "proto", "ospf") or "[]")
    return {route["dst"] for route in listed}


def switch_of(lab: Lab, vm_name: str):
    return lab.switches[f"s{vm_name[-1]}"]


def _forwarded(lab: Lab, vm_name: str, prefixes: set[str]) -> int:
    switch = switch_of(lab, vm_name)
    if not switch.exists:
        return 0
    forwarded = {str(flow.prefix) for flow in switch.flows() if flow.is_route and flow.output}
    return len(prefixes & forwarded)


def ping_all(lab: Lab) -> dict[tuple[str, str], bool]:
    """One ping from each host to each other, all at once, answered within a second or not."""
    running = {(source, target): subprocess.Popen(
        lab.hosts[source].network("ping", "-c", 1, "-W", 1, "-n", HOSTS[target]), env=ENVIRONMENT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for source, target in _PAIRS}
    return {pair: process.wait() == 0 for pair, process in running.items()}
