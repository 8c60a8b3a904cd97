"""Packets between containers: pings with an account of each one, and TCP transfers."""

import re
import signal
import time
import uuid
from dataclasses import dataclass

from . import paths
from .containers import Container
from .errors import LabError, until
from .process import Process, run

PEER = paths.RFTEST / "lab" / "peer.py"
_REPLY = re.compile(r"bytes from (\S+): icmp_seq=(\d+) ttl=(\d+)")
# What SIGQUIT makes ping say of itself.
_STATUS = re.compile(r"^(\d+)/\d+ packets", re.M)
_TIME = re.compile(r"^\[(\d+\.\d+)\] .*bytes from", re.M)


@dataclass
class PingResult:
    """What became of each ping. Sequence numbers count from 1."""

    sent: int
    answered: dict[int, int]        # sequence number -> TTL of the answer
    duplicates: int
    times: list[float]              # when answers came, in seconds since 1970
    output: str

    @property
    def lost(self) -> list[int]:
        return [number for number in range(1, self.sent + 1) if number not in self.answered]

    def lost_after(self, first: int) -> list[int]:
        """What was lost, the first few aside (they wait for address resolution)."""
        return [number for number in self.lost if number > first]

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """Lost packets as ranges: first and last of each."""
        ranges: list[tuple[int, int]] = []
        for number in self.lost:
            if ranges and number == ranges[-1][1] + 1:
                ranges[-1] = (ranges[-1][0], number)
            else:
                ranges.append((number, number))
        return ranges

    @property
    def longest_gap(self) -> float:
        """The longest time between two answers, in seconds. Not to be had from the numbers of those that were lost: ping
        slows down while nobody answers."""
        return max((later - earlier for earlier, later in zip(self.times, self.times[1:])), default=0)

    def __str__(self) -> str:
        lost = ", ".join(f"{first}-{last}" if first != last else str(first) for first, last in self.gaps)
        return f"{self.sent} sent, {len(self.answered)} answered" + (f", lost: {lost}" if lost else "")


class Ping:
    """A running ping; `finish` ends it. At an interval below 1 s a packet every `interval`, answered or not; if it is
    urgent, on a busy machine too."""

    def __init__(self, source: Container, address: str, interval: float = 0.2, count: int | None = None,
                 options: tuple = (), urgent: bool = False):
        self.log = paths.LOG / f"ping.{uuid.uuid4().hex[:8]}.log"
        words = ["ping", "-n", "-D", "-i", interval, "-W", 1, *(["-c", count] if count else []), *options, address]
        priority = ["nice", "-n", "-10"] if urgent else []
        self.process = Process.spawn(self.log.stem, source.network(*priority, "stdbuf", "-oL", *words), self.log)

    @property
    def answers(self) -> int:
        return len(_REPLY.findall(self.log.read_text()))

    def wait_answers(self, count: int, within: float = 15) -> None:
        """Waits until that many were answered."""
        until(lambda: self.answers >= count, f"{count} pings are answered (so far: {self.answers})", within, (self.log,))

    def finish(self, within: float | None = None) -> PingResult:
        """Ends the ping (or waits for its own end, at most `within` seconds) and gives the account: of what was sent until
        now, and of each answer to that."""
        sent = None
        if within is None or not self.process.wait(within):
            sent = self._settled()
            self.process.signal(signal.SIGINT)
            if not self.process.wait(5):
                self.process.kill()
        self.process.forget()
        output = self.log.read_text()
        self.log.unlink()
        return account(output, sent)

    def _settled(self) -> int | None:
        """How many were sent by now; each was answered when this returns, or had a second for it. None if it has ended."""
        self.process.signal(signal.SIGQUIT)
        until(lambda: not self.process.alive or _STATUS.search(self.log.read_text()), "ping says how many it has sent", 10,
              (self.log,))
        status = _STATUS.search(self.log.read_text())
        if not status:
            return None
        sent, deadline = int(status[1]), time.monotonic() + 1
        while account(self.log.read_text(), sent).lost and self.process.alive and time.monotonic() < deadline:
            time.sleep(0.02)
        return sent


def account(output: str, sent: int | None = None) -> PingResult:
    """Reads what ping wrote, as far as it is about the first `sent` packets (None: about all, when it has ended)."""
    if sent is None:
        summary = re.search(r"(\d+) packets transmitted, (\d+) received", output)
        if not summary:
            raise LabError(f"ping failed: {output.strip()}")
        sent = int(summary[1])
    replies = [line for line in output.splitlines() if (reply := _REPLY.search(line)) and int(reply[2]) <= sent]
    answered = {int(reply[2]): int(reply[3]) for reply in map(_REPLY.search, replies)}
    return PingResult(sent, answered, sum("DUP!" in line for line in replies),
                      [float(moment) for moment in _TIME.findall("\n".join(replies))], output)


def ping(source: Container, address: str, count: int = 10, interval: float = 0.1, options: tuple = ()) -> PingResult:
    """Sends `count` pings and waits for their answers."""
    return Ping(source, address, interval, count, options).finish(within=count * max(interval, 0.01) + 10)


def reaches(source: Container, address: str) -> bool:
    """Whether one ping is answered, within a second. For conditions."""
    return bool(ping(source, address, count=1).answered)


@dataclass
class Transfer:
    bytes: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.bytes / 1e6:.0f} MB at {self.bytes * 8 / 1e6 / self.seconds:.0f} Mbit/s"


def tcp_transfer(source: Container, target: Container, address: str, size: int = 8_000_000, port: int = 5001) -> Transfer:
    """Sends random bytes over TCP and has the receiver confirm their SHA-256."""
    log = paths.LOG / f"tcp.{target.name}.log"
    log.unlink(missing_ok=True)
    server = Process.spawn(f"tcp.{target.name}", target.network("/usr/bin/python3", "-B", PEER, "tcp-serve", port), log)
    try:
        until(lambda: "listening" in log.read_text(), "the TCP receiver listens", logs=(log,))
        seconds = run(source.network("/usr/bin/python3", "-B", PEER, "tcp-send", address, port, size), timeout=60)
    except LabError as error:
        error.logs.append(log)
        raise
    finally:
        server.stop()
    return Transfer(size, float(seconds))


def peer(source: Container, command: str, *words: object, timeout: float = 60) -> str:
    """Runs one of peer.py's commands in a container's network."""
    return run(source.network("/usr/bin/python3", "-B", PEER, command, *words), timeout=timeout).strip()
