"""Compares a VM's kernel with the flow table of its switch: each flow has its cause, each route its flow.

Written from docs/protocol.md (what is said of a prefix) and docs/architecture.md (the flow table), and from what the kernel
says: it shares nothing with the daemons, and looks at nothing of theirs.
"""

import time
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from . import kernel
from .containers import VM
from .errors import LabError
from .flows import ARP_ANSWER, CONTROL, ROUTE, Flow
from .kernel import Kernel, Leg, Route
from .ovs import Switch

MANAGEMENT = "eth0"
_UNTAGGED = {"vlan_tci": "0x0000"}
_PROTOCOLS = {"ARP": {"arp": ""}, "OSPF": {"ip": "", "nw_proto": "89"},
              "RIPv2": {"udp": "", "nw_dst": "224.0.0.9", "tp_dst": "520"}}

Key = tuple[int, tuple]
# "controller", "drop", the very actions, or the ports and MAC addresses that may be forwarded to: any leg of several is
# right.
Action = str | tuple[str, ...] | frozenset[tuple[int, str]]


@dataclass(frozen=True)
class Expectation:
    """What a flow is to do, and why it is there."""

    cause: str
    action: Action

    def __str__(self) -> str:
        if isinstance(self.action, str):
            return self.action
        if isinstance(self.action, tuple):
            return ",".join(self.action)
        return " or ".join(f"port {port} to {mac}" for port, mac in sorted(self.action))


class _Router:
    """One VM, whose port ethN is port N of its switch."""

    def __init__(self, seen: Kernel):
        self.kernel = seen
        self.ports = {name: int(name[3:]) for name in seen.macs if name.startswith("eth") and name != MANAGEMENT}
        macs = {seen.macs[name] for name in self.ports}
        if len(macs) != 1:
            raise LabError(f"the data ports have not one MAC address but {sorted(macs)}")
        self.mac, = macs
        self.choices = self._choose()
        self.own = {address for name, held in seen.addresses.items() for address in held
                    if name in self.ports or name == "lo" and not address.is_loopback}

    def live(self, route: Route) -> list[Leg]:
        return [leg for leg in route.legs if leg.usable and leg.device in self.kernel.up]

    def _choose(self) -> dict[IPv4Network, Route]:
        """The kernel's choice for each prefix: of the routes that have a way out, the one with the least metric."""
        chosen: dict[IPv4Network, Route] = {}
        for route in self.kernel.routes:
            if route.kind == "unicast" and not self.live(route):
                continue
            known = chosen.get(route.prefix)
            if known is None or route.metric < known.metric:
                chosen[route.prefix] = route
        return chosen

    def longest(self, address: IPv4Address) -> Route | None:
        """The route for an address."""
        for length in range(32, -1, -1):
            found = self.choices.get(IPv4Network((address, length), strict=False))
            if found:
                return found
        return None

    def is_on_link(self, route: Route, device: str) -> bool:
        """Whether the destinations of a route are an interface's own neighbours, and reached in no other way."""
        live = self.live(route)
        return (route.kind == "unicast" and not self._ways(live)
                and any(leg.device == device and leg.gateway is None and not leg.foreign for leg in live))

    def _ways(self, legs: list[Leg]) -> frozenset[tuple[int, str]]:
        """The ports and MAC addresses of next hops that are resolved."""
        return frozenset(
            (self.ports[leg.device], self.kernel.neighbours[leg.device, leg.gateway]) for leg in legs
            if not leg.foreign and leg.device in self.ports and (leg.device, leg.gateway) in self.kernel.neighbours)

    def action(self, route: Route) -> str | frozenset[tuple[int, str]] | None:
        """What is to become of the packets of a route; None if nothing is said of it."""
        if route.kind == "blackhole":
            return "drop"
        if route.kind != "unicast":
            return "controller"
        live = self.live(route)
        if all(leg.device == MANAGEMENT for leg in live):
            return None
        return self._ways(live) or "controller"


def expected(seen: Kernel) -> dict[Key, Expectation]:
    """The flow table that follows from a kernel, by priority and match."""
    router = _Router(seen)
    table = {_key(CONTROL, match): Expectation(f"{name} is for the routing engine", "controller")
             for name, match in _PROTOCOLS.items()}
    for address in router.own:
        table[_key(CONTROL, {"ip": "", "nw_dst": str(address)})] = Expectation(f"{address} is the VM's own", "controller")
        request = {"arp": "", "dl_dst": router.mac, "arp_tpa": str(address), "arp_op": "1"}
        table[_key(ARP_ANSWER, request)] = Expectation(f"ARP for {address}, the VM's own", _answer(address, router.mac))
    wanted: dict[IPv4Network, Expectation] = {}
    for prefix, route in router.choices.items():
        action = router.action(route)
        if action is not None:
            wanted[prefix] = Expectation(f"route {prefix} metric {route.metric}", action)
    for (device, address), mac in seen.neighbours.items():
        route = router.longest(address)
        if (device in router.ports and route and router.is_on_link(route, device) and mac != router.mac
                and not address.is_multicast and address.is_global | address.is_private):
            way = frozenset({(router.ports[device], mac)})
            wanted[IPv4Network(address)] = Expectation(f"neighbour {address} on {device}", way)
    for prefix, expectation in wanted.items():
        if prefix.prefixlen == 32 and prefix.network_address in router.own:
            continue        # the VM's own address comes before any route
        match = {"ip": "", "dl_dst": router.mac} | ({"nw_dst": _text(prefix)} if prefix.prefixlen else {})
        table[_key(ROUTE + 2 * prefix.prefixlen, match)] = expectation
    return table


def _answer(address: IPv4Address, mac: str) -> tuple[str, ...]:
    """What turns a request for an address into its answer (RFC 826), and sends it back."""
    return ("move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]", f"mod_dl_src:{mac}", "load:0x2->NXM_OF_ARP_OP[]",
            "move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[]", "move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[]",
            f"load:{int(mac.replace(':', ''), 16):#x}->NXM_NX_ARP_SHA[]", f"load:{int(address):#x}->NXM_OF_ARP_SPA[]",
            "IN_PORT")


def disagreement(seen: Kernel, table: list[Flow]) -> list[str]:
    """What is wrong with a flow table for that kernel, a sentence each."""
    return differences(expected(seen), table, _Router(seen).mac)


def differences(wanted: dict[Key, Expectation], found: list[Flow], mac: str) -> list[str]:
    """What is wrong with a flow table, a sentence each."""
    present = {flow.key: flow for flow in found}
    wrong = [f"missing: {expectation.cause} ({expectation})" for key, expectation in wanted.items() if key not in present]
    wrong += [f"without a cause: {flow}" for key, flow in present.items() if key not in wanted]
    wrong += [f"wrong: {flow}; {wanted[key].cause} wants {wanted[key]}" for key, flow in present.items()
              if key in wanted and not _does(flow, wanted[key].action, mac)]
    return sorted(wrong)


def _does(flow: Flow, action: Action, mac: str) -> bool:
    if isinstance(action, tuple):
        return flow.actions == action
    if action == "controller":
        return flow.to_controller and len(flow.actions) == 1
    if action == "drop":
        return flow.actions == ("drop",)
    return (flow.actions[0].startswith("dec_ttl") and flow.sets("dl_src") == mac
            and (flow.output, flow.sets("dl_dst")) in action)


def wait_agreement(pairs: list[tuple[VM, Switch]], within: float = 10) -> int:
    """Waits until each kernel and its switch agree, both at rest; returns how many flows that are."""
    deadline = time.monotonic() + within
    total = 0
    for vm, switch in pairs:
        while True:
            before = kernel.read(vm)
            table = switch.flows()
            wanted = expected(before)
            moving = expected(kernel.read(vm)) != wanted
            wrong = differences(wanted, table, _Router(before).mac)
            if not wrong and not moving:
                total += len(wanted)
                break
            if time.monotonic() > deadline:
                state = "its kernel does not come to rest; " if moving else ""
                raise LabError(f"{vm.name} and {switch.name} disagree: {state}{len(wrong)} differences\n"
                               + "\n".join(wrong[:20]), vm.client_log)
            time.sleep(0.1)
    return total


def _key(priority: int, match: dict[str, str]) -> Key:
    return priority, tuple(sorted((match | _UNTAGGED).items()))


def _text(prefix: IPv4Network) -> str:
    return str(prefix.network_address) if prefix.prefixlen == 32 else str(prefix)
