"""The machine outside the lab: what it looks like, and how two looks differ."""

import hashlib
import json
import os
import stat
from pathlib import Path

from .namespace import on_host

# A service that the lab's packages could start; others come and go for reasons of their own.
_SERVICES = ("openvswitch", "ovs", "ovsdb", "lxc", "frr", "mongo", "dnsmasq", "mininet")
_VOLATILE = {"valid_life_time", "preferred_life_time", "expires", "used", "cache"}


def snapshot() -> dict[str, list[str]]:
    """Each aspect as a list of lines: links, addresses, routes, rules, bridges, nftables, listeners, services, /etc."""
    def listed(*argv: str) -> list[str]:
        return _stable(on_host(["ip", "-j", *argv]))

    return {
        "links": listed("-details", "link"),
        "addresses": listed("addr"),
        "routes": listed("-4", "route", "show", "table", "all") + listed("-6", "route", "show", "table", "all"),
        "rules": listed("-4", "rule") + listed("-6", "rule"),
        "bridges": _stable(on_host(["bridge", "-j", "link"])),
        "namespaces": listed("netns", "list"),
        "nftables": on_host(["nft", "--stateless", "list", "ruleset"], check=False).splitlines(),
        "listeners": _listeners(),
        "services": _services(),
        "/etc": _files(Path("/etc")),
    }


def differences(before: dict, after: dict) -> list[str]:
    found = []
    for aspect, old in before.items():
        new = after[aspect]
        found += [f"{aspect}: gone: {line}" for line in old if line not in new]
        found += [f"{aspect}: new: {line}" for line in new if line not in old]
    return found


def _stable(text: str) -> list[str]:
    """One line an object, without what changes by itself."""
    objects = json.loads(text) if text.strip() else []
    return sorted(json.dumps(_without_volatile(item), sort_keys=True) for item in objects)


def _without_volatile(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_volatile(item) for key, item in value.items() if key not in _VOLATILE}
    if isinstance(value, list):
        return [_without_volatile(item) for item in value]
    return value


def _listeners() -> list[str]:
    """Listening sockets of processes that the lab started: there must be none outside its namespace."""
    listed = on_host(["ss", "-H", "-l", "-n", "-t", "-u", "-p"], check=False).splitlines()
    return sorted(line for line in listed if _of_the_lab(line))


def _of_the_lab(line: str) -> bool:
    for part in line.split("pid=")[1:]:
        try:
            environment = Path(f"/proc/{part.split(',')[0]}/environ").read_bytes()
        except OSError:
            continue
        if f"OVS_RUNDIR={os.environ.get('ROUTEFLOW_LAB', '/var/lib/routeflow')}/".encode() in environment:
            return True
    return False


def _services() -> list[str]:
    units = on_host(["sh", "-c", "command -v systemctl >/dev/null || exit 0; "
                     "systemctl list-units --type=service --state=running --no-legend --plain 2>/dev/null; "
                     "systemctl list-unit-files --state=enabled --no-legend --plain 2>/dev/null"], check=False)
    return sorted(line for line in units.splitlines() if line.startswith(_SERVICES))


def _files(root: Path) -> list[str]:
    found = []
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            try:
                mode = path.lstat().st_mode
                if stat.S_ISLNK(mode):
                    content = os.readlink(path)
                elif stat.S_ISREG(mode):
                    content = hashlib.sha256(path.read_bytes()).hexdigest()
                else:
                    content = "special"
            except OSError as error:
                content = error.strerror or "unreadable"
                mode = 0
            found.append(f"{path} {mode:o} {content}")
    return sorted(found)
