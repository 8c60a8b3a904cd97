"""The names and addresses of rftest1, and small helpers over them."""

from contextlib import contextmanager
from typing import Iterator

from lab import flows
from lab.containers import VM, Container
from lab.errors import until
from lab.flows import Flow
from lab.lab import Lab
from lab.ovs import Switch
from lab.traffic import reaches

B1, B2 = "172.31.1.2", "172.31.2.2"
GATEWAY1, GATEWAY2 = "172.31.1.1", "172.31.2.1"
NETWORK1, NETWORK2 = "172.31.1.0/24", "172.31.2.0/24"
MANAGEMENT_HOST, MANAGEMENT_VM = "192.168.100.1", "192.168.100.101"
SWITCH1 = Switch("switch1", 0x99)
# How long a change in the VM may take to reach the switch. Much longer than it should, for a loaded machine.
SOON = 10


def rftest1() -> Lab:
    return Lab(vms=[VM("rfvm1")], hosts=[Container("b1"), Container("b2")], switches=[SWITCH1])


def flow(prefix: str) -> Flow | None:
    """switch1's flow for a prefix."""
    found = flows.routes(SWITCH1.flows(), prefix)
    return found[0] if found else None


def host_flows() -> tuple[Flow | None, Flow | None]:
    return flow(B1), flow(B2)


def forwards(prefix: str, port: int, mac: str | None = None) -> bool:
    """Whether switch1 forwards a prefix out of a port, to a MAC address where one is given."""
    found = flow(prefix)
    return bool(found and found.output == port and (mac is None or found.sets("dl_dst") == mac))


def wait_forwards(lab: Lab, prefix: str, port: int, mac: str | None = None, within: float = SOON) -> Flow:
    wanted = f"switch1 forwards {prefix} to port {port}" + (f" with {mac}" if mac else "")
    until(lambda: forwards(prefix, port, mac), wanted, within, tuple(lab.logs))
    return flow(prefix)


def wait_gone(lab: Lab, prefix: str, within: float = SOON) -> None:
    until(lambda: flow(prefix) is None, f"the flow for {prefix} leaves switch1", within, tuple(lab.logs))


def wait_routing(lab: Lab, within: float = 30) -> None:
    """Waits until both hosts are reachable, each way, and their flows are in the switch."""
    b1, b2 = lab.hosts["b1"], lab.hosts["b2"]
    until(lambda: reaches(b1, B2) and reaches(b2, B1), "b1 and b2 reach each other", within, tuple(lab.logs))
    until(lambda: all(host_flows()), "switch1 has a flow for each host", within, tuple(lab.logs))


@contextmanager
def route(lab: Lab, *words: str) -> Iterator[None]:
    """A route of rfvm1's kernel (`ip route add WORDS`), which goes with the end of the block."""
    vm = lab.vms["rfvm1"]
    vm.run("ip", "route", "add", *words)
    try:
        yield
    finally:
        vm.run("ip", "route", "del", *words, check=False)
