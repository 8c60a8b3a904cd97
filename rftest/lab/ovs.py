"""A private Open vSwitch: its own database, sockets and userspace datapath. The machine's own one is not touched."""

import re
from dataclasses import dataclass
from typing import Callable

from . import flows, paths
from .controllers import ControllerHost
from .errors import until
from .process import run
from .supervised import Supervised

CONTROLLER = "tcp:127.0.0.1:6633"
_SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"


def vsctl(*words: object, timeout: int = 10, there: Callable[..., list] = lambda *argv: list(argv)) -> str:
    """Runs ovs-vsctl; `there` makes the command line that runs a program where another Open vSwitch is."""
    return run(there("ovs-vsctl", f"--timeout={timeout}", *words)).strip()


def make_bridge(name: str, datapath_id: int, controller: str, vsctl: Callable[..., str] = vsctl) -> None:
    """A bridge with OpenFlow 1.0 and a controller, as a hardware switch would be: it keeps its flows without one."""
    # Fail mode before the controller: a bridge without it fills its table with a learning switch's flow.
    vsctl("add-br", name, "--", "set", "bridge", name, "datapath_type=netdev", "protocols=OpenFlow10", "fail-mode=secure",
          f"other-config:datapath-id={datapath_id:016x}", "other-config:disable-in-band=true")
    vsctl("set-controller", name, controller, "--", "set", "controller", name, "max_backoff=1000",
          "controller_rate_limit=1000", "controller_burst_limit=250")


class OpenVSwitch:
    """ovsdb-server and ovs-vswitchd, of the lab's own machine or of another host."""

    def __init__(self, host: ControllerHost | None = None) -> None:
        self._host = host
        self._suffix = f".{host.name}" if host else ""
        self._folder = paths.OVS.with_name(paths.OVS.name + self._suffix)
        self.server: Supervised | None = None
        self.switchd: Supervised | None = None

    def start(self) -> None:
        database, socket = self._folder / "conf.db", self._folder / "db.sock"
        self._folder.mkdir(exist_ok=True)
        for old in self._folder.iterdir():
            old.unlink()
        run(["ovsdb-tool", "create", database, _SCHEMA])
        self.server = self._spawn("ovsdb-server", database, f"--remote=punix:{socket}")
        until(socket.exists, "ovsdb-server listens", logs=(self.server.log,))
        self.vsctl("--no-wait", "init")
        self.switchd = self._spawn("ovs-vswitchd", f"unix:{socket}")
        until((self._folder / "ovs-vswitchd.pid").exists, "ovs-vswitchd is up", logs=(self.switchd.log,))

    def vsctl(self, *words: object) -> str:
        return vsctl(*words, there=self._there)

    def _spawn(self, program: str, *words: object) -> Supervised:
        log = paths.LOG / f"{program}{self._suffix}.log"
        log.unlink(missing_ok=True)
        return Supervised.spawn(
            program + self._suffix, self._there(program, *words, f"--pidfile={self._folder}/{program}.pid"), log)

    def _there(self, *argv: object) -> list:
        return self._host.network("env", f"OVS_RUNDIR={self._folder}", *argv) if self._host else list(argv)

    def stop(self) -> None:
        for process in (self.switchd, self.server):
            if process:
                process.stop()


@dataclass
class Switch:
    """A switch of the lab's own Open vSwitch."""

    name: str
    datapath_id: int
    controller: str = CONTROLLER

    def up(self) -> None:
        make_bridge(self.name, self.datapath_id, self.controller)
        run(["ip", "link", "set", self.name, "up"])

    def stop(self) -> None:
        vsctl("--if-exists", "del-br", self.name)

    @property
    def exists(self) -> bool:
        return self.name in vsctl("list-br").split()

    @property
    def connected(self) -> bool:
        """Whether the controller connection stands, after OpenFlow's own handshake."""
        return self.exists and vsctl("get", "controller", self.name, "is_connected") == "true"

    @property
    def ports(self) -> dict[str, int]:
        """OpenFlow port numbers by interface name, without those that have none."""
        listed = run(["ovs-ofctl", "show", self.name])
        return {name: int(number) for number, name in re.findall(r"^ (\d+)\((\S+)\): addr", listed, re.M)}

    def flows(self) -> list[flows.Flow]:
        """The whole flow table."""
        return flows.parse(run(["ovs-ofctl", "--no-names", "dump-flows", self.name]))

    def flow_count(self, out_port: int | None = None) -> int:
        """How many flows there are, or how many send to a port, without reading them all."""
        words = ["ovs-ofctl", "dump-aggregate", self.name] + ([f"out_port={out_port}"] if out_port else [])
        return int(run(words).rpartition("flow_count=")[2].split()[0])

    def add_flow(self, text: str) -> None:
        """Adds a flow by hand, in ovs-ofctl's notation: only to try the lab itself."""
        run(["ovs-ofctl", "add-flow", self.name, text])
