"""What the user sees: one line a step, with the time since the start and the result."""

import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from .errors import LabError

_start = time.monotonic()
_colour = {"ok": "32", "FAIL": "31", "....": "2"} if sys.stdout.isatty() else {}
TAIL, SHOWN = 8, 2


def line(state: str, text: str, end: str = "\n") -> None:
    mark = f"\033[{_colour[state]}m{state:<4}\033[0m" if state in _colour else f"{state:<4}"
    print(f"[{time.monotonic() - _start:6.1f}s] {mark}  {text}", end=end, flush=True)


def note(text: str) -> None:
    """A line without a result."""
    line("", text)


def failure(text: str, error: BaseException) -> None:
    """A failed step: what went wrong, which logs to read, and the first ones' last lines. An error is told once."""
    if getattr(error, "told", False):
        return
    error.told = True
    line("FAIL", text)
    indent = " " * 16
    reason = str(error) if isinstance(error, LabError) else f"{type(error).__name__}: {error}"
    print(indent + reason.replace("\n", "\n" + indent))
    for place, log in enumerate(getattr(error, "logs", [])):
        print(f"{indent}read {log}")
        for last in tail(log) if place < SHOWN else []:
            print(f"{indent}  | {last}")
    sys.stdout.flush()


@contextmanager
def step(text: str) -> Iterator[None]:
    """Shows a step: while it runs (on a terminal), and how it ended."""
    if sys.stdout.isatty():
        line("....", text, end="\r")
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        failure(text, error)
        raise
    line("ok", text)


def tail(log: Path, lines: int = TAIL) -> list[str]:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16384))
            return file.read().decode(errors="replace").splitlines()[-lines:]
    except OSError as error:
        return [f"({error.strerror})"]
