"""How fast routes travel from the VM's kernel to the switch, beside what the kernel alone takes for them."""

import re
import statistics
import time

from lab import report
from lab.containers import VM
from lab.errors import until
from lab.lab import Lab
from lab.process import run

from .topology import B2, SWITCH1, flow

SIZES = (1_000, 10_000, 100_000)
ROUNDS = 5
BATCH = "run/routes.batch"


def bulk(lab: Lab) -> None:
    """Adds and withdraws routes with `ip -batch`, with and without rfclient in turn, and prints a table."""
    vm = lab.vms["rfvm1"]
    print(f"\n  seconds, median of {ROUNDS} (least to most); ratio of the medians to the kernel alone\n")
    print(f"  {'routes':>8}  {'kernel alone':>22}  {'to the last flow':>22}  {'ratio':>5}  {'withdrawal':>22}")
    for size in SIZES:
        alone, added, withdrawn = [], [], []
        for number in range(ROUNDS):
            report.line("....", f"{size} routes, round {number + 1} of {ROUNDS}")
            alone.append(_kernel_alone(lab, vm, size))
            base = _flow_count()
            added.append(_timed(lab, vm, size, "add", base + size))
            withdrawn.append(_timed(lab, vm, size, "del", base))
        ratio = statistics.median(added) / statistics.median(alone)
        print(f"  {size:>8}  {_spread(alone)}  {_spread(added)}  {ratio:5.2f}  {_spread(withdrawn)}")
    print()


def _kernel_alone(lab: Lab, vm: VM, size: int) -> float:
    vm.kill_client()
    try:
        seconds = _batch(vm, size, "add")
        _batch(vm, size, "del")
    finally:
        mark = lab.rfserver.mark()
        vm.start_client()
    lab.rfserver.wait_logged("VM in step", since=mark, within=30)
    until(lambda: flow(B2) is not None, "b2 has its flow", logs=tuple(lab.logs))
    return seconds


def _timed(lab: Lab, vm: VM, size: int, verb: str, wanted: int) -> float:
    seconds = _batch(vm, size, verb)
    start = time.monotonic()
    until(lambda: _flow_count() == wanted, f"switch1 has {wanted} flows", 120, tuple(lab.logs))
    return seconds + time.monotonic() - start


def _batch(vm: VM, size: int, verb: str) -> float:
    """Runs the batch; returns how long `ip` took."""
    lines = (f"route {verb} 10.{n >> 16}.{n >> 8 & 255}.{n & 255}/32 via {B2}\n" for n in range(size))
    (vm.root / BATCH).write_text("".join(lines))
    start = time.monotonic()
    vm.run("ip", "-batch", f"/{BATCH}", timeout=120)
    return time.monotonic() - start


def _flow_count() -> int:
    answer = run(["ovs-ofctl", "dump-aggregate", SWITCH1.name])
    found = re.search(r"flow_count=(\d+)", answer)
    return int(found[1]) if found else -1


def _spread(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):7.3f} ({min(seconds):.3f}-{max(seconds):.3f})".rjust(22)
