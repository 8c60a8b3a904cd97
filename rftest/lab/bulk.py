"""Very many routes of a VM's kernel at once, by `ip -batch`."""

import time
from ipaddress import IPv4Address

from .containers import VM

FIRST = int(IPv4Address("10.0.0.0"))
_BATCH = "run/routes.batch"


def change(vm: VM, verb: str, count: int, gateway: str, times: int = 1) -> float:
    """Adds (or deletes, replaces) host routes from 10.0.0.0 on; with `times`, adds and deletes them so often instead.
    Returns how long `ip` took."""
    verbs = [verb] if times == 1 else ["add", "del"] * times
    with (vm.root / _BATCH).open("w") as batch:
        for word in verbs:
            batch.writelines(f"route {word} {IPv4Address(FIRST + n)}/32 via {gateway}\n" for n in range(count))
    begin = time.monotonic()
    vm.run("ip", "-batch", f"/{_BATCH}", timeout=600)
    return time.monotonic() - begin
