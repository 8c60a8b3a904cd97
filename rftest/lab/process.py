"""Processes of the lab, each known by a record in run/: its pid and the time it started, never its name.

A record survives the lab program, so that --reset can end what a crashed run left, and can tell a process from a later
one that got the same pid.
"""

import os
import select
import signal
import subprocess
import time
from pathlib import Path

from . import paths
from .errors import LabError

# What the lab's processes see: nothing of the caller's own settings.
ENVIRONMENT = {
    "PATH": f"{paths.binaries()}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/root",
    "OVS_RUNDIR": str(paths.OVS),
    "OVS_DBDIR": str(paths.OVS),
    "OVS_LOGDIR": str(paths.OVS),
    "OVS_SYSCONFDIR": str(paths.OVS),
    "ROUTEFLOW_LAB": str(paths.LAB),
    "ROUTEFLOW_MONGO_FILE": str(paths.RUN / "host.mongo.uri"),
}


def run(argv: list, timeout: float = 30, check: bool = True, **options) -> str:
    """Runs a command to its end and returns what it wrote to standard output."""
    argv = [str(word) for word in argv]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, env=ENVIRONMENT, **options)
    except subprocess.TimeoutExpired:
        raise LabError(f"no end after {timeout:g} s: {' '.join(argv)}") from None
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(argv)}\nexit status {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def start_time(pid: int) -> int | None:
    """When a process started, in the kernel's ticks; None if there is none, or only a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat[stat.rindex(")") + 2:].split()
    return None if fields[0] in "ZX" else int(fields[19])


class Process:
    """One process with a record. Make it with `spawn` or `adopt`, or find it again with `recorded`."""

    def __init__(self, name: str, pid: int, started: int | None, log: Path | None = None):
        self.name, self.pid, self.started, self.log = name, pid, started, log

    @classmethod
    def spawn(cls, name: str, argv: list, log: Path, stdin: int = subprocess.DEVNULL) -> "Process":
        """Starts a process in a session of its own (Ctrl-C is for the lab, which then stops it in order)."""
        with log.open("ab") as output:
            child = subprocess.Popen(
                [str(word) for word in argv], stdin=stdin, stdout=output, stderr=output, env=ENVIRONMENT,
                start_new_session=True)
        # The pid is enough: Popen's own object would complain when it goes before its process.
        child.returncode = 0
        return cls.adopt(name, child.pid, log)

    @classmethod
    def adopt(cls, name: str, pid: int, log: Path | None = None) -> "Process":
        process = cls(name, pid, start_time(pid), log)
        (paths.RUN / f"{name}.pid").write_text(f"{pid} {process.started or 0}\n")
        return process

    @classmethod
    def recorded(cls) -> list["Process"]:
        """All processes that have a record, the oldest first."""
        found = []
        for record in sorted(paths.RUN.glob("*.pid"), key=lambda file: file.stat().st_mtime):
            pid, started = map(int, record.read_text().split())
            found.append(cls(record.stem, pid, started))
        return found

    @property
    def alive(self) -> bool:
        return self.started is not None and start_time(self.pid) == self.started

    def signal(self, number: int) -> None:
        if self.alive:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass

    def wait(self, timeout: float) -> bool:
        """Waits for the end; False if it has not come in time."""
        if self.alive:
            try:
                descriptor = os.pidfd_open(self.pid)
            except ProcessLookupError:
                descriptor = None
            if descriptor is not None:
                try:
                    poll = select.poll()
                    poll.register(descriptor, select.POLLIN)
                    if not poll.poll(timeout * 1000):
                        return False
                finally:
                    os.close(descriptor)
        self.status = self._reap()
        return True

    def _reap(self) -> int | None:
        """The exit status where the process was our child (negative: the signal)."""
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            return None
        return os.waitstatus_to_exitcode(status) if pid else None

    def stop(self, timeout: float = 5) -> float:
        """SIGTERM, and SIGKILL if that does not help in time. Returns how long it took."""
        begin = time.monotonic()
        self.signal(signal.SIGTERM)
        if not self.wait(timeout):
            self.kill()
        self.forget()
        return time.monotonic() - begin

    def kill(self) -> None:
        """SIGKILL, and waits for the end."""
        self.signal(signal.SIGKILL)
        if not self.wait(10):
            raise LabError(f"{self.name} (pid {self.pid}) does not die")

    def forget(self) -> None:
        (paths.RUN / f"{self.name}.pid").unlink(missing_ok=True)
