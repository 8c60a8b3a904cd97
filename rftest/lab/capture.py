"""Packet captures with tcpdump, read back as values."""

import re
import signal
import struct
import uuid
from dataclasses import dataclass
from ipaddress import IPv4Address

from . import paths
from .containers import Container
from .errors import LabError, until
from .process import Process


@dataclass
class IPv4Packet:
    time: float
    source: IPv4Address
    target: IPv4Address
    ttl: int
    protocol: int
    payload: bytes


class Capture:
    """A running tcpdump: in a container's network, or in the lab's own where none is given.

    One that is not immediate holds far more, since it packs frames closely, and sees the last second's only with the next.
    """

    def __init__(self, interface: str, expression: str, container: Container | None = None, immediate: bool = True):
        name = f"capture.{uuid.uuid4().hex[:8]}"
        self.file = paths.LOG / f"{name}.pcap"
        self.log = paths.LOG / f"{name}.log"
        # In immediate mode each packet takes the whole snapshot length of the kernel's buffer: a little more than loopback's
        # MTU, and a large buffer, or a burst does not fit.
        words = ["tcpdump", "-i", interface, "-n", "-U", "-s", "66000", "-B", "262144", "-Z", "root",
                 *(["--immediate-mode"] if immediate else []), "-w", str(self.file), *expression.split()]
        self.process = Process.spawn(name, container.network(*words) if container else words, self.log)
        until(lambda: "listening on" in self.log.read_text() or not self.process.alive, "tcpdump listens", logs=(self.log,))
        if not self.process.alive:
            raise LabError("tcpdump has ended", self.log)

    def finish(self) -> list[bytes]:
        """Ends the capture; gives the captured frames. A frame that the kernel had to drop is an error."""
        return [data for _, data in self._finish()]

    def finish_ipv4(self) -> list[IPv4Packet]:
        return [packet for time, data in self._finish() if (packet := parse_ipv4(time, data))]

    def _finish(self) -> list[tuple[float, bytes]]:
        self.process.signal(signal.SIGINT)
        if not self.process.wait(10):
            self.process.kill()
        self.process.forget()
        dropped = re.search(r"(\d+) packets? dropped by kernel", self.log.read_text())
        if not dropped or int(dropped[1]):
            raise LabError("the capture is not whole", self.log)
        frames = read_pcap(self.file.read_bytes())
        self.file.unlink()
        self.log.unlink()
        return frames


def read_pcap(data: bytes) -> list[tuple[float, bytes]]:
    """Frames with their times, from a file in the classic format with microseconds, as tcpdump writes it."""
    if data[:4] != b"\xd4\xc3\xb2\xa1" or struct.unpack_from("<I", data, 20)[0] != 1:
        raise LabError("not a little-endian Ethernet capture")
    frames, offset = [], 24
    while offset + 16 <= len(data):
        seconds, micros, length, whole = struct.unpack_from("<IIII", data, offset)
        if length != whole:
            raise LabError("a captured frame is cut")
        frames.append((seconds + micros / 1e6, data[offset + 16:offset + 16 + length]))
        offset += 16 + length
    return frames


def parse_ipv4(time: float, frame: bytes) -> IPv4Packet | None:
    """The IPv4 packet of an Ethernet frame without a VLAN tag; None if it holds something else."""
    if len(frame) < 34 or frame[12:14] != b"\x08\x00":
        return None
    header = (frame[14] & 15) * 4
    total = struct.unpack_from("!H", frame, 16)[0]
    return IPv4Packet(time, IPv4Address(frame[26:30]), IPv4Address(frame[30:34]), frame[22], frame[23],
                      frame[14 + header:14 + total])
