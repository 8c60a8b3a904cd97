"""What the daemons cost when nothing happens: CPU time with 100,000 routes installed."""

import time

from checks.rftest1.topology import B2, SWITCH1
from lab import audit

from .parts import Bench, change_routes, cpu_seconds, frr_stopped, install, pids
from .results import Figure, judge

NAME = "idle"
_ROUTES, _SECONDS = 100_000, 60


def measure(bench: Bench) -> list[Figure]:
    with frr_stopped(bench.vm):
        install(bench, _ROUTES)
        try:
            audit.wait_agreement([(bench.vm, SWITCH1)], within=120)
            time.sleep(5)
            daemons = pids(bench.lab)
            bench.progress(f"idle: {_SECONDS} s of nothing")
            before, begin = {name: cpu_seconds(pid) for name, pid in daemons.items()}, time.monotonic()
            time.sleep(_SECONDS)
            passed = time.monotonic() - begin
            used = {name: (cpu_seconds(pid) - before[name]) / passed * 100 for name, pid in daemons.items()}
        finally:
            change_routes(bench.vm, "del", _ROUTES, B2)
    audit.wait_agreement([(bench.vm, SWITCH1)], within=60)
    figures = [Figure(NAME, name, value, "% of a core") for name, value in used.items()]
    total = sum(used.values())
    whole = judge(Figure(NAME, "the three daemons", total, "% of a core"), "< 1 %", total < 1)
    whole.note = f"over {_SECONDS} s, the audit of the switch's flows once a minute included"
    return [whole, *figures]
