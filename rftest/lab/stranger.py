#!/usr/bin/python3 -B
"""What a hostile peer does at rfproxy's port. Ends after so many seconds, or with its last word, and prints what it came to.

stranger.py silent SOURCE COUNT SECONDS        so many connections that say nothing; each that is closed is opened again
stranger.py slow COUNT SOURCE...               so many from each that say a hello, a byte a second, until they are closed; prints the least
                                               that one said, in bytes, and after how many seconds the first and the last were closed
stranger.py lengths SOURCE                     a message of each length from 8 to 65535, and each shorter length
stranger.py versions SOURCE                    a hello of each version, and then a message of each
stranger.py virtual-switch SOURCE DATAPATH...  introduces itself as each of them; prints how many were not refused
stranger.py deaf SOURCE                        asks for echoes and reads none, until it is closed
stranger.py chatty SOURCE COUNT SECONDS        so many that say a hello, and then barrier replies without end; prints how many were taken
stranger.py flapping SOURCE SECONDS            is a switch of 1300 ports, whose ports go down and up without end; prints how often
stranger.py identities SOURCE SECONDS          is ever new switches of 1300 ports, a few at a time; prints how many
"""

import selectors
import socket
import struct
import sys
import time
from collections import deque

_PORT = ("127.0.0.1", 6633)
_HELLO, _ECHO_REQUEST, _ECHO_REPLY, _VENDOR, _FEATURES_REPLY, _PORT_STATUS = 0, 2, 3, 4, 6, 12
_STATS_REQUEST, _STATS_REPLY, _BARRIER_REQUEST, _BARRIER_REPLY = 16, 17, 18, 19
_MODIFIED, _LINK_DOWN = 2, 1
# As many as fit into the message in which a switch introduces itself.
_PORTS = 1300
# Connections that are opened at a time, so that the others get their turn.
_BURST, _TICK = 100, 0.1
# Switches that one peer is at a time, while it is ever new ones.
_AT_A_TIME = 20


def silent(source: str, count: str, seconds: str) -> None:
    opened = closed = 0
    end = time.monotonic() + float(seconds)
    with selectors.DefaultSelector() as selector:
        while time.monotonic() < end:
            for _ in range(min(_BURST, int(count) - len(selector.get_map()))):
                selector.register(_connect(source, blocking=False), selectors.EVENT_READ)
                opened += 1
            for key, _ in selector.select(_TICK):
                closed += _forget_closed(selector, key.fileobj)
    print(opened, closed)


def slow(count: str, *sources: str) -> None:
    hello, said, lives, begin = _message(_HELLO, size=512), 0, [], time.monotonic()
    with selectors.DefaultSelector() as selector:
        for source in sources * int(count):
            selector.register(_connect(source, blocking=False), selectors.EVENT_READ)
        while selector.get_map():
            if time.monotonic() - begin >= said + 1:
                for key in list(selector.get_map().values()):
                    try:
                        key.fileobj.send(hello[said:said + 1])
                    except OSError:
                        pass        # it has been closed: that is read below
                said += 1
            for key, _ in selector.select(_TICK):
                if _forget_closed(selector, key.fileobj):
                    lives.append((time.monotonic() - begin, said))
    print(min(said for _, said in lives), f"{min(lives)[0]:.1f} {max(lives)[0]:.1f}")


def _forget_closed(selector: selectors.BaseSelector, connection: socket.socket) -> bool:
    """Whether a connection of which there is something to read has been closed."""
    if _is_open(connection):
        return False
    selector.unregister(connection)
    connection.close()
    return True


def lengths(source: str) -> None:
    """Of lengths below 8 each ends its connection; the others do not, as long as their messages are complete."""
    for length in range(8):
        with _connect(source) as connection:
            connection.sendall(_message(_HELLO) + struct.pack("!BBHI", 1, _VENDOR, length, 1) + bytes(16))
            _wait_closed(connection)
    sent, body = 0, bytes(65535)
    # Nobody may stay a stranger for more than ten seconds: several connections share the lengths.
    for first in range(8, 24):
        with _connect(source) as connection:
            connection.sendall(_message(_HELLO))
            for length in range(first, 65536, 16):
                connection.sendall(struct.pack("!BBHI", 1, _VENDOR if length >= 12 else _ECHO_REQUEST, length, length)
                                   + body[:length - 8])
                sent += 1
            _expect_echo(connection)
    print(sent)


def versions(source: str) -> None:
    refused = 0
    for version in range(256):
        with _connect(source) as connection:
            connection.sendall(_message(_HELLO, version=version))
            if version:
                # Each side says the highest that it speaks, and 1.0 is the lower of the two: other versions' words are none.
                connection.sendall(_message(_ECHO_REQUEST, version=version))
            if version == 1:
                _expect_echo(connection)
            else:
                _wait_closed(connection)
                refused += 1
    print(refused)


def virtual_switch(source: str, *datapaths: str) -> None:
    accepted = 0
    for datapath in datapaths:
        with _connect(source) as connection:
            features = struct.pack("!QIB3xII", int(datapath, 16), 0, 1, 1, 1)
            connection.sendall(_message(_HELLO) + _message(_FEATURES_REPLY, features))
            accepted += not _is_closed(connection)
    print(accepted)


def deaf(source: str) -> None:
    request, sent = _message(_ECHO_REQUEST, bytes(65000)), 0
    with _connect(source) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        try:
            connection.sendall(_message(_HELLO))
            while True:
                connection.sendall(request)
                sent += len(request)
        except (ConnectionResetError, BrokenPipeError):
            print(sent)


def chatty(source: str, count: str, seconds: str) -> None:
    replies, sent = _message(_BARRIER_REPLY) * 8192, 0
    connections = [_connect(source) for _ in range(int(count))]
    for connection in connections:
        connection.sendall(_message(_HELLO))
        connection.setblocking(False)
    end = time.monotonic() + float(seconds)
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection, selectors.EVENT_WRITE, 0)
        while time.monotonic() < end:
            for key, _ in selector.select(_TICK):
                # From where the last one was cut off.
                sent += (taken := key.fileobj.send(replies[key.data:]))
                selector.modify(key.fileobj, selectors.EVENT_WRITE, (key.data + taken) % 8)
    print(sent // 8)


def flapping(source: str, seconds: str) -> None:
    sent = 0
    with _introduce(source, 0x66) as connection:
        end = time.monotonic() + float(seconds)
        with selectors.DefaultSelector() as selector:
            selector.register(connection, selectors.EVENT_READ)
            while time.monotonic() < end:
                if selector.select(0):
                    _answer(connection)
                for number in range(1, _BURST + 1):
                    state = _LINK_DOWN if sent // _BURST % 2 == 0 else 0
                    connection.sendall(_message(_PORT_STATUS, struct.pack("!B7x", _MODIFIED) + _port(number, state)))
                    sent += 1
    print(sent)


def identities(source: str, seconds: str) -> None:
    end, first, count = time.monotonic() + float(seconds), 0x10000, 0
    present: deque[socket.socket] = deque()
    while time.monotonic() < end:
        present.append(_introduce(source, first + count))
        count += 1
        if len(present) > _AT_A_TIME:
            present.popleft().close()
    print(count)


def _introduce(source: str, datapath: int) -> socket.socket:
    """A connection that has become a switch."""
    connection = _connect(source)
    ports = b"".join(_port(number, 0) for number in range(1, _PORTS + 1))
    connection.sendall(_message(_HELLO) + _message(_FEATURES_REPLY, struct.pack("!QIB3xII", datapath, 0, 1, 1, 1) + ports))
    # It is a switch once it has said what kind of one.
    while not _answer(connection):
        pass
    return connection


def _port(number: int, state: int) -> bytes:
    return struct.pack("!H6s16sII16x", number, bytes(6), f"p{number}".encode(), 0, state)


def _answer(connection: socket.socket) -> bool:
    """Answers one question, as a switch without flows does. Returns whether it was about the switch's statistics."""
    _, kind, length, xid = struct.unpack("!BBHI", _receive(connection, 8))
    body = _receive(connection, length - 8)
    if kind == _ECHO_REQUEST:
        connection.sendall(_message(_ECHO_REPLY, body, xid=xid))
    elif kind == _BARRIER_REQUEST:
        connection.sendall(_message(_BARRIER_REPLY, xid=xid))
    elif kind == _STATS_REQUEST:
        # The description (type 0) has 1056 characters; of flows there are none.
        answer = body[:2] + bytes(2 + (0 if body[1] else 1056))
        connection.sendall(_message(_STATS_REPLY, answer, xid=xid))
    return kind == _STATS_REQUEST


def _receive(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        part = connection.recv(count - len(received))
        if not part:
            raise ConnectionResetError("rfproxy has closed the connection")
        received += part
    return received


def _connect(source: str, blocking: bool = True) -> socket.socket:
    connection = socket.create_connection(_PORT, timeout=10, source_address=(source, 0))
    if not blocking:
        connection.setblocking(False)
    return connection


def _message(kind: int, body: bytes = b"", version: int = 1, size: int = 0, xid: int = 7) -> bytes:
    body = body.ljust(max(0, size - 8), b"\0")
    return struct.pack("!BBHI", version, kind, 8 + len(body), xid) + body


def _is_open(connection: socket.socket) -> bool:
    try:
        return bool(connection.recv(4096))
    except BlockingIOError:
        return True
    except OSError:
        return False


def _is_closed(connection: socket.socket, within: float = 2) -> bool:
    connection.settimeout(within)
    try:
        while connection.recv(65536):
            pass
        return True
    except TimeoutError:
        return False
    except OSError:
        return True


def _wait_closed(connection: socket.socket) -> None:
    if not _is_closed(connection, within=8):
        sys.exit("a connection that should have been closed is open")


def _expect_echo(connection: socket.socket) -> None:
    """The connection is of use: a last request is answered."""
    mark = b"are you there"
    connection.sendall(_message(_ECHO_REQUEST, mark))
    connection.settimeout(8)
    seen = b""
    while mark not in seen:
        data = connection.recv(65536)
        if not data:
            sys.exit("a connection was closed that had done nothing wrong")
        seen = seen[-len(mark):] + data


COMMANDS = {"silent": silent, "slow": slow, "lengths": lengths, "versions": versions, "virtual-switch": virtual_switch,
            "deaf": deaf, "chatty": chatty, "flapping": flapping, "identities": identities}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    COMMANDS[sys.argv[1]](*sys.argv[2:])
