"""rfclient and rfserver die, or stand still."""

import time

from lab.errors import until

from .fault import Scene, fault

PAUSE = 10


@fault()
def rfclient_killed(scene: Scene) -> None:
    """rfclient of one VM is killed: 0 lost, 0 useless flow mods"""
    life = scene.vm.client_life
    scene.vm.crash_client()
    until(lambda: scene.vm.client_life > life, "rfclient is started again", 5, (scene.vm.client_log,))
    scene.ends()


@fault()
def rfclient_paused(scene: Scene) -> None:
    """rfclient of one VM stands still for 10 s: 0 lost, 0 useless flow mods"""
    scene.vm.pause_client()
    try:
        time.sleep(PAUSE)
    finally:
        scene.vm.resume_client()
        scene.ends()


@fault()
def rfserver_killed(scene: Scene) -> None:
    """rfserver is killed: 0 lost, 0 useless flow mods"""
    server = scene.lab.rfserver
    life = server.process.life
    server.crash()
    server.process.wait_restarted(life)
    scene.ends(server.process.born)


@fault()
def rfserver_paused(scene: Scene) -> None:
    """rfserver stands still for 10 s: 0 lost, 0 useless flow mods"""
    scene.lab.rfserver.pause()
    try:
        time.sleep(PAUSE)
    finally:
        scene.lab.rfserver.resume()
        scene.ends()
