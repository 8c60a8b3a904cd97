"""Further hosts: a network namespace each, on the management network."""

from .namespaces import Namespace
from .process import run

_FIRST = 10     # 192.168.100.11 is the first one's
_CUT = "rfcut"


class ControllerHost(Namespace):
    """A machine for MongoDB, daemons or VMs, numbered from 1."""

    def __init__(self, number: int):
        super().__init__(f"c{number}")
        self.address = f"192.168.100.{_FIRST + number}"

    def up(self) -> None:
        super().up()
        run(["ip", "link", "add", f"rf{self.name}", "type", "veth", "peer", "name", "eth0", "netns", self.process.pid])
        run(["ip", "link", "set", f"rf{self.name}", "master", "rfmgmt", "up"])
        self.run("ip", "address", "add", f"{self.address}/24", "dev", "eth0")
        self.run("ip", "link", "set", "eth0", "up")

    def cut(self, others: list["ControllerHost"]) -> None:
        """From now on it and the others hear nothing of each other."""
        addresses = ", ".join(host.address for host in others)
        rules = (f"table inet {_CUT} {{\n"
                 f"chain in {{ type filter hook input priority 0; ip saddr {{ {addresses} }} drop; }}\n"
                 f"chain out {{ type filter hook output priority 0; ip daddr {{ {addresses} }} drop; }}\n}}\n")
        self.run("nft", "-f", "-", input=rules)

    def join(self) -> None:
        """Ends the cut."""
        self.run("nft", "delete", "table", "inet", _CUT)
