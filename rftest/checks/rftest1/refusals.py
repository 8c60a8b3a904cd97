"""A switch whose table is full: nobody is left to believe that its flows are there."""

from contextlib import contextmanager
from typing import Iterator

from lab.daemons import run_once
from lab.errors import expect, until
from lab.lab import Lab
from lab.ovs import vsctl

from .topology import B1, B2, SWITCH1, flow, route, wait_forwards

COARSE, FINE = "198.18.0.0/15", "198.18.5.0/24"


def full_table(lab: Lab) -> None:
    """a full table is told with what carries the packets meanwhile, and filled once there is room"""
    with route(lab, COARSE, "via", B1):
        wait_forwards(lab, COARSE, 1)
        with _full():
            with route(lab, FINE, "via", B2):
                until(lambda: lab.rfproxy.logged(f"carried_by={COARSE} .*prefix={FINE} .*refused a flow"),
                      "rfproxy says which flow was refused", logs=tuple(lab.logs))
                until(lambda: f"lacks the flow of {FINE}" in _rfctl("status", 1), "rfctl status says it", logs=tuple(lab.logs))
                expect(f"its packets follow {COARSE}" in _rfctl("status", 1), "rfctl status does not say what carries the packets")
                said = _rfctl("why", 1, "198.18.5.1")
                expect(f"the packets follow {COARSE}" in said, f"rfctl why does not say what carries the packets:\n{said}")
                _full_no_more()
                wait_forwards(lab, FINE, 2)
                until(lambda: "nothing is missing" in _rfctl("status", 0), "rfctl status takes it back", logs=tuple(lab.logs))
    until(lambda: flow(COARSE) is None, "the flow leaves")


@contextmanager
def _full() -> Iterator[None]:
    """switch1 takes no more flows than it has."""
    count = len(SWITCH1.flows())
    vsctl("--", "--id=@table", "create", "Flow_Table", f"flow_limit={count}", "overflow_policy=refuse",
          "--", "set", "bridge", SWITCH1.name, "flow_tables:0=@table")
    try:
        yield
    finally:
        _full_no_more()


def _full_no_more() -> None:
    vsctl("clear", "bridge", SWITCH1.name, "flow_tables")


def _rfctl(command: str, status: int, *words: str) -> str:
    """What rfctl says, if it ends with this status; else nothing."""
    ended, said = run_once("rfctl", command, *words)
    return said if ended == status else ""
