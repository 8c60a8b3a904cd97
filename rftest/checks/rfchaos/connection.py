"""The TCP connection of a switch is cut."""

import time
from contextlib import contextmanager
from typing import Iterator

from lab import openflow
from lab.connections import refused
from lab.errors import until
from lab.flowmod import parse

from .fault import Scene, fault
from .recovery import flow_to, gateways
from .watch import Account

APPLIED = 1
# Long enough for the route to change; with the switch's own second before it tries again, shorter than OSPF waits.
REFUSED = 0.5
PREFIX = "203.0.113.0/24"


@fault()
def connection_cut(scene: Scene) -> None:
    """a switch's connection is reset: 0 lost, 0 useless flow mods"""
    with _reconnects(scene):
        scene.lab.connections.cut(scene.switch)


@fault()
def connection_cut_during_change(scene: Scene) -> None:
    """a route changes while its switch is away: 0 lost, the difference is there 1 s after the connection"""
    vm, way = scene.vm, ("via", scene.dice.choice(gateways(scene.vm)))
    with _reconnects(scene):
        with refused():
            scene.lab.connections.cut(scene.switch)
            vm.run("ip", "route", "add", PREFIX, *way)
            time.sleep(REFUSED)
    try:
        until(lambda: flow_to(scene.switch, PREFIX), f"{scene.switch.name} has a flow for {PREFIX}", 10,
              tuple(scene.lab.logs))
    finally:
        vm.run("ip", "route", "del", PREFIX, *way)
    port = scene.lab.connections.port(scene.switch)
    scene.ask(lambda account: scene.recovered("difference applied after", _applied(account, port), APPLIED))


@contextmanager
def _reconnects(scene: Scene) -> Iterator[None]:
    """The switch comes back on another connection."""
    before = scene.lab.connections.port(scene.switch)
    yield
    until(lambda: scene.lab.connections.port(scene.switch) not in (None, before), f"{scene.switch.name} is connected again",
          10, (scene.lab.rfproxy.log,))
    scene.ends()


def _applied(account: Account, port: int) -> float:
    """From the first word of a connection to the switch's word that it has the flow for the prefix."""
    said = [message for message in account.messages if message.connection == port]
    given = next((message.time for message in said if message.type == openflow.FLOW_MOD
                  and str(parse(message.data).prefix) == PREFIX), float("inf"))
    return next((message.time - account.connected(port) for message in said if message.type == openflow.BARRIER_REPLY
                 and message.time > given), float("inf"))
