"""One fault from quiet to quiet: traffic, perhaps churn, the fault, and what it came to."""

import random
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Iterator

from lab.churn import Churn
from lab.errors import LabError

from .fault import Fault, Scene
from .mesh import ChaosMesh
from .recovery import gateways, wait_agreed, wait_in_step, wait_quiet
from .watch import LEAST_RATE, Account, Watch

# Traffic goes on for a while after all is well.
_AFTER = 1.0


@dataclass
class Outcome:
    """What a fault came to. `broken` are the bounds that it did not keep."""

    lost: int
    useless: int | None     # None where nobody can say
    recovery: float
    facts: list[str]
    broken: list[str]

    def __str__(self) -> str:
        return ", ".join(self.facts)


def run(lab: ChaosMesh, fault: Fault, dice: random.Random) -> Outcome:
    wait_quiet(lab)
    scene = Scene(lab, dice)
    churning = dice.random() < 0.5 if fault.churn is None else fault.churn
    places = [vm for vm in lab.vms.values() if not (fault.away and vm is scene.vm)]
    churns = [Churn(vm, gateways(vm), random.Random(dice.random())) for vm in dice.sample(places, 2)] if churning else []
    watch = Watch(lab, scene.vm if fault.away else None)
    try:
        with _all(churns):
            scene.ends()
            fault(scene)
            wait_in_step(lab)
            scene.recovered("in step after", time.time() - scene.over)
            # A route came and went on each switch: nothing can be said of a capture that has not seen it.
            scene.ask(lambda account: scene.expect(account.mods >= 2 * len(lab.vms), "flow mods are missing in the capture"))
        wait_agreed(lab)
        time.sleep(_AFTER)
    except LabError as error:       # what the traffic went through is worth knowing all the same
        scene.broken.append(str(error))
    finally:
        with scene.after:
            account = watch.finish(scene.touched, scene.wiped)
    scene.answer(account)
    for churn in churns:
        churn.clear()
    wait_quiet(lab)
    try:
        lab.expect_no_surprise()
    except LabError as error:
        scene.broken.append(str(error))
    return _outcome(fault, scene, account, churns)


def _outcome(fault: Fault, scene: Scene, account: Account, churns: list[Churn]) -> Outcome:
    scene.facts[1:1] = [f"churn in {churn.vm.name} {churn.rate:.0f}/s" for churn in churns]
    scene.facts += [f"{account.lost} of {account.sent} lost at {account.rate:.0f}/s",
                    f"{account.mods} flow mods" + (f", {len(account.useless)} useless" if fault.useful else "")]
    scene.expect(account.rate >= LEAST_RATE, f"only {account.rate:.0f} pings/s were sent: the machine is too busy")
    if fault.lossless:
        scene.expect(account.lost == 0, f"pings were lost: {account}")
    if fault.useful:
        scene.expect(not account.useless, f"useless flow mods: {len(account.useless)}, the first:\n"
                     + "\n".join(account.useless[:3]))
    return Outcome(account.lost, len(account.useless) if fault.useful else None, scene.worst, scene.facts, scene.broken)


@contextmanager
def _all(churns: list[Churn]) -> Iterator[None]:
    for churn in churns:
        churn.start()
    try:
        yield
    finally:
        for churn in churns:
            churn.stop()
