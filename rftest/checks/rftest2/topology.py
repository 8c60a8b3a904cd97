"""The names and addresses of rftest2, and the orders in which its parts come up."""

import random
import re
from typing import Callable

from lab import paths
from lab.containers import VM
from lab.errors import expect
from lab.lab import Lab, Part
from lab.mininet import Mininet, MininetHost
from lab.mongod import MANAGEMENT_ADDRESS
from lab.openflow import PORT
from lab.ovs import Switch
from lab.process import Process
from lab.vmhost import Guest, VMHost

LETTERS = "ABCD"
MAPPING = paths.RFTEST / "rftest2config.csv"
HOSTS = {f"h{number}": f"172.31.{number}.100" for number in range(1, 5)}
# The addresses of each VM, port by port; port n of the VM is port n of its switch, as in the mapping file.
ADDRESSES = {"A": ["172.31.1.1", "10.0.0.1", "20.0.0.1", "50.0.0.1"], "B": ["172.31.2.1", "10.0.0.2", "40.0.0.2"],
             "C": ["172.31.3.1", "20.0.0.3", "30.0.0.3"], "D": ["172.31.4.1", "40.0.0.4", "30.0.0.4", "50.0.0.4"]}
LINKS = 5
ADJACENCIES = 2 * LINKS
# Nine networks, of which each VM has one a port.
OSPF_ROUTES = sum(len(HOSTS) + LINKS - len(addresses) for addresses in ADDRESSES.values())
# How long the network may take from its last part to the last ping.
CONVERGENCE = 30


class Mesh(Lab):
    """The lab of rftest2: Mininet makes the switches and the hosts."""

    def __init__(self, *server_options: object, over_tls: bool = False, elsewhere: dict[str, VMHost] | None = None):
        switches = [Switch(f"s{letter}", number) for number, letter in enumerate(LETTERS, start=5)]
        hosts = [MininetHost(name) for name in HOSTS]
        elsewhere = elsewhere or {}
        vms = [Guest(f"rfvm{letter}", elsewhere[letter]) if letter in elsewhere else VM(f"rfvm{letter}") for letter in LETTERS]
        super().__init__(vms, hosts, switches, server_options, over_tls)
        self.mininet = Mininet("rftest2", hosts, switches)
        self.parts = [self.rfproxy, self.rfserver, self.mininet, *dict.fromkeys(elsewhere.values()), *self.vms.values()]
        self._hellos = _FirstHello()

    def up(self) -> None:
        self._hellos.start()
        super().up()

    def down(self) -> None:
        self._hellos.stop()
        super().down()

    @property
    def first_hello(self) -> float:
        """When the first packet of OSPF was sent, in seconds since 1970."""
        return self._hellos.time

    @property
    def order(self) -> str:
        return ", ".join(part.name for part in self.parts)


def mapped(over_tls: bool = False) -> Mesh:
    """With the mapping file: any order will do."""
    return Mesh("--config", MAPPING, "--strict", over_tls=over_tls)


def shuffled(seed: int) -> Mesh:
    """With the mapping file, its parts in an order that the seed decides."""
    lab = mapped()
    random.Random(seed).shuffle(lab.parts)
    return lab


def on_two_hosts() -> Mesh:
    """With the mapping file; the VMs C and D are on another host, whose virtual switch is another."""
    other = VMHost(9, 0x7266767300000001, f"tcp:{MANAGEMENT_ADDRESS}:{PORT}")
    lab = Mesh("--config", MAPPING, "--strict", "--ovs-ports", "rfvm[AB].*", elsewhere={"C": other, "D": other})
    lab.rfproxy.options += ["--listen", f"0.0.0.0:{PORT}", "--rfvs-from", "127.0.0.0/8", "--rfvs-from", f"{other.address}/32"]
    return lab


def by_arrival(over_tls: bool = False) -> Mesh:
    """Without the mapping file: the first VM is the first switch's. Each waits until the one before has registered."""
    lab = Mesh(over_tls=over_tls)
    lab.parts = [
        lab.rfserver,
        *(_Arrival(vm, lab, lambda vm=vm: f"vm_id={vm.vm_id} .*VM registered") for vm in lab.vms.values()),
        _IdleNetwork(lab.mininet),
        lab.rfproxy,
        *(_Arrival(_MininetSwitch(lab.mininet, switch.name), lab,
                   lambda switch=switch: f"dp_id={switch.datapath_id:016x} .*datapath connected")
          for switch in lab.switches.values())]
    return lab


class _FirstHello:
    """A capture that ends with the first packet of OSPF on any of the VMs' ports."""

    log = paths.LOG / "hello.log"

    def start(self) -> None:
        self.log.write_text("")
        self._process = Process.spawn("hello", ["tcpdump", "-i", "any", "-n", "-tt", "-l", "-c", "1", "-Z", "root",
                                                "ip", "proto", "89"], self.log)

    def stop(self) -> None:
        self._process.stop()

    @property
    def time(self) -> float:
        found = re.search(r"^(\d+\.\d+) ", self.log.read_text(), re.M)
        expect(found, "no packet of OSPF has been seen", self.log)
        return float(found[1])


class _Arrival:
    """A part that is up once rfserver has said so."""

    def __init__(self, part: Part, lab: Mesh, pattern: Callable[[], str]):
        self.name, self._part, self._lab, self._pattern = part.name, part, lab, pattern

    def up(self) -> None:
        self._part.up()
        self._lab.rfserver.wait_logged(self._pattern(), within=20)

    def stop(self) -> None:
        self._part.stop()


class _IdleNetwork:
    """Mininet with its hosts and links, but no switch yet."""

    def __init__(self, mininet: Mininet):
        self.name, self._mininet = "mininet, without its switches", mininet

    def up(self) -> None:
        self._mininet.up()
        for switch in self._mininet.switches:
            self._mininet.command(f"switch {switch.name} stop")

    def stop(self) -> None:
        self._mininet.stop()


class _MininetSwitch:
    """One switch of Mininet's; it goes with the network."""

    def __init__(self, mininet: Mininet, name: str):
        self.name, self._mininet = name, mininet

    def up(self) -> None:
        self._mininet.command(f"switch {self.name} start")

    def stop(self) -> None:
        pass
