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
FLOW_MOD, SYNC_REQUEST, SYNC_BEGIN, SYNC_END, ACK = 5, 9, 10, 11, 12
# A stream that no rfserver comes to by counting: whoever acknowledges it has taken it, whatever term it takes to be the present one.
_FAR = 1_000_000
# A route that no kernel has: a flow to there is one that is useless, and one too many.
_PROBE = {"address": "203.0.113.0", "netmask": "255.255.255.0"}


def judge_terms(scene: Scene) -> None:
    """Has the message log read when the traffic has been counted: which envelopes of an earlier term are there, and was any applied?"""
    scene.ask(lambda account: _judge(scene))


def speak_late(scene: Scene, term: int) -> None:
    """Writes what the rfserver of a term that is over would write if it did not know that: to each peer the beginning of a new stream,
    and a route to rfproxy. They have taken up the next rfserver's by then, so that nothing but its term tells them not to take that."""
    for (name, _), peers in zip(CHANNELS, (len(scene.lab.vms), 1)):
        channel = scene.lab.mongod.database[name]
        later = {"from": "rfserver", "epoch": {"$gt": term}}
        until(lambda: len(channel.distinct("to", {**later, "type": SYNC_END})) >= peers,
              f"the next rfserver has said all in {name}", 20, tuple(scene.lab.logs))
        begins = {begin["to"]: begin for begin in channel.find({**later, "type": SYNC_BEGIN}).sort("$natural", 1)}
        late = [_late(begin, term, seq=1) for begin in begins.values()]
        if name == CHANNELS[1][0]:
            model = until(lambda: channel.find_one({**later, "type": FLOW_MOD, "content.is_removal": False}),
                          "the next rfserver has said a route", 20, tuple(scene.lab.logs))
            order = next(order for order in model["content"] if not order["is_removal"])
            late.append(_late(model, term, seq=2, content=[{**order, **_PROBE}]))
        channel.insert_many(late)
        scene.ask(lambda account, name=name, written={envelope["_id"] for envelope in late}: scene.expect(
            written <= {envelope["_id"] for envelope in stale_envelopes(_read(scene, name))},
            f"not all that rfchaos wrote for an earlier term is in {name}"))


def _late(model: dict, term: int, **changes: object) -> dict:
    return {**model, "_id": bson.ObjectId(), "epoch": term, "stream": _FAR + term, **changes}


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
                key = document["from"], *_stream(document["to_epoch"], ack["stream"])
                acknowledged[key] = max(acknowledged.get(key, 0), ack["seq"])
    for envelope in stale:
        key = envelope["to"], *_stream(envelope["epoch"], envelope["stream"])
        if envelope["seq"] and acknowledged.get(key, 0) >= envelope["seq"]:
            yield envelope


def _stream(term: int, stream: int) -> tuple[int, int]:
    """What tells a stream from those of other terms. An acknowledgement names the term that its writer takes to be the present one."""
    return (0 if stream >= _FAR else term), stream
