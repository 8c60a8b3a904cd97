#!/usr/bin/python3 -B
"""What a host does in a test, run in its network namespace: TCP transfers, connection attempts, and hostile frames.

peer.py tcp-serve PORT
peer.py tcp-send ADDRESS PORT BYTES            prints the seconds that it took
peer.py tcp-try ADDRESS PORT                   prints connected, refused, or unreachable
peer.py mapping-frames INTERFACE VM-ID VM-PORT LENGTH...   (whole frames of these lengths, without the checksum)
peer.py arp-request INTERFACE SENDER-IP TARGET-IP
peer.py flood-misses INTERFACE ROUTER-MAC RATE SECONDS         UDP to ever new addresses that nobody routes
peer.py flood-arp INTERFACE TARGET-IP RATE SECONDS             ARP requests from ever new senders
peer.py scan INTERFACE ROUTER-MAC PREFIX RATE                  one UDP packet to each address of a prefix
The last three print how many frames were sent, and how many a second.
"""

import fcntl
import functools
import hashlib
import ipaddress
import itertools
import os
import socket
import struct
import sys
import time
from typing import Iterator


_SIOCGIFADDR = 0x8915


def tcp_serve(port: str) -> None:
    """Takes connections: a length, that many bytes; answers with their SHA-256."""
    with socket.create_server(("", int(port))) as server:
        print("listening", flush=True)
        while True:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as stream:
                left, digest = int.from_bytes(stream.read(8), "big"), hashlib.sha256()
                while left and (data := stream.read(min(left, 65536))):
                    digest.update(data)
                    left -= len(data)
                connection.sendall(digest.digest())


def tcp_send(address: str, port: str, size: str) -> None:
    data = os.urandom(int(size))
    begin = time.monotonic()
    with socket.create_connection((address, int(port)), timeout=10) as connection:
        connection.settimeout(40)
        connection.sendall(len(data).to_bytes(8, "big") + data)
        answer = b""
        while len(answer) < 32 and (more := connection.recv(32 - len(answer))):
            answer += more
    if answer != hashlib.sha256(data).digest():
        sys.exit("what arrived is not what was sent")
    print(time.monotonic() - begin)


def tcp_try(address: str, port: str) -> None:
    try:
        with socket.create_connection((address, int(port)), timeout=2):
            print("connected")
    except ConnectionRefusedError:
        print("refused")
    except OSError:
        print("unreachable")


def mapping_frames(interface: str, vm_id: str, vm_port: str, *lengths: str) -> None:
    """RouteFlow's mapping frame as a host would forge it, cut or padded to each length. At most 500 a second."""
    body = int(vm_id, 16).to_bytes(8, "big") + bytes([int(vm_port)]) + os.urandom(8)
    with _raw(interface) as link:
        frame = bytes(6) + _mac(interface) + struct.pack("!H", 0x0A0A) + body
        for length in map(int, lengths):
            link.send(frame[:length].ljust(length, b"\0"))
            time.sleep(0.002)


def arp_request(interface: str, sender: str, target: str) -> None:
    own = _mac(interface)
    with _raw(interface) as link:
        link.send(b"\xff" * 6 + own + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1)
                  + own + socket.inet_aton(sender) + bytes(6) + socket.inet_aton(target))


def flood_misses(interface: str, router: str, rate: str, seconds: str) -> None:
    count = int(rate) * int(seconds)
    unrouted = int(ipaddress.IPv4Address("198.18.0.0"))         # RFC 2544: for tests of network devices
    _send(interface, (_udp(interface, router, unrouted + number % (1 << 17)) for number in range(count)), int(rate))


def flood_arp(interface: str, target: str, rate: str, seconds: str) -> None:
    """Half of the senders are in the target's /24, half anywhere; each has a MAC address of its own."""
    near = int(ipaddress.IPv4Address(target)) & 0xFFFFFF00

    def frames() -> Iterator[bytes]:
        for number in range(int(rate) * int(seconds)):
            sender = near | number // 2 % 254 + 1 if number % 2 else 0x08000000 | number
            mac = b"\x02\xbb" + number.to_bytes(4, "big")
            yield (b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) + mac
                   + sender.to_bytes(4, "big") + bytes(6) + socket.inet_aton(target))

    _send(interface, frames(), int(rate))


def scan(interface: str, router: str, prefix: str, rate: str) -> None:
    _send(interface, (_udp(interface, router, int(address)) for address in ipaddress.IPv4Network(prefix)), int(rate))


def _udp(interface: str, router: str, target: int) -> bytes:
    """An Ethernet frame with a small UDP packet (port 9, discard), by way of a router."""
    header = struct.pack("!BBHHHBBHII", 0x45, 0, 36, 0, 0, 64, 17, 0, _address(interface), target)
    total = sum(struct.unpack("!10H", header))
    checksum = ~(total % 0xFFFF) & 0xFFFF
    return (bytes.fromhex(router.replace(":", "")) + _mac(interface) + b"\x08\x00" + header[:10]
            + checksum.to_bytes(2, "big") + header[12:] + struct.pack("!HHHH", 40000, 9, 16, 0) + bytes(8))


def _send(interface: str, frames: Iterator[bytes], rate: int) -> None:
    """Sends at a rate, a burst each 5 ms."""
    burst = max(1, rate // 200)
    begin, sent = time.monotonic(), 0
    with _raw(interface) as link:
        while batch := list(itertools.islice(frames, burst)):
            for frame in batch:
                link.send(frame)
            sent += len(batch)
            ahead = begin + sent / rate - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
    print(sent, round(sent / (time.monotonic() - begin)))


def _raw(interface: str) -> socket.socket:
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind((interface, 0))
    return link


def _mac(interface: str) -> bytes:
    """Asked of a socket: /sys shows the mount namespace's devices, not this network's."""
    return _link(interface)[0]


@functools.cache
def _link(interface: str) -> tuple[bytes, int]:
    """The interface's MAC and IPv4 addresses."""
    request = struct.pack("16s240x", interface.encode())
    with _raw(interface) as link, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as inet:
        address = fcntl.ioctl(inet, _SIOCGIFADDR, request)[20:24]
        return link.getsockname()[4], int.from_bytes(address, "big")


def _address(interface: str) -> int:
    return _link(interface)[1]


COMMANDS = {"tcp-serve": tcp_serve, "tcp-send": tcp_send, "tcp-try": tcp_try, "mapping-frames": mapping_frames,
            "arp-request": arp_request, "flood-misses": flood_misses, "flood-arp": flood_arp, "scan": scan}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    COMMANDS[sys.argv[1]](*sys.argv[2:])
