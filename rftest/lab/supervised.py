"""Programs that start again when they die, as a service manager would have it: lab/supervise runs each of them.

The record in run/ is the supervisor's; the program's own pid changes with each of its lives.
"""

import os
import signal
import subprocess
from pathlib import Path

from . import paths
from .errors import LabError, until
from .process import Process, start_time

SUPERVISE = paths.RFTEST / "lab" / "supervise"


class Supervised(Process):
    """A supervisor and its program. What Process does to one process, `stop` and `kill` do to both, for good."""

    crashes = 0     # how often the program was to die: what exceeds it is nobody's wish

    @classmethod
    def spawn(cls, name: str, argv: list, log: Path, stdin: int = subprocess.DEVNULL) -> "Supervised":
        state = _state(name)
        state.unlink(missing_ok=True)
        supervised = super().spawn(name, [SUPERVISE, state, *argv], log, stdin)
        until(lambda: state.exists() or not supervised.alive, f"the supervisor starts {name}", logs=(log,))
        return supervised

    @property
    def child(self) -> int:
        """The program's pid in its present life, or in the last one while it rests."""
        return self._said[0]

    @property
    def life(self) -> int:
        """1 for the first."""
        return self._said[1]

    @property
    def _said(self) -> list[int]:
        return list(map(int, _state(self.name).read_text().split()))

    @property
    def born(self) -> float:
        """When its present life began, in seconds since 1970."""
        return _state(self.name).stat().st_mtime

    @property
    def child_alive(self) -> bool:
        return self.alive and start_time(self.child) is not None

    @property
    def surprises(self) -> int:
        """How often the program died although nobody wanted it to."""
        return self.life - 1 - self.crashes

    def crash(self) -> None:
        """SIGKILL for the program alone: it starts again."""
        life, child = self.life, self.child
        self.crashes += 1
        os.kill(child, signal.SIGKILL)
        until(lambda: start_time(child) is None or self.life > life, f"{self.name} dies")

    def wait_restarted(self, life: int, within: float = 5) -> None:
        """Waits until a later life than the given one has begun."""
        until(lambda: self.life > life and self.child_alive, f"{self.name} is started again", within)

    def pause(self) -> None:
        os.kill(self.child, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.child, signal.SIGCONT)

    def forgive(self) -> int:
        """Counts its surprises, and from now on not again."""
        surprises = self.surprises
        self.crashes += surprises
        return surprises

    def kill(self) -> None:
        """SIGKILL for both at once: they are one process group."""
        if self.alive:
            os.killpg(self.pid, signal.SIGKILL)
        if not self.wait(10):
            raise LabError(f"{self.name} (pid {self.pid}) does not die")


def _state(name: str) -> Path:
    return paths.RUN / f"{name}.state"
