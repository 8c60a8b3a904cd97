"""A Mininet network: its own program `mn`, on a terminal of its own, driven as its users drive it.

mn gets process numbers and a view of /proc/sys of its own: what it starts ends with it, whatever it cleans up by name is
its own, and the kernel limits that it would raise for the whole machine stay as they are.
"""

import fcntl
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
import tty
from pathlib import Path

from . import paths
from .errors import LabError
from .ovs import Switch
from .process import ENVIRONMENT, Process, run

LOG = paths.LOG / "mininet.log"
_PROMPT = "mininet> "
_PRIVATE = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
            'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec "$@"', "sh"]
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\r")
_INTERRUPT, _END = b"\x03", b"\x04"


class MininetHost:
    """A host of the network: a network namespace on the machine's own file system."""

    def __init__(self, name: str):
        self.name = name
        self.process: Process | None = None     # its shell, which holds the namespace; known once the network is up

    def network(self, *argv: object) -> list[str]:
        """The command line that runs a program in the host's network; its pid is the program's."""
        if self.process is None:
            raise LabError(f"{self.name} is not running")
        return ["nsenter", "--target", str(self.process.pid), "--net", *map(str, argv)]

    shell = network

    def run(self, *argv: object, check: bool = True, timeout: float = 30) -> str:
        """Runs a command there to its end."""
        return run(self.network(*argv), check=check, timeout=timeout)

    def mac(self) -> str:
        return self.run("ip", "-br", "link", "show", self.interface).split()[2]

    @property
    def interface(self) -> str:
        return f"{self.name}-eth0"


class Mininet:
    """The network of one topology file. Up once Mininet has made it, whether or not its controller is there."""

    name = "mininet"

    def __init__(self, topology: str, hosts: list[MininetHost], switches: list[Switch]):
        self.topology, self.hosts, self.switches = topology, hosts, switches
        self.process: Process | None = None
        self._terminal = -1
        self._text = ""         # what it has said since the last command

    # Life

    def up(self) -> None:
        """Starts mn and waits for its prompt."""
        LOG.write_text("")
        custom, = paths.RFTEST.glob("topo-*.py")
        protocol, address, port = self.switches[0].controller.split(":")
        argv = ["mn", "--custom", custom, "--topo", self.topology, "--pre", paths.RFTEST / "ipconf",
                "--switch", "ovs,datapath=user,protocols=OpenFlow10",
                "--controller", f"remote,ip={address},port={port},protocol={protocol}"]
        self._terminal, inner = pty.openpty()
        os.set_inheritable(self._terminal, False)

        def own_terminal() -> None:
            os.setsid()
            fcntl.ioctl(inner, termios.TIOCSCTTY, 0)

        child = subprocess.Popen(_PRIVATE + [str(word) for word in argv], stdin=inner, stdout=inner, stderr=inner,
                                 env=ENVIRONMENT | {"TERM": os.environ.get("TERM", "dumb")}, preexec_fn=own_terminal)
        child.returncode = 0        # the record knows it from here on
        os.close(inner)
        self.process = Process.adopt(self.name, child.pid, LOG)
        self._wait_prompt(60)
        pids = {name: int(pid) for name, pid in re.findall(r"<\w+ (\w+): .*?pid=(\d+)>", self.command("dump"))}
        outer = _outer_pids(self.process.pid)
        for host in self.hosts:
            if pids.get(host.name) not in outer:
                raise LabError(f"Mininet has no host {host.name}", LOG)
            host.process = Process.adopt(host.name, outer[pids[host.name]])

    def stop(self) -> None:
        """`exit` at its prompt; the hard way if it does not listen."""
        if self.process is None:
            return
        if self.process.alive:
            try:
                os.write(self._terminal, b"\nexit\n")
                self._read_until(lambda: not self.process.alive, 15)
            except (LabError, OSError):
                pass
        self.process.stop()
        self.process = None
        os.close(self._terminal)
        for host in self.hosts:
            if host.process:
                host.process.forget()
                host.process = None

    def leave(self) -> None:
        """Lets it live on when this program ends: somebody has to hold its terminal."""
        if self.process:
            Process.spawn("mininet.terminal", ["cat"], LOG, stdin=self._terminal)

    # Its prompt

    def command(self, line: str, timeout: float = 60) -> str:
        """Gives it a command, and returns what it answers."""
        self._text = ""
        os.write(self._terminal, line.encode() + b"\n")
        return self._wait_prompt(timeout).partition("\n")[2]

    def _wait_prompt(self, timeout: float) -> str:
        self._read_until(lambda: self._at_prompt, timeout)
        return self._text.removesuffix(_PROMPT)

    @property
    def _at_prompt(self) -> bool:
        return self._text.endswith(_PROMPT)

    def _read_until(self, condition, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise LabError(f"Mininet did not answer within {timeout:g} s", LOG)
            ready, _, _ = select.select([self._terminal], [], [], 0.1)
            if ready and not self._read():
                if condition():
                    return
                raise LabError("Mininet has ended", LOG)

    def _read(self) -> bytes:
        try:
            data = os.read(self._terminal, 65536)
        except OSError:         # the other side of a terminal is gone
            data = b""
        with LOG.open("ab") as log:
            log.write(data)
        self._text += _ESCAPES.sub("", data.decode(errors="replace"))
        return data

    def hand_over(self) -> None:
        """Gives the prompt to the user, until Ctrl-D, Ctrl-C at the prompt, or `exit`."""
        keyboard = sys.stdin.fileno()
        settings = termios.tcgetattr(keyboard) if os.isatty(keyboard) else None
        self._text = ""
        try:
            if settings:
                tty.setraw(keyboard)
                size = fcntl.ioctl(keyboard, termios.TIOCGWINSZ, b"\0" * 8)
                fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, size)
            os.write(self._terminal, b"\n")
            self._copy(keyboard)
        finally:
            if settings:
                termios.tcsetattr(keyboard, termios.TCSADRAIN, settings)
            print(flush=True)

    def _copy(self, keyboard: int) -> None:
        sources = [keyboard, self._terminal]
        while True:
            ready, _, _ = select.select(sources, [], [])
            if self._terminal in ready:
                data = self._read()
                if not data:
                    return
                os.write(sys.stdout.fileno(), data)
                self._text = self._text[-len(_PROMPT):]
            if keyboard in ready:
                typed = os.read(keyboard, 4096)
                if typed == _INTERRUPT and self._at_prompt:
                    return
                os.write(self._terminal, typed or _END)
                if not typed:
                    sources.remove(keyboard)


def _outer_pids(ancestor: int) -> dict[int, int]:
    """The processes of mn's own numbering, with their numbers out here."""
    found: dict[int, int] = {}
    space = None
    for child in Path(f"/proc/{ancestor}/task/{ancestor}/children").read_text().split():
        space = os.readlink(f"/proc/{child}/ns/pid")
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(folder / "ns/pid") == space:
                numbers = re.search(r"^NSpid:\s+(.*)$", (folder / "status").read_text(), re.M)[1].split()
                found[int(numbers[-1])] = int(folder.name)
        except OSError:
            continue        # it has ended meanwhile
    return found
