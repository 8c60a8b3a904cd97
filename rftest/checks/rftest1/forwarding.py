"""Packets get where they should, and the switch carries them."""

from lab.capture import Capture
from lab.errors import expect, until
from lab.lab import Lab
from lab.traffic import ping, tcp_transfer

from .topology import B1, B2, GATEWAY1, GATEWAY2, SOON, flow, forwards, host_flows

# Address resolution may cost the first packets.
FIRST = 2


def hosts_ping_each_other(lab: Lab) -> None:
    """b1 and b2 ping each other, 0 % loss after the first two packets"""
    b1, b2 = lab.hosts["b1"], lab.hosts["b2"]
    for source, address in ((b1, B2), (b2, B1)):
        result = ping(source, address, count=50, interval=0.05)
        expect(not result.lost_after(FIRST), f"{source.name} to {address}: {result}", *lab.logs)
        expect(not result.duplicates, f"{source.name} to {address}: {result.duplicates} duplicates", *lab.logs)


def hosts_ping_their_gateway(lab: Lab) -> None:
    """each host pings its gateway: the VM answers, through the controller"""
    for name, address in (("b1", GATEWAY1), ("b2", GATEWAY2)):
        result = ping(lab.hosts[name], address, count=10)
        expect(not result.lost_after(FIRST), f"{name} to {address}: {result}", *lab.logs)


def host_flows_are_there(lab: Lab) -> None:
    """switch1 has a flow for each host: TTL first, then both MAC addresses, then the port"""
    until(lambda: all(host_flows()), "host flows on switch1", SOON, tuple(lab.logs))
    for name, address, port in (("b1", B1, 1), ("b2", B2, 2)):
        found = flow(address)
        expect(forwards(address, port, lab.hosts[name].mac()), f"not the flow for {name}: {found}", *lab.logs)
        expect(found.actions[0].startswith("dec_ttl"), f"TTL is not the first action: {found}", lab.rfproxy.log)
        expect(found.sets("dl_src") == lab.vms["rfvm1"].mac(f"eth{port}"), f"not from the VM's address: {found}",
               lab.rfproxy.log)


def fast_path_carries_pings(lab: Lab) -> None:
    """the host flows' packet counters grow with the pings, and nothing goes through the controller"""
    count = 40
    shuttled = Capture("rfvm1.1", f"icmp and host {B1} and host {B2}")
    before = [found.packets for found in host_flows()]
    result = ping(lab.hosts["b1"], B2, count, interval=0.05)
    expect(not result.lost, str(result), *lab.logs)
    until(lambda: all(found.packets - old >= count for found, old in zip(host_flows(), before)),
          f"both flows count {count} packets more than {before}", SOON)
    expect(not shuttled.finish(), "pings between b1 and b2 reached the VM", lab.rfproxy.log)


def tcp_works(lab: Lab) -> None:
    """TCP carries 8 MB between them, each way, unchanged"""
    b1, b2 = lab.hosts["b1"], lab.hosts["b2"]
    tcp_transfer(b1, b2, B2)
    tcp_transfer(b2, b1, B1)


def ttl_is_one_less(lab: Lab) -> None:
    """a packet arrives with a TTL one less than it was sent with"""
    arriving = Capture("eth0", f"icmp[icmptype] == icmp-echo and src host {B1}", lab.hosts["b2"])
    ping(lab.hosts["b1"], B2, count=3, options=("-t", "17"))
    seen = {packet.ttl for packet in arriving.finish_ipv4()}
    expect(seen == {16}, f"sent with TTL 17, arrived with {sorted(seen) or 'nothing'}", lab.rfproxy.log)


def expired_ttl_is_answered(lab: Lab) -> None:
    """a packet whose TTL ends at the router is answered by it: traceroute works"""
    result = ping(lab.hosts["b1"], B2, count=5, interval=0.2, options=("-t", "1"))
    answers = result.output.count("Time to live exceeded")
    expect(answers >= 3 and f"From {GATEWAY1}" in result.output, f"{answers} of 5 answered: {result.output}", *lab.logs)
