"""A VM's kernel as a value: links, addresses, routes and neighbours, as `ip -j` prints them."""

import json
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from .containers import VM

# States in which a neighbour's MAC address may be used (NUD_VALID of linux/neighbour.h, without NOARP).
VALID = {"PERMANENT", "REACHABLE", "STALE", "DELAY", "PROBE"}


@dataclass(frozen=True)
class Leg:
    """One next hop of a route."""

    device: str | None
    gateway: IPv4Address | None
    foreign: bool       # a gateway that is no IPv4 address, or a header to be put in front
    usable: bool        # neither dead nor without a carrier


@dataclass(frozen=True)
class Route:
    prefix: IPv4Network
    kind: str           # unicast, blackhole, unreachable, prohibit, throw
    metric: int
    legs: tuple[Leg, ...]


@dataclass(frozen=True)
class Kernel:
    macs: dict[str, str]                            # by interface
    up: frozenset[str]                              # interfaces that are up and have a carrier
    addresses: dict[str, frozenset[IPv4Address]]    # by interface
    routes: tuple[Route, ...]                       # table main, in the kernel's own order
    neighbours: dict[tuple[str, IPv4Address], str]  # interface and address: the MAC address, where it may be used


def read(vm: VM) -> Kernel:
    """What a VM's kernel says now. Four questions: it may change between them."""
    return parse(*(vm.run("ip", "-j", "-4", *words) or "[]" for words in (
        ("link",), ("addr",), ("route", "show", "table", "main"), ("neigh",))))


def parse(links: str, addresses: str, routes: str, neighbours: str) -> Kernel:
    listed = json.loads(links)
    return Kernel(
        macs={link["ifname"]: link.get("address", "") for link in listed},
        up=frozenset(link["ifname"] for link in listed if {"UP", "LOWER_UP"} <= set(link["flags"])),
        addresses={entry["ifname"]: frozenset(IPv4Interface(info["local"]).ip for info in entry["addr_info"])
                   for entry in json.loads(addresses) if entry},
        routes=tuple(map(_route, json.loads(routes))),
        neighbours={(entry["dev"], IPv4Address(entry["dst"])): entry["lladdr"] for entry in json.loads(neighbours)
                    if "lladdr" in entry and VALID & set(entry["state"])})


def _route(entry: dict) -> Route:
    kind = entry.get("type", "unicast")
    legs = tuple(map(_leg, entry.get("nexthops", [entry]))) if kind == "unicast" else ()
    prefix = "0.0.0.0/0" if entry["dst"] == "default" else entry["dst"]
    return Route(IPv4Network(prefix), kind, entry.get("metric", 0), legs)


def _leg(entry: dict) -> Leg:
    gateway = entry.get("gateway")
    return Leg(device=entry.get("dev"), gateway=IPv4Address(gateway) if gateway else None,
               foreign="via" in entry or "encap" in entry,
               usable=not {"dead", "linkdown"} & set(entry.get("flags", [])))
