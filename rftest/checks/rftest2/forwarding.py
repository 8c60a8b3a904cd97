"""Everyone reaches everyone, and the switches carry it."""

import re
from ipaddress import IPv4Address

from lab import openflow
from lab.capture import Capture, parse_ipv4
from lab.errors import expect
from lab.lab import Lab
from lab.traffic import ping, tcp_transfer

from .topology import ADDRESSES, HOSTS

_PACKET_IN_DATA = 18        # octets of ofp_packet_in before the packet (OpenFlow 1.0, 5.4.1)


def pingall_loses_nothing(lab: Lab) -> None:
    """Mininet's pingall: 0 % loss, 12 of 12"""
    answer = lab.mininet.command("pingall")
    expect("0% dropped (12/12 received)" in answer, f"pingall says:\n{answer}", *lab.logs)


def transit_stays_in_the_switches(lab: Lab) -> None:
    """1000 pings h1 -> h4: nothing is lost, and no packet of theirs goes to the controller"""
    controller = Capture("lo", f"tcp port {openflow.PORT}")
    result = ping(lab.hosts["h1"], HOSTS["h4"], count=1000, interval=0.005)
    seen = [message for message in openflow.messages(controller.finish_ipv4()) if message.type == openflow.PACKET_IN]
    expect(not result.lost, str(result), *lab.logs)
    expect(seen, "the capture holds no packet-in at all, not even of OSPF")
    punted = [packet for message in seen if (packet := parse_ipv4(0, message.data[_PACKET_IN_DATA:]))
              and packet.target in set(map(IPv4Address, HOSTS.values()))]
    expect(not punted, f"{len(punted)} of {len(seen)} packet-ins were for hosts, the first for {punted and punted[0].target}",
           *lab.logs)


def traceroute_shows_each_router(lab: Lab) -> None:
    """traceroute h2 -> h3 shows each router on the way"""
    listed = lab.hosts["h2"].run("traceroute", "-n", "-q", "1", "-w", "2", HOSTS["h3"], timeout=60)
    way = re.findall(r"^\s*\d+\s+(\S+)", listed, re.M)
    # Two equal ways lead there, by rfvmA or by rfvmD. A router answers with the address of the interface that it answers
    # by.
    routers = [{router for router, addresses in ADDRESSES.items() if hop in addresses} for hop in way[:-1]]
    expect(routers in ([{"B"}, {"A"}, {"C"}], [{"B"}, {"D"}, {"C"}]) and way[-1] == HOSTS["h3"],
           f"not the way from h2 to h3:\n{listed}", *lab.logs)


def tcp_carries_100_mb(lab: Lab) -> None:
    """TCP carries 100 MB from h1 to h4, unchanged"""
    tcp_transfer(lab.hosts["h1"], lab.hosts["h4"], HOSTS["h4"], size=100_000_000)
