"""What the user sees of the network once it works: each VM's routes beside the flows of its switch."""

import json

from lab.flows import Flow
from lab.lab import Lab

from .convergence import switch_of


def routes_and_flows(lab: Lab) -> str:
    """A table for each VM: every prefix that its kernel or its switch has something to say about."""
    return "\n".join(line for name in lab.vms for line in _table(lab, name))


def _table(lab: Lab, name: str) -> list[str]:
    switch = switch_of(lab, name)
    listed = json.loads(lab.vms[name].run("ip", "-j", "route", "show"))
    routes = {_long(route["dst"]): _route(route) for route in listed if route.get("dev") != "eth0"}
    flows = {str(flow.prefix): flow for flow in switch.flows() if flow.is_route}
    hosts = sorted(flows.keys() - routes.keys(), key=_order)
    lines = [f"  {name:<20}{'kernel':<44}{switch.name}"]
    for prefix in sorted(routes, key=_order) + hosts:
        lines.append(f"    {prefix:<18}{routes.get(prefix, 'neighbour'):<44}{_flow(flows.get(prefix))}")
    return lines + [""]


def _long(prefix: str) -> str:
    if prefix == "default":
        return "0.0.0.0/0"
    return prefix if "/" in prefix else f"{prefix}/32"


def _order(prefix: str) -> list[int]:
    return [int(number) for number in prefix.replace("/", ".").split(".")]


def _route(route: dict) -> str:
    legs = route.get("nexthops", [route])
    ways = [f"{leg['gateway']} {leg['dev']}" if "gateway" in leg else leg.get("dev", "") for leg in legs]
    protocol = route.get("protocol", "")
    if protocol == "kernel":
        return f"connected {ways[0]}"
    return f"{protocol} {route.get('type', 'via')} {' or '.join(ways)}"


def _flow(flow: Flow | None) -> str:
    if flow is None:
        return "no flow"
    if flow.to_controller:
        return "to the VM"
    return f"port {flow.output}, to {flow.sets('dl_dst')}" if flow.output else ",".join(flow.actions)
