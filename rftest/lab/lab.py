"""The lab as a whole: its parts in order, up and down."""

import fcntl
import os
import signal
from pathlib import Path
from typing import Protocol

from . import namespace, paths, report, tls
from .containers import VM
from .daemons import Daemon, need_programs
from .errors import LabError, until
from .mongod import HOST_URI, MANAGEMENT_ADDRESS, Mongod
from .ovs import OpenVSwitch, Switch
from .process import Process, run, start_time

VIRTUAL_SWITCH = Switch("dp0", 0x7266767372667673)
LISTEN = "127.0.0.1:6633"
MANAGEMENT_MAC = "02:00:00:00:00:01"
_LOCK = paths.LAB / "lock"


class Part(Protocol):
    """What a lab is made of: it can be started, and stopped, at any time."""

    name: str

    def up(self) -> None: ...

    def stop(self) -> object: ...


class Lab:
    """Everything that a test needs, by name. `up` starts it, `down` ends it.

    vms run a routing engine and rfclient (config/NAME describes each); hosts send packets; switches are what the daemons
    are to make routers of. The parts come up in the given order, on a foundation of MongoDB and Open vSwitch. With over_tls,
    rfproxy and the switches speak OpenFlow over TLS, and in no other way.
    """

    def __init__(self, vms: list[VM], hosts: list, switches: list[Switch], server_options: tuple = (),
                 over_tls: bool = False):
        self.over_tls = over_tls
        if over_tls:
            server_options = ("--ovs-controller", tls.CONTROLLER, *server_options)
            for switch in switches:
                switch.controller = tls.CONTROLLER
        listening = tls.PROXY_OPTIONS if over_tls else ("--listen", LISTEN)
        self.mongod = Mongod()
        self.ovs = OpenVSwitch()
        self.vms = {vm.name: vm for vm in vms}
        self.hosts = {host.name: host for host in hosts}
        self.switches = {switch.name: switch for switch in switches}
        self.virtual_switch = VIRTUAL_SWITCH
        self.rfproxy = Daemon("rfproxy", *listening, "--mongo-file", HOST_URI)
        self.rfserver = Daemon("rfserver", "--mongo-file", HOST_URI, "--ovs-bridge", VIRTUAL_SWITCH.name,
                               "--ovs-ports", "rfvm*.*", *server_options)
        self.daemons = [self.rfproxy, self.rfserver]
        self.parts: list[Part] = [*self.daemons, *switches, *vms, *hosts]

    def log_everything(self) -> None:
        """Has the daemons log at their most talkative level. To be called before `up`."""
        for daemon in self.daemons:
            daemon.options += ["--log-level", "trace"]
        for vm in self.vms.values():
            vm.client_options += ["--log-level", "trace"]

    def up(self) -> None:
        """Starts all parts, each once the one before is there. To be called inside the namespace."""
        need_programs()
        for pattern in ("capture.*", "ping.*", "tcp.*"):        # what failed checks of an earlier run left to look at
            for old in paths.LOG.glob(pattern):
                old.unlink()
        with report.step("management network 192.168.100.0/24"):
            # An address of its own: otherwise it takes the lowest of its ports', another with each VM that comes, and who
            # has just asked for it speaks to the wrong one for half a minute.
            run(["ip", "link", "add", "rfmgmt", "address", MANAGEMENT_MAC, "type", "bridge"])
            run(["ip", "addr", "add", f"{MANAGEMENT_ADDRESS}/24", "dev", "rfmgmt"])
            run(["ip", "link", "set", "rfmgmt", "up"])
        with report.step("mongod"):
            self.mongod.create()
        with report.step("Open vSwitch"):
            self.ovs.start()
            if self.over_tls:
                tls.make_certificates()
                tls.give_to_switches()
        for part in self.parts:
            with report.step(part.name):
                part.up()

    def down(self) -> None:
        """Stops everything, in the opposite order. The namespace stays, as empty as it was."""
        for part in reversed(self.parts):
            part.stop()
        self.ovs.stop()
        self.mongod.stop()
        run(["ip", "link", "del", "rfmgmt"])

    def expect_no_surprise(self) -> None:
        """A program that has died and was started again has failed all the same. That is told once."""
        supervised = (*self.mongod.processes, self.ovs.server, self.ovs.switchd, *(daemon.process for daemon in self.daemons))
        dead = {process.name: process.log for process in supervised if process.forgive()}
        dead |= {f"rfclient in {vm.name}": vm.client_log for vm in self.vms.values() if vm.forgive_client()}
        if dead:
            raise LabError(f"died, and started again: {', '.join(dead)}", *dead.values())

    def wait_connected(self, within: float = 20) -> None:
        """Waits until every switch has its controller."""
        for switch in (*self.switches.values(), self.virtual_switch):
            until(lambda: switch.connected, f"{switch.name} is connected to rfproxy", within,
                  (self.rfproxy.log, self.rfserver.log))

    @property
    def logs(self) -> list[Path]:
        return [*(daemon.log for daemon in self.daemons), *(vm.client_log for vm in self.vms.values())]


def lock() -> None:
    """One lab at a time on a machine. Held until this process ends; another holder is an error that names it."""
    global _lock_file
    paths.make_folders()
    _lock_file = open(_LOCK, "a+")
    try:
        fcntl.flock(_lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise LabError(f"another lab program is running here (pid {_holder()[0]})") from None
    os.set_inheritable(_lock_file.fileno(), True)
    _lock_file.truncate(0)
    _lock_file.write(f"{os.getpid()} {start_time(os.getpid())}\n")
    _lock_file.flush()


def _holder() -> tuple[int, int]:
    pid, started = _LOCK.read_text().split()
    return int(pid), int(started)


def leftovers() -> bool:
    """Whether an earlier run left something."""
    return namespace.exists() or any(process.alive for process in Process.recorded())


def reset() -> None:
    """Removes what an earlier run left, whatever state it is in. A lab program that still runs is asked to end first."""
    paths.make_folders()
    try:
        lock()
    except LabError:
        holder = Process("lab", *_holder())
        holder.signal(signal.SIGTERM)
        if not holder.wait(60):
            holder.kill()
        lock()
    sweep()


def sweep() -> None:
    """Ends every container and recorded process, then whatever else lives in the namespace, and deletes it."""
    if namespace.exists_on_host():
        for folder in paths.VMS.iterdir():
            namespace.on_host(["ip", "netns", "exec", namespace.NAME, "lxc-stop", "--kill", "--name", folder.name,
                               "--lxcpath", paths.VMS], check=False)
    for process in reversed(Process.recorded()):
        if process.alive:
            process.stop(timeout=5)
        process.forget()
    for pid in namespace.pids():
        left = Process(f"process {pid}", pid, start_time(pid))
        left.kill()
    namespace.delete()
    for pattern in ("ovs/*", "ovs.*/*", "*.uri", "*.state", "tls/*", "kept"):
        for file in paths.RUN.glob(pattern):
            file.unlink(missing_ok=True)
