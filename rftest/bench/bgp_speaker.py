#!/usr/bin/python3 -B
"""A BGP speaker (RFC 4271) that announces host routes of 10.0.0.0/8 as fast as its peer reads, and stays.

bgp_speaker.py PEER-ADDRESS OWN-ADDRESS OWN-AS COUNT

Waits for a line on standard input once the session stands, announces, and prints when it began and ended, in seconds
since 1970.
"""

import json
import socket
import struct
import sys
import threading
import time

_OPEN, _UPDATE, _NOTIFICATION, _KEEPALIVE = 1, 2, 3, 4
_HOLD = 180
_LONGEST = 4096


def main(peer: str, own: str, system: str, count: str) -> None:
    with socket.create_connection((peer, 179), timeout=20) as session:
        session.settimeout(None)
        identity = socket.inet_aton(own)
        session.sendall(_message(_OPEN, struct.pack("!BHH4sB", 4, int(system), _HOLD, identity, 0)))
        stream = session.makefile("rb")
        _expect(stream, _OPEN)
        session.sendall(_message(_KEEPALIVE))
        _expect(stream, _KEEPALIVE)
        print(json.dumps({"established": True}), flush=True)
        updates = _updates(identity, int(system), int(count))
        threading.Thread(target=_drain, args=(stream,), daemon=True).start()
        sys.stdin.readline()
        begin = time.time()
        session.sendall(updates)
        print(json.dumps({"begin": begin, "end": time.time()}), flush=True)
        while True:
            time.sleep(_HOLD / 3)
            session.sendall(_message(_KEEPALIVE))


def _message(kind: int, body: bytes = b"") -> bytes:
    return b"\xff" * 16 + struct.pack("!HB", 19 + len(body), kind) + body


def _read(stream) -> tuple[int, bytes]:
    header = stream.read(19)
    if len(header) < 19:
        sys.exit("the peer has closed the session")
    length, kind = struct.unpack_from("!HB", header, 16)
    return kind, stream.read(length - 19)


def _expect(stream, wanted: int) -> None:
    kind, body = _read(stream)
    if kind != wanted:
        sys.exit(f"message {kind} instead of {wanted}: {body.hex()}")


def _drain(stream) -> None:
    while _read(stream)[0] != _NOTIFICATION:
        pass


def _updates(next_hop: bytes, system: int, count: int) -> bytes:
    attributes = bytes([0x40, 1, 1, 0]) + bytes([0x40, 2, 4, 2, 1]) + struct.pack("!H", system)
    attributes += bytes([0x40, 3, 4]) + next_hop
    head = struct.pack("!HH", 0, len(attributes)) + attributes
    each = (_LONGEST - 19 - len(head)) // 5
    whole = []
    for first in range(0, count, each):
        last = min(first + each, count)
        prefixes = b"".join(b"\x20" + (10 << 24 | number).to_bytes(4, "big") for number in range(first, last))
        whole.append(_message(_UPDATE, head + prefixes))
    return b"".join(whole)


if __name__ == "__main__":
    main(*sys.argv[1:])
