"""Another host with VMs: an Open vSwitch of its own, on the management network."""

import json

from .containers import VM
from .controllers import ControllerHost
from .ovs import OpenVSwitch
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
        self._ovs.vsctl("add-br", self.bridge, "--", "set", "bridge", self.bridge, "datapath_type=netdev",
                        "protocols=OpenFlow10", "fail-mode=secure", f"other-config:datapath-id={self.datapath_id:016x}",
                        "other-config:disable-in-band=true")
        self._ovs.vsctl("set-controller", self.bridge, self._controller, "--", "set", "controller", self.bridge,
                        "max_backoff=1000", "controller_rate_limit=1000", "controller_burst_limit=250")

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
