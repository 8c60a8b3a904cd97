"""os-ken, a controller framework in Python, as a peer: an application that pushes flows, or answers each packet."""

import importlib.util

from lab import paths

from .parts import Running, wait_listening

PORT = 6735
ADDRESS = f"127.0.0.1:{PORT}"
_APPLICATION = paths.RFTEST / "bench" / "osken_application.py"


def installed() -> bool:
    return importlib.util.find_spec("os_ken") is not None


def start(flows: int = 0) -> Running:
    """Starts it, and waits until it listens. With flows, it pushes them to the switch that connects."""
    peer = Running("osken", ["env", f"BENCH_FLOWS={flows}", "osken-manager", "--ofp-listen-host", "127.0.0.1",
                             "--ofp-tcp-listen-port", PORT, _APPLICATION])
    wait_listening(ADDRESS, peer.log)
    return peer
