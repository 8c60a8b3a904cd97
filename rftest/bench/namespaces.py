"""Network namespaces as small hosts, or as VMs where a container each would be too much."""

import os

from lab import paths
from lab.errors import until
from lab.ovs import vsctl
from lab.process import Process, run


class Namespace:
    """A network namespace that a sleeping process holds."""

    def __init__(self, name: str):
        self.name = name
        self.process: Process | None = None

    def up(self) -> None:
        self.process = Process.spawn(self.name, ["unshare", "--net", "sleep", "infinity"], paths.LOG / "namespaces.log")
        until(lambda: self._space() != os.readlink("/proc/self/ns/net"), f"{self.name} has a network of its own")
        self.run("ip", "link", "set", "lo", "up")

    def _space(self) -> str:
        return os.readlink(f"/proc/{self.process.pid}/ns/net")

    def connect(self, bridge: str, port: int | None, address: str, suffix: str = "0", interface: str = "eth0") -> None:
        """A veth pair to a port of an Open vSwitch bridge. Its end there is called NAME.SUFFIX."""
        outside = f"{self.name}.{suffix}"
        run(["ip", "link", "add", outside, "type", "veth", "peer", "name", interface, "netns", self.process.pid])
        run(["ip", "link", "set", outside, "up"])
        self.run("ip", "addr", "add", f"{address}/24", "dev", interface)
        self.run("ip", "link", "set", interface, "up")
        wish = ["--", "set", "interface", outside, f"ofport_request={port}"] if port else []
        vsctl("--may-exist", "add-port", bridge, outside, *wish)

    def network(self, *argv: object) -> list[str]:
        """The command line that runs a program there."""
        return ["nsenter", "--target", str(self.process.pid), "--net", *map(str, argv)]

    def run(self, *argv: object, timeout: float = 30) -> str:
        return run(self.network(*argv), timeout=timeout)

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.forget()
            self.process = None
