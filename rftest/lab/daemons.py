"""rfserver and rfproxy on the controller host's side. (rfclient lives in its VM: see containers.VM.)"""

import re
from pathlib import Path

from . import paths
from .containers import VM
from .controllers import ControllerHost
from .errors import LabError, until
from .process import run
from .supervised import Supervised


class Daemon:
    """A RouteFlow daemon under its supervisor: one command line, one log file, any number of lives."""

    def __init__(self, name: str, *options: object, host: ControllerHost | None = None):
        self.name = name
        self.options = list(options)
        self.host = host        # None for the lab's own network
        self.log = paths.LOG / f"{name}.log"
        self.process: Supervised | None = None

    @property
    def program(self) -> Path:
        """`rfproxy` for a daemon called rfproxy or rfproxy.second."""
        return program(self.name.partition(".")[0])

    def up(self) -> None:
        """Its first start in a run, with an empty log."""
        self.log.write_text("")
        self.start()

    def start(self) -> None:
        words = [self.program, *self.options]
        self.process = Supervised.spawn(self.name, self.host.network(*words) if self.host else words, self.log)

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.child_alive

    def stop(self) -> float:
        """SIGTERM, and no new life. Returns how long the daemon took to end."""
        return self.process.stop() if self.process else 0

    def kill(self) -> None:
        """SIGKILL; dead until `start`."""
        if self.process:
            self.process.kill()

    def crash(self) -> None:
        """SIGKILL; its supervisor starts it again."""
        self.process.crash()

    def pause(self) -> None:
        """SIGSTOP."""
        self.process.pause()

    def resume(self) -> None:
        """SIGCONT."""
        self.process.resume()

    def restart(self) -> None:
        """SIGKILL, and a new life at once."""
        self.kill()
        self.start()

    def expect_alive(self) -> None:
        if not self.alive or self.process.surprises:
            raise LabError(f"{self.name} has ended", self.log)

    # The log

    def mark(self) -> int:
        """The present end of the log, for `logged`."""
        return self.log.stat().st_size

    def logged(self, pattern: str, since: int = 0) -> list[str]:
        """Lines of the log, after a mark, that match a pattern."""
        with self.log.open("rb") as file:
            file.seek(since)
            lines = file.read().decode(errors="replace").splitlines()
        return [line for line in lines if re.search(pattern, line, re.I)]

    def wait_logged(self, pattern: str, since: int = 0, within: float = 10) -> str:
        return until(lambda: self.logged(pattern, since), f"{self.name} logs /{pattern}/", within, (self.log,))[0]


def program(name: str) -> Path:
    """The binary of a daemon."""
    path = paths.binaries() / name
    if not path.exists():
        raise LabError(f"{path} is missing: run `make build`")
    return path


def need_programs() -> None:
    for name in ("rfclient", "rfserver", "rfproxy", "rfctl"):
        program(name)


def run_once(name: str, *options: object, vm: VM | None = None, timeout: float = 10) -> tuple[int, str]:
    """Runs a daemon that is expected to end by itself, in a VM if one is given. Returns its exit status and its words."""
    path = Path("/opt/routeflow/bin", name) if vm else program(name)
    argv = ["sh", "-c", 'exec 2>&1; "$@"; echo "status=$?"', "sh", path, *options]
    output = vm.run(*argv, timeout=timeout) if vm else run(argv, timeout=timeout)
    text, _, status = output.rpartition("status=")
    return int(status), text
