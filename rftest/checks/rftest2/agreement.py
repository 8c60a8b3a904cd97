"""After each step, each kernel and its switch agree."""

import functools

from lab.audit import wait_agreement
from lab.lab import Lab
from lab.program import Check

from .convergence import switch_of


def audited(check: Check) -> Check:
    """The check, and then the comparison of the four kernels with their switches."""

    @functools.wraps(check)
    def both(lab: Lab) -> None:
        check(lab)
        wait_agreement([(vm, switch_of(lab, vm.name)) for vm in lab.vms.values()])

    return both
