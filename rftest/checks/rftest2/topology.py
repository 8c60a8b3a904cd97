"""The names and addresses of rftest2, its start orders, and small helpers over them."""

import random

from lab import paths
from lab.containers import VM
from lab.lab import Lab
from lab.mininet import Mininet, MininetHost
from lab.ovs import Switch

LETTERS = "ABCD"
MAPPING = paths.RFTEST / "rftest2config.csv"
# The address of each host, and of its gateway.
HOSTS = {f"h{number}": f"172.31.{number}.100" for number in range(1, 5)}
GATEWAYS = {f"h{number}": f"172.31.{number}.1" for number in range(1, 5)}
# Which router port each VM port is, as in the mapping file: port n is port n.
PORTS = {"A": 4, "B": 3, "C": 3, "D": 4}
# Links between switches, each with the port at either end.
LINKS = {"sA-sB": (("sA", 2), ("sB", 2)), "sB-sD": (("sB", 3), ("sD", 2)), "sD-sC": (("sD", 3), ("sC", 3)),
         "sC-sA": (("sC", 2), ("sA", 3)), "sA-sD": (("sA", 4), ("sD", 4))}
ADJACENCIES = 2 * len(LINKS)
# Nine networks, of which each VM has one a port.
OSPF_ROUTES = sum(4 + len(LINKS) - ports for ports in PORTS.values())
# How long the network may take from its last part to the last ping.
CONVERGENCE = 30


def rftest2() -> Lab:
    """With the mapping file: any order will do."""
    return _lab("--config", MAPPING, "--strict")


def rftest2_shuffled(seed: int) -> Lab:
    """The same, its parts in an order that the seed decides."""
    lab = rftest2()
    random.Random(seed).shuffle(lab.parts)
    return lab


def _lab(*server_options: object) -> Lab:
    switches = [Switch(f"s{letter}", number) for number, letter in enumerate(LETTERS, start=5)]
    hosts = [MininetHost(name, address) for name, address in HOSTS.items()]
    lab = Lab([VM(f"rfvm{letter}") for letter in LETTERS], hosts, switches, server_options)
    # Mininet makes the switches and the hosts.
    network = Mininet("rftest2", hosts, switches)
    lab.parts = [lab.rfproxy, lab.rfserver, network, *lab.vms.values()]
    lab.mininet = network
    return lab


def order(lab: Lab) -> str:
    return ", ".join(part.name for part in lab.parts)
