"""What a host must not be able to do."""

from lab.capture import Capture
from lab.errors import expect, never
from lab.lab import Lab
from lab.traffic import peer, ping

from .topology import B1, B2, GATEWAY1, MANAGEMENT_HOST, MANAGEMENT_VM, flow, wait_routing


def forged_mapping_frames(lab: Lab) -> None:
    """mapping frames of all lengths from a host change nothing in the RFTable, and are counted"""
    vm, proxy = lab.vms["rfvm1"], lab.rfproxy
    before, mark = lab.mongod.rftable(), proxy.mark()
    expect(before, "the RFTable is empty: there is nothing to protect", lab.rfserver.log)
    lengths = [*range(14, 80), *range(80, 1514, 17), 1514]
    peer(lab.hosts["b1"], "mapping-frames", "eth0", vm.vm_id, 1, *lengths)
    # An answer to a later packet from the same port: by then the frames have been looked at.
    expect(ping(lab.hosts["b1"], GATEWAY1, count=5).answered, "the gateway does not answer any more", *lab.logs)
    never(lambda: lab.mongod.rftable() != before, "the RFTable changes", during=1)
    proxy.wait_logged("mapping frame", mark)


def forged_arp(lab: Lab) -> None:
    """an ARP request that claims to come from 8.8.8.8 gives no flow for it"""
    peer(lab.hosts["b1"], "arp-request", "eth0", "8.8.8.8", GATEWAY1)
    ping(lab.hosts["b1"], GATEWAY1, count=3)
    never(lambda: flow("8.8.8.8/32"), "a flow for 8.8.8.8", during=1)


def management_network_is_closed(lab: Lab) -> None:
    """from b1 neither ping nor TCP 27017 reaches the management network"""
    leaked = Capture("rfmgmt", f"host {B1}")
    for address in (MANAGEMENT_HOST, MANAGEMENT_VM):
        result = ping(lab.hosts["b1"], address, count=3)
        expect(not result.answered, f"{address} answers b1's pings", *lab.logs)
        outcome = peer(lab.hosts["b1"], "tcp-try", address, 27017)
        expect(outcome == "unreachable", f"TCP from b1 to {address}:27017: {outcome}", *lab.logs)
    expect(not leaked.finish(), "packets from b1 were seen on the management network", *lab.logs)


def hosts_survive(lab: Lab) -> None:
    """after all that, b1 and b2 still reach each other"""
    wait_routing(lab)
    result = ping(lab.hosts["b1"], B2, count=20, interval=0.05)
    expect(not result.lost, str(result), *lab.logs)
