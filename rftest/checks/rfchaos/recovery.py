"""Whether all is well: before a fault, and again after it."""

import time
from ipaddress import IPv4Address

from checks.rftest2.convergence import measure, switch_of
from checks.rftest2.topology import ADDRESSES
from lab import kernel
from lab.audit import wait_agreement
from lab.containers import VM
from lab.errors import LabError, until
from lab.flows import Flow, parse
from lab.lab import Lab
from lab.ovs import Switch
from lab.process import run

# How long daemons may take to be in step again after the worst of the faults, and a kernel to agree with its switch.
IN_STEP, AGREED, WHOLE = 60, 30, 60
# The last addresses of the churn's range, which churn leaves alone.
_PROBES = "198.19.255."


def wait_quiet(lab: Lab) -> None:
    """Waits until everyone reaches everyone, and each kernel agrees with its switch."""
    wait_whole(lab)
    wait_agreed(lab)


def wait_whole(lab: Lab) -> None:
    """Waits until everyone reaches everyone, on the ways that OSPF has found."""
    deadline = time.monotonic() + WHOLE
    while not (progress := measure(lab)).is_complete:
        if time.monotonic() > deadline:
            raise LabError(f"not whole within {WHOLE} s: {progress}", *lab.logs)
        time.sleep(0.2)


def wait_agreed(lab: Lab) -> None:
    wait_agreement([(vm, switch_of(lab, vm.name)) for vm in lab.vms.values()], within=AGREED)


def wait_in_step(lab: Lab) -> None:
    """Waits until a new route of each VM reaches its switch: the whole way is open again."""
    for number, vm in enumerate(lab.vms.values(), start=1):
        prefix = f"{_PROBES}{number}"
        vm.run("ip", "route", "replace", prefix, "via", gateways(vm)[0])
    for number, vm in enumerate(lab.vms.values(), start=1):
        switch = switch_of(lab, vm.name)
        until(lambda: flow_to(switch, f"{_PROBES}{number}"), f"a new route of {vm.name} reaches {switch.name}", IN_STEP,
              tuple(lab.logs))
    for number, vm in enumerate(lab.vms.values(), start=1):
        vm.run("ip", "route", "del", f"{_PROBES}{number}")


def flow_to(switch: Switch, prefix: str) -> Flow | None:
    """A switch's route flow for exactly that prefix, without a look at the others."""
    found = parse(run(["ovs-ofctl", "--no-names", "dump-flows", switch.name, f"ip,nw_dst={prefix}"]))
    return next((flow for flow in found if flow.is_route and str(flow.prefix) in (prefix, f"{prefix}/32")), None)


def gateways(vm: VM) -> list[str]:
    """The VM's neighbours that are routers, those that can be reached now."""
    routers = {IPv4Address(address) for addresses in ADDRESSES.values() for address in addresses}
    return sorted(str(address) for device, address in kernel.read(vm).neighbours if address in routers)
