"""Many datapaths, each with a VM of its own: 1000 routes in each at the same time."""

import statistics
import subprocess
import time
from ipaddress import IPv4Address
from pathlib import Path
from typing import Callable

from lab import audit, daemons, flows, paths
from lab.bulk import FIRST
from lab.errors import LabError, until
from lab.mongod import VM_URI
from lab.ovs import Switch, vsctl
from lab.process import ENVIRONMENT, Process, run

from .namespaces import Station
from .parts import SELDOM, Bench, barrier_replies, cpu_seconds, resident_bytes
from .results import Figure, against, judge, of_rounds

NAME = "scale"
_COUNTS = (4, 16, 64)
_ROUTES = 1000
_DAEMONS = ("rfclient", "rfserver", "rfproxy")


class _Router:
    """A datapath with one port, and a network namespace with rfclient as its VM. The audit takes it for one."""

    def __init__(self, number: int):
        self.number = number
        self.space = Station(f"rfvm{1000 + number}")
        self.switch = Switch(f"s{1000 + number}", 0x1000 + number)
        self.client: Process | None = None
        self.name, self.run = self.space.name, self.space.run
        self.client_log = paths.LOG / f"{self.name}.rfclient.log"
        self.neighbour = f"172.29.{number}.2"

    def up(self) -> None:
        number, space = self.number, self.space
        self.switch.up()
        vsctl("add-port", self.switch.name, f"p{1000 + number}", "--", "set", "interface", f"p{1000 + number}",
              "type=internal", "ofport_request=1")
        # The neighbour is the lab's own kernel, behind the datapath's only port.
        run(["ip", "addr", "add", f"{self.neighbour}/24", "dev", f"p{1000 + number}"])
        run(["ip", "link", "set", f"p{1000 + number}", "up"])
        space.up()
        run(["ip", "link", "add", f"mg{1000 + number}", "type", "veth", "peer", "name", "eth0", "netns", space.process.pid])
        run(["ip", "link", "set", f"mg{1000 + number}", "master", "rfmgmt", "up"])
        space.run("ip", "link", "set", "eth0", "address", f"02:00:00:01:00:{number:02x}")
        space.run("ip", "addr", "add", f"192.168.100.{130 + number}/24", "dev", "eth0")
        space.run("ip", "link", "set", "eth0", "up")
        space.connect("dp0", None, f"172.29.{number}.1", "1", "eth1")
        self.client_log.write_text("")
        self.client = Process.spawn(f"{space.name}.client", space.network(
            daemons.program("rfclient"), "--interface", "eth0", "--mongo-file", VM_URI), self.client_log)

    @property
    def mapped(self) -> bool:
        """Whether the flows for its connected network are there. By then the port has the MAC address that it keeps."""
        return bool(flows.routes(self.switch.flows(), f"172.29.{self.number}.0/24"))

    def meet(self) -> None:
        """It finds its neighbour."""
        self.space.run("ping", "-c", 1, "-w", 10, self.neighbour)

    @property
    def ready(self) -> bool:
        """Whether its neighbour has its flow."""
        return self.switch.flow_count(1) > 0

    def stop(self) -> None:
        if self.client:
            self.client.stop()
        self.space.stop()
        self.switch.stop()


class _Plain:
    """The like without rfclient, for the floor."""

    def __init__(self, number: int):
        self.space = Station(f"plain{1000 + number}")
        self.neighbour = f"172.29.{number}.2"
        self.space.up()
        self.space.run("ip", "link", "add", "eth1", "type", "veth", "peer", "name", "other")
        self.space.run("ip", "link", "set", "other", "up")
        self.space.run("ip", "addr", "add", f"172.29.{number}.1/24", "dev", "eth1")
        self.space.run("ip", "link", "set", "eth1", "up")

    def stop(self) -> None:
        self.space.stop()


def measure(bench: Bench) -> list[Figure]:
    routers: list[_Router] = []
    plain: list[_Plain] = []
    figures = []
    costs: dict[int, float] = {}        # by the number of datapaths
    try:
        for count in _COUNTS:
            bench.progress(f"scale: {count} datapaths come up")
            # One after the other: no mapping file names them, so that two at a time could get each other's datapath.
            for number in range(len(routers), count):
                plain.append(_Plain(number))
                routers.append(_Router(number))
                routers[-1].up()
                logs = (*bench.lab.logs[:2], routers[-1].client_log)
                until(lambda: routers[-1].mapped, f"{routers[-1].name} is mapped", 30, logs)
                routers[-1].meet()
            until(lambda: all(router.ready for router in routers), f"{count} neighbours have their flows", 20, logs)
            measured, costs[count] = _measure(bench, routers, plain)
            figures += measured
    finally:
        for part in (*routers, *plain):
            part.stop()
        for router in routers:
            vsctl("--if-exists", "del-port", "dp0", f"{router.space.name}.1")
    few, many = _COUNTS[0], _COUNTS[-1]
    ratio = costs[many] / costs[few]
    return figures + [judge(
        Figure(NAME, f"processor time of the three a route, {many} datapaths beside {few}", costs[many], "µs a route",
               peer=f"with {few}", peer_value=costs[few], ratio=ratio), "ratio <= 1.25", ratio <= 1.25)]


def _measure(bench: Bench, routers: list[_Router], plain: list[_Plain]) -> tuple[list[Figure], float]:
    """The figures of so many routers, and what a route costs the three daemons in microseconds of a processor."""
    whole, kernel = [], []
    used: dict[str, list[float]] = {}
    pids = _pids(bench, routers)
    total = _ROUTES * len(routers)
    for number in range(bench.rounds):
        bench.progress(f"scale: {len(routers)} datapaths, round {number + 1}")
        begin, end = _all(plain, "add")
        kernel.append(end - begin)
        _all(plain, "del")
        replies: list[float] = []
        before = _sums(pids, cpu_seconds)
        with barrier_replies(replies):
            begin, _ = _all(routers, "add")
            until(lambda: all(router.switch.flow_count(1) > _ROUTES for router in routers), f"{total} flows", 120,
                  tuple(bench.lab.logs[:2]), SELDOM)
        for part, seconds in _sums(pids, cpu_seconds).items():
            used.setdefault(part, []).append((seconds - before[part]) / total * 1e6)
        late = [reply for reply in replies if reply > begin]
        if not late:
            raise LabError("no barrier reply was seen", *bench.lab.logs)
        whole.append(max(late) - begin)
        audit.wait_agreement([(router, router.switch) for router in routers[::max(1, len(routers) // 4)]], within=60)
        _all(routers, "del")
        until(lambda: all(router.switch.flow_count(1) <= 1 for router in routers), "the flows leave", 120,
              tuple(bench.lab.logs[:2]), SELDOM)
    name = f"{len(routers)} datapaths, {_ROUTES} routes each"
    return [against(of_rounds(NAME, name, whole, "s"), "ip -batch without rfclient", kernel),
            of_rounds(NAME, f"{name}: rate", [total / seconds for seconds in whole], "routes/s"),
            *(of_rounds(NAME, f"{name}: processor time of {part}", values, "µs a route") for part, values in used.items()),
            # The other two keep the memory of the scenarios before this one; `million` has theirs.
            Figure(NAME, f"{name}: memory of each rfclient",
                   statistics.mean(map(resident_bytes, pids["rfclient"])) / 1e6, "MB")], sum(statistics.median(used[part]) for part in _DAEMONS)


def _pids(bench: Bench, routers: list[_Router]) -> dict[str, list[int]]:
    lab = bench.lab
    return {"rfclient": [router.client.pid for router in routers], "rfserver": [lab.rfserver.process.child],
            "rfproxy": [lab.rfproxy.process.child], "mongod": [lab.mongod.process.child],
            "ovs-vswitchd": [lab.ovs.switchd.child]}


def _sums(pids: dict[str, list[int]], measure: Callable[[int], float]) -> dict[str, float]:
    return {part: sum(map(measure, numbers)) for part, numbers in pids.items()}


def _all(places: list[_Router] | list[_Plain], verb: str) -> tuple[float, float]:
    """Adds or deletes the routes of all, at the same time. When that began and ended."""
    words = [place.space.network("ip", "-batch", _batch(verb, place.neighbour)) for place in places]
    begin = time.time()
    batches = [subprocess.Popen(argv, env=ENVIRONMENT) for argv in words]
    if any([batch.wait(60) for batch in batches]):
        raise LabError("ip -batch failed")
    return begin, time.time()


def _batch(verb: str, gateway: str) -> Path:
    file = paths.RUN / f"{verb}.{gateway}.batch"
    if not file.exists():
        file.write_text("".join(f"route {verb} {IPv4Address(FIRST + number)}/32 via {gateway}\n"
                                for number in range(_ROUTES)))
    return file
