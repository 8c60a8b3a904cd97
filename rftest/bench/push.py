"""rfproxy alone: 100,000 flows that it wants already, to a real Open vSwitch, beside the same bytes written in one go."""

import os
import time
from pathlib import Path

from lab.daemons import Daemon
from lab.errors import LabError, expect
from lab.mongod import HOST_URI
from lab.ovs import Switch

from . import osken
from .parts import CT_ID, SECOND, Bench, Running, second_rfproxy
from .results import Figure, against, of_rounds

NAME = "push"
_FLOWS = 100_000
_DATAPATH = 0xBE
_BLAST = "127.0.0.1:6734"


def measure(bench: Bench) -> list[Figure]:
    pushed, blasted, others = [], [], []
    with second_rfproxy(bench.lab, "--audit", 0) as proxy:
        table = Running.rfbench("table", "--mongo-file", HOST_URI, "--ct-id", CT_ID,
                                "--dp-id", f"{_DATAPATH:016x}", "--flows", _FLOWS)
        try:
            table.wait_line("said")
            for number in range(bench.rounds):
                bench.progress(f"push: round {number + 1} of {bench.rounds}")
                blasted.append(_blast())
                pushed.append(_push(proxy))
                if osken.installed() and number < 3:
                    others.append(_osken())
        finally:
            table.stop()
    figures = [
        against(of_rounds(NAME, "100,000 flows", pushed, "s"), "pre-encoded blast", blasted, at_most=1.3),
        of_rounds(NAME, "100,000 flows: rate", [_FLOWS / seconds for seconds in pushed], "flows/s")]
    if others:
        rate = [_FLOWS / seconds for seconds in others]
        figures.append(against(of_rounds(NAME, "rate beside os-ken", [_FLOWS / seconds for seconds in pushed], "flows/s"),
                               "os-ken, three actions a flow", rate, at_least=1))
    else:
        figures[0].note = "os-ken is not installed here: no such peer"
    return figures


def _blast() -> float:
    blast = Running.rfbench("blast", "--listen", _BLAST, "--flows", _FLOWS)
    switch = Switch("bench1", _DATAPATH, f"tcp:{_BLAST}")
    try:
        blast.wait_line("listening")
        switch.up()
        done = blast.wait_line("seconds")
    finally:
        switch.stop()
        blast.stop()
    expect(done["errors"] == 0, f"the switch refused {done['errors']} flow mods")
    return done["seconds"]


def _push(proxy: Daemon) -> float:
    """Seconds from the moment when rfproxy has read the empty table until its last barrier has come back."""
    switch = Switch("bench1", _DATAPATH, f"tcp:{SECOND}")
    mark = proxy.mark()
    try:
        switch.up()
        read, done = _moments(proxy.log, mark, b"flow table read", b"flow table is as wanted")
        expect(switch.flow_count() == _FLOWS, f"{switch.flow_count()} flows are there, not {_FLOWS}", proxy.log)
    finally:
        switch.stop()
    return done - read


def _osken() -> float:
    peer = osken.start(_FLOWS)
    switch = Switch("bench1", _DATAPATH, f"tcp:{osken.ADDRESS}")
    try:
        switch.up()
        return peer.wait_line("seconds")["seconds"]
    finally:
        switch.stop()
        peer.stop()


def _moments(log: Path, since: int, first: bytes, second: bytes, within: float = 60) -> tuple[float, float]:
    """When two lines appear in a log that shows only whole seconds."""
    seen: dict[bytes, float] = {}
    text = b""
    deadline = time.monotonic() + within
    with log.open("rb", buffering=0) as file:
        file.seek(since)
        while second not in seen:
            if time.monotonic() > deadline:
                raise LabError(f"not logged within {within:g} s: {second.decode()}", log)
            text += os.read(file.fileno(), 1 << 16)
            for words in (first, second):
                if words in text:
                    seen.setdefault(words, time.monotonic())
            time.sleep(0.001)
    return seen[first], seen[second]
