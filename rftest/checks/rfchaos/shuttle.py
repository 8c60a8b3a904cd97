"""rfproxy dies or stands still, and with it the way of the routing protocols."""

import re
import time
from contextlib import contextmanager
from typing import Iterator

from lab.errors import until
from lab.traffic import Ping

from .fault import Scene, fault
from .recovery import wait_whole

LONG, SHORT = 10, 2
BACK, BACK_WITH_RFSERVER, RECONVERGED = 2, 4, 15
GATEWAY = "172.31.1.1"
INTERVAL = 0.05
# The kernel takes them before those of OSPF: both ways of h1 and h4, by way of A and D, and of h2 and h3, by way of B, A, C.
STATIC = (("rfvmA", "172.31.4.0/24", "50.0.0.4"), ("rfvmD", "172.31.1.0/24", "50.0.0.1"),
          ("rfvmB", "172.31.3.0/24", "10.0.0.1"), ("rfvmA", "172.31.3.0/24", "20.0.0.3"),
          ("rfvmC", "172.31.2.0/24", "20.0.0.1"), ("rfvmA", "172.31.2.0/24", "10.0.0.2"))
_ANSWER = re.compile(r"^\[(\d+\.\d+)\] .* time=([\d.]+) ms", re.M)


@fault()
def rfproxy_killed(scene: Scene) -> None:
    """rfproxy is killed: 0 lost, 0 useless flow mods, the VMs are reached again within 2 s"""
    proxy = scene.lab.rfproxy
    with reached_again(scene):
        life = proxy.process.life
        proxy.crash()
        proxy.process.wait_restarted(life)
        scene.ends(proxy.process.born)


@fault()
def rfproxy_and_rfserver_killed(scene: Scene) -> None:
    """rfproxy and rfserver are killed at once: 0 lost, 0 useless flow mods, the VMs are reached again within 4 s"""
    daemons = [scene.lab.rfproxy, scene.lab.rfserver]
    with reached_again(scene, BACK_WITH_RFSERVER):
        lives = [daemon.process.life for daemon in daemons]
        for daemon in daemons:
            daemon.crash()
        for daemon, life in zip(daemons, lives):
            daemon.process.wait_restarted(life)
        scene.ends(max(daemon.process.born for daemon in daemons))


@fault()
def rfproxy_paused(scene: Scene) -> None:
    """rfproxy stands still for up to 2 s: 0 lost, 0 useless flow mods, the VMs are reached again within 2 s"""
    with reached_again(scene):
        _pause(scene, scene.dice.uniform(0, SHORT))


@fault()
def rfproxy_paused_static(scene: Scene) -> None:
    """rfproxy stands still for 10 s, with static routes that carry the traffic: 0 lost"""
    add_static_routes(scene)
    with reached_again(scene):
        _pause(scene, LONG)


@fault(lossless=False)
def rfproxy_paused_ospf(scene: Scene) -> None:
    """rfproxy stands still for 10 s, longer than OSPF waits: reconverged within 15 s"""
    _pause(scene, LONG)
    wait_whole(scene.lab)
    scene.ask(lambda account: scene.recovered("reconverged after", max(0, account.back_after(scene.over)), RECONVERGED))


def _pause(scene: Scene, seconds: float) -> None:
    scene.lab.rfproxy.pause()
    try:
        time.sleep(seconds)
    finally:
        scene.lab.rfproxy.resume()
        scene.ends()


@contextmanager
def reached_again(scene: Scene, bound: float = BACK) -> Iterator[None]:
    """Pings h1's gateway, which is the VM: how long after the fault is one answered that was sent after it?"""
    pings = Ping(scene.lab.hosts["h1"], GATEWAY, INTERVAL)
    try:
        pings.wait_answers(5)
        yield
        reached = until(lambda: _first_answer(pings, scene.over), f"h1 reaches {GATEWAY}", 5 * bound,
                        (scene.lab.rfproxy.log,))
        scene.recovered("VM reached after", reached - scene.over, bound)
    finally:
        pings.finish()


def _first_answer(pings: Ping, moment: float) -> float | None:
    """When the first ping was answered that was sent after a moment."""
    answers = ((float(time), float(taken) / 1000) for time, taken in _ANSWER.findall(pings.log.read_text()))
    return next((time for time, taken in answers if time - taken >= moment), None)


def add_static_routes(scene: Scene) -> None:
    """They stay until nobody counts the pings any more: FRRouting puts a route of OSPF back only once it misses them."""
    for name, prefix, gateway in STATIC:
        route = prefix, "via", gateway, "metric", "5"
        scene.lab.vms[name].run("ip", "route", "add", *route)
        scene.after.callback(scene.lab.vms[name].run, "ip", "route", "del", *route)
