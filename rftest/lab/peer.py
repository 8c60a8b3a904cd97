#!/usr/bin/python3 -B
"""What a host does in a test, run in its network namespace: TCP transfers, connection attempts, and hostile frames.

peer.py tcp-serve PORT
peer.py tcp-send ADDRESS PORT BYTES            prints the seconds that it took
peer.py tcp-try ADDRESS PORT                   prints connected, refused, or unreachable
peer.py mapping-frames INTERFACE VM-ID VM-PORT LENGTH...   (whole frames of these lengths, without the checksum)
peer.py arp-request INTERFACE SENDER-IP TARGET-IP
"""

import hashlib
import os
import socket
import struct
import sys
import time


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


def _raw(interface: str) -> socket.socket:
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind((interface, 0))
    return link


def _mac(interface: str) -> bytes:
    """Asked of a socket: /sys shows the mount namespace's devices, not this network's."""
    with _raw(interface) as link:
        return link.getsockname()[4]


COMMANDS = {"tcp-serve": tcp_serve, "tcp-send": tcp_send, "tcp-try": tcp_try, "mapping-frames": mapping_frames,
            "arp-request": arp_request}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    COMMANDS[sys.argv[1]](*sys.argv[2:])
