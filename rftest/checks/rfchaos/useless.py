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
    """All flow mods, by time. `names` are the switches' by the port of their connection."""
    return [Order(names.get(message.connection, f"connection {message.connection}"), message.time, parse(message.data))
            for message in messages if message.type == openflow.FLOW_MOD]


def judge(given: list[Order], changes: dict[str, Changes], touched: set[Place]) -> list[str]:
    """What is wrong with them, the first first. `changes` are those of the kernel behind each switch; what somebody has
    touched by hand may be put right once."""
    touched = set(touched)
    said: dict[tuple, tuple[str, ...] | None] = {}
    wrong = []
    for order in given:
        key = order.switch, order.mod.key
        if key in touched:
            touched.remove(key)
        elif key in said and said[key] == order.mod.effect:
            wrong.append(f"{order}: said already")
        elif not _churned(order.mod) and not (order.switch in changes and changes[order.switch].cover(order.mod.prefix)):
            wrong.append(f"{order}: no kernel has a reason for it")
        said[key] = order.mod.effect
    return wrong


def _churned(mod: FlowMod) -> bool:
    return mod.prefix is not None and mod.prefix.subnet_of(churn.RANGE)
