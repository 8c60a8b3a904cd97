"""rfctl, which explains the network, says what the kernel and the switch say."""

import json
import re
from ipaddress import IPv4Address

from lab.daemons import run_once
from lab.errors import expect, until
from lab.flows import CONTROL, Flow
from lab.lab import Lab
from lab.process import run

from .convergence import switch_of
from .topology import ADDRESSES, HOSTS

# Of all kinds: hosts, routers' own addresses, transit networks, neighbours, nobody's, far away.
DESTINATIONS = [*HOSTS.values(), "172.31.1.1", "172.31.2.1", "172.31.3.1", "172.31.4.1", "10.0.0.1", "10.0.0.2", "20.0.0.3",
                "30.0.0.4", "40.0.0.2", "50.0.0.4", "50.0.0.77", "172.31.4.77", "172.31.2.200", "192.0.2.1", "8.8.8.8",
                "20.0.0.1"]


def why_agrees(lab: Lab) -> None:
    """rfctl why says what `ip route get` and ovs-ofctl say, for twenty destinations from each VM"""
    expect(len(DESTINATIONS) >= 20, "too few destinations")
    for destination in DESTINATIONS:
        status, text = run_once("rfctl", "why", destination, "--json")
        expect(status in (0, 1), f"rfctl why {destination}: exit status {status}\n{text}")
        found = json.loads(text)
        expect(len(found) == len(lab.vms), f"rfctl why {destination} speaks of {len(found)} VMs")
        for explanation in found:
            name = explanation["vm"].split()[0]
            _compare(lab, name, destination, explanation)


def why_finds_the_fault(lab: Lab) -> None:
    """rfctl why names what is wrong: a flow changed by hand, a next hop that nobody has, a daemon that is gone"""
    vm, switch, h4 = lab.vms["rfvmA"], lab.switches["sA"], HOSTS["h4"]
    vm.run("ip", "route", "add", "198.51.100.0/24", "via", "50.0.0.98")
    try:
        until(lambda: "50.0.0.98 on eth4 is not resolved" in _why("198.51.100.7"), "rfctl names the next hop", 10,
              (lab.rfproxy.log,))
    finally:
        vm.run("ip", "route", "del", "198.51.100.0/24")
    network = "172.31.4.0/24"
    before = next(flow for flow in switch.flows() if flow.is_route and str(flow.prefix) == network)
    # A change, since rfproxy hears of a deletion at once and puts it right.
    run(["ovs-ofctl", "mod-flows", "--strict", switch.name, f"{_match(before)},actions=drop"])
    expect("somebody has changed it" in _why(h4), f"rfctl does not see the changed flow:\n{_why(h4)}")
    marks = f"cookie={before.cookie:#x},send_flow_rem,"
    run(["ovs-ofctl", "add-flow", switch.name, f"{marks}{_match(before)},actions={','.join(before.actions)}"])
    expect("stops here" not in _why(h4), f"rfctl still sees a fault:\n{_why(h4)}")
    vm.kill_client()
    try:
        expect("rfclient does not answer" in _why(h4, vm.vm_id), f"rfctl does not miss rfclient:\n{_why(h4, vm.vm_id)}")
        status, text = run_once("rfctl", "status")
        expect(status == 1 and "does not answer" in text, f"rfctl status misses nothing:\n{text}")
    finally:
        vm.start_client()
    lab.rfserver.kill()
    try:
        for question in ("status",), ("why", h4):
            status, text = run_once("rfctl", *question)
            expect(status > 0 and "rfserver does not answer" in text, f"rfctl {question[0]} does not miss rfserver:\n{text}")
    finally:
        lab.rfserver.start()
    until(lambda: run_once("rfctl", "status")[0] == 0, "rfctl status misses nothing", 20, (vm.client_log, lab.rfserver.log))


def _why(destination: str, vm: str = "rfvmA") -> str:
    return run_once("rfctl", "why", destination, "--vm", vm)[1]


def _match(flow: Flow) -> str:
    return ",".join([f"priority={flow.priority}",
                     *(name if value == "" else f"{name}={value}" for name, value in flow.match.items())])


def _compare(lab: Lab, name: str, destination: str, said: dict) -> None:
    vm, switch = lab.vms[name], switch_of(lab, name)
    got = vm.run("ip", "route", "get", destination, check=False)
    where = f"rfctl why {destination} --vm {name}:\n{json.dumps(said['lines'], indent=1)}\nip route get: {got}"
    if not got or "dev eth0" in got:
        expect(not said.get("flows"), f"{where}\nthere is a flow without a route")
        expect(said.get("stop"), f"{where}\nit stops nowhere")
        return
    if destination in ADDRESSES[name[-1]]:
        expect(said["word"]["forwarding"]["kind"] == "local", f"{where}\nit is the VM's own address")
    else:
        device = re.search(r"dev (\S+)", got)[1]
        gateway = re.search(r"via (\S+)", got)
        hops = [(hop["interface"], hop.get("gateway")) for hop in said["route"]["nextHops"]]
        expect((device, gateway[1] if gateway else None) in hops, where)
    flow, = said["flows"]
    real = _catching(switch.flows(), destination, vm.mac("eth1"))
    expect(real is not None and real.priority == flow["priority"], f"{where}\nthe switch: {real}")
    expect(flow["progress"] == "installed" and flow["reading"]["packets"] <= real.packets, f"{where}\nthe switch: {real}")
    does = "to the VM" if real.to_controller else f"port {real.output}, to {real.sets('dl_dst')}"
    expect(flow["action"] == does, f"{where}\nthe switch: {real}")


def _catching(table: list[Flow], destination: str, mac: str) -> Flow | None:
    """The flow of the highest priority that catches packets for a destination by way of the router with that MAC address."""
    catching = [flow for flow in table if flow.prefix and IPv4Address(destination) in flow.prefix
                and (flow.is_route and flow.match["dl_dst"] == mac or flow.priority == CONTROL and "nw_dst" in flow.match)]
    return max(catching, key=lambda flow: flow.priority, default=None)
