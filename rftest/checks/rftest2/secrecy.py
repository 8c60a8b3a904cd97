"""What is to be seen on the wire between rfproxy and switches that speak TLS."""

import struct
from ipaddress import IPv4Address

from lab import openflow, tls
from lab.capture import Capture
from lab.errors import expect, never, until
from lab.lab import Lab
from lab.ovs import Switch
from lab.traffic import ping

from .topology import ADDRESSES

LATECOMER = Switch("sX", 99, tls.CONTROLLER)
_HANDSHAKE, _DATA = 22, 23
_KINDS = range(20, 24)      # change of cipher, alert, handshake, data (RFC 5246, 6.2.1)
_HEADER = 5


def no_openflow_in_clear(lab: Lab) -> None:
    """over TLS, a capture of all switches' connections holds TLS records, and no OpenFlow, datapath id or packet"""
    wire = Capture("lo", f"tcp port {tls.PORT} or tcp port {openflow.PORT}")
    mark = lab.rfproxy.mark()
    lab.rfproxy.restart()
    switches = [*lab.switches.values(), lab.virtual_switch]
    for switch in switches:
        lab.rfproxy.wait_logged(f"dp_id={switch.datapath_id:016x} .*switch connected", mark)
    # The VM itself answers these, so that each of them is in a message of the switch's, and its answer in another.
    result = ping(lab.hosts["h1"], ADDRESSES["A"][0], count=20, interval=0.05)
    packets = wire.finish_ipv4()
    expect(not result.lost, str(result), *lab.logs)
    expect(not openflow.streams(packets, openflow.PORT), f"somebody speaks on TCP {openflow.PORT}", lab.rfproxy.log)
    streams = [stream.data for stream in openflow.streams(packets, tls.PORT) if stream.from_start]
    expect(len(streams) >= 2 * len(switches), f"only {len(streams)} streams were captured, for {len(switches)} switches")
    words = {"a hello": struct.pack("!BBH", 1, openflow.HELLO, 8),
             "an address of rfvmA": IPv4Address(ADDRESSES["A"][0]).packed,
             **{f"the datapath id of {switch.name}": struct.pack("!Q", switch.datapath_id) for switch in switches
                if switch.datapath_id >> 32}}
    for data in streams:
        kinds = _records(data)
        expect(kinds[0] == _HANDSHAKE and _DATA in kinds, f"not a whole connection over TLS: {kinds[:20]}")
        found = [name for name, word in words.items() if word in data]
        expect(not found, f"in clear: {', '.join(found)}", lab.rfproxy.log)


def wrong_certificate_is_refused(lab: Lab) -> None:
    """over TLS, a switch whose certificate the authority has not made is refused in words; with the right one it gets in"""
    mark = lab.rfproxy.mark()
    tls.give_to_switches("stranger")
    try:
        LATECOMER.up()
        lab.rfproxy.wait_logged("its certificate does not stand up to --tls-ca", mark)
        never(lambda: LATECOMER.connected, "the switch connects", during=2)
        tls.give_to_switches()
        until(lambda: LATECOMER.connected, "the switch connects with the right certificate", 10, (lab.rfproxy.log,))
    finally:
        tls.give_to_switches()
        LATECOMER.stop()


def _records(stream: bytes) -> list[int]:
    """The kinds of the records that a stream consists of. Anything else in it is an error."""
    kinds, at = [], 0
    while at + _HEADER <= len(stream):
        kind, major, _, length = struct.unpack_from("!BBBH", stream, at)
        expect(kind in _KINDS and major == 3, f"no TLS record at offset {at}: {stream[at:at + 16].hex()}")
        kinds.append(kind)
        at += _HEADER + length
    return kinds
