"""Flow mods that should not have been sent: they repeat what was said, or no kernel has a reason for them."""

from dataclasses import dataclass

from lab import churn, openflow
from lab.flowmod import FlowMod, parse
from lab.kernelwatch import Changes

# A switch's name, and what tells one flow from another there.
Place = tuple[str, tuple]


@dataclass(frozen=True)
class Order:
    """A flow mod, and to which switch it went."""

    switch: str
    time: float
    mod: FlowMod

    def __str__(self) -> str:
        return f"{self.switch}: {self.mod}"


def orders(messages: list[openflow.Message], names: dict[int, str]) -> list[Order]:
    """All flow mods, by time, but those that a switch refused since they were not its master's: they changed nothing. `names` are the
    switches' by the port of their connection."""
    refused = {(message.connection, message.refused) for message in messages}
    return [Order(names.get(message.connection, f"connection {message.connection}"), message.time, parse(message.data))
            for message in messages
            if message.type == openflow.FLOW_MOD and (message.connection, message.xid) not in refused]


def judge(given: list[Order], changes: dict[str, Changes], touched: set[Place], wiped: dict[str, float]) -> list[str]:
    """What is wrong with them, the first first. `changes` are those of the kernel behind each switch; what somebody has
    touched by hand may be put right once, and what was said to a switch before its table was wiped may be said again."""
    touched = set(touched)
    said: dict[tuple, tuple[float, tuple[str, ...] | None]] = {}
    wrong = []
    for order in given:
        key = order.switch, order.mod.key
        if key in touched:
            touched.remove(key)
        elif key in said and said[key][1] == order.mod.effect and said[key][0] >= wiped.get(order.switch, 0):
            wrong.append(f"{order}: said already")
        elif not _churned(order.mod) and not (order.switch in changes and changes[order.switch].cover(order.mod.prefix)):
            wrong.append(f"{order}: no kernel has a reason for it")
        said[key] = order.time, order.mod.effect
    return wrong


def _churned(mod: FlowMod) -> bool:
    return mod.prefix is not None and mod.prefix.subnet_of(churn.RANGE)
