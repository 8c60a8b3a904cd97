"""How much memory the daemons use."""

from pathlib import Path

from .lab import Lab


def resident(lab: Lab) -> dict[str, int]:
    """Resident kilobytes of each daemon of the lab."""
    return {name: _status(process, "VmRSS") for name, process in _processes(lab).items()}


def peaks(lab: Lab) -> dict[str, int]:
    """The most resident kilobytes of each daemon, since these were forgotten."""
    return {name: _status(process, "VmHWM") for name, process in _processes(lab).items()}


def forget_peaks(lab: Lab) -> None:
    for process in _processes(lab).values():
        (process / "clear_refs").write_text("5")


def _processes(lab: Lab) -> dict[str, Path]:
    found = {daemon.name: Path("/proc", str(daemon.process.child)) for daemon in (lab.rfproxy, lab.rfserver)}
    for vm in lab.vms.values():
        found[f"rfclient in {vm.name}"] = vm.root / "proc" / str(vm.client_pid)
    return found


def _status(process: Path, field: str) -> int:
    for line in (process / "status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1])
    return 0
