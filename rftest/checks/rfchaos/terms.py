"""Never two masters: what an rfserver of an earlier term writes is not applied by anybody."""

from typing import Iterator

import bson
import pymongo.errors

from lab.errors import until

from .fault import Scene

# Of each channel, what rfserver writes and what it reads.
CHANNELS = (("rfserver->rfclient", "rfclient->rfserver"), ("rfserver->rfproxy", "rfproxy->rfserver"))
_FIELDS = {"from": 1, "to": 1, "type": 1, "epoch": 1, "to_epoch": 1, "stream": 1, "seq": 1, "content.stream": 1,
           "content.seq": 1}
FLOW_MOD, SYNC_REQUEST, ACK = 5, 9, 12
# A route that no kernel has: a flow to there is one that is useless, and one too many.
_PROBE = {"address": "203.0.113.0", "netmask": "255.255.255.0"}


def judge_terms(scene: Scene) -> None:
    """Has the message log read when the traffic has been counted: which envelopes of an earlier term are there, and was any applied?"""
    scene.ask(lambda account: _judge(scene))


def speak_late(scene: Scene, term: int) -> None:
    """Writes what the rfserver of a term that is over would write if it did not know that: a route, with the next number of its
    stream to rfproxy, and behind the first word of the next rfserver."""
    name = CHANNELS[1][0]
    channel = scene.lab.mongod.database[name]
    until(lambda: channel.find_one({"type": SYNC_REQUEST, "to": "all", "epoch": {"$gt": term}}), "the next rfserver speaks", 20)
    mine = {"from": "rfserver", "epoch": term, "seq": {"$gt": 0}}
    model = channel.find_one({**mine, "type": FLOW_MOD, "content.is_removal": False}, sort=[("$natural", -1)])
    if not model:
        return scene.expect(False, f"nothing is left in the log of what the rfserver of term {term} has said of routes")
    last = channel.find_one({**mine, "stream": model["stream"]}, sort=[("seq", -1)])
    order = next(order for order in model["content"] if not order["is_removal"])
    late = {**model, "_id": bson.ObjectId(), "seq": last["seq"] + 1, "content": [{**order, **_PROBE}]}
    channel.insert_one(late)
    scene.ask(lambda account: scene.expect(
        late["_id"] in [envelope["_id"] for envelope in stale_envelopes(_read(scene, name))],
        "the envelope of an earlier term that rfchaos wrote is not in the log"))


def _judge(scene: Scene) -> None:
    late = 0
    for written, read in CHANNELS:
        orders, answers = (until(lambda: _read(scene, name), f"{name} is read", 20) for name in (written, read))
        stale = list(stale_envelopes(orders))
        late += len(stale)
        for envelope in applied(answers, stale):
            scene.broken.append(f"an envelope of an earlier term was applied: {written} {envelope}")
    scene.facts.append(f"{late} envelopes of an earlier term in the log")


def _read(scene: Scene, collection: str) -> list[dict]:
    try:
        return list(scene.lab.mongod.database[collection].find({}, _FIELDS).sort("$natural", 1))
    except pymongo.errors.PyMongoError:
        return []


def stale_envelopes(documents: list[dict]) -> Iterator[dict]:
    """What an rfserver wrote behind the first word of a later one."""
    term = 0
    for document in documents:
        if document["from"] != "rfserver" or document["epoch"] == 0:
            continue
        if document["to"] == "all" and document["type"] == SYNC_REQUEST:
            term = max(term, document["epoch"])
        elif document["epoch"] < term:
            yield document


def applied(answers: list[dict], stale: list[dict]) -> Iterator[dict]:
    """Those that were acknowledged: whoever applies an envelope says so, with the stream and the number."""
    acknowledged: dict[tuple, int] = {}
    for document in answers:
        if document["type"] == ACK and document["to"] == "rfserver":
            for ack in document["content"]:
                key = document["from"], document["to_epoch"], ack["stream"]
                acknowledged[key] = max(acknowledged.get(key, 0), ack["seq"])
    for envelope in stale:
        if envelope["seq"] and acknowledged.get((envelope["to"], envelope["epoch"], envelope["stream"]), 0) >= envelope["seq"]:
            yield envelope
