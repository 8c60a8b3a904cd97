"""An rfproxy dies that is not the only one: its switches are the other's."""

from contextlib import contextmanager
from typing import Iterator

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
_OTHER = f"127.0.0.1:{openflow.OTHER_PORT}"
_CONTROLLER = (f'target="tcp:{_OTHER}"', "max_backoff=1000", "controller_rate_limit=1000", "controller_burst_limit=250")


@fault()
def rfproxy_moved(scene: Scene) -> None:
    """rfproxy is killed, with static routes and another rfproxy that has its switches: 0 lost, the VMs reached within 6 s"""
    first = scene.lab.rfproxy
    add_static_routes(scene)
    with _another(scene) as second:
        with reached_again(scene, MOVED):
            first.kill()
            scene.ends()
        scene.expect(_granted(second) == len(scene.lab.switches), "not every switch has moved")
        mark = first.mark()
        first.start()
        until(lambda: _granted(first, mark) == len(scene.lab.switches), "the switches are the first one's again", BACK,
              (first.log, second.log))
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


def _granted(proxy: Daemon, since: int = 0) -> int:
    """How many switches are an rfproxy's, going by its log."""
    return len(proxy.logged("datapath granted", since)) - len(proxy.logged("no longer granted", since))
