"""MongoDB dies, is away for long, or has no space left."""

import time

from lab import mongod
from lab.errors import until

from .fault import Scene, fault

AWAY = 40


@fault()
def mongod_killed(scene: Scene) -> None:
    """mongod is killed: 0 lost, 0 useless flow mods"""
    process = scene.lab.mongod.process
    life = process.life
    scene.lab.mongod.crash()
    process.wait_restarted(life)
    scene.ends(process.born)


@fault()
def mongod_stopped(scene: Scene) -> None:
    """mongod is stopped for 40 s: 0 lost, 0 useless flow mods"""
    scene.lab.mongod.stop()
    try:
        time.sleep(AWAY)
    finally:
        scene.lab.mongod.start()
        scene.ends()


@fault(churn=True)
def disk_full(scene: Scene) -> None:
    """mongod's disk is full, mongod dies of it, then there is space again: 0 lost, 0 useless flow mods"""
    database = scene.lab.mongod
    life = database.process.life
    database.fill()
    try:
        until(lambda: database.process.life > life, "mongod dies of a full disk", 60, (mongod.LOG,))
        time.sleep(scene.dice.uniform(2, 8))
    finally:
        database.free()
        scene.ends()
    until(database.answers, "mongod answers again", 30, (mongod.LOG,))
    database.process.forgive()
