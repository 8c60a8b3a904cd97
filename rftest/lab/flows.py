"""Flow tables as values: what `ovs-ofctl dump-flows` prints, parsed."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Network

# Priorities (docs/architecture.md): a route's or host's flow is at ROUTE + 2 x prefix length, control is at CONTROL, and
# above it what answers ARP for a router.
ROUTE = 0x8000
CONTROL = 0xC000
ARP_ANSWER = 0xC001
_OPENFLOW_DEFAULT = 0x8000
_STATISTICS = {"cookie", "duration", "table", "n_packets", "n_bytes", "idle_age", "hard_age", "idle_timeout",
               "hard_timeout"}


@dataclass(frozen=True)
class Flow:
    priority: int
    match: dict[str, str]
    actions: tuple[str, ...]
    packets: int
    bytes: int
    duration: float
    cookie: int

    @property
    def prefix(self) -> IPv4Network | None:
        """The destination prefix of an IP flow; a flow for all addresses has /0."""
        return IPv4Network(self.match.get("nw_dst", "0.0.0.0/0")) if "ip" in self.match else None

    @property
    def is_route(self) -> bool:
        """Whether this is where RouteFlow puts a route, a host, a punt or a drop for its prefix."""
        prefix = self.prefix
        return prefix is not None and "dl_dst" in self.match and self.priority == ROUTE + 2 * prefix.prefixlen

    @property
    def to_controller(self) -> bool:
        return any(action.upper().startswith("CONTROLLER") for action in self.actions)

    @property
    def output(self) -> int | None:
        """The port that a forwarding flow sends to."""
        ports = [action.removeprefix("output:") for action in self.actions if action.startswith("output:")]
        return int(ports[0]) if len(ports) == 1 and ports[0].isdigit() else None

    @property
    def decrements_ttl(self) -> bool:
        return any(action.startswith("dec_ttl") for action in self.actions)

    def sets(self, field: str) -> str | None:
        """The value that a field such as dl_dst is set to."""
        values = [action.removeprefix(f"mod_{field}:") for action in self.actions if action.startswith(f"mod_{field}:")]
        return values[0] if values else None

    @property
    def key(self) -> tuple:
        """What tells one flow from another in a table."""
        return self.priority, tuple(sorted(self.match.items()))

    def __str__(self) -> str:
        match = ",".join(name if value == "" else f"{name}={value}" for name, value in self.match.items())
        return f"priority={self.priority},{match} actions={','.join(self.actions)} (packets {self.packets})"


def parse(dump: str) -> list[Flow]:
    return [_parse_line(line) for line in dump.splitlines() if " actions=" in line]


def _parse_line(line: str) -> Flow:
    head, actions = line.split(" actions=")
    fields = {}
    for word in re.split(r"[ ,]+", head.strip()):
        name, _, value = word.partition("=")
        fields[name] = value
    # ovs-ofctl leaves out the priority where it is OpenFlow's default, which is a default route's as well.
    priority = int(fields.pop("priority", _OPENFLOW_DEFAULT))
    return Flow(
        priority=priority,
        match={name: value for name, value in fields.items() if name and name not in _STATISTICS},
        actions=tuple(re.split(r",(?![^()]*\))", actions.strip())),
        packets=int(fields["n_packets"]), bytes=int(fields["n_bytes"]),
        duration=float(fields["duration"].rstrip("s")), cookie=int(fields["cookie"], 16))


def routes(table: list[Flow], prefix: str) -> list[Flow]:
    """The route flows for exactly this prefix, one a VM."""
    wanted = IPv4Network(prefix)
    return [flow for flow in table if flow.is_route and flow.prefix == wanted]
