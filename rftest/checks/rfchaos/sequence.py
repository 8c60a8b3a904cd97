"""Which fault comes when: a seed decides."""

import random
from collections import Counter
from typing import Callable, Iterator, TypeVar

T = TypeVar("T", bound=Callable)


def sequence(faults: list[T], seed: int) -> Iterator[tuple[T, random.Random]]:
    """Each fault once in a random order, then again in another, without an end; each with dice of its own."""
    order, times = random.Random(seed), Counter()
    while True:
        for fault in order.sample(faults, len(faults)):
            times[fault.__name__] += 1
            # Independent of the other faults: it does the same if it is the only one.
            yield fault, random.Random(f"{seed} {fault.__name__} {times[fault.__name__]}")
