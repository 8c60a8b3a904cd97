"""Further hosts: a network namespace each, on the management network."""

import os

from . import paths
from .errors import until
from .process import Process, run

_FIRST = 10     # 192.168.100.11 is the first one's
_CUT = "rfcut"


class ControllerHost:
    """A machine for MongoDB, daemons or VMs, numbered from 1. It lives as long as the process that holds its namespace."""

    def __init__(self, number: int):
        self.name = f"c{number}"
        self.address = f"192.168.100.{_FIRST + number}"
        self.process: Process | None = None

    def up(self) -> None:
        self.process = Process.spawn(self.name, ["unshare", "--net", "sleep", "infinity"], paths.LOG / f"{self.name}.log")
        own = os.readlink("/proc/self/ns/net")
        until(lambda: os.readlink(f"/proc/{self.process.pid}/ns/net") != own, f"{self.name} has a network of its own")
        run(["ip", "link", "add", f"rf{self.name}", "type", "veth", "peer", "name", "eth0", "netns", self.process.pid])
        run(["ip", "link", "set", f"rf{self.name}", "master", "rfmgmt", "up"])
        for words in (["link", "set", "lo", "up"], ["address", "add", f"{self.address}/24", "dev", "eth0"],
                      ["link", "set", "eth0", "up"]):
            run(self.network("ip", *words))

    def stop(self) -> None:
        if self.process:
            self.process.stop()

    def network(self, *argv: object) -> list[str]:
        """The command line that runs a program there; its pid is the program's."""
        return ["nsenter", "--target", str(self.process.pid), "--net", *map(str, argv)]

    def cut(self, others: list["ControllerHost"]) -> None:
        """From now on it and the others hear nothing of each other."""
        addresses = ", ".join(host.address for host in others)
        rules = (f"table inet {_CUT} {{\n"
                 f"chain in {{ type filter hook input priority 0; ip saddr {{ {addresses} }} drop; }}\n"
                 f"chain out {{ type filter hook output priority 0; ip daddr {{ {addresses} }} drop; }}\n}}\n")
        run(self.network("nft", "-f", "-"), input=rules)

    def join(self) -> None:
        """Ends the cut."""
        run(self.network("nft", "delete", "table", "inet", _CUT))
