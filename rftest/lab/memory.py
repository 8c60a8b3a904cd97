"""How much memory the daemons use."""

from pathlib import Path

from .lab import Lab


def resident(lab: Lab) -> dict[str, int]:
    """Resident kilobytes of each daemon of the lab."""
    found = {daemon.name: _resident(Path("/proc", str(daemon.process.child))) for daemon in (lab.rfproxy, lab.rfserver)}
    for vm in lab.vms.values():
        found[f"rfclient in {vm.name}"] = _resident(vm.root / "proc" / str(vm.client_pid))
    return found


def _resident(process: Path) -> int:
    for line in (process / "status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
