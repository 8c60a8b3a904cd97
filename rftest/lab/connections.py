"""The switches' connections to rfproxy: which of them is which switch's, and how to cut one."""

import signal
from contextlib import contextmanager
from typing import Iterator

from . import openflow, paths
from .capture import parse_ipv4, read_pcap
from .errors import until
from .ovs import Switch
from .process import Process, run

_FILE = paths.LOG / "connections.pcap"
_LOG = paths.LOG / "connections.log"
# A features reply, as the first message of a segment: version 1, type 6 behind TCP's header.
_TYPE_AT = "((tcp[12] & 0xf0) >> 2)"
_FILTER = (f"tcp dst portrange {openflow.PORT}-{openflow.OTHER_PORT} and tcp[{_TYPE_AT}] = 1 and "
           f"tcp[{_TYPE_AT} + 1] = {openflow.FEATURES_REPLY}")
_TABLE = "rfchaos"


class Connections:
    """Sees each switch introduce itself, from `start` on: no other message says who speaks."""

    def __init__(self) -> None:
        self._process: Process | None = None

    def start(self) -> None:
        _LOG.write_text("")
        _FILE.unlink(missing_ok=True)
        self._process = Process.spawn("connections", ["tcpdump", "-i", "lo", "-n", "-U", "-s", "0", "-Z", "root",
                                                      "--immediate-mode", "-w", str(_FILE), *_FILTER.split()], _LOG)
        until(lambda: "listening on" in _LOG.read_text(), "tcpdump listens", logs=(_LOG,))

    def stop(self) -> None:
        if self._process:
            self._process.signal(signal.SIGINT)
            self._process.stop()

    @property
    def datapaths(self) -> dict[int, int]:
        """Datapath ids by the TCP port of the switch's end, over all connections that there were; the last word counts."""
        found = {}
        for time, frame in read_pcap(_FILE.read_bytes()):
            packet = parse_ipv4(time, frame)
            data = packet.payload[(packet.payload[12] >> 4) * 4:]
            found[int.from_bytes(packet.payload[:2])] = int.from_bytes(data[8:16])
        return found

    def port(self, switch: Switch) -> int | None:
        """The TCP port of the switch's connection; None while it has none on which it has said who it is."""
        ports = {port for port, datapath in self.datapaths.items() if datapath == switch.datapath_id}
        alive = run(["ss", "-tnH", "state", "established", f"dport = :{openflow.PORT}"])
        return next((port for port in ports if f":{port} " in alive), None)

    def cut(self, switch: Switch) -> None:
        """Resets the switch's connection, as a middlebox would that has forgotten it."""
        run(["ss", "-tnK", f"sport = :{self.port(switch)} and dport = :{openflow.PORT}"])


@contextmanager
def refused() -> Iterator[None]:
    """No switch can connect; the connections that stand are not touched."""
    rules = f"tcp dport {openflow.PORT} tcp flags & (syn | ack) == syn reject with tcp reset"
    run(["nft", f"table ip {_TABLE} {{ chain output {{ type filter hook output priority 0; {rules}; }}; }}"])
    try:
        yield
    finally:
        run(["nft", "delete", "table", "ip", _TABLE])
