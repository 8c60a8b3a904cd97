"""Tests of the lab's own readers, whose silence would make a check pass: flow dumps, captures, OpenFlow streams, pings."""

import struct
import sys
import unittest
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lab import flows, openflow, traffic
from lab.capture import IPv4Packet, parse_ipv4, read_pcap
from lab.errors import LabError, never, until

HOST = (" cookie=0x5246, duration=8.307s, table=0, n_packets=12, n_bytes=840, idle_age=3, priority=32832,ip,"
        "dl_vlan=0xffff,dl_dst=02:aa:00:00:00:a1,nw_dst=172.31.2.2 "
        "actions=dec_ttl,mod_dl_src:02:aa:00:00:00:a1,mod_dl_dst:02:00:00:00:00:b2,load:0->NXM_OF_IN_PORT[],output:2")
DEFAULT = (" cookie=0x0, duration=1s, table=0, n_packets=0, n_bytes=0, ip,dl_dst=02:aa:00:00:00:a1 "
           "actions=controller(reason=no_match,max_len=65535)")
PCAP = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


class Flows(unittest.TestCase):
    def test_a_host_flow_gives_its_values(self) -> None:
        flow = flows.parse("NXST_FLOW reply (xid=0x4):\n" + HOST)[0]
        self.assertEqual((flow.priority, flow.packets, flow.bytes, flow.cookie), (32832, 12, 840, 0x5246))
        self.assertEqual((flow.prefix, flow.output, flow.is_route), (IPv4Network("172.31.2.2/32"), 2, True))
        self.assertEqual((flow.sets("dl_dst"), flow.actions[0]), ("02:00:00:00:00:b2", "dec_ttl"))

    def test_a_default_route_has_the_priority_that_ovs_leaves_out(self) -> None:
        flow = flows.parse(DEFAULT)[0]
        self.assertEqual((flow.priority, flow.prefix), (0x8000, IPv4Network("0.0.0.0/0")))
        self.assertTrue(flow.is_route and flow.to_controller)
        self.assertEqual(len(flow.actions), 1)

    def test_a_flow_at_another_priority_is_not_a_route(self) -> None:
        self.assertEqual(flows.routes(flows.parse(HOST.replace("32832", "32831")), "172.31.2.2/32"), [])


class Captures(unittest.TestCase):
    def test_a_frame_comes_back_from_a_file(self) -> None:
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 24, 0, 0, 63, 1, 0, b"\x0a\0\0\1", b"\x0a\0\0\2") + b"data"
        frame = bytes(12) + b"\x08\x00" + ip + b"padding"
        [(time, data)] = read_pcap(PCAP + struct.pack("<IIII", 5, 0, len(frame), len(frame)) + frame)
        packet = parse_ipv4(time, data)
        self.assertEqual((packet.time, packet.ttl, packet.payload), (5.0, 63, b"data"))

    def test_a_cut_frame_is_an_error(self) -> None:
        self.assertRaises(LabError, read_pcap, PCAP + struct.pack("<IIII", 5, 0, 4, 60) + b"abcd")


def segment(number: int, data: bytes, to_switch: bool = True, flags: int = 0x10) -> IPv4Packet:
    ports = (openflow.PORT, 40000) if to_switch else (40000, openflow.PORT)
    header = struct.pack("!HHIIBBHHH", *ports, number & 0xFFFFFFFF, 0, 0x50, flags, 0, 0, 0)
    address = IPv4Address("127.0.0.1")
    return IPv4Packet(0, address, address, 64, 6, header + data)


def message(kind: int, size: int = 8) -> bytes:
    return struct.pack("!BBHI", 1, kind, size, 7) + bytes(size - 8)


class OpenFlowStreams(unittest.TestCase):
    def kinds(self, *packets: IPv4Packet) -> list[int]:
        return [found.type for found in openflow.messages(list(packets))]

    def test_messages_are_cut_whatever_the_segments(self) -> None:
        stream = message(0) + message(14, 80) + message(14, 72) + message(18)
        for size in (1, 7, 8, 9, 100, 1000):
            parts = [segment(1 + at, stream[at:at + size]) for at in range(0, len(stream), size)]
            self.assertEqual(self.kinds(segment(0, b"", flags=2), *parts), [0, 14, 14, 18], f"segments of {size}")

    def test_a_repeated_or_reordered_segment_counts_once(self) -> None:
        a, b, c = message(0), message(14, 72), message(2)
        self.assertEqual(self.kinds(segment(0, a), segment(80, c), segment(8, b), segment(8, b)), [0, 14, 2])

    def test_a_message_has_the_time_of_its_first_byte(self) -> None:
        stream = message(12, 64) + message(15, 32)
        packets = [replace(segment(1 + at, stream[at:at + 40]), time=at) for at in range(0, len(stream), 40)]
        found = openflow.messages([segment(0, b"", flags=2), *packets])
        self.assertEqual([(m.type, m.time) for m in found], [(12, 0), (15, 40)])

    def test_sequence_numbers_wrap(self) -> None:
        self.assertEqual(self.kinds(segment(-8, message(2)), segment(0, message(14, 72))), [2, 14])

    def test_a_capture_may_begin_inside_a_message(self) -> None:
        tail = (b"\xff\x07" * 40) + message(14, 72) + message(19)
        self.assertEqual(self.kinds(segment(500, tail)), [14, 19])

    def test_a_hole_is_an_error_and_not_a_zero(self) -> None:
        self.assertRaises(LabError, self.kinds, segment(0, message(0)), segment(80, message(2)))

    def test_directions_are_told_apart(self) -> None:
        found = openflow.messages([segment(0, message(10, 80), to_switch=False), segment(0, message(13, 24))])
        self.assertEqual({(m.to_switch, m.type) for m in found}, {(False, 10), (True, 13)})


class Pings(unittest.TestCase):
    OUTPUT = ("[1700000000.25] 64 bytes from 172.31.2.2: icmp_seq=1 ttl=63 time=1 ms\n"
              "[1700000003.75] 64 bytes from 172.31.2.2: icmp_seq=4 ttl=63 time=1 ms\n"
              "[1700000003.80] 64 bytes from 172.31.2.2: icmp_seq=4 ttl=63 time=2 ms (DUP!)\n\n"
              "7 packets transmitted, 2 received, +1 duplicates, 71% packet loss, time 1ms\n")

    def test_each_lost_packet_is_known(self) -> None:
        result = traffic.account(self.OUTPUT)
        self.assertEqual((result.lost, result.gaps, result.duplicates), ([2, 3, 5, 6, 7], [(2, 3), (5, 7)], 1))
        self.assertEqual(result.longest_gap, 3.5)
        self.assertEqual(result.lost_after(2), [3, 5, 6, 7])
        self.assertEqual(str(result), "7 sent, 2 answered, lost: 2-3, 5-7")

    def test_what_was_sent_after_the_last_question_does_not_count(self) -> None:
        result = traffic.account(self.OUTPUT, sent=3)
        self.assertEqual((result.sent, result.lost, result.duplicates, result.times), (3, [2, 3], 0, [1700000000.25]))

    def test_a_ping_that_could_not_send_is_an_error(self) -> None:
        self.assertRaises(LabError, traffic.account, "ping: connect: Network is unreachable\n")


class Waiting(unittest.TestCase):
    def test_until_gives_up_and_says_for_what(self) -> None:
        with self.assertRaisesRegex(LabError, "the moon rises"):
            until(lambda: False, "the moon rises", within=0.05)

    def test_never_notices(self) -> None:
        self.assertRaises(LabError, never, lambda: True, "it happens", during=0.05)


if __name__ == "__main__":
    unittest.main()
