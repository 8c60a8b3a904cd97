"""Network namespaces as small hosts on a bridge."""

from lab.namespaces import Namespace
from lab.ovs import vsctl
from lab.process import run


class Station(Namespace):
    """A network namespace that can be connected to bridges."""

    def connect(self, bridge: str, port: int | None, address: str, suffix: str = "0", interface: str = "eth0") -> None:
        """A veth pair to a port of an Open vSwitch bridge. Its end there is called NAME.SUFFIX."""
        outside = f"{self.name}.{suffix}"
        run(["ip", "link", "add", outside, "type", "veth", "peer", "name", interface, "netns", self.process.pid])
        run(["ip", "link", "set", outside, "up"])
        self.run("ip", "addr", "add", f"{address}/24", "dev", interface)
        self.run("ip", "link", "set", interface, "up")
        wish = ["--", "set", "interface", outside, f"ofport_request={port}"] if port else []
        vsctl("--may-exist", "add-port", bridge, outside, *wish)
