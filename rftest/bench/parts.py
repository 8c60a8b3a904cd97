"""What the scenarios share: rfbench's commands, barrier replies, route batches, CPU and memory of the daemons."""

import json
import os
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

from checks.rftest1.topology import B2, SWITCH1
from lab import bulk as batches
from lab import daemons, openflow, paths, report
from lab.capture import Capture
from lab.containers import VM
from lab.daemons import Daemon
from lab.errors import LabError, until
from lab.lab import Lab
from lab.mongod import HOST_URI
from lab.process import Process, run

BARRIER_REQUEST, BARRIER_REPLY = 18, 19
_FRR = "/usr/lib/frr/frrinit.sh"


@dataclass
class Bench:
    """What a scenario gets, and where it leaves what the plots need."""

    lab: Lab
    rounds: int
    series: dict = field(default_factory=dict)

    @property
    def vm(self) -> VM:
        return self.lab.vms["rfvm1"]

    def progress(self, text: str) -> None:
        report.note(text)


def rfbench(*words: object, timeout: float = 120) -> dict:
    """Runs one of rfbench's commands to its end; gives the last line that it printed."""
    printed = run([daemons.program("rfbench"), *words], timeout=timeout).splitlines()
    return json.loads(printed[-1])


class Running:
    """One of rfbench's commands that goes on, or another program, in the background."""

    def __init__(self, name: str, argv: list, stdin: int = subprocess.DEVNULL):
        self.log = paths.LOG / f"bench.{name}.{uuid.uuid4().hex[:8]}.log"
        self.process = Process.spawn(f"bench.{name}", argv, self.log, stdin)

    @classmethod
    def rfbench(cls, *words: object) -> "Running":
        return cls(str(words[0]), [daemons.program("rfbench"), *words])

    def lines(self) -> list[dict]:
        """What it has printed so far."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def wait_line(self, key: str, within: float = 60) -> dict:
        """Waits for a line that has this key."""
        def found() -> dict | None:
            if not self.process.alive and not any(key in line for line in self.lines()):
                raise LabError(f"{self.process.name} has ended", self.log)
            return next((line for line in self.lines() if key in line), None)
        return until(found, f"{self.process.name} says {key!r}", within, (self.log,))

    def stop(self) -> None:
        """Ends it. Its log stays if something has failed."""
        self.process.stop()
        if sys.exc_info()[0] is None:
            self.log.unlink(missing_ok=True)


def wait_listening(place: str, log: Path) -> None:
    port = place.rpartition(":")[2]
    until(lambda: run(["ss", "-Hltn", f"sport = :{port}"]).strip(), f"somebody listens on port {port}", 20, (log,))


@contextmanager
def barrier_replies(seen: list[float]) -> Iterator[None]:
    """Collects when barrier replies came to port 6633 during the block."""
    # Longer than a bare acknowledgement: the switch sends far more of those than messages.
    capture = Capture("lo", f"tcp dst port {openflow.PORT} and greater 74", immediate=False)
    try:
        yield
        time.sleep(1.5)     # the capture's last second
    finally:
        messages = openflow.messages(capture.finish_ipv4())
        seen += [message.time for message in messages if message.type == BARRIER_REPLY]


# The VM's kernel

@contextmanager
def frr_stopped(vm: VM) -> Iterator[None]:
    """zebra listens to the kernel as well, which costs what it costs: neither the measured run nor the floor has it."""
    vm.run(_FRR, "stop", check=False)
    try:
        yield
    finally:
        vm.run(_FRR, "start")


def change_routes(vm: VM, verb: str, count: int, gateway: str) -> tuple[float, float]:
    """Adds (or deletes, replaces) routes by `ip -batch`; when that began and ended, in seconds since 1970."""
    took = batches.change(vm, verb, count, gateway)
    end = time.time()
    return end - took, end


@contextmanager
def without_client(bench: Bench) -> Iterator[None]:
    """rfclient is dead during the block, and in step again after it."""
    vm, lab = bench.vm, bench.lab
    vm.kill_client()
    try:
        yield
    finally:
        mark = lab.rfserver.mark()
        vm.start_client()
    lab.rfserver.wait_logged("VM in step", since=mark, within=30)
    until(lambda: SWITCH1.flow_count(2) > 0, "b2 has its flow", logs=tuple(lab.logs))
    time.sleep(1)


# Counting 100,000 flows keeps Open vSwitch busy for tens of milliseconds: what is measured ends with a barrier reply anyway.
SELDOM = 0.5


def install(bench: Bench, count: int) -> None:
    """Adds routes, and waits until switch1 has their flows."""
    base = SWITCH1.flow_count()
    change_routes(bench.vm, "add", count, B2)
    until(lambda: SWITCH1.flow_count() >= base + count, f"{count} flows", 120, tuple(bench.lab.logs), SELDOM)


# The daemons

CT_ID = 7
SECOND = "127.0.0.1:6733"


@contextmanager
def second_rfproxy(lab: Lab, *options: object) -> Iterator[Daemon]:
    """Another rfproxy (CT_ID, at SECOND), for which rfbench plays rfserver; the lab's own rfserver rests meanwhile."""
    lab.rfserver.stop()
    proxy = Daemon("rfproxy.bench", "--listen", SECOND, "--mongo-file", HOST_URI, "--ct-id", CT_ID, "--no-police", *options)
    try:
        proxy.up()
        wait_listening(SECOND, proxy.log)
        yield proxy
    finally:
        proxy.stop()
        mark = lab.rfserver.mark()
        lab.rfserver.start()
    lab.rfserver.wait_logged("VM in step", since=mark, within=30)


def pids(lab: Lab) -> dict[str, int]:
    """The three daemons' pids, as seen from the lab."""
    found = {daemon.name: daemon.process.child for daemon in (lab.rfproxy, lab.rfserver)}
    for vm in lab.vms.values():
        found["rfclient"] = _outside(vm)
    return found


def _outside(vm: VM) -> int:
    """rfclient's pid outside its container: the process there whose innermost pid is the one inside."""
    space = os.readlink(f"/proc/{vm.pid}/ns/pid")
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(folder / "ns/pid") != space:
                continue
            numbers = (folder / "status").read_text().split("NSpid:")[1].split("\n")[0].split()
        except OSError:
            continue
        if int(numbers[-1]) == vm.client_pid:
            return int(folder.name)
    raise LabError(f"rfclient of {vm.name} is not to be found", vm.client_log)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise LabError(f"process {pid} has no VmRSS")


@contextmanager
def processor_time(lab: Lab, used: dict[str, list[float]]) -> Iterator[None]:
    """Appends how many seconds of a processor each part of the pipeline uses during the block."""
    parts = pids(lab) | {"mongod": lab.mongod.process.child, "ovs-vswitchd": lab.ovs.switchd.child}
    before = {name: cpu_seconds(pid) for name, pid in parts.items()}
    yield
    for name, pid in parts.items():
        used.setdefault(name, []).append(cpu_seconds(pid) - before[name])
