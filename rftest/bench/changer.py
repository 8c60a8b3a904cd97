#!/usr/bin/python3 -B
"""Changes routes one at a time, in the network namespace that it runs in, and says when.

changer.py GATEWAY COUNT PAUSE-MS FIRST

Adds and deletes COUNT/2 host routes of 10.64.0.0/10, from the FIRSTth on, by rtnetlink itself: the kernel tells its
listeners of a change before it answers, so that the moment before the request is the latest that one can be sure of.
Prints a line of JSON a change: seconds since 1970, "add" or "del", address.
"""

import json
import random
import socket
import struct
import sys
import time

_NEWROUTE, _DELROUTE, _ERROR = 24, 25, 2
_REQUEST, _ACK, _EXCL, _CREATE = 1, 4, 0x200, 0x400
_DST, _GATEWAY = 1, 5
_MAIN, _BOOT, _UNICAST = 254, 3, 1
_NETWORK = 10 << 24 | 64 << 16


def main(gateway: str, count: str, pause: str, first: str) -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as link:
        for number in range(int(first), int(first) + int(count) // 2):
            address = socket.inet_ntoa((_NETWORK + number).to_bytes(4, "big"))
            for verb in ("add", "del"):
                # An uneven pause, so that no timer of anybody's keeps step with it.
                time.sleep(int(pause) / 1000 * random.uniform(0.7, 1.3))
                print(json.dumps([_change(link, verb, address, gateway), verb, address]), flush=True)


def _change(link: socket.socket, verb: str, address: str, gateway: str) -> float:
    kind, flags = (_NEWROUTE, _CREATE | _EXCL) if verb == "add" else (_DELROUTE, 0)
    body = struct.pack("=8BI", socket.AF_INET, 32, 0, 0, _MAIN, _BOOT, 0, _UNICAST, 0)
    body += struct.pack("=HH4s", 8, _DST, socket.inet_aton(address))
    body += struct.pack("=HH4s", 8, _GATEWAY, socket.inet_aton(gateway))
    message = struct.pack("=IHHII", 16 + len(body), kind, flags | _REQUEST | _ACK, 1, 0) + body
    before = time.time()
    link.send(message)
    answer = link.recv(4096)
    error = struct.unpack_from("=i", answer, 16)[0]
    if struct.unpack_from("=H", answer, 4)[0] != _ERROR or error:
        sys.exit(f"{verb} {address}: error {-error}")
    return before


if __name__ == "__main__":
    main(*sys.argv[1:])
