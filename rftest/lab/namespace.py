"""The lab's network namespace (`rflab`, if the lab's folder is the usual one). The whole lab program runs inside it.

`enter` starts the program again inside, as the same process: `ip netns exec` also gives it a mount namespace of its own,
so that no mount of the lab reaches the machine. Two open files keep the way back: `on_host` runs a command outside.
"""

import os
import signal
import sys
from pathlib import Path

from . import paths
from .errors import LabError
from .process import run

NAME = paths.NAMESPACE
_MARK = "ROUTEFLOW_LAB_HOST"
_FOLDER = Path("/run/netns")
# Left by `create` when /run/netns was not there before: then it goes with the namespace.
_MADE_FOLDER = paths.RUN / "made-run-netns"


def exists() -> bool:
    return (_FOLDER / NAME).exists()


def inside() -> bool:
    return _MARK in os.environ


_INTERRUPTS = {signal.SIGINT, signal.SIGTERM}


def create() -> None:
    """Makes the namespace, with its loopback up. From here on interrupts wait, until `listen_to_interrupts`."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
    if not _FOLDER.exists():
        _MADE_FOLDER.touch()
    run(["ip", "netns", "add", NAME])
    run(["ip", "netns", "exec", NAME, "ip", "link", "set", "lo", "up"])


def enter() -> None:
    """Continues this program inside the namespace: it begins again, with `inside` true. Does not return."""
    host = [os.open(f"/proc/self/ns/{kind}", os.O_RDONLY) for kind in ("net", "mnt")]
    for descriptor in host:
        os.set_inheritable(descriptor, True)
    os.environ[_MARK] = ",".join(map(str, host))
    program = [sys.executable, "-B", *sys.argv]
    os.execvp("ip", ["ip", "netns", "exec", NAME, *program])


def listen_to_interrupts() -> None:
    """Lets interrupts through again; one that came meanwhile arrives now. For whoever can take the lab down."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _INTERRUPTS)


def on_host(argv: list, check: bool = True) -> str:
    """Runs a command in the machine's own network and mount namespaces."""
    if not inside():
        return run(argv, check=check)
    network, mounts = map(int, os.environ[_MARK].split(","))
    enter_host = ["nsenter", f"--net=/proc/self/fd/{network}", f"--mount=/proc/self/fd/{mounts}"]
    return run([*enter_host, *argv], check=check, pass_fds=(network, mounts))


def pids() -> list[int]:
    """Processes inside the namespace, without this one."""
    found = on_host(["ip", "netns", "pids", NAME], check=False)
    return [pid for pid in map(int, found.split()) if pid != os.getpid()]


def delete() -> None:
    if not exists_on_host():
        return
    on_host(["ip", "netns", "del", NAME])
    if _MADE_FOLDER.exists():
        # Only if nobody else has put a namespace there meanwhile.
        if not on_host(["find", str(_FOLDER), "-mindepth", "1"]).strip():
            on_host(["umount", str(_FOLDER)], check=False)
            on_host(["rmdir", str(_FOLDER)], check=False)
        _MADE_FOLDER.unlink()


def exists_on_host() -> bool:
    return NAME in [line.split()[0] for line in on_host(["ip", "netns", "list"]).splitlines() if line]


def need_root() -> None:
    if os.geteuid() != 0:
        raise LabError(f"needs root: sudo {Path(sys.argv[0])}")

