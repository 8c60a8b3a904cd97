"""Very many routes: nothing is installed twice, nothing is lost, and nothing grows."""

import time
from contextlib import contextmanager
from typing import Iterator

from lab import bulk, openflow, report
from lab.audit import wait_agreement
from lab.capture import Capture
from lab.daemons import Daemon
from lab.errors import expect, until
from lab.lab import Lab
from lab.memory import resident

from .topology import B2, SWITCH1

MANY, FLAPPING, FLAPS = 100_000, 10_000, 100
READY = 5
# After a tenth of the flaps everything has grown to what it needs; the rest may add this much, in kilobytes.
GROWTH = 16_384


def restarts(lab: Lab) -> None:
    """100,000 routes, rfserver and then rfproxy killed and restarted: 0 flow mods, each ready again within 5 s"""
    with _many(lab):
        took = [_restart(lab, lab.rfserver, "VM in step"),
                _restart(lab, lab.rfproxy, "flow table is as wanted", "rfserver has said its state")]
    report.note(f"rfserver was ready again after {took[0]:.1f} s, rfproxy after {took[1]:.1f} s")


def flapping(lab: Lab) -> None:
    """10,000 routes come and go 100 times: 0 drift, memory flat"""
    vm = lab.vms["rfvm1"]
    base = SWITCH1.flow_count()
    bulk.change(vm, "flap", FLAPPING, B2, times=FLAPS // 10)
    _wait_flows(lab, base)
    before = resident(lab)
    bulk.change(vm, "flap", FLAPPING, B2, times=FLAPS - FLAPS // 10)
    _wait_flows(lab, base)
    wait_agreement([(vm, SWITCH1)])
    grown = {name: kilobytes - before[name] for name, kilobytes in resident(lab).items()}
    expect(max(grown.values()) <= GROWTH, f"memory has grown by {grown} kB", *lab.logs)


@contextmanager
def _many(lab: Lab) -> Iterator[None]:
    vm = lab.vms["rfvm1"]
    base = SWITCH1.flow_count()
    bulk.change(vm, "add", MANY, B2)
    try:
        _wait_flows(lab, base + MANY)
        yield
    finally:
        bulk.change(vm, "del", MANY, B2)
        _wait_flows(lab, base)


def _restart(lab: Lab, daemon: Daemon, *ready: str) -> float:
    """Kills a daemon, and proves that nothing comes of it; returns after how long its new life has logged all these."""
    controller = Capture("lo", f"tcp port {openflow.PORT}")
    try:
        mark, begin = daemon.mark(), time.monotonic()
        daemon.restart()
        until(lambda: all(daemon.logged(words, since=mark) for words in ready), f"{daemon.name} is ready again", within=60,
              logs=tuple(lab.logs))
        took = time.monotonic() - begin
        # Whatever is to follow from the whole table follows now.
        wait_agreement([(lab.vms["rfvm1"], SWITCH1)], within=30)
    finally:
        seen = openflow.messages(controller.finish_ipv4())
    expect(seen, "the capture holds no OpenFlow at all")
    mods = sum(message.type == openflow.FLOW_MOD for message in seen)
    expect(not mods, f"{mods} flow mods were sent", *lab.logs)
    expect(took <= READY, f"{daemon.name} was ready only after {took:.1f} s", *lab.logs)
    return took


def _wait_flows(lab: Lab, count: int) -> None:
    until(lambda: SWITCH1.flow_count() == count, f"{SWITCH1.name} has {count} flows", within=120, logs=tuple(lab.logs))
