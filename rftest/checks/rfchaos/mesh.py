"""The lab of rfchaos: that of rftest2, with frequent audits, a small disk for MongoDB, and an eye on the connections."""

import os

from checks.rftest2.topology import MAPPING, Mesh
from lab import paths
from lab.connections import Connections
from lab.mongod import Mongod
from lab.process import run

# Seconds between two looks of rfproxy at a switch's table.
AUDIT = 5
_DISK = 768     # MB: three journal files of 100 MB each, the channels, and room for more


class ChaosMesh(Mesh):
    def __init__(self) -> None:
        super().__init__("--config", MAPPING, "--strict")
        self.rfproxy.options += ["--audit", AUDIT]
        self.mongod: SmallDisk = SmallDisk()
        self.connections = Connections()

    def up(self) -> None:
        self.connections.start()
        super().up()

    def down(self) -> None:
        super().down()
        self.mongod.unmount()
        self.connections.stop()


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
