"""Somebody else writes into a switch."""

import time
from ipaddress import IPv4Network

from lab import churn
from lab.errors import until
from lab.flows import Flow
from lab.ovs import Switch
from lab.process import run

from .fault import Scene, fault
from .mesh import AUDIT

# What the switch does not tell is found at the next audit; a deletion it tells.
FOUND, TOLD = AUDIT + 2, 2
_HIGH = 60000
_FOREIGN = f"priority={_HIGH},ip,nw_dst=203.0.113.9"
_HOSTS = IPv4Network("172.31.0.0/16")


@fault()
def flow_changed(scene: Scene) -> None:
    """a flow is changed by hand: right again at the next audit"""
    flow = _idle_route(scene)
    run(["ovs-ofctl", "mod-flows", "--strict", scene.switch.name, f"{_match(flow)},actions=drop"])
    _wait_right(scene, [flow], "flow right after", FOUND)


@fault()
def flow_deleted(scene: Scene) -> None:
    """a flow is deleted by hand: there again within 2 s"""
    flow = _idle_route(scene)
    run(["ovs-ofctl", "del-flows", "--strict", scene.switch.name, _match(flow)])
    _wait_right(scene, [flow], "flow there after", TOLD)


@fault()
def foreign_flow(scene: Scene) -> None:
    """a flow is added by hand: gone at the next audit"""
    scene.switch.add_flow(f"{_FOREIGN},actions=drop")
    _touch(scene, [flow for flow in scene.switch.flows() if flow.priority == _HIGH])
    scene.ends()
    until(lambda: not any(flow.priority == _HIGH for flow in scene.switch.flows()),
          f"{scene.switch.name} loses the foreign flow", 3 * FOUND, (scene.lab.rfproxy.log,))
    scene.recovered("flow gone after", time.time() - scene.over, FOUND)


@fault(lossless=False)
def table_wiped(scene: Scene) -> None:
    """a whole table is deleted by hand: there again within 2 s"""
    before = [flow for flow in scene.switch.flows() if not _churned(flow)]
    run(["ovs-ofctl", "del-flows", scene.switch.name])
    _wait_right(scene, before, "table right after", TOLD)


def _idle_route(scene: Scene) -> Flow:
    """A flow that forwards, and none of the pings."""
    return scene.dice.choice(sorted(
        (flow for flow in scene.switch.flows() if flow.is_route and flow.output and not _churned(flow)
         and not flow.prefix.subnet_of(_HOSTS)), key=lambda flow: flow.key))


def _wait_right(scene: Scene, wanted: list[Flow], what: str, bound: float) -> None:
    scene.ends()
    _touch(scene, wanted)
    until(lambda: _has(scene.switch, wanted), f"{scene.switch.name} is as it was", 3 * FOUND, (scene.lab.rfproxy.log,))
    scene.recovered(what, time.time() - scene.over, bound)


def _touch(scene: Scene, flows: list[Flow]) -> None:
    scene.touched |= {(scene.switch.name, flow.key) for flow in flows}


def _has(switch: Switch, wanted: list[Flow]) -> bool:
    present = {flow.key: flow.actions for flow in switch.flows()}
    return all(present.get(flow.key) == flow.actions for flow in wanted)


def _churned(flow: Flow) -> bool:
    return flow.prefix is not None and flow.prefix.subnet_of(churn.RANGE)


def _match(flow: Flow) -> str:
    return ",".join([f"priority={flow.priority}",
                     *(name if value == "" else f"{name}={value}" for name, value in flow.match.items())])
