"""Several of each: a primary dies, an rfserver dies or stands still, the control plane is cut in two."""

import time

import pymongo.errors

from lab.daemons import Daemon
from lab.errors import until

from .fault import Scene, fault
from .recovery import wait_in_step
from .terms import judge_terms, speak_late

PAUSE, CUT = 10, 20
# Seconds until another rfserver has the lease, and until its word reaches the switches.
TAKE_OVER, AT_WORK = 3, 5
_STANDS_BY = "stand-by: another rfserver is at work"
# What ends an rfserver whose lease is another's.
_LOST = "another rfserver has taken the lease|a later rfserver is at work"


@fault()
def primary_killed(scene: Scene) -> None:
    """the primary of three mongods is killed: 0 lost, 0 useless flow mods, one rfserver at a time"""
    judge_terms(scene)
    primary = scene.lab.mongod.wait_primary()
    scene.facts[0] = f"mongod on {primary.host.name}"
    primary.process.crash()
    scene.ends()
    scene.lab.mongod.wait_primary()
    scene.recovered("a primary again after", time.time() - scene.over)
    until(primary.answers, "the mongod that died answers again", 30, (primary.log,))


@fault()
def rfserver_lost(scene: Scene) -> None:
    """the rfserver at work is killed: another takes over within 3 s, 0 lost, 0 useless flow mods"""
    judge_terms(scene)
    active, term = _active(scene), scene.lab.term
    mark = active.mark()
    # Not started again before that: it might get its own lease back.
    active.kill()
    _taken_over(scene, active, time.time())
    speak_late(scene, term)
    active.start()
    active.wait_logged(_STANDS_BY, since=mark)


@fault()
def rfserver_stands_still(scene: Scene) -> None:
    """the rfserver at work stands still for 10 s: another takes over within 3 s, nothing that the first writes counts, 0 lost"""
    judge_terms(scene)
    active, term = _active(scene), scene.lab.term
    mark, life = active.mark(), active.process.life
    active.pause()
    try:
        begin = time.time()
        _taken_over(scene, active, begin)
        speak_late(scene, term)
        time.sleep(max(0, begin + PAUSE - time.time()))
        table = scene.lab.mongod.rftable()
    finally:
        active.resume()
    _gives_up(scene, active, mark, life, table)


@fault()
def control_plane_cut(scene: Scene) -> None:
    """the host of the rfserver at work is cut off from the other two for 20 s, not from VMs and rfproxy: taken over within 3 s, 0 lost"""
    spare = next(host for host in scene.lab.hosts_of_control if host not in [daemon.host for daemon in scene.lab.rfservers])
    scene.lab.mongod.elect(spare)
    _cut(scene, _active(scene), TAKE_OVER)


@fault()
def control_plane_cut_with_primary(scene: Scene) -> None:
    """the same where that host has the primary as well: taken over within 20 s, 0 lost"""
    active = _active(scene)
    scene.lab.mongod.elect(active.host)
    _cut(scene, active, CUT)


def _cut(scene: Scene, active: Daemon, within: float) -> None:
    judge_terms(scene)
    term, mark, life = scene.lab.term, active.mark(), active.process.life
    active.host.cut([host for host in scene.lab.hosts_of_control if host is not active.host])
    try:
        begin = time.time()
        until(lambda: _successor(scene, active), "another rfserver takes over", CUT)
        scene.recovered("taken over after", time.time() - begin, within)
        speak_late(scene, term)
        time.sleep(max(0, begin + CUT - time.time()))
        table = scene.lab.mongod.rftable()
    finally:
        active.host.join()
        scene.ends()
    _gives_up(scene, active, mark, life, table)


def _active(scene: Scene) -> Daemon:
    active = until(lambda: _holder(scene), "an rfserver has the lease", 10, tuple(scene.lab.logs))
    scene.facts[0] = active.name
    return active


def _holder(scene: Scene) -> Daemon | None:
    """The rfserver at work; None as well while nobody can say."""
    try:
        return scene.lab.active()
    except pymongo.errors.PyMongoError:
        return None


def _successor(scene: Scene, former: Daemon) -> Daemon | None:
    holder = _holder(scene)
    return holder if holder is not former else None


def _taken_over(scene: Scene, former: Daemon, begin: float) -> None:
    until(lambda: _successor(scene, former), "another rfserver takes over", 10, tuple(scene.lab.logs))
    scene.ends(begin)
    scene.recovered("taken over after", time.time() - begin, TAKE_OVER)
    wait_in_step(scene.lab)
    scene.recovered("at work after", time.time() - begin, AT_WORK)


def _gives_up(scene: Scene, former: Daemon, mark: int, life: int, table: list[dict]) -> None:
    """The former holder ends, and comes back as a stand-by; it leaves the RFTable as it was."""
    former.process.wait_restarted(life, within=15)
    scene.expect(former.process.forgive() == 1, f"{former.name} has not ended once")
    scene.expect(former.logged(_LOST, since=mark), f"{former.name} did not say why it ended")
    former.wait_logged(_STANDS_BY, since=mark)
    scene.expect(scene.lab.mongod.rftable() == table, f"{former.name} has changed the RFTable")
