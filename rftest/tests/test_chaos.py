"""Tests of what rfchaos judges by: flow mods, kernels that change, the order of the faults, the supervisor."""

import itertools
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

RFTEST = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RFTEST))

from checks.rfchaos.sequence import sequence
from checks.rfchaos.useless import Order, judge, orders
from lab import flowmod, flows, openflow
from lab.kernel import Kernel
from lab.kernelwatch import Changes, heard

# As rfproxy sent them.
ADD = bytes.fromhex(
    "010e0098800000d8003120e5000000000000000002a1a0a0a0a0ffff000008000000000000000000c612e9000000000052464c57000000010000"
    "000000008038ffffffffffff0001ffff0010000023200012000000000000ffff0018000023200007000f00000002000000000000000000040010"
    "02a1a0a0a0a00000000000000005001002b1b0b0b0b00000000000000000000800020000")
MODIFY = bytes.fromhex(
    "010e004880000e220030a0e5000000000000000002d1d0d0d0d0ffff000008000000000000000000c6120f000000000052464c57000000010002"
    "00000000803cffffffffffff0000")
DELETE = bytes.fromhex(
    "010e004880000c290031a0e5000000000000000002d1d0d0d0d0ffff000008000000000000000000c61200000000000052464c57000000010004"
    "000000008034ffffffffffff0000")


def outside(message: bytes) -> bytes:
    """The same, about a prefix that churn does not touch: 10.18.x.y."""
    return message[:40] + b"\x0a" + message[41:]


class FlowMods(unittest.TestCase):
    def test_an_addition_gives_its_values(self) -> None:
        mod = flowmod.parse(ADD)
        self.assertEqual((mod.command, mod.priority, mod.prefix), ("add", 0x8000 + 2 * 28, IPv4Network("198.18.233.0/28")))
        self.assertEqual(mod.actions[0], "dec_ttl")
        self.assertEqual(mod.actions[2:], ("mod_dl_src:02:a1:a0:a0:a0:a0", "mod_dl_dst:02:b1:b0:b0:b0:b0", "output:2"))

    def test_a_flow_has_the_same_key_as_in_a_dump(self) -> None:
        dumped, = flows.parse(" cookie=0x0, duration=1s, table=0, n_packets=0, n_bytes=0, priority=32824,ip,"
                              "vlan_tci=0x0000,dl_dst=02:a1:a0:a0:a0:a0,nw_dst=198.18.233.0/28 actions=drop")
        self.assertEqual(flowmod.parse(ADD).key, dumped.key)

    def test_a_drop_and_a_deletion_differ(self) -> None:
        self.assertEqual(flowmod.parse(MODIFY).effect, ())
        self.assertIsNone(flowmod.parse(DELETE).effect)
        self.assertEqual(flowmod.parse(DELETE).command, "delete_strict")


class Useless(unittest.TestCase):
    def wrong(self, *messages: bytes, changes: Changes | None = None, touched: set = frozenset()) -> list[str]:
        given = [Order("sA", 0, flowmod.parse(message)) for message in messages]
        return judge(given, {"sA": changes or Changes()}, touched, {})

    def test_churn_is_a_reason(self) -> None:
        self.assertEqual(self.wrong(ADD, MODIFY, DELETE), [])

    def test_the_same_twice(self) -> None:
        for message in (ADD, MODIFY, DELETE):
            self.assertEqual(len(self.wrong(message, message)), 1)

    def test_without_a_reason(self) -> None:
        found = self.wrong(outside(ADD))
        self.assertEqual(len(found), 1)
        self.assertIn("sA: add priority=32824", found[0])

    def test_a_route_that_changed_is_a_reason(self) -> None:
        changes = Changes(prefixes={IPv4Network("10.18.233.0/28")})
        self.assertEqual(self.wrong(outside(ADD), changes=changes), [])
        self.assertEqual(len(self.wrong(outside(ADD), outside(MODIFY), changes=changes)), 1)

    def test_what_was_touched_is_put_right_once(self) -> None:
        touched = {("sA", flowmod.parse(outside(ADD)).key)}
        self.assertEqual(self.wrong(outside(ADD), touched=touched), [])
        self.assertEqual(len(self.wrong(outside(ADD), outside(ADD), touched=touched)), 1)

    def test_a_wiped_table_may_be_said_again(self) -> None:
        given = [Order("sA", time, flowmod.parse(ADD)) for time in (1, 3, 4)]
        self.assertEqual(len(judge(given, {"sA": Changes()}, set(), {"sA": 2})), 1)
        self.assertEqual(len(judge(given, {"sA": Changes()}, set(), {"sB": 2})), 2)

    def test_a_switch_that_is_nobodys(self) -> None:
        self.assertEqual(len(judge([Order("dp0", 0, flowmod.parse(outside(ADD)))], {"sA": Changes()}, set(), {})), 1)


class Refused(unittest.TestCase):
    """What a switch does not take from one that is not its master any more has changed nothing."""

    @staticmethod
    def said(to_switch: bool, data: bytes, connection: int = 1) -> openflow.Message:
        return openflow.Message(to_switch, data[1], data, 0, connection)

    def count(self, *messages: openflow.Message) -> int:
        return len(orders([self.said(True, ADD), self.said(True, MODIFY), *messages], {1: "sA"}))

    def error(self, kind: int, code: int) -> bytes:
        return struct.pack("!BBHIHH", 1, 1, 12 + 64, 0, kind, code) + ADD[:64]

    def test_it_is_left_out(self) -> None:
        self.assertEqual(self.count(), 2)
        self.assertEqual(self.count(self.said(False, self.error(1, 5))), 1)

    def test_only_that(self) -> None:
        self.assertEqual(self.count(self.said(False, self.error(1, 5), connection=2)), 2)
        self.assertEqual(self.count(self.said(False, self.error(3, 0))), 2)


class KernelChanges(unittest.TestCase):
    BEFORE = Kernel({}, frozenset(), {}, (), {("eth4", IPv4Address("50.0.0.4")): "02:d1:d0:d0:d0:d0"})

    def heard(self, *lines: str) -> Changes:
        return heard("\n".join(lines), self.BEFORE)

    def test_routes(self) -> None:
        changes = self.heard("[ROUTE]198.18.3.0/24 via 50.0.0.4 dev eth4 ", "[ROUTE]Deleted default via 50.0.0.4 dev eth4 ",
                             "[ROUTE]blackhole 10.1.1.1 ", "[ROUTE]local 10.0.0.9 dev eth1 table local proto kernel ")
        self.assertEqual(changes.prefixes, set(map(IPv4Network, ("198.18.3.0/24", "0.0.0.0/0", "10.1.1.1/32"))))

    def test_a_neighbour_that_stays_the_same(self) -> None:
        line = "[NEIGH]50.0.0.4 dev eth4 lladdr 02:d1:d0:d0:d0:d0 managed extern_learn "
        self.assertEqual(self.heard(line + "STALE ", line + "PROBE ", line + "REACHABLE "), Changes())

    def test_a_neighbour_that_fails_or_moves(self) -> None:
        for line in ("[NEIGH]50.0.0.4 dev eth4 managed extern_learn FAILED ", "[NEIGH]Deleted 50.0.0.4 dev eth4 STALE ",
                     "[NEIGH]50.0.0.4 dev eth4 lladdr 02:00:00:00:00:99 managed REACHABLE "):
            self.assertTrue(self.heard(line).cover(IPv4Network("50.0.0.4/32")), line)
        self.assertFalse(self.heard(line).cover(IPv4Network("50.0.0.5/32")))

    def test_a_carrier_that_is_lost(self) -> None:
        self.assertEqual(self.heard("[LINK]6: eth4@if27: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500").links, {"eth4"})
        self.assertEqual(self.heard("[LINK]6: eth4@if27: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500").links, set())

    def test_what_depends_on_no_kernel_has_no_reason(self) -> None:
        self.assertFalse(Changes(links={"eth4"}).cover(None))


class Sequence(unittest.TestCase):
    FAULTS = [len, abs, all, any, max, min]     # what matters of a fault here is its name

    def taken(self, faults: list, seed: int, count: int) -> list[tuple[str, float]]:
        return [(fault.__name__, dice.random()) for fault, dice in itertools.islice(sequence(faults, seed), count)]

    def test_a_cycle_holds_each_fault_once(self) -> None:
        taken = [name for name, _ in self.taken(self.FAULTS, 3, 12)]
        for names in (taken[:6], taken[6:]):
            self.assertEqual(sorted(names), sorted(fault.__name__ for fault in self.FAULTS))

    def test_a_seed_says_everything(self) -> None:
        self.assertEqual(self.taken(self.FAULTS, 5, 50), self.taken(self.FAULTS, 5, 50))
        self.assertNotEqual(self.taken(self.FAULTS, 5, 50), self.taken(self.FAULTS, 6, 50))

    def test_a_fault_alone_does_what_it_did_among_others(self) -> None:
        every = self.taken(self.FAULTS, 5, 18)
        self.assertEqual(self.taken([max], 5, 3), [taken for taken in every if taken[0] == "max"])


class Supervisor(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = Path(folder.name) / "state"

    def start(self, *argv: str) -> subprocess.Popen:
        child = subprocess.Popen([RFTEST / "lab/supervise", self.state, *argv], stderr=subprocess.PIPE, text=True,
                                 start_new_session=True)
        self.addCleanup(child.stderr.close)
        self.addCleanup(self.end, child)
        self.life(1)
        return child

    def end(self, child: subprocess.Popen) -> None:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    def life(self, number: int) -> int:
        """Waits for a life; the program's pid in it."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if self.state.exists() and (said := self.state.read_text().split())[1] == str(number):
                return int(said[0])
            time.sleep(0.01)
        self.fail(f"there is no life {number}")

    def test_what_dies_is_started_again(self) -> None:
        self.start("sleep", "100")
        time.sleep(1.1)
        begin = time.monotonic()
        os.kill(self.life(1), signal.SIGKILL)
        self.life(2)
        self.assertLess(time.monotonic() - begin, 0.5)

    def test_what_dies_at_once_does_not_spin(self) -> None:
        supervisor = self.start("false")
        begin = time.monotonic()
        self.life(2)
        self.assertGreater(time.monotonic() - begin, 0.9)
        supervisor.terminate()
        self.assertIn("false ended with status 1", supervisor.communicate(timeout=5)[1])

    def test_sigterm_ends_both_with_the_status_of_the_program(self) -> None:
        supervisor = self.start("sh", "-c", "trap 'exit 7' TERM; while :; do sleep 0.1; done")
        time.sleep(0.2)
        supervisor.terminate()
        self.assertEqual(supervisor.wait(5), 7)

    def test_sigterm_reaches_a_program_that_stands_still(self) -> None:
        supervisor = self.start("sleep", "100")
        child = self.life(1)
        os.kill(child, signal.SIGSTOP)
        supervisor.terminate()
        self.assertEqual(supervisor.wait(5), 128 + signal.SIGTERM)
        self.assertRaises(ProcessLookupError, os.kill, child, 0)


if __name__ == "__main__":
    unittest.main()
