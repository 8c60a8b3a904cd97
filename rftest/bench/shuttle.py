"""Packets from a switch to the VM and back: answers a second, and ping's round-trip time, beside other controllers."""

import re
import statistics

from checks.rftest1.topology import GATEWAY1
from lab.containers import Container
from lab.errors import until
from lab.mongod import HOST_URI
from lab.ovs import Switch
from lab.traffic import ping

from . import osken
from .namespaces import Station
from .parts import CT_ID, SECOND, Bench, Running, rfbench, second_rfproxy, wait_listening
from .results import Figure, against, of_rounds, percentile

NAME = "shuttle"
_SWITCHES = (1, 16, 64)
_MODES = ("latency", "throughput")
_SECONDS = 2
_THEIR_MOST = 16        # ovs-testcontroller takes no more connections
_PORT = 6736
_TESTCONTROLLER = f"127.0.0.1:{_PORT}"
_PINGS, _INTERVAL = 200, 0.02
_PEER_A, _PEER_B = "172.31.9.1", "172.31.9.2"


def measure(bench: Bench) -> list[Figure]:
    testcontroller = Running("testcontroller", ["ovs-testcontroller", "--noflow", f"ptcp:{_PORT}:127.0.0.1"])
    try:
        wait_listening(_TESTCONTROLLER, testcontroller.log)
        return _loads(bench) + _pings(bench)
    finally:
        testcontroller.stop()


def _loads(bench: Bench) -> list[Figure]:
    figures = []
    with second_rfproxy(bench.lab):
        for switches in _SWITCHES:
            for mode in _MODES:
                bench.progress(f"shuttle: {switches} switches, {mode} mode")
                figures += _load(bench, switches, mode)
    return figures


def _load(bench: Bench, switches: int, mode: str) -> list[Figure]:
    ours, theirs, python = [], [], []
    words = ("load", "--mode", mode, "--seconds", _SECONDS, "--switches")
    their_switches = min(switches, _THEIR_MOST)
    lost = 0
    for number in range(bench.rounds):
        done = rfbench(*words, switches, "--connect", SECOND, "--rfvs", "--ct-id", CT_ID, "--mongo-file", HOST_URI)
        lost += done["lost"]
        ours.append(done["rate"])
        theirs.append(rfbench(*words, their_switches, "--connect", _TESTCONTROLLER)["rate"])
        if osken.installed() and number == 0:
            peer = osken.start()
            try:
                python.append(rfbench(*words, switches, "--connect", osken.ADDRESS)["rate"])
            finally:
                peer.stop()
    figure = of_rounds(NAME, f"{mode} mode, {switches} switches", ours, "answers/s")
    against(figure, "ovs-testcontroller" + (f", {their_switches} switches" if their_switches < switches else ""), theirs,
            at_least=1)
    if python:
        figure.note = f"os-ken: {statistics.median(python):,.0f} answers/s"
    if lost:
        figure.note += f"; {lost} of our packets had no answer within a second"
    return [figure]


# Pings

def _pings(bench: Bench) -> list[Figure]:
    """b1 pings the VM through the controller, and two namespaces each other through ovs-testcontroller: two trips each."""
    first, second = Station("peer.a"), Station("peer.b")
    switch = Switch("peer1", 0x9A, f"tcp:{_TESTCONTROLLER}")
    ours, theirs = [], []
    try:
        switch.up()
        for number, (space, address) in enumerate(((first, _PEER_A), (second, _PEER_B)), 1):
            space.up()
            space.connect(switch.name, number, address)
        until(lambda: switch.connected, "peer1 is connected", 10)
        for number in range(bench.rounds):
            bench.progress(f"shuttle: pings, round {number + 1} of {bench.rounds}")
            ours.append(_times(bench.lab.hosts["b1"], GATEWAY1))
            theirs.append(_times(first, _PEER_B))
    finally:
        switch.stop()
        first.stop()
        second.stop()
    medians = [statistics.median(times) for times in ours]
    figure = against(of_rounds(NAME, "ping to the VM: median", medians, "ms"), "ovs-testcontroller --noflow",
                     [statistics.median(times) for times in theirs], at_most=1)
    p99 = of_rounds(NAME, "ping to the VM: p99", [percentile(times, 0.99) for times in ours], "ms")
    return [figure, against(p99, "ovs-testcontroller --noflow", [percentile(times, 0.99) for times in theirs])]


def _times(source: Container | Station, target: str) -> list[float]:
    """Milliseconds of each ping, without the first few, that wait for address resolution."""
    result = ping(source, target, _PINGS, _INTERVAL)
    return [float(time) for time in re.findall(r"time=([\d.]+) ms", result.output)][3:]
