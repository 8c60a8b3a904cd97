"""What a peer at rfproxy's port can do to the switches: nothing."""

import time
from contextlib import contextmanager
from typing import Iterator

from lab import memory, openflow, paths, report
from lab.errors import LabError, expect, until
from lab.lab import Lab
from lab.mongod import MANAGEMENT_ADDRESS
from lab.ovs import Switch
from lab.process import Process, run
from lab.traffic import Ping

from .convergence import adjacencies
from .topology import ADJACENCIES, HOSTS

STRANGER = paths.RFTEST / "lab" / "stranger.py"
# Where no virtual switch may come from (--rfvs-from), and where the switches come from.
ELSEWHERE, BESIDE = MANAGEMENT_ADDRESS, "127.0.0.1"
# For those that are to be closed because they are slow, and not because they are too many.
SLOW = ("127.0.0.2", "127.0.0.3")
# rfproxy's bounds (State+Strangers.swift).
FROM_ONE_ADDRESS, ALL = 64, 256
# Seconds within which a switch introduces itself.
HANDSHAKE = 10
# Connections that the kernel has accepted and rfproxy not yet (ServerBinding.swift).
BACKLOG = 256
# In kB: what is kept for connections that stay, and for what they have said, is bounded, and used again.
GROWTH = {"rfproxy": 12 * 1024, "rfserver": 24 * 1024}
# In kB: what is more only for as long as strangers are there.
PEAK = 32 * 1024
# Each reason is told at its 1st, 2nd, 4th ... time.
LINES = 80
# What happens to switches is worth a line each, so many in all, and then one a second (ProxyCore.chatter).
CHATTER = 2000
LATECOMER = Switch("sX", 99)


def crowds(lab: Lab) -> None:
    """1000 sockets that say nothing, and 100 that say a byte a second, for 12 s: a switch that comes meanwhile gets in"""
    with _unnoticed(lab, "was the oldest of too many from one address", "took too long to introduce itself"):
        slow = _start("slow", 50, *SLOW)
        silent = _start("silent", BESIDE, 1000, 12)
        time.sleep(2)
        try:
            LATECOMER.up()
            until(lambda: LATECOMER.connected, "another switch connects", 5, (lab.rfproxy.log,))
            strangers = len(_connections(lab)) - len(lab.switches) - 2
            expect(FROM_ONE_ADDRESS <= strangers <= ALL + BACKLOG, f"{strangers} strangers are connected", lab.rfproxy.log)
            opened, closed = map(int, _end(silent).split())
            expect(opened > closed >= 1000 - FROM_ONE_ADDRESS - BACKLOG, f"{closed} of {opened} silent sockets were closed")
            report.note(f"{opened} silent sockets were opened and {closed} closed; {strangers} strangers were there at a time")
            said, first, last = map(float, _end(slow).split())
            ended = f"the slow ones were closed after {first} to {last} s, with {said:g} bytes or more from each"
            expect(said >= 8 and HANDSHAKE - 1 <= first <= last <= HANDSHAKE + 3, ended, lab.rfproxy.log)
            report.note(ended)
            expect(LATECOMER.connected, "the other switch has lost its connection", lab.rfproxy.log)
        finally:
            LATECOMER.stop()


def lengths_and_versions(lab: Lab) -> None:
    """messages of every length from 0 to 65535, and hellos of every version: who is wrong is sent away, and nobody else"""
    with _unnoticed(lab, "sent what is no OpenFlow message", "speaks no OpenFlow that we know"):
        begin = time.monotonic()
        sent = _end(_start("lengths", BESIDE), within=30)
        report.note(f"{sent} messages, {time.monotonic() - begin:.1f} s")
        expect(_end(_start("versions", BESIDE)) == "255", "not every other version was refused", lab.rfproxy.log)


def false_virtual_switch(lab: Lab) -> None:
    """who claims to be a virtual switch from outside --rfvs-from is refused; and who does not read is given up"""
    with _unnoticed(lab, "claims to be a virtual switch from where none may be", "does not read what it is sent"):
        claims = [f"{lab.virtual_switch.datapath_id:016x}", *(f"72667673{number:08x}" for number in range(20))]
        accepted = _end(_start("virtual-switch", ELSEWHERE, *claims))
        expect(accepted == "0", f"{accepted} of {len(claims)} claims were not refused", lab.rfproxy.log)
        accepted = _end(_start("virtual-switch", BESIDE, claims[-1]))
        expect(accepted == "1", "the same claim was refused where virtual switches may come from", lab.rfproxy.log)
        report.note(f"{int(_end(_start('deaf', BESIDE))) / 1e6:.1f} MB were sent by one that does not read")


def chatty_peers(lab: Lab) -> None:
    """60 strangers say barrier replies for 8 s, as fast as they are taken"""
    with _unnoticed(lab):
        sent = int(_end(_start("chatty", BESIDE, 60, 8), within=40))
        report.note(f"{sent} messages")
        expect(sent > 100_000, f"only {sent} messages were taken")


def flapping_ports(lab: Lab) -> None:
    """a stranger says that it is a switch of 1300 ports, and has a hundred of them go down and up for 10 s"""
    before = lab.mongod.rftable()
    with _unnoticed(lab, "left out a line: too much happens to switches", lines=CHATTER + LINES):
        sent = _end(_start("flapping", BESIDE, 10), within=40)
        report.note(f"{sent} changes of ports")
        # It has to be heard to its end first.
        _await_table(lab, before)


def identities(lab: Lab) -> None:
    """a stranger is ever new switches of 1300 ports for 10 s: another switch is known at once, and nothing of the stranger stays"""
    before = lab.mongod.rftable()
    with _unnoticed(lab, lines=CHATTER + 2 * LINES):
        stranger = _start("identities", ELSEWHERE, 10)
        time.sleep(5)
        mark, begin = lab.rfserver.mark(), time.monotonic()
        try:
            LATECOMER.up()
            lab.rfserver.wait_logged(f"dp_id={LATECOMER.datapath_id:016x} .*datapath connected", mark, within=5)
            took = time.monotonic() - begin
        finally:
            LATECOMER.stop()
        count = int(_end(stranger))
        report.note(f"{count} switches of 1300 ports; another one was known after {took:.1f} s")
        expect(count >= 500 and took <= 2, "that is too few, or too long", *lab.logs)
        _await_table(lab, before)


def _await_table(lab: Lab, before: list[dict]) -> None:
    begin = time.monotonic()
    until(lambda: lab.mongod.rftable() == before, "the RFTable is as it was", 10, (lab.rfserver.log,))
    report.note(f"the RFTable is as it was after {time.monotonic() - begin:.1f} s")


@contextmanager
def _unnoticed(lab: Lab, *told: str, lines: int = LINES) -> Iterator[None]:
    """While the block runs, the switches keep their connections and flows, no ping is lost, and the memory of rfproxy and rfserver
    hardly grows, and is as it was in the end; afterwards rfproxy's log says why it has sent strangers away, and not too often."""
    until(lambda: adjacencies(lab) == ADJACENCIES, "all neighbours are there to begin with", 10, tuple(lab.logs))
    connections, flows = _connections(lab), _flows(lab)
    expect(len(connections) == len(lab.switches) + 1, f"{len(connections)} connections of {len(lab.switches) + 1} switches")
    before, mark, begin = memory.resident(lab), lab.rfproxy.mark(), time.monotonic()
    memory.forget_peaks(lab)
    pings = [Ping(lab.hosts["h1"], HOSTS["h4"], 0.02), Ping(lab.hosts["h4"], HOSTS["h1"], 0.02)]
    try:
        for ping in pings:
            ping.wait_answers(10)
        yield
        grown = {name: size - before[name] for name, size in memory.resident(lab).items()}
        swollen = {name: size - before[name] for name, size in memory.peaks(lab).items()}
    finally:
        results = [ping.finish() for ping in pings]
    for result in results:
        expect(not result.lost, f"pings meanwhile: {result}", *lab.logs)
    expect(connections <= _connections(lab), "a switch has connected again", *lab.logs)
    expect(adjacencies(lab) == ADJACENCIES, "a neighbour of OSPF was lost", *lab.logs)
    _expect_same(flows, _flows(lab), time.monotonic() - begin)
    for name, most in GROWTH.items():
        expect(grown[name] <= most, f"{name} has grown by {grown[name]} kB", *lab.logs)
        expect(swollen[name] <= PEAK, f"{name} had grown by {swollen[name]} kB meanwhile", *lab.logs)
    for words in told:
        lab.rfproxy.wait_logged(words.replace("(", r"\("), mark)
    written = len(lab.rfproxy.logged("", mark))
    expect(written <= lines, f"rfproxy has written {written} lines", lab.rfproxy.log)
    sizes = "; ".join(f"{name}: {grown[name]:+} kB, meanwhile {swollen[name]:+} kB" for name in GROWTH)
    report.note(f"{sizes}; {written} lines in rfproxy's log; {results[0]}, {results[1]}")


def _connections(lab: Lab) -> set[str]:
    """The far ends of rfproxy's connections."""
    listed = run(["ss", "-tnH", "state", "established", f"sport = :{openflow.PORT}"])
    return {line.split()[3] for line in listed.splitlines()}


def _flows(lab: Lab) -> dict[str, dict[tuple, tuple]]:
    return {name: {flow.key: (flow.actions, flow.cookie, flow.duration) for flow in switch.flows()}
            for name, switch in lab.switches.items()}


def _expect_same(before: dict, after: dict, passed: float) -> None:
    """The same flows; and none was made anew, even as it was."""
    for name, flows in before.items():
        now = after[name]
        expect(flows.keys() == now.keys(), f"{name}: other flows than before: {_words(now.keys() - flows.keys())} "
               f"are new, {_words(flows.keys() - now.keys())} are gone")
        for key, (actions, cookie, duration) in flows.items():
            expect(now[key][:2] == (actions, cookie), f"{name}: a flow has changed: {key}")
            expect(now[key][2] >= duration + passed - 5, f"{name}: a flow is new: {key}")


def _words(keys: set[tuple]) -> str:
    return f"{len(keys)} (such as {min(keys)})" if keys else "none"


def _start(command: str, *words: object) -> Process:
    log = paths.LOG / f"stranger.{command}.log"
    log.write_text("")
    return Process.spawn(log.stem, ["/usr/bin/python3", "-B", STRANGER, command, *words], log)


def _end(stranger: Process, within: float = 20) -> str:
    """What it said at its end."""
    ended = stranger.wait(within)
    if not ended:
        stranger.kill()
    stranger.forget()
    said = stranger.log.read_text().strip()
    if not ended or stranger.status:
        raise LabError(f"{stranger.name} {'did not end' if not ended else 'failed'}: {said}", stranger.log)
    return said
