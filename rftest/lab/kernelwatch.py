"""What changes in a VM's kernel during a while: not only what is different at its end."""

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from . import audit, kernel, paths
from .audit import MANAGEMENT
from .containers import VM
from .kernel import Kernel
from .process import Process

_ROUTE = re.compile(r"^\[ROUTE\](?:Deleted )?(?:(?:unicast|blackhole|unreachable|prohibit|throw) )?(default|[\d./]+) (.*)$")
_NEIGHBOUR = re.compile(r"^\[NEIGH\](Deleted |delete )?([\d.]+) dev (\S+)(?: lladdr (\S+))?.* ([A-Z]+) *$")
_ADDRESS = re.compile(r"^\[ADDR\].* inet ([\d.]+)/")
_LINK = re.compile(r"^\[LINK\](?:Deleted )?\d+: (eth\d+).*<(\S*)>")


@dataclass
class Changes:
    """Prefixes and addresses about which the kernel has another opinion than before, or had meanwhile."""

    prefixes: set[IPv4Network] = field(default_factory=set)
    addresses: set[IPv4Address] = field(default_factory=set)
    links: set[str] = field(default_factory=set)

    def cover(self, prefix: IPv4Network | None) -> bool:
        """Whether there was a reason to say something new about a prefix; None is for what does not depend on a kernel."""
        if prefix is None:
            return False
        return bool(self.links or prefix in self.prefixes
                    or prefix.prefixlen == 32 and prefix.network_address in self.addresses)


class KernelWatch:
    """Listens to one VM's kernel until `finish`."""

    def __init__(self, vm: VM):
        self.vm = vm
        self.log = paths.LOG / f"kernel.{vm.name}.log"
        self.log.write_text("")
        self._process = Process.spawn(f"kernel.{vm.name}", vm.network(
            "ip", "-4", "-o", "-rcvbuf", 32 << 20, "monitor", "label", "route", "address", "link", "neigh"), self.log)
        self.before = kernel.read(vm)

    def finish(self) -> Changes:
        after = kernel.read(self.vm)
        self._process.stop()
        changes = heard(self.log.read_text(), self.before)
        then, now = audit.expected(self.before), audit.expected(after)
        for key in then.keys() | now.keys():
            if then.get(key) != now.get(key):
                match = dict(key[1])
                changes.prefixes.add(IPv4Network(match.get("nw_dst", match.get("arp_tpa", "0.0.0.0/0"))))
        for route in (*self.before.routes, *after.routes):
            if any(leg.gateway in changes.addresses for leg in route.legs):
                changes.prefixes.add(route.prefix)
        return changes


def heard(said: str, before: Kernel) -> Changes:
    """What `ip -o monitor label` has said of changes. A neighbour that is only asked whether it is there does not change."""
    changes = Changes()
    usable: dict[tuple, set[str | None]] = {key: {mac} for key, mac in before.neighbours.items()}
    for line in said.splitlines():
        if (found := _ROUTE.match(line)) and "table local" not in line:
            changes.prefixes.add(IPv4Network("0.0.0.0/0" if found[1] == "default" else found[1]))
        elif (found := _NEIGHBOUR.match(line)) and found[3] != MANAGEMENT:
            mac = found[4] if not found[1] and found[5] in kernel.VALID else None
            usable.setdefault((found[3], IPv4Address(found[2])), {None}).add(mac)
        elif found := _ADDRESS.match(line):
            changes.addresses.add(IPv4Address(found[1]))
        elif (found := _LINK.match(line)) and found[1] != MANAGEMENT and "LOWER_UP" not in found[2].split(","):
            changes.links.add(found[1])
    changes.addresses |= {address for (_, address), macs in usable.items() if len(macs) > 1}
    return changes
