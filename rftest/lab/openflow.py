"""OpenFlow 1.0 messages in a capture: the TCP streams put together, and cut into messages.

A capture often begins in the middle of a connection. Such a stream is read from the first offset at which headers chain
without a fault to the end of what was captured.
"""

import struct
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass

from .capture import IPv4Packet
from .errors import LabError

PORT, OTHER_PORT = 6633, 6634       # of rfproxy, and of the other one where there are two
HELLO, ERROR, FEATURES_REPLY, PACKET_IN, PORT_STATUS, FLOW_MOD, PORT_MOD, BARRIER_REPLY = 0, 1, 6, 10, 12, 14, 15, 19
_NOT_PERMITTED = struct.pack("!HH", 1, 5)   # OFPET_BAD_REQUEST, OFPBRC_EPERM: another controller is the switch's master
_VERSION, _LAST_TYPE, _HEADER, _TCP = 1, 21, 8, 6


@dataclass(frozen=True)
class Message:
    to_switch: bool
    type: int
    data: bytes
    time: float         # when its first byte was seen, in seconds since 1970
    connection: int     # the switch's TCP port

    @property
    def xid(self) -> bytes:
        return self.data[4:8]

    @property
    def refused(self) -> bytes | None:
        """The transaction that this message refuses since another controller is the switch's master, if it does that."""
        return self.data[16:20] if not self.to_switch and self.type == ERROR and self.data[8:12] == _NOT_PERMITTED else None


def messages(packets: list[IPv4Packet], port: int = PORT) -> list[Message]:
    """All OpenFlow messages of a capture, by time. Order holds for certain within a direction of a connection only."""
    found = []
    for stream in streams(packets, port):
        begin = 0 if stream.from_start else _first_header(stream.data)
        found += [Message(stream.source_port == port, stream.data[at + 1], stream.data[at:end], stream.time(at),
                          stream.target_port if stream.source_port == port else stream.source_port)
                  for at, end in _cut(stream.data, begin)]
    return sorted(found, key=lambda message: message.time)


@dataclass
class Stream:
    """One direction of one connection."""

    source_port: int
    target_port: int
    data: bytes                         # without gaps, from the first byte that was captured
    from_start: bool                    # whether that is the connection's first byte
    times: list[tuple[int, float]]      # offsets at which segments begin, and when they were seen

    def time(self, offset: int) -> float:
        return self.times[bisect_right(self.times, (offset, float("inf"))) - 1][1]


def streams(packets: list[IPv4Packet], port: int) -> list[Stream]:
    """What was said on a port, put together from its segments."""
    segments: dict[tuple, dict[int, tuple[bytes, float]]] = defaultdict(dict)
    starts: dict[tuple, int] = {}
    for packet in packets:
        if packet.protocol != _TCP:
            continue
        source_port, target_port, number = struct.unpack_from("!HHI", packet.payload)
        if port not in (source_port, target_port):
            continue
        key = (packet.source, source_port, packet.target, target_port)
        data = packet.payload[(packet.payload[12] >> 4) * 4:]
        if packet.payload[13] & 2:                  # SYN: a new connection, and its first byte comes next
            starts[key] = (number + 1) & 0xFFFFFFFF
        if data and len(data) > len(segments[key].get(number, (b"", 0))[0]):
            segments[key][number] = (data, packet.time)
    return [_join(key[1], key[3], parts, starts.get(key)) for key, parts in segments.items() if parts]


def _join(source_port: int, target_port: int, parts: dict[int, tuple[bytes, float]], start: int | None) -> Stream:
    """Segments in the order of their sequence numbers, repeated bytes once. A hole is an error."""
    first = next(iter(parts)) if start is None else start
    # A later segment may be before the first one seen: distances are signed, the sequence space is 32 bits.
    distance = {number: (number - first + 0x80000000) % 0x100000000 - 0x80000000 for number in parts}
    lowest = min(distance.values())
    data, times = bytearray(), []
    for number in sorted(parts, key=distance.__getitem__):
        at = distance[number] - lowest
        if at > len(data):
            raise LabError(f"{at - len(data)} bytes are missing in a captured OpenFlow stream")
        segment, time = parts[number]
        fresh = segment[len(data) - at:]
        if fresh:
            times.append((len(data), time))
            data += fresh
    return Stream(source_port, target_port, bytes(data), start is not None, times)


def _cut(stream: bytes, begin: int) -> list[tuple[int, int]]:
    """Where each message begins and ends."""
    found, at = [], begin
    while at + _HEADER <= len(stream):
        if not _plausible(stream, at):
            raise LabError(f"no OpenFlow 1.0 header at offset {at} of a captured stream")
        end = at + struct.unpack_from("!H", stream, at + 2)[0]
        if end > len(stream):
            break
        found.append((at, end))
        at = end
    return found


def _plausible(stream: bytes, at: int) -> bool:
    version, kind, length = struct.unpack_from("!BBH", stream, at)
    # A hello of another version is how a connection may begin; it has the same header.
    return (version == _VERSION and kind <= _LAST_TYPE or kind == 0) and length >= _HEADER


def _first_header(stream: bytes) -> int:
    for begin in range(len(stream)):
        try:
            if _cut(stream, begin) or begin == 0:
                return begin
        except LabError:
            continue
    return len(stream)
