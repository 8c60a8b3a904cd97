"""Network namespaces beside the lab's own: further machines, or VMs where a container each would be too much."""

import os

from . import paths
from .errors import until
from .process import Process, run


class Namespace:
    """A network namespace. It lives as long as the sleeping process that holds it."""

    def __init__(self, name: str):
        self.name = name
        self.process: Process | None = None

    def up(self) -> None:
        self.process = Process.spawn(self.name, ["unshare", "--net", "sleep", "infinity"], paths.LOG / "namespaces.log")
        until(lambda: self._space() != os.readlink("/proc/self/ns/net"), f"{self.name} has a network of its own")
        self.run("ip", "link", "set", "lo", "up")

    def _space(self) -> str:
        return os.readlink(f"/proc/{self.process.pid}/ns/net")

    def network(self, *argv: object) -> list[str]:
        """The command line that runs a program there; its pid is the program's."""
        return ["nsenter", "--target", str(self.process.pid), "--net", *map(str, argv)]

    def run(self, *argv: object, timeout: float = 30, **options) -> str:
        return run(self.network(*argv), timeout=timeout, **options)

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.forget()
            self.process = None
