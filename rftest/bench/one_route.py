"""One route change: from the kernel's event to the switch's barrier reply, on an idle system."""

import json
import struct
from ipaddress import IPv4Address

from checks.rftest1.topology import B2, SWITCH1
from lab import audit, openflow, paths
from lab.capture import Capture
from lab.errors import LabError
from lab.mongod import HOST_URI
from lab.process import run

from .parts import BARRIER_REPLY, BARRIER_REQUEST, Bench, rfbench
from .results import Figure, against, judge, percentile

NAME = "one-route"
_CHANGES, _PAUSE = 1000, 20
_CHANGER = paths.RFTEST / "bench" / "changer.py"
_MATCH_TARGET, _COMMAND = 40, 56        # where nw_dst and the command are in a flow mod
_COMMANDS = {"add": 0, "del": 4}


def measure(bench: Bench) -> list[Figure]:
    each = _CHANGES // bench.rounds
    latencies, until_flow, floor = [], [], []
    for number in range(bench.rounds):
        bench.progress(f"one-route: round {number + 1} of {bench.rounds}: {each} round trips, {each} changes")
        floor += rfbench("floor", "--mongo-file", HOST_URI, "--count", each, "--pause", _PAUSE)["samples"]
        changed = _changes(bench, each, number * each)
        latencies += [done for _, done in changed]
        until_flow += [sent for sent, _ in changed]
    audit.wait_agreement([(bench.vm, SWITCH1)])
    bench.series = {"RouteFlow": [round(value, 3) for value in latencies], "two hops of MongoDB alone": floor}
    p50, p99 = percentile(latencies, 0.5), percentile(latencies, 0.99)
    floor50, floor99 = percentile(floor, 0.5), percentile(floor, 0.99)
    return [
        judge(Figure(NAME, "p50", p50, "ms", min(latencies), max(latencies)), "<= 2.5 ms", p50 <= 2.5),
        judge(Figure(NAME, "p99", p99, "ms"), "<= 8 ms", p99 <= 8),
        against(Figure(NAME, "p50 beside the floor", p50, "ms"), "two MongoDB hops", floor, at_most=1.5),
        Figure(NAME, "p99 beside the floor", p99, "ms", peer="two MongoDB hops", peer_value=floor99, ratio=p99 / floor99),
        Figure(NAME, "p50 of that until the flow mod is sent", percentile(until_flow, 0.5), "ms",
               peer="two MongoDB hops", peer_value=floor50, ratio=percentile(until_flow, 0.5) / floor50),
    ]


def _changes(bench: Bench, count: int, first: int) -> list[tuple[float, float]]:
    """Milliseconds from each change to its flow mod, and to the barrier reply behind that."""
    capture = Capture("lo", f"tcp port {openflow.PORT}")
    try:
        printed = run(bench.vm.network("/usr/bin/python3", "-B", _CHANGER, B2, count, _PAUSE, first), timeout=120)
        run(["sleep", "0.5"])
    finally:
        messages = openflow.messages(capture.finish_ipv4())
    flows: dict[tuple[str, int], tuple[float, float]] = {}
    waiting: list[tuple[tuple[str, int], float]] = []
    sent: dict[bytes, list[tuple[tuple[str, int], float]]] = {}
    replies = {message.data[4:8]: message.time for message in messages if message.type == BARRIER_REPLY}
    for message in messages:
        if message.type == openflow.FLOW_MOD:
            target = str(IPv4Address(message.data[_MATCH_TARGET:_MATCH_TARGET + 4]))
            waiting.append(((target, struct.unpack_from("!H", message.data, _COMMAND)[0]), message.time))
        elif message.type == BARRIER_REQUEST and message.to_switch and waiting:
            sent[message.data[4:8]], waiting = waiting, []
    for xid, orders in sent.items():
        for key, time in orders:
            if xid in replies:
                flows.setdefault(key, (time, replies[xid]))
    found = []
    for line in printed.splitlines():
        at, verb, target = json.loads(line)
        if (target, _COMMANDS[verb]) not in flows:
            raise LabError(f"no flow mod and barrier for {verb} {target}", *bench.lab.logs)
        flow, reply = flows[target, _COMMANDS[verb]]
        found.append(((flow - at) * 1000, (reply - at) * 1000))
    return found
