"""Route churn: a VM's kernel whose routes never rest, at a steady pace, in a range of their own."""

import os
import random
import threading
import time
from ipaddress import IPv4Address, IPv4Network

from . import paths
from .containers import VM
from .errors import LabError, expect
from .process import Process

RANGE = IPv4Network("198.18.0.0/15")
RATE = 200
PREFIXES = 256
_TICK = 0.05


class Churn:
    """Adds, replaces and deletes routes of one VM, through one `ip -batch -` that lives as long."""

    def __init__(self, vm: VM, gateways: list[str], dice: random.Random):
        expect(gateways, f"{vm.name} has no neighbour that routes could lead to")
        self.vm = vm
        self.changes = 0
        self.seconds = 0.0
        self._dice = dice
        self._ways = [*(f"via {gateway}" for gateway in gateways), "blackhole"]
        first = int(RANGE.network_address)
        self._prefixes = [IPv4Network((IPv4Address(first + 256 * number), dice.randint(24, 32)))
                          for number in range(PREFIXES)]
        self._held: dict[IPv4Network, str] = {}
        self._over = threading.Event()
        self.log = paths.LOG / f"churn.{vm.name}.log"

    def start(self) -> None:
        self.log.write_text("")
        end, self._pipe = os.pipe()
        os.set_inheritable(self._pipe, False)
        self._process = Process.spawn(f"churn.{self.vm.name}", self.vm.network("ip", "-force", "-batch", "-"), self.log, end)
        os.close(end)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends it; its last change is in the kernel when this returns."""
        self._over.set()
        self._thread.join()
        os.close(self._pipe)
        if not self._process.wait(10):
            self._process.kill()
            raise LabError(f"the churn in {self.vm.name} does not end", self.log)
        self._process.forget()

    def clear(self) -> None:
        """Takes the routes that are left out of the kernel."""
        self.vm.run("ip", "route", "flush", "root", RANGE)

    @property
    def rate(self) -> float:
        return self.changes / self.seconds

    def _run(self) -> None:
        begin = time.monotonic()
        while not self._over.is_set():
            due = int((time.monotonic() - begin) * RATE) - self.changes
            os.write(self._pipe, "".join(self._change() for _ in range(due)).encode())
            self.changes += due
            self._over.wait(_TICK)
        self.seconds = time.monotonic() - begin

    def _change(self) -> str:
        prefix = self._dice.choice(self._prefixes)
        held = self._held.pop(prefix, None)
        if held and self._dice.random() < 0.5:
            return f"route del {prefix}\n"
        way = self._held[prefix] = self._dice.choice([way for way in self._ways if way != held])
        words = f"{way} {prefix}" if way == "blackhole" else f"{prefix} {way}"
        return f"route {'replace' if held else 'add'} {words}\n"
