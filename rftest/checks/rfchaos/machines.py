"""The switches' own program restarts; a VM goes; a VM's kernel says more than anybody can hear."""

import threading
import time

from checks.rftest2.convergence import ospf_routes, switch_of
from checks.rftest2.topology import CONVERGENCE
from lab import audit, kernel
from lab.containers import VM
from lab.errors import expect, until

from .fault import Scene, fault
from .mesh import ChaosMesh
from .recovery import wait_in_step, wait_whole

BACK, TABLE_RIGHT = 30, 1
WITHDRAWN = 10
OVERRUN = 20_000
BUFFER = ["--netlink-buffer", "65536"]
_BATCH = "run/overrun.batch"


# Without churn: a kernel that never rests cannot be compared.
@fault(lossless=False, useful=False, churn=False)
def vswitchd_killed(scene: Scene) -> None:
    """Open vSwitch is killed and has empty tables: pings within 30 s, each table right 1 s after its connection"""
    lab, process = scene.lab, scene.lab.ovs.switchd
    life = process.life
    fills = [_Fill(lab, vm) for vm in lab.vms.values()]
    process.crash()
    process.wait_restarted(life)
    scene.ends(process.born)
    for fill in fills:
        fill.thread.start()
    for fill in fills:
        fill.thread.join()
    wait_whole(lab)
    scene.ask(lambda account: scene.recovered("pings back after", account.back_after(scene.over), BACK))
    for fill in fills:
        scene.ask(lambda account, fill=fill: scene.recovered(
            f"{fill.switch.name} right after", fill.right - account.connected(fill.port), TABLE_RIGHT))


class _Fill:
    """Looks at a switch from its connection until its table is right."""

    def __init__(self, lab: ChaosMesh, vm: VM):
        self._connections, self._vm, self.switch = lab.connections, vm, switch_of(lab, vm.name)
        self._before = self._connections.port(self.switch)
        self.port = 0
        self.right = float("inf")       # when its table was right, in seconds since 1970
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        self.port = until(self._new_port, f"{self.switch.name} is connected", BACK)
        deadline = time.monotonic() + BACK
        while time.monotonic() < deadline:
            seen, table, now = kernel.read(self._vm), self.switch.flows(), time.time()
            if not audit.disagreement(seen, table):
                self.right = now
                return

    def _new_port(self) -> int | None:
        port = self._connections.port(self.switch)
        return port if port != self._before else None


@fault(lossless=False, useful=False, away=True)
def vm_restarted(scene: Scene) -> None:
    """a VM is stopped and started: the others lose its routes and have them again; no flow stays behind"""
    vm, others = scene.vm, [other for other in scene.lab.vms.values() if other is not scene.vm]
    network = f"172.31.{'ABCD'.index(vm.name[-1]) + 1}.0/24"
    begin = time.monotonic()
    vm.stop()
    try:
        until(lambda: all(network not in ospf_routes(other) for other in others), f"the others lose {network}", 30,
              tuple(scene.lab.logs))
        scene.recovered("withdrawn after", time.monotonic() - begin, WITHDRAWN)
        time.sleep(scene.dice.uniform(0, 3))
    finally:
        vm.start()
        scene.ends()
    until(lambda: all(network in ospf_routes(other) for other in others), f"the others have {network} again", 60,
          tuple(scene.lab.logs))
    scene.recovered("routes back after", time.time() - scene.over, CONVERGENCE)
    wait_whole(scene.lab)


@fault()
def netlink_overrun(scene: Scene) -> None:
    """20,000 routes come while rfclient stands still, with a small buffer: none is missing after the new dump"""
    vm = scene.vm
    mark = vm.client_log.stat().st_size
    _restart(scene, [*vm.client_options, *BUFFER])
    try:
        for verb in ("add", "del"):
            vm.pause_client()
            try:
                _batch(vm, verb)
            finally:
                vm.resume_client()
                scene.ends()
            until(lambda: _routes(scene) == (OVERRUN if verb == "add" else 0), f"{scene.switch.name} follows {verb}", 60,
                  tuple(scene.lab.logs))
            scene.recovered(f"{verb} followed after", time.time() - scene.over)
        said = vm.client_log.read_bytes()[mark:].decode(errors="replace")
        expect("overran" in said, f"{vm.name}'s kernel did not overrun rfclient", vm.client_log)
    finally:
        _restart(scene, vm.client_options[:-len(BUFFER)])


def _restart(scene: Scene, options: list[str]) -> None:
    scene.vm.client_options = options
    scene.vm.kill_client()
    scene.vm.start_client()
    wait_in_step(scene.lab)


def _batch(vm: VM, verb: str) -> None:
    gateway = next(str(address) for device, address in kernel.read(vm).neighbours if device == "eth2")
    lines = (f"route {verb} 198.19.{number >> 8}.{number & 255}/32 via {gateway}\n" for number in range(OVERRUN))
    (vm.root / _BATCH).write_text("".join(lines))
    vm.run("ip", "-batch", f"/{_BATCH}", timeout=60)


def _routes(scene: Scene) -> int:
    """How many of the routes the switch forwards."""
    return sum(flow.output is not None and flow.match.get("nw_dst", "").startswith("198.19.")
               for flow in scene.switch.flows())
