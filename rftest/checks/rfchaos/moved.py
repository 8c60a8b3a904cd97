"""An rfproxy dies, or stands still, that is not the only one: its switches are the other's."""

import re
from contextlib import contextmanager
from typing import Callable, Iterator

from lab import openflow
from lab.daemons import Daemon
from lab.errors import until
from lab.mongod import HOST_URI
from lab.ovs import vsctl

from .fault import Scene, fault
from .mesh import AUDIT
from .shuttle import add_static_routes, reached_again

# rfserver takes an rfproxy for gone after 3 s.
MOVED, BACK = 6, 10
_DATAPATH = re.compile(r"dp_id=([0-9a-f]{16})")
_OTHER = f"127.0.0.1:{openflow.OTHER_PORT}"
_CONTROLLER = (f'target="tcp:{_OTHER}"', "max_backoff=1000", "controller_rate_limit=1000", "controller_burst_limit=250")


@fault()
def rfproxy_moved(scene: Scene) -> None:
    """rfproxy is killed, with static routes and another rfproxy that has its switches: 0 lost, the VMs reached within 6 s"""
    first = scene.lab.rfproxy
    _moves(scene, first.kill, first.start)


@fault()
def rfproxy_moved_paused(scene: Scene) -> None:
    """rfproxy stands still, and believes to be the master when it goes on: 0 lost, the VMs reached within 6 s"""
    first = scene.lab.rfproxy
    _moves(scene, first.pause, first.resume)


def _moves(scene: Scene, end: Callable[[], None], begin: Callable[[], None]) -> None:
    """The switches are another rfproxy's while the first one is away, and the first one's again."""
    switches = len(scene.lab.switches)
    add_static_routes(scene)
    with _another(scene) as second:
        away = True
        try:
            with reached_again(scene, MOVED):
                end()
                scene.ends()
            until(lambda: _granted(second) == switches, "every switch is the second one's", BACK, (second.log,))
            begin()
            away = False
        finally:
            if away:
                begin()
        until(lambda: _granted(second) == 0, "the switches are the first one's again", BACK,
              (scene.lab.rfproxy.log, second.log))
        second.expect_alive()
    scene.ends()


@contextmanager
def _another(scene: Scene) -> Iterator[Daemon]:
    """A second rfproxy, which every switch and the virtual switch are connected to as well."""
    second = Daemon("rfproxy.second", "--listen", _OTHER, "--ct-id", 1, "--mongo-file", HOST_URI, "--audit", AUDIT)
    bridges = [switch.name for switch in (*scene.lab.switches.values(), scene.lab.virtual_switch)]
    second.up()
    rows = {}
    try:
        for bridge in bridges:
            rows[bridge] = vsctl("--id=@other", "create", "controller", *_CONTROLLER, "--", "add", "bridge", bridge,
                                 "controller", "@other").split()[0]
        until(lambda: len(second.logged("switch connected")) >= len(bridges), "all switches are connected to both", 10,
              (second.log,))
        yield second
    finally:
        for bridge, row in rows.items():
            vsctl("remove", "bridge", bridge, "controller", row)
        second.stop()


def _granted(proxy: Daemon) -> int:
    """How many switches are an rfproxy's, going by its log. The last word on each counts: of a grant, its end and the next
    grant only the last may have been sent."""
    words = {}
    for line in proxy.logged("datapath (no longer )?granted"):
        words[_DATAPATH.search(line)[1]] = "no longer" not in line
    return sum(words.values())
