"""Routes learned by BGP from beyond the switch: until the last one's flow, beside until the kernel has them."""

import os
import time
from pathlib import Path
from typing import Callable

from checks.rftest1.topology import B2, GATEWAY2, SWITCH1
from lab import audit, paths
from lab.errors import LabError, until

from .parts import SELDOM, Bench, Running, barrier_replies, without_client
from .results import Figure, against, of_rounds

NAME = "bgp"
_SIZES = (10_000, 100_000)
_OURS, _THEIRS = 65001, 65002
_SPEAKER = paths.RFTEST / "bench" / "bgp_speaker.py"


def measure(bench: Bench) -> list[Figure]:
    vm = bench.vm
    vm.run("/usr/lib/frr/bgpd", "-d", "-A", "127.0.0.1")
    until(lambda: "bgpd" in vm.vtysh("show daemons"), "bgpd is there", 10)
    vm.vtysh("configure terminal", f"router bgp {_OURS}", "no bgp ebgp-requires-policy", "no bgp network import-check",
             f"neighbor {B2} remote-as {_THEIRS}")
    figures = []
    try:
        for size in _SIZES:
            kernel, flows = [], []
            for number in range(min(bench.rounds, 3)):
                bench.progress(f"bgp: {size:,} prefixes, round {number + 1}")
                with without_client(bench):
                    kernel.append(_announce(bench, size, lambda wanted: _kernel_has(bench, wanted)))
                flows.append(_until_flows(bench, size))
            figures.append(against(of_rounds(NAME, f"{size:,} prefixes until the last flow", flows, "s"),
                                   "until the kernel has them, without rfclient", kernel))
    finally:
        vm.run("pkill", "-x", "bgpd", check=False)
    audit.wait_agreement([(vm, SWITCH1)], within=60)
    return figures


def _until_flows(bench: Bench, size: int) -> float:
    base = SWITCH1.flow_count()
    replies: list[float] = []
    began: list[float] = []

    def wait(wanted: int) -> float:
        until(lambda: SWITCH1.flow_count() >= base + size, f"{size} flows", 120, tuple(bench.lab.logs), SELDOM)
        return 0

    with barrier_replies(replies):
        _announce(bench, size, wait, began)
    # The speaker has ended by now, and with it the routes: the last barrier of the additions is what counts.
    until(lambda: SWITCH1.flow_count() <= base, f"{size} flows leave", 120, tuple(bench.lab.logs), SELDOM)
    if not replies:
        raise LabError("no barrier reply was seen", *bench.lab.logs)
    return max(reply for reply in replies if reply < began[1]) - began[0]


def _announce(bench: Bench, size: int, wait: Callable[[int], float], began: list[float] | None = None) -> float:
    """Announces, waits, and ends the session. Seconds from the first UPDATE to the time that `wait` says."""
    read, write = os.pipe()
    host = bench.lab.hosts["b2"]
    base = _prefixes(bench)
    speaker = Running("speaker", host.network("/usr/bin/python3", "-B", _SPEAKER, GATEWAY2, B2, _THEIRS, size), stdin=read)
    os.close(read)
    try:
        speaker.wait_line("established", 60)
        time.sleep(1)
        os.write(write, b"\n")
        begin = speaker.wait_line("begin", 60)["begin"]
        end = wait(base + size)
        time.sleep(0.2)
        if began is not None:
            began += [begin, time.time()]
        return end - begin
    finally:
        os.close(write)
        speaker.stop()
        until(lambda: _prefixes(bench) <= base, "the prefixes leave the kernel", 120)


def _kernel_has(bench: Bench, prefixes: int) -> float:
    until(lambda: _prefixes(bench) >= prefixes, f"{prefixes} prefixes in the kernel", 120)
    return time.time()


def _prefixes(bench: Bench) -> int:
    """How many prefixes the kernel's main table has, without having it print them all."""
    text = Path(f"/proc/{bench.vm.pid}/net/fib_triestat").read_text()
    return int(text.split("Prefixes:")[1].split()[0])
