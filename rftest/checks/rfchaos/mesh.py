"""The labs of rfchaos: that of rftest2, with frequent audits and an eye on the connections."""

import os

from checks.rftest2.topology import MAPPING, Mesh
from lab import paths
from lab.connections import Connections
from lab.controllers import ControllerHost
from lab.daemons import Daemon
from lab.mongod import Mongod
from lab.process import run
from lab.replicas import ReplicaSet

# Seconds between two looks of rfproxy at a switch's table.
AUDIT = 5
_DISK = 768     # MB: three journal files of 100 MB each, the channels, and room for more
_OPTIONS = ("--config", MAPPING, "--strict")


class ChaosMesh(Mesh):
    """What both labs have in common."""

    def __init__(self) -> None:
        super().__init__(*_OPTIONS)
        self.rfproxy.options += ["--audit", AUDIT]
        self.connections = Connections()

    def up(self) -> None:
        self.connections.start()
        super().up()

    def down(self) -> None:
        super().down()
        self.connections.stop()


class SingleMesh(ChaosMesh):
    """One of each daemon, and a small disk for MongoDB."""

    def __init__(self) -> None:
        super().__init__()
        self.mongod: SmallDisk = SmallDisk()

    def down(self) -> None:
        super().down()
        self.mongod.unmount()


class ClusterMesh(ChaosMesh):
    """Three controller hosts with a MongoDB each, and an rfserver on two of them. rfproxy is beside the switches."""

    def __init__(self) -> None:
        super().__init__()
        self.hosts_of_control = [ControllerHost(number) for number in (1, 2, 3)]
        self.mongod: ReplicaSet = ReplicaSet(self.hosts_of_control)
        options = self.rfserver.options
        self.rfservers = [Daemon(f"rfserver.{host.name}", *options, host=host) for host in self.hosts_of_control[:2]]
        self.rfserver = self.rfservers[0]
        self.daemons = [self.rfproxy, *self.rfservers]
        self.parts = [*self.daemons, self.mininet, *self.vms.values()]

    def active(self) -> Daemon | None:
        """The rfserver that has the lease, if it runs."""
        lease = self.mongod.database["rflease"].find_one({"_id": "rfserver"})
        holder = (lease or {}).get("holder", "").split()
        return next((daemon for daemon in self.rfservers if holder[1:2] == [str(daemon.process.child)]), None)

    @property
    def term(self) -> int:
        return self.mongod.database["rflease"].find_one({"_id": "rfserver"})["term"]


class SmallDisk(Mongod):
    """A MongoDB whose folder is a file system of its own, which can be full."""

    _ballast = paths.DB / "ballast"

    def make_folder(self) -> None:
        super().make_folder()
        run(["mount", "-t", "tmpfs", "-o", f"size={_DISK}m", "tmpfs", paths.DB])

    def unmount(self) -> None:
        run(["umount", paths.DB])

    def fill(self) -> None:
        """Not a byte is left."""
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(1 << 20)):
                    pass
            except OSError:
                os.fsync(file.fileno())

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)
