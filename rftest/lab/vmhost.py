"""Another host with VMs: an Open vSwitch of its own, on the management network."""

import json

from .containers import VM
from .controllers import ControllerHost
from .ovs import OpenVSwitch, make_bridge
from .process import run


class VMHost:
    """As docs/operations.md says: rfserver knows nothing of it, and its virtual switch is made by whoever sets it up."""

    bridge = "dp0"

    def __init__(self, number: int, datapath_id: int, controller: str):
        self._machine = ControllerHost(number)
        self._ovs = OpenVSwitch(self._machine)
        self.name, self.address = f"{self._machine.name}, another host with VMs", self._machine.address
        self.datapath_id, self._controller = datapath_id, controller

    def up(self) -> None:
        self._machine.up()
        self._ovs.start()
        make_bridge(self.bridge, self.datapath_id, self._controller, self._ovs.vsctl)

    def stop(self) -> None:
        self._ovs.stop()
        self._machine.stop()

    def attach(self, interfaces: list[str]) -> None:
        """Takes interfaces of this machine, and makes them ports of its virtual switch."""
        for interface in interfaces:
            run(["ip", "link", "set", interface, "netns", self._machine.process.pid])
            run(self._machine.network("ip", "link", "set", interface, "up"))
            # One of the same name, of a former life of the VM, would keep its dead device.
            self._ovs.vsctl("--if-exists", "del-port", self.bridge, interface)
            self._ovs.vsctl("add-port", self.bridge, interface)


class Guest(VM):
    """A VM whose data interfaces hang on the virtual switch of another host."""

    def __init__(self, name: str, host: VMHost):
        super().__init__(name)
        self.host = host

    def create(self) -> None:
        super().create()
        settings = self.folder / "config"
        kept = [line for line in settings.read_text().splitlines() if "hooks/attach" not in line]
        settings.write_text("\n".join(kept) + "\n")

    def start(self) -> None:
        super().start()
        links = [link["ifname"] for link in json.loads(run(["ip", "-j", "link"]))]
        self.host.attach([name for name in links if name.startswith(f"{self.name}.")])
