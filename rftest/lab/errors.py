"""The one exception of the lab, and the one way to wait."""

import time
from pathlib import Path
from typing import Callable, TypeVar

T = TypeVar("T")


class LabError(Exception):
    """Something in the lab is not as it should be. `logs` are the files that can say why."""

    def __init__(self, message: str, *logs: Path):
        super().__init__(message)
        self.logs = list(logs)


def expect(condition: object, message: str, *logs: Path) -> None:
    """Raises LabError unless the condition holds."""
    if not condition:
        raise LabError(message, *logs)


def until(condition: Callable[[], T], what: str, within: float = 10, logs: tuple[Path, ...] = (),
          every: float = 0.02) -> T:
    """Waits until condition() is true and returns its value. `what` completes "did not happen: ..."."""
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise LabError(f"did not happen within {within:g} s: {what}", *logs)
        time.sleep(every)


def never(condition: Callable[[], object], what: str, during: float) -> None:
    """Watches for a while; raises LabError once condition() is true. For "this must not happen"."""
    deadline = time.monotonic() + during
    while time.monotonic() < deadline:
        value = condition()
        if value:
            raise LabError(f"must not happen, but did: {what} ({value})")
        time.sleep(0.05)
