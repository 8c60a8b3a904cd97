"""What a figure was measured on."""

import os
import platform
import re
import time
from pathlib import Path

from lab import paths
from lab.process import run


def describe() -> dict[str, str]:
    processor = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return {
        "commit": _commit(),
        "on": time.strftime("%Y-%m-%d %H:%M", time.gmtime()) + " UTC",
        "cores": str(os.cpu_count()),
        "processor": processor[1].strip() if processor else "unknown",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "kernel": platform.release(),
        "Open vSwitch": _version(["ovs-vswitchd", "--version"]),
        "MongoDB": _version([paths.MONGOD, "--version"]),
        "load at the end": f"{os.getloadavg()[0]:.1f}",
    }


def _commit() -> str:
    # The repository may belong to another user than root.
    git = ["git", "-c", f"safe.directory={paths.REPOSITORY}", "-C", paths.REPOSITORY]
    commit = run([*git, "rev-parse", "--short=12", "HEAD"], check=False).strip() or "unknown"
    return commit + ("+changes" if run([*git, "status", "--porcelain", "Sources"], check=False).strip() else "")


def _version(argv: list) -> str:
    found = re.search(r"\d+\.\d+\.\d+", run(argv, check=False))
    return found[0] if found else "unknown"
