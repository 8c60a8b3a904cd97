"""Tests of the checker, on what a real VM and its switch said: it must find each error that is planted."""

import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lab import audit, flows, kernel
from lab.kernel import Kernel

FIXTURES = Path(__file__).resolve().parent / "fixtures"
MAC = "02:a1:a0:a0:a0:a0"


def fixture(name: str) -> str:
    return (FIXTURES / name).read_text()


def seen(routes: str | None = None, neighbours: str | None = None) -> Kernel:
    return kernel.parse(fixture("rfvmA.link.json"), fixture("rfvmA.addr.json"), routes or fixture("rfvmA.route.json"),
                        neighbours or fixture("rfvmA.neigh.json"))


def wrong(dump: str | None = None, said: Kernel | None = None) -> list[str]:
    return audit.differences(audit.expected(said or seen()), flows.parse(dump or fixture("sA.flows")), MAC)


class Audit(unittest.TestCase):
    def planted(self, pattern: str, replacement: str) -> list[str]:
        """The differences once one thing in the flow table is another."""
        changed, times = re.subn(pattern, replacement, fixture("sA.flows"), count=1, flags=re.M)
        self.assertEqual(times, 1, f"nothing in the table looks like {pattern}")
        return wrong(changed)

    def assert_found(self, differences: list[str], *words: str) -> None:
        self.assertEqual(len(differences), 1, differences)
        for word in words:
            self.assertIn(word, differences[0])

    def test_what_really_was_agrees(self) -> None:
        self.assertEqual(wrong(), [])

    def test_the_picture_holds_every_kind(self) -> None:
        actions = {expectation.cause.split(" metric")[0]: expectation.action for expectation in
                   audit.expected(seen()).values()}
        self.assertEqual(actions["route 198.51.100.0/24"], "drop")
        self.assertEqual(actions["route 203.0.113.0/25"], "controller")
        self.assertEqual(actions["route 10.8.0.0/13"], "controller", "its next hop is not resolved")
        self.assertEqual(actions["route 192.0.2.0/24"], "controller", "its next hop is an IPv6 address")
        self.assertEqual(actions["route 10.0.0.0/24"], "controller", "it is connected")
        self.assertEqual(actions["route 0.0.0.0/0"], {(4, "02:d1:d0:d0:d0:d0")}, "the better of two metrics")
        self.assertEqual(len(actions["route 30.0.0.0/24"]), 2, "two next hops of equal cost")
        self.assertEqual(actions["50.0.0.1 is the VM's own"], "controller")
        self.assertIn("load:0x32000001->NXM_OF_ARP_SPA[]", actions["ARP for 50.0.0.1, the VM's own"])
        self.assertNotIn("route 192.168.100.0/24", actions)

    def test_a_missing_flow(self) -> None:
        self.assert_found(self.planted(r"^.*nw_dst=172\.31\.4\.0/24 .*\n", ""), "missing", "172.31.4.0/24")

    def test_a_flow_without_a_cause(self) -> None:
        extra = fixture("sA.flows") + (f" cookie=0x0, duration=1s, table=0, n_packets=0, n_bytes=0, priority=32832,ip,"
                                       f"vlan_tci=0x0000,dl_dst={MAC},nw_dst=8.8.8.8 actions=output:1\n")
        self.assert_found(wrong(extra), "without a cause", "8.8.8.8")

    def test_a_wrong_port(self) -> None:
        self.assert_found(self.planted(r"(nw_dst=172\.31\.4\.0/24 .*)output:4", r"\1output:2"), "wrong", "port 4")

    def test_a_wrong_address(self) -> None:
        self.assert_found(self.planted(r"(nw_dst=172\.31\.4\.0/24 .*mod_dl_dst:)\S\S:", r"\g<1>06:"), "wrong")

    def test_another_source_address(self) -> None:
        self.assert_found(self.planted(r"(nw_dst=172\.31\.4\.0/24 .*mod_dl_src:)\S\S:", r"\g<1>06:"), "wrong")

    def test_a_ttl_that_stays(self) -> None:
        self.assert_found(self.planted(r"(nw_dst=172\.31\.4\.0/24 .*)dec_ttl,", r"\1"), "wrong")

    def test_a_drop_instead_of_a_punt(self) -> None:
        self.assert_found(self.planted(r"(nw_dst=10\.8\.0\.0/13) actions=.*$", r"\1 actions=drop"), "wrong", "controller")

    def test_a_punt_instead_of_a_drop(self) -> None:
        self.assert_found(self.planted(r"(nw_dst=198\.51\.100\.0/24) actions=drop", r"\1 actions=CONTROLLER:65535"),
                          "wrong", "drop")

    def test_a_protocol_that_is_not_carried(self) -> None:
        self.assert_found(self.planted(r"^.*nw_proto=89 .*\n", ""), "missing", "OSPF")

    def test_an_arp_request_that_nobody_answers(self) -> None:
        self.assert_found(self.planted(r"^.*arp_tpa=10\.0\.0\.1,.*\n", ""), "missing", "ARP for 10.0.0.1")

    def test_an_arp_answer_with_another_address(self) -> None:
        for field in (r"mod_dl_src:02:\w\w", r"load:0x\w\w(?=\w+->NXM_NX_ARP_SHA)", r"load:0x\w(?=\w+->NXM_OF_ARP_SPA)"):
            found = self.planted(f"(arp_tpa=10\\.0\\.0\\.1,.*){field}", r"\g<1>mod_dl_src:06")
            self.assert_found(found, "wrong", "ARP for 10.0.0.1")

    def test_an_arp_answer_that_goes_elsewhere(self) -> None:
        self.assert_found(self.planted(r"(arp_tpa=10\.0\.0\.1,.*)IN_PORT", r"\1output:2"), "wrong", "IN_PORT")

    def test_another_priority(self) -> None:
        self.assertEqual(len(self.planted(r"priority=32816(.*nw_dst=172\.31\.4\.0/24)", r"priority=32817\1")), 2)

    def test_a_host_whose_route_is_not_on_its_link(self) -> None:
        forged = fixture("rfvmA.neigh.json").replace("172.31.1.100", "8.8.8.8")
        self.assertIn("8.8.8.8", forged)
        found = wrong(said=seen(neighbours=forged))
        # Its flow would be wrong; that of the host that is not there any more is surplus, and so is the route through it.
        self.assertFalse(any("8.8.8.8" in difference for difference in found), found)
        self.assertTrue(any("without a cause" in difference and "172.31.1.100" in difference for difference in found), found)

    def test_a_leg_that_is_dead(self) -> None:
        routes = fixture("rfvmA.route.json")
        dead = re.sub(r'("gateway":"50\.0\.0\.4"[^}]*"flags":\[)\]', r'\1"dead","linkdown"]', routes)
        self.assertNotEqual(dead, routes)
        self.assertTrue(any("172.31.4.0/24" in difference for difference in wrong(said=seen(routes=dead))))


if __name__ == "__main__":
    unittest.main()
