"""OpenFlow 1.0 messages in a capture: the TCP streams put together, and cut into messages.

A capture often begins in the middle of a connection. Such a stream is read from the first offset at which headers chain
without a fault to the end of what was captured.
"""

import struct
from collections import Counter, defaultdict
from dataclasses import dataclass

from .capture import IPv4Packet
from .errors import LabError

PORT = 6633
FLOW_MOD = 14
_VERSION, _LAST_TYPE, _HEADER, _TCP = 1, 21, 8, 6


@dataclass(frozen=True)
class Message:
    to_switch: bool
    type: int
    data: bytes


def messages(packets: list[IPv4Packet], port: int = PORT) -> list[Message]:
    """All OpenFlow messages of a capture. Order holds within a direction of a connection only."""
    found = []
    for (source_port, stream, from_start) in _streams(packets, port):
        begin = 0 if from_start else _first_header(stream)
        found += [Message(source_port == port, kind, data) for kind, data in _cut(stream, begin)]
    return found


def flow_mods(packets: list[IPv4Packet]) -> list[Message]:
    return [message for message in messages(packets) if message.type == FLOW_MOD]


def summary(found: list[Message]) -> str:
    """How many of which type, for messages to people."""
    count = Counter((message.to_switch, message.type) for message in found)
    return ", ".join(f"type {kind} {'to' if to else 'from'} the switch: {n}" for (to, kind), n in sorted(count.items()))


def _streams(packets: list[IPv4Packet], port: int) -> list[tuple[int, bytes, bool]]:
    """Each direction of each connection: source port, bytes in order, and whether its beginning was captured."""
    segments: dict[tuple, dict[int, bytes]] = defaultdict(dict)
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
        if data and len(data) > len(segments[key].get(number, b"")):
            segments[key][number] = data
    return [(key[1], _join(parts, starts.get(key)), key in starts) for key, parts in segments.items()]


def _join(parts: dict[int, bytes], start: int | None) -> bytes:
    """Segments in the order of their sequence numbers, repeated bytes once. A hole is an error."""
    first = next(iter(parts)) if start is None else start
    # A later segment may be before the first one seen: distances are signed, the sequence space is 32 bits.
    distance = {number: (number - first + 0x80000000) % 0x100000000 - 0x80000000 for number in parts}
    lowest = min(distance.values())
    stream = bytearray()
    for number in sorted(parts, key=distance.__getitem__):
        at = distance[number] - lowest
        if at > len(stream):
            raise LabError(f"{at - len(stream)} bytes are missing in a captured OpenFlow stream")
        stream += parts[number][len(stream) - at:]
    return bytes(stream)


def _cut(stream: bytes, begin: int) -> list[tuple[int, bytes]]:
    found, at = [], begin
    while at + _HEADER <= len(stream):
        if not _plausible(stream, at):
            raise LabError(f"no OpenFlow 1.0 header at offset {at} of a captured stream")
        length = struct.unpack_from("!H", stream, at + 2)[0]
        found.append((stream[at + 1], stream[at:at + length]))
        at += length
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
