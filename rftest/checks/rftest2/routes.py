"""What the kernel of one VM can say about a prefix, and what its switch then does. All in rfvmA and sA."""

from contextlib import contextmanager
from typing import Iterator

from lab.capture import Capture
from lab.errors import expect, until
from lab.flows import Flow
from lab.lab import Lab
from lab.process import run
from lab.traffic import ping, reaches

VM, SWITCH = "rfvmA", "sA"
PREFIX, INSIDE = "198.51.100.0/24", "198.51.100.7"
# rfvmA's neighbours: the address, and the port of sA that it is behind.
B, C, D = ("10.0.0.2", 2), ("20.0.0.3", 3), ("50.0.0.4", 4)
NOBODY = "50.0.0.99"
SOON = 10


def default_route(lab: Lab) -> None:
    """a default route is a flow, and what the VM must see still reaches the VM"""
    with _route(lab, "default", "via", D[0]):
        _wait(lab, "0.0.0.0/0", "output", D[1])
        # Known to nobody yet: the connected subnet's own flow comes before the default route's.
        expect(not reaches(lab.hosts["h1"], "172.31.1.77"), "an address that is nobody's answers")
        expect(reaches(lab.hosts["h1"], "10.0.0.1"), "the router's own address does not answer", *lab.logs)
    _wait_gone(lab, "0.0.0.0/0")


def equal_cost_leg_falls_in(lab: Lab) -> None:
    """equal-cost routes: one flow; its next hop leaves, and the other falls in at once"""
    legs = [word for gateway, port in (B, D) for word in ("nexthop", "via", gateway, "dev", f"eth{port}")]
    with _route(lab, PREFIX, *legs):
        used = _wait(lab, PREFIX, "output").output
        expect(used in (B[1], D[1]), f"{SWITCH} forwards {PREFIX} to port {used}", *lab.logs)
        other = B[1] if used == D[1] else D[1]
        with _down(lab, used):
            _wait(lab, PREFIX, "output", other)
    _wait_gone(lab, PREFIX)


def better_metric_uncovers_the_next(lab: Lab) -> None:
    """routes with metrics 10, 20 and 30: the flow is the kernel's choice, and deleting one uncovers the next"""
    with _route(lab, PREFIX, "via", B[0], "metric", "20"):
        _wait(lab, PREFIX, "output", B[1])
        with _route(lab, PREFIX, "via", C[0], "metric", "30"):
            with _route(lab, PREFIX, "via", D[0], "metric", "10"):
                _wait(lab, PREFIX, "output", D[1])
            _wait(lab, PREFIX, "output", B[1])
            lab.vms[VM].run("ip", "route", "del", PREFIX, "metric", "20")
            _wait(lab, PREFIX, "output", C[1])
    _wait_gone(lab, PREFIX)


def next_hop_behind_the_same_port(lab: Lab) -> None:
    """a next hop behind the port that the packets came in by: the switch turns them round"""
    host, second = lab.hosts["h1"], "172.31.1.200"
    host.run("ip", "addr", "add", f"{second}/24", "dev", host.interface)
    try:
        with _route(lab, PREFIX, "via", second):
            _wait(lab, PREFIX, "output", 1)
            seen = Capture(host.interface, f"icmp and dst host {INSIDE}", host)
            ping(host, INSIDE, count=5)
            returned = [packet for packet in seen.finish_ipv4() if packet.ttl == 63]
            expect(len(returned) == 5, f"{len(returned)} of 5 packets came back to h1 with a TTL of 63", *lab.logs)
    finally:
        host.run("ip", "addr", "del", f"{second}/24", "dev", host.interface)
    _wait_gone(lab, PREFIX)


def drops_and_refusals(lab: Lab) -> None:
    """blackhole is a drop; unreachable and prohibit go to the VM, which answers"""
    _told(lab, "blackhole", "drop", "0 received, 100% packet loss")
    _told(lab, "unreachable", "controller", "Destination Host Unreachable")
    _told(lab, "prohibit", "controller", "Packet filtered")


def _told(lab: Lab, kind: str, action: str, answer: str) -> None:
    host, source = lab.hosts["h1"], f"172.31.1.{len(kind)}"
    # From an address of its own: the kernel hardly answers anybody whom it has just told something else.
    host.run("ip", "addr", "add", f"{source}/24", "dev", host.interface)
    try:
        with _route(lab, PREFIX, kind=kind):
            _wait(lab, PREFIX, action)
            said = ping(host, INSIDE, count=3, options=("-I", source)).output
            expect(answer in said, f"{kind}: h1 is told\n{said}", *lab.logs)
        _wait_gone(lab, PREFIX)
    finally:
        host.run("ip", "addr", "del", f"{source}/24", "dev", host.interface)


def unresolved_next_hop_waits(lab: Lab) -> None:
    """a next hop that nobody has: to the VM until it resolves; then forwarded; never forgotten"""
    neighbour = lab.vms["rfvmD"]
    with _route(lab, PREFIX, "via", NOBODY):
        _wait(lab, PREFIX, "controller")
        neighbour.run("ip", "addr", "add", f"{NOBODY}/24", "dev", "eth4")
        try:
            # Somebody has it now: the next packet, or the kernel's own next try, resolves it.
            _wait(lab, PREFIX, "output", D[1], within=30)
        finally:
            neighbour.run("ip", "addr", "del", f"{NOBODY}/24", "dev", "eth4")
    _wait_gone(lab, PREFIX)


def next_hop_in_ipv6_is_held(lab: Lab) -> None:
    """a next hop that is an IPv6 address: to the VM, and the log says why"""
    vm = lab.vms[VM]
    mark = vm.client_log.stat().st_size
    with _route(lab, PREFIX, "via", "inet6", "fe80::4", "dev", "eth4"):
        _wait(lab, PREFIX, "controller")
        until(lambda: b"IPv6" in vm.client_log.read_bytes()[mark:], "rfclient says why", SOON, (vm.client_log,))
    _wait_gone(lab, PREFIX)


def _flow(lab: Lab, prefix: str) -> Flow | None:
    return next((flow for flow in lab.switches[SWITCH].flows() if flow.is_route and str(flow.prefix) == prefix), None)


def _does(flow: Flow | None, action: str, port: int | None) -> bool:
    if flow is None:
        return False
    if action == "controller":
        return flow.to_controller
    if action == "drop":
        return flow.actions == ("drop",)
    return flow.output is not None and port in (None, flow.output)


def _wait(lab: Lab, prefix: str, action: str, port: int | None = None, within: float = SOON) -> Flow:
    """Waits until sA does that with a prefix."""
    wanted = f"{SWITCH}: {prefix} -> {action}" + (f" to port {port}" if port else "")
    until(lambda: _does(_flow(lab, prefix), action, port), wanted, within, tuple(lab.logs))
    return _flow(lab, prefix)


def _wait_gone(lab: Lab, prefix: str) -> None:
    until(lambda: _flow(lab, prefix) is None, f"the flow for {prefix} leaves {SWITCH}", SOON, tuple(lab.logs))


@contextmanager
def _route(lab: Lab, prefix: str, *words: str, kind: str = "unicast") -> Iterator[None]:
    vm = lab.vms[VM]
    vm.run("ip", "route", "add", kind, prefix, *words)
    try:
        yield
    finally:
        vm.run("ip", "route", "del", kind, prefix, *words, check=False)


@contextmanager
def _down(lab: Lab, port: int) -> Iterator[None]:
    """The switch's side of a link goes down, and with it the VM's."""
    interface = f"{SWITCH}-eth{port}"
    run(["ip", "link", "set", interface, "down"])
    try:
        yield
    finally:
        run(["ip", "link", "set", interface, "up"])
