"""The live traffic while a fault is there, and everything that is sent to the switches meanwhile."""

import re
from dataclasses import dataclass

from checks.rftest2.convergence import switch_of
from checks.rftest2.topology import HOSTS
from lab import openflow
from lab.capture import Capture
from lab.containers import VM
from lab.kernelwatch import KernelWatch
from lab.traffic import Ping, PingResult

from .mesh import ChaosMesh
from .useless import Place, judge, orders

ROUTES = (("h1", "h4"), ("h2", "h3"))
INTERVAL = 0.005
# Less than that a second proves nothing: a busy machine is late with some of the 200.
LEAST_RATE = 100
_SPENT = re.compile(r"(\d+) packets transmitted.* packet loss, time (\d+)ms")


@dataclass
class Account:
    """What the traffic went through."""

    pings: list[PingResult]
    mods: int
    useless: list[str]
    messages: list[openflow.Message]

    @property
    def sent(self) -> int:
        return sum(ping.sent for ping in self.pings)

    @property
    def rate(self) -> float:
        """Pings a second, of the slower one."""
        return min(map(_rate, self.pings))

    @property
    def lost(self) -> int:
        return sum(len(ping.lost) for ping in self.pings)

    def back_after(self, moment: float) -> float:
        """How long after a moment pings were lost no more, in seconds."""
        return max((_back(ping) - moment for ping in self.pings), default=0)

    def connected(self, port: int) -> float:
        """When a switch said its first word on a connection, in seconds since 1970; 0 if it never did."""
        return next((message.time for message in self.messages
                     if message.connection == port and message.type == openflow.HELLO), 0)

    def __str__(self) -> str:
        return "; ".join(f"{source} to {target}: {ping}" for (source, target), ping in zip(ROUTES, self.pings))


class Watch:
    """Pings, the OpenFlow connections, and the kernels: from `start` to `finish`."""

    def __init__(self, lab: ChaosMesh, away: VM | None):
        self._lab = lab
        self._kernels = [KernelWatch(vm) for vm in lab.vms.values() if vm is not away]
        self._capture = Capture("lo", f"tcp portrange {openflow.PORT}-{openflow.OTHER_PORT}")
        self._pings = [Ping(lab.hosts[source], HOSTS[target], INTERVAL, urgent=True) for source, target in ROUTES]
        for ping in self._pings:
            ping.wait_answers(50)

    def finish(self, touched: set[Place], wiped: dict[str, float]) -> Account:
        """Ends it. `touched` are the flows that somebody has changed by hand, `wiped` says when a whole table was."""
        pings = [ping.finish() for ping in self._pings]
        packets = self._capture.finish_ipv4()
        messages = sorted(openflow.messages(packets) + openflow.messages(packets, openflow.OTHER_PORT),
                          key=lambda message: message.time)
        changes = {switch_of(self._lab, watch.vm.name).name: watch.finish() for watch in self._kernels}
        by_id = {switch.datapath_id: switch.name for switch in (*self._lab.switches.values(), self._lab.virtual_switch)}
        names = {port: by_id[datapath] for port, datapath in self._lab.connections.datapaths.items()}
        given = orders(messages, names)
        return Account(pings, len(given), judge(given, changes, touched, wiped), messages)


def _back(ping: PingResult) -> float:
    """When the first ping after the last lost one was answered, in seconds since 1970; 0 if none was lost."""
    if not ping.lost:
        return 0
    last = ping.lost[-1]
    answered = [number for number in ping.answered if number > last]
    return ping.times[len(ping.times) - len(answered)] if answered else float("inf")


def _rate(ping: PingResult) -> float:
    sent, milliseconds = map(int, _SPENT.search(ping.output).groups())
    return sent / (milliseconds / 1000)
