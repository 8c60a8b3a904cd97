"""A fault: what it does, and what it may do to the network."""

import contextlib
import functools
import random
import time
from typing import Callable

from checks.rftest2.convergence import switch_of
from lab.containers import VM
from lab.ovs import Switch

from .mesh import ChaosMesh
from .useless import Place
from .watch import Account


class Scene:
    """What a fault is given: the lab, its own dice, a VM that they have chosen; and where it writes what it measured."""

    def __init__(self, lab: ChaosMesh, dice: random.Random):
        self.lab, self.dice = lab, dice
        self.vm: VM = dice.choice(list(lab.vms.values()))
        self.over = time.time()     # when the fault ended, in seconds since 1970; what comes after it is recovery
        self.facts: list[str] = [self.vm.name]
        self.broken: list[str] = []
        self.touched: set[Place] = set()    # flows that were changed by hand
        self.worst = 0.0
        self.after = contextlib.ExitStack()     # what is to be done once nobody counts the pings any more
        self._questions: list[Callable[[Account], None]] = []

    @property
    def switch(self) -> Switch:
        """The chosen VM's switch."""
        return switch_of(self.lab, self.vm.name)

    def ends(self, moment: float | None = None) -> None:
        """The fault is over: now, or since a moment that is known better."""
        self.over = moment or time.time()

    def recovered(self, what: str, seconds: float, bound: float | None = None) -> None:
        """How long something took to come back, and how long it may take."""
        self.facts.append(f"{what} {seconds:.3g} s")
        self.worst = max(self.worst, seconds)
        if bound is not None and seconds > bound:
            self.broken.append(f"{what} {seconds:.3g} s, not within {bound:g} s")

    def expect(self, condition: object, what: str) -> None:
        if not condition:
            self.broken.append(what)

    def ask(self, question: Callable[[Account], None]) -> None:
        """Something that only the account of the traffic can answer, once it is there."""
        self._questions.append(question)

    def answer(self, account: Account) -> None:
        for question in self._questions:
            question(account)


class Fault:
    """A function that injects a fault and ends it, and the bounds."""

    def __init__(self, inject: Callable[[Scene], None], lossless: bool, useful: bool, away: bool,
                 churn: bool | None):
        functools.update_wrapper(self, inject)
        self.inject = inject
        self.lossless = lossless    # no ping may be lost
        self.useful = useful        # no flow mod may be sent that changes nothing
        self.away = away            # the chosen VM is gone for a while: nobody can look into it
        self.churn = churn          # whether routes change meanwhile; None for what the dice say

    def __call__(self, scene: Scene) -> None:
        self.inject(scene)


def fault(lossless: bool = True, useful: bool = True, away: bool = False, churn: bool | None = None):
    """Makes a fault of a function."""
    return lambda inject: Fault(inject, lossless, useful, away, churn)
