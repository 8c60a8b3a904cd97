"""The VM's routing table appears in the switch, and what leaves the one leaves the other."""

from contextlib import ExitStack, contextmanager
from typing import Iterator

from lab.errors import expect, until
from lab.lab import Lab
from lab.traffic import reaches

from .topology import B1, B2, NETWORK2, SOON, flow, forwards, route, wait_forwards, wait_gone, wait_routing

# One of each prefix length that once went wrong somewhere, none of them the lab's own networks.
PREFIXES = ("0.0.0.0/0", "128.0.0.0/1", "10.8.0.0/13", "198.51.100.0/24", "203.0.113.128/25", "192.0.2.10/31",
            "192.0.2.77/32")


def static_routes_come_and_go(lab: Lab) -> None:
    """static routes of length 0, 1, 13, 24, 25, 31 and 32 become flows, and leave when deleted"""
    with ExitStack() as routes:
        for prefix in PREFIXES:
            routes.enter_context(route(lab, prefix, "via", B2))
        for prefix in PREFIXES:
            wait_forwards(lab, prefix, 2, lab.hosts["b2"].mac())
    for prefix in PREFIXES:
        wait_gone(lab, prefix)


def frr_routes_come_and_go(lab: Lab) -> None:
    """a static route given to FRRouting becomes a flow, and leaves when it is taken back"""
    vm = lab.vms["rfvm1"]
    vm.vtysh("configure terminal", f"ip route 198.18.0.0/15 {B1}")
    wait_forwards(lab, "198.18.0.0/15", 1, lab.hosts["b1"].mac())
    vm.vtysh("configure terminal", f"no ip route 198.18.0.0/15 {B1}")
    wait_gone(lab, "198.18.0.0/15")


def unknown_host_is_found(lab: Lab) -> None:
    """with a default route installed, a host of a connected network that nobody knows yet is found"""
    b1, b2, address = lab.hosts["b1"], lab.hosts["b2"], "172.31.2.77"
    with route(lab, "default", "via", B1):
        wait_forwards(lab, "0.0.0.0/0", 1)
        expect(flow(address) is None, f"{address} is known already: {flow(address)}")
        b2.run("ip", "addr", "add", f"{address}/24", "dev", "eth0")
        try:
            until(lambda: reaches(b1, address), f"b1 reaches {address}", SOON, tuple(lab.logs))
            wait_forwards(lab, f"{address}/32", 2, b2.mac())
        finally:
            b2.run("ip", "addr", "del", f"{address}/24", "dev", "eth0")
    wait_gone(lab, "0.0.0.0/0")


def vanished_host_leaves(lab: Lab) -> None:
    """a host that is gone loses its flow: the kernel notices, though the switch carries its packets"""
    b1, b2, vm, address = lab.hosts["b1"], lab.hosts["b2"], lab.vms["rfvm1"], "172.31.2.78"
    knob = "net.ipv4.neigh.eth2.base_reachable_time_ms"
    usual = vm.run("sysctl", "-n", knob).strip()
    vm.run("sysctl", "-w", f"{knob}=1000")      # the kernel asks again after about 1 s, not 30
    b2.run("ip", "addr", "add", f"{address}/24", "dev", "eth0")
    try:
        until(lambda: reaches(b1, address), f"b1 reaches {address}", SOON, tuple(lab.logs))
        wait_forwards(lab, f"{address}/32", 2, b2.mac())
        b2.run("ip", "addr", "del", f"{address}/24", "dev", "eth0")
        wait_gone(lab, f"{address}/32", within=60)
    finally:
        b2.run("ip", "addr", "del", f"{address}/24", "dev", "eth0", check=False)
        vm.run("sysctl", "-w", f"{knob}={usual}")


def changed_mac_is_followed(lab: Lab) -> None:
    """a host that changes its MAC address is followed, and so is a route by way of it"""
    b1, b2 = lab.hosts["b1"], lab.hosts["b2"]
    old, new = b2.mac(), "02:00:00:00:fe:b2"
    with route(lab, "198.51.100.0/24", "via", B2):
        wait_forwards(lab, "198.51.100.0/24", 2, old)
        for mac in (new, old):
            b2.run("ip", "link", "set", "eth0", "address", mac)
            # As a host does that has a new network card: it looks for its gateway.
            b2.run("ip", "neigh", "flush", "dev", "eth0")
            reaches(b2, B1)
            wait_forwards(lab, B2, 2, mac)
            wait_forwards(lab, "198.51.100.0/24", 2, mac)
            until(lambda: reaches(b1, B2), f"b1 reaches b2 at {mac}", SOON, tuple(lab.logs))
    wait_gone(lab, "198.51.100.0/24")


def interface_down_takes_its_flows(lab: Lab) -> None:
    """an interface of the VM that goes down takes its flows with it, and they come back with it"""
    with route(lab, "198.51.100.0/24", "via", B2):
        wait_forwards(lab, "198.51.100.0/24", 2)
        with _down(lab, "eth2"):
            for prefix in ("198.51.100.0/24", B2, NETWORK2):
                wait_gone(lab, prefix)
            expect(forwards(B1, 1), f"the flow of the other interface has gone as well: {flow(B1)}", *lab.logs)
    wait_routing(lab)


def nexthop_object_deleted(lab: Lab) -> None:
    """a deleted nexthop object takes its route's flow with it"""
    vm = lab.vms["rfvm1"]
    vm.run("ip", "nexthop", "add", "id", 7701, "via", B2, "dev", "eth2")
    try:
        vm.run("ip", "route", "add", "198.51.100.0/24", "nhid", 7701)
        wait_forwards(lab, "198.51.100.0/24", 2)
    finally:
        vm.run("ip", "nexthop", "del", "id", 7701)
    wait_gone(lab, "198.51.100.0/24")


def multipath_leg_lost(lab: Lab) -> None:
    """a multipath route that loses the leg in use goes on over the other"""
    prefix = "198.51.100.0/24"
    with route(lab, prefix, "nexthop", "via", B1, "dev", "eth1", "nexthop", "via", B2, "dev", "eth2"):
        found = until(lambda: flow(prefix), f"switch1 has a flow for {prefix}", SOON, tuple(lab.logs))
        used = until(lambda: flow(prefix).output, f"switch1 forwards {prefix}: {found}", SOON, tuple(lab.logs))
        other = 3 - used
        with _down(lab, f"eth{used}"):
            wait_forwards(lab, prefix, other, lab.hosts[f"b{other}"].mac())
    wait_gone(lab, prefix)
    wait_routing(lab)


@contextmanager
def _down(lab: Lab, interface: str) -> Iterator[None]:
    vm = lab.vms["rfvm1"]
    vm.run("ip", "link", "set", interface, "down")
    try:
        yield
    finally:
        vm.run("ip", "link", "set", interface, "up")
