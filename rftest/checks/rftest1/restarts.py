"""Forwarding outlives the controllers: kill each of them under traffic."""

from typing import Callable

from lab import openflow
from lab.capture import Capture
from lab.errors import expect, until
from lab.lab import Lab
from lab.traffic import Ping

from .topology import B2, flow, host_flows, route, wait_forwards, wait_gone

INTERVAL, COUNT = 0.01, 1000
# The daemon dies after so many answers, and has this share of the pings to come back.
KILL_AT, BACK_BY = 100, 600


def rfproxy_killed(lab: Lab) -> None:
    """rfproxy killed and restarted under 100 packets/s: 0 lost, 0 flow mods"""
    def back() -> bool:
        lab.rfproxy.expect_alive()
        return lab.switches["switch1"].connected and lab.virtual_switch.connected

    _survives(lab, lab.rfproxy.restart, back)


def rfserver_killed(lab: Lab) -> None:
    """rfserver killed and restarted under 100 packets/s: 0 lost, 0 flow mods"""
    def restart() -> None:
        nonlocal mark
        mark = lab.rfserver.mark()
        lab.rfserver.restart()

    def back() -> bool:
        lab.rfserver.expect_alive()
        return bool(lab.rfserver.logged(".", since=mark))

    mark = 0
    _survives(lab, restart, back)


def rfclient_killed(lab: Lab) -> None:
    """rfclient killed and restarted under 100 packets/s: 0 lost, 0 flow mods"""
    vm = lab.vms["rfvm1"]

    def restart() -> None:
        vm.kill_client()
        vm.start_client()

    _survives(lab, restart, lambda: vm.client_alive)


def _survives(lab: Lab, restart: Callable[[], None], back: Callable[[], bool]) -> None:
    expect(all(host_flows()), "the host flows are not there to begin with", *lab.logs)
    ages = [found.duration for found in host_flows()]
    controller = Capture("lo", f"tcp port {openflow.PORT}")
    pings = Ping(lab.hosts["b1"], B2, INTERVAL, COUNT)
    try:
        pings.wait_answers(KILL_AT)
        restart()
        until(back, "the daemon is back", within=15, logs=tuple(lab.logs))
        expect(pings.answers < BACK_BY, f"it came back only after {pings.answers} pings", *lab.logs)
    finally:
        result = pings.finish(within=COUNT * INTERVAL + 20)
    seen = openflow.messages(controller.finish_ipv4())
    expect(seen, "the capture holds no OpenFlow at all")
    expect(result.sent == COUNT and not result.lost, str(result), *lab.logs)
    mods = [message for message in seen if message.type == openflow.FLOW_MOD]
    expect(not mods, f"{len(mods)} flow mods were sent, the first: {mods[0].data.hex() if mods else ''}", *lab.logs)
    expect(all(found and found.duration > age for found, age in zip(host_flows(), ages)),
           "a host flow was installed again", *lab.logs)
    _still_works(lab)


def _still_works(lab: Lab) -> None:
    """The daemons follow the VM again, not only keep what was."""
    with route(lab, "198.51.100.0/24", "via", B2):
        wait_forwards(lab, "198.51.100.0/24", 2)
    wait_gone(lab, "198.51.100.0/24")
    expect(flow(B2), "b2's flow has gone", *lab.logs)
