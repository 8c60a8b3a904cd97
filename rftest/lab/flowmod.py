"""OpenFlow 1.0 flow mods of a capture as values, in the words of ovs-ofctl (OpenFlow 1.0.0, 5.2.3, 5.2.4 and 5.3.3)."""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

_COMMANDS = ("add", "modify", "modify_strict", "delete", "delete_strict")
_IN_PORT, _DL_VLAN, _DL_SRC, _DL_DST, _DL_TYPE, _NW_PROTO, _TP_SRC, _TP_DST = (1 << bit for bit in range(8))
_ETHERTYPES = {0x0800: "ip", 0x0806: "arp"}
_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp"}
_PORTS = {0xFFF8: "IN_PORT", 0xFFFD: "CONTROLLER"}
_VENDOR, _NICIRA = 0xFFFF, 0x2320
_SUBTYPES = {6: "move", 7: "load", 18: "dec_ttl"}


@dataclass(frozen=True)
class FlowMod:
    command: str
    priority: int
    match: tuple[tuple[str, str], ...]
    actions: tuple[str, ...]
    prefix: IPv4Network | None      # the addresses that it is about; None if it is about a protocol

    @property
    def key(self) -> tuple:
        """What tells the flow from another in a table."""
        return self.priority, self.match

    @property
    def effect(self) -> tuple[str, ...] | None:
        """What the switch then does with such packets; None if it has no such flow."""
        return None if self.command.startswith("delete") else self.actions

    def __str__(self) -> str:
        match = ",".join(name if value == "" else f"{name}={value}" for name, value in self.match)
        return f"{self.command} priority={self.priority},{match} actions={','.join(self.actions) or 'drop'}"


def parse(message: bytes) -> FlowMod:
    """Reads an OFPT_FLOW_MOD, header included."""
    command, _, _, priority = struct.unpack_from("!HHHH", message, 56)
    match, prefix = _match(message[8:48])
    return FlowMod(_COMMANDS[command], priority, match, tuple(_actions(message[72:])), prefix)


def _match(data: bytes) -> tuple[tuple[tuple[str, str], ...], IPv4Network | None]:
    (wildcards, in_port, source, destination, vlan, _, ethertype, _, protocol, nw_source, nw_destination, tp_source,
     tp_destination) = struct.unpack("!IH6s6sHBxHBBxx4s4sHH", data)
    words: dict[str, str] = {}

    def note(bit: int, name: str, value: str) -> None:
        if not wildcards & bit:
            words[name] = value

    note(_DL_TYPE, _ETHERTYPES.get(ethertype, f"dl_type_{ethertype:#06x}"), "")
    note(_IN_PORT, "in_port", str(in_port))
    note(_DL_VLAN, "vlan_tci" if vlan == 0xFFFF else "dl_vlan", "0x0000" if vlan == 0xFFFF else str(vlan))
    note(_DL_SRC, "dl_src", source.hex(":"))
    note(_DL_DST, "dl_dst", destination.hex(":"))
    is_arp, is_protocol = "arp" in words, "ip" in words and not wildcards & _NW_PROTO
    if is_protocol and protocol in _PROTOCOLS:
        del words["ip"]
        words[_PROTOCOLS[protocol]] = ""
    else:
        note(_NW_PROTO, "arp_op" if is_arp else "nw_proto", str(protocol))
    for shift, name, address in ((8, "src", nw_source), (14, "dst", nw_destination)):
        length = 32 - min(32, wildcards >> shift & 63)
        if length:
            kind = f"arp_{'spa' if name == 'src' else 'tpa'}" if is_arp else f"nw_{name}"
            words[kind] = _text(IPv4Network((address, length), strict=False))
    note(_TP_SRC, "tp_src", str(tp_source))
    note(_TP_DST, "tp_dst", str(tp_destination))
    about = words.get("arp_tpa", words.get("nw_dst", "0.0.0.0/0" if "ip" in words and "dl_dst" in words else None))
    return tuple(sorted(words.items())), IPv4Network(about) if about and not is_protocol else None


def _actions(data: bytes) -> list[str]:
    found, at = [], 0
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("!HH", data, at)
        found.append(_action(kind, data[at + 4:at + length]))
        at += max(8, length)
    return found


def _action(kind: int, body: bytes) -> str:
    if kind == 0:
        port = int.from_bytes(body[:2])
        return _PORTS.get(port, f"output:{port}")
    if kind in (4, 5):
        return f"mod_dl_{'src' if kind == 4 else 'dst'}:{body[:6].hex(':')}"
    if kind == _VENDOR and int.from_bytes(body[:4]) == _NICIRA:
        subtype = int.from_bytes(body[4:6])
        parameters = body[6:].hex().rstrip("0")
        return _SUBTYPES.get(subtype, f"nicira_{subtype}") + (f":{parameters}" if parameters else "")
    return f"action_{kind}:{body.hex()}"


def _text(prefix: IPv4Network) -> str:
    return str(IPv4Address(prefix.network_address)) if prefix.prefixlen == 32 else str(prefix)
