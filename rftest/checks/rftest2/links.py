"""A link of the mesh is lost, and comes back."""

from contextlib import contextmanager
from typing import Iterator

from lab import openflow, report
from lab.capture import Capture
from lab.errors import expect, until
from lab.lab import Lab
from lab.process import run
from lab.traffic import Ping

from .convergence import adjacencies, ospf_routes
from .topology import ADJACENCIES, HOSTS, OSPF_ROUTES

# The direct way from h1 to h4: port 4 of sA and of sD.
LINK = "sA-eth4", "sD-eth4"
SWITCH, PORT = "sA", 4
NETWORK4 = "172.31.4.0/24"
INTERVAL = 0.01
DOWN_GAP, SILENT_GAP = 1.5, 6.0
PORT_MOD_WITHIN = 0.1


def link_down_is_routed_around(lab: Lab) -> None:
    """sA-sD down under 100 pings/s: a gap of at most 1.5 s, and the best way is back after it"""
    _cut(lab, _port_down, DOWN_GAP)


def silent_loss_is_routed_around(lab: Lab) -> None:
    """sA-sD loses everything without a sign: a gap of at most 6 s, and the best way is back after it"""
    _cut(lab, _silence, SILENT_GAP)


def port_state_follows(lab: Lab) -> None:
    """a port that goes down or up: PORT_MOD for the VM's port within 100 ms, and OSPF reacts at once"""
    controller = Capture("lo", f"tcp port {openflow.PORT}")
    with _port_down():
        until(lambda: adjacencies(lab) == ADJACENCIES - 2, "both ends lose their neighbour", 1.5, tuple(lab.logs))
    _wait_best(lab)
    seen = openflow.messages(controller.finish_ipv4())
    mods = [message.time for message in seen if message.type == openflow.PORT_MOD]
    # One for each end of the link, going down and coming up: the virtual ports of both VMs follow.
    changes = [message.time for message in seen if message.type == openflow.PORT_STATUS and _is_of(message, LINK)]
    expect(len(changes) >= 4 and len(mods) >= 4, f"{len(changes)} PORT_STATUS and {len(mods)} PORT_MOD were sent", *lab.logs)
    # The first pair went down, the last pair came up.
    delays = [min((mod - change for mod in mods if mod >= change), default=float("inf"))
              for change in changes[:2] + changes[-2:]]
    report.note(f"PORT_MOD at most {1000 * max(delays):.1f} ms after its PORT_STATUS")
    expect(max(delays) <= PORT_MOD_WITHIN, f"PORT_MOD {max(delays):.3f} s after a PORT_STATUS", *lab.logs)


def _is_of(message: openflow.Message, interfaces: tuple[str, ...]) -> bool:
    name = message.data[24:40].rstrip(b"\0").decode(errors="replace")     # OpenFlow 1.0, 5.4.3: desc.name
    return name in interfaces


def _cut(lab: Lab, cut, longest: float) -> None:
    expect(_is_best(lab), f"{SWITCH} does not use the direct way to begin with", *lab.logs)
    pings = Ping(lab.hosts["h1"], HOSTS["h4"], INTERVAL)
    try:
        pings.wait_answers(100)
        with cut():
            # Every ping is sent, whatever becomes of the ones before: what counts is when answers come again.
            before = pings.answers
            until(lambda: not _is_best(lab), f"{SWITCH} leaves the direct way", longest + 2, tuple(lab.logs))
            until(lambda: pings.answers >= before + 100, "pings are answered again", longest + 5, tuple(lab.logs))
        _wait_best(lab)
        back = pings.answers
        until(lambda: pings.answers >= back + 100, "pings are answered on the best way", 5, tuple(lab.logs))
    finally:
        result = pings.finish()
    report.note(f"longest gap {result.longest_gap:.2f} s")
    expect(result.longest_gap <= longest, f"a gap of {result.longest_gap:.2f} s: {result}", *lab.logs)


@contextmanager
def _port_down() -> Iterator[None]:
    run(["ip", "link", "set", LINK[0], "down"])
    try:
        yield
    finally:
        run(["ip", "link", "set", LINK[0], "up"])


@contextmanager
def _silence() -> Iterator[None]:
    for word in ("no-receive", "no-forward"):
        run(["ovs-ofctl", "mod-port", SWITCH, str(PORT), word])
    try:
        yield
    finally:
        for word in ("receive", "forward"):
            run(["ovs-ofctl", "mod-port", SWITCH, str(PORT), word])


def _is_best(lab: Lab) -> bool:
    found = [flow for flow in lab.switches[SWITCH].flows() if flow.is_route and str(flow.prefix) == NETWORK4]
    return bool(found) and found[0].output == PORT


def _wait_best(lab: Lab) -> None:
    """All as it was: neighbours, routes, and the direct way."""
    until(lambda: _is_best(lab), f"{SWITCH} uses the direct way again", 30, tuple(lab.logs))
    until(lambda: adjacencies(lab) == ADJACENCIES, "all neighbours are there again", 30, tuple(lab.logs))
    until(lambda: sum(len(ospf_routes(vm)) for vm in lab.vms.values()) == OSPF_ROUTES, "all routes are there again", 30,
          tuple(lab.logs))
