"""A million routes to a switch that only counts: rate, whether it stays the same, and memory a route."""

import time
from contextlib import contextmanager
from typing import Iterator

from checks.rftest1.topology import B2, wait_routing
from lab import audit
from lab.errors import until
from lab.lab import LISTEN
from lab.ovs import CONTROLLER, vsctl

from .bulk import overruns
from .parts import Bench, Running, change_routes, frr_stopped, pids, resident_bytes
from .results import Figure, judge

NAME = "million"
_SIZES = (10_000, 100_000, 1_000_000)


def measure(bench: Bench) -> list[Figure]:
    lab = bench.lab
    rates: dict[int, float] = {}
    kernel: dict[int, float] = {}
    memory: dict[int, dict[str, int]] = {}
    before = overruns(bench)
    with frr_stopped(bench.vm):
        with _sink(bench) as sink:
            for size in _SIZES:
                bench.progress(f"million: {size:,} routes")
                have = _adds(sink)
                begin, end = change_routes(bench.vm, "add", size, B2)
                last = until(lambda: _settled(sink, have + size), f"{size} flow mods at the sink", 300,
                             (sink.log, *lab.logs))
                rates[size], kernel[size] = size / (last - begin), size / (end - begin)
                time.sleep(2)
                memory[size] = {name: resident_bytes(pid) for name, pid in pids(lab).items()}
                gone = sink.lines()[-1]["deletes"]
                change_routes(bench.vm, "del", size, B2)
                until(lambda: sink.lines()[-1]["deletes"] >= gone + size, f"{size} flows leave the sink", 300, (sink.log,))
    bench.series = {"routes added, to a sink": [(size, round(size / rate, 4)) for size, rate in rates.items()]}
    few, many = rates[_SIZES[0]], rates[_SIZES[-1]]
    figures = [Figure(NAME, f"{size:,} routes: rate", rates[size], "routes/s", peer="ip -batch meanwhile",
                      peer_value=kernel[size], ratio=rates[size] / kernel[size]) for size in _SIZES]
    judge(figures[-1], ">= 50,000 routes/s", many >= 50_000)
    figures.append(judge(Figure(NAME, "rate of 1,000,000 beside that of 10,000", many, "routes/s", peer="10,000 routes",
                                peer_value=few, ratio=many / few), "ratio >= 0.8", many / few >= 0.8))
    for name in memory[_SIZES[-1]]:
        slope = (memory[_SIZES[2]][name] - memory[_SIZES[1]][name]) / (_SIZES[2] - _SIZES[1])
        figures.append(judge(Figure(NAME, f"memory of {name}", slope, "bytes a route"), "<= 250", slope <= 250))
    lost = overruns(bench) - before
    return figures + [judge(Figure(NAME, "netlink overruns (ENOBUFS)", lost, ""), "0", lost == 0)]


def _adds(sink: Running) -> int:
    lines = sink.lines()
    return lines[-1]["adds"] if lines else 0


def _settled(sink: Running, adds: int) -> float | None:
    """When the last barrier was answered, once all flow mods are there."""
    line = sink.lines()[-1]
    if line["adds"] < adds or line["lastBarrier"] < line["lastFlow"]:
        return None
    return line["lastBarrier"]


@contextmanager
def _sink(bench: Bench) -> Iterator[Running]:
    """A fake switch in the place of switch1. It has no flows to show, so rfproxy must not audit it."""
    lab = bench.lab
    vsctl("del-controller", "switch1")
    _restart_rfproxy(bench, *lab.rfproxy.options, "--audit", 0)
    sink = Running.rfbench("sink", "--connect", LISTEN, "--dp-id", f"{0x99:016x}", "--ports", 2)
    try:
        until(lambda: _adds(sink) > 0, "the sink has its first flows", 30, (sink.log, lab.rfproxy.log))
        time.sleep(2)
        yield sink
    finally:
        sink.stop()
        _restart_rfproxy(bench, *lab.rfproxy.options[:-2])
        vsctl("set-controller", "switch1", CONTROLLER, "--", "set", "controller", "switch1", "max_backoff=1000",
              "controller_rate_limit=1000", "controller_burst_limit=250")
        lab.wait_connected()
        wait_routing(lab)
    audit.wait_agreement([(bench.vm, lab.switches["switch1"])], within=60)


def _restart_rfproxy(bench: Bench, *options: object) -> None:
    rfproxy, virtual = bench.lab.rfproxy, bench.lab.virtual_switch
    rfproxy.stop()
    until(lambda: not virtual.connected, "the virtual switch is without a controller", 20)
    rfproxy.options = list(options)
    rfproxy.start()
    until(lambda: virtual.connected, "the virtual switch is connected", 20, (rfproxy.log,))
