"""Many routes at once: from `ip -batch` to the switch's last barrier reply, beside `ip -batch` with nobody listening."""

import statistics

from checks.rftest1.topology import B1, B2, SWITCH1
from lab import audit
from lab.errors import LabError, until

from .parts import SELDOM, Bench, barrier_replies, change_routes, frr_stopped, processor_time, without_client
from .results import Figure, against, judge, of_rounds

NAME = "bulk"
SIZES = (10_000, 100_000)
# What is done, what `ip` is told, by way of whom, and what the port of the flows is then.
STEPS = (("added", "add", B2, 2), ("sent another way", "replace", B1, 1), ("withdrawn", "del", B1, None))


def measure(bench: Bench) -> list[Figure]:
    with frr_stopped(bench.vm):
        figures = [figure for size in SIZES for figure in _size(bench, size)]
    lost = overruns(bench)
    return figures + [judge(Figure(NAME, "netlink overruns (ENOBUFS)", lost, ""), "0", lost == 0)]


def overruns(bench: Bench) -> int:
    return sum("overrun" in line or "ENOBUFS" in line for line in bench.vm.client_log.read_text().splitlines())


def _size(bench: Bench, size: int) -> list[Figure]:
    alone: dict[str, list[float]] = {what: [] for what, *_ in STEPS}
    whole: dict[str, list[float]] = {what: [] for what, *_ in STEPS}
    used: dict[str, dict[str, list[float]]] = {what: {} for what, *_ in STEPS}
    for number in range(bench.rounds):
        bench.progress(f"bulk: {size:,} routes, round {number + 1} of {bench.rounds}")
        for what, seconds in _kernel_alone(bench, size).items():
            alone[what].append(seconds)
        base = SWITCH1.flow_count()
        for what, verb, gateway, port in STEPS:
            with processor_time(bench.lab, used[what]):
                whole[what].append(_until_barrier(bench, size, verb, gateway, port, base))
            # Comparing 100,000 flows takes longer than all the rest.
            if what == "sent another way" and number == bench.rounds - 1:
                audit.wait_agreement([(bench.vm, SWITCH1)], within=120)
    audit.wait_agreement([(bench.vm, SWITCH1)])
    figures = []
    for what, *_ in STEPS:
        figure = of_rounds(NAME, f"{size:,} routes {what}", whole[what], "s")
        figure.note = "processor seconds: " + ", ".join(
            f"{name} {statistics.median(seconds):.2f}" for name, seconds in used[what].items())
        # The target is for 100,000; fewer take what starting `ip` takes.
        figures.append(against(figure, "ip -batch alone", alone[what], at_most=2 if size == SIZES[-1] else None))
        for line, seconds in ((f"routes {what}", whole), (f"routes {what}: ip -batch alone", alone)):
            bench.series.setdefault(line, []).append((size, round(statistics.median(seconds[what]), 4)))
    rates = [size / seconds for seconds in whole["added"]]
    return [*figures, of_rounds(NAME, f"{size:,} routes added: rate", rates, "routes/s")]


def _kernel_alone(bench: Bench, size: int) -> dict[str, float]:
    with without_client(bench):
        taken = {}
        for what, verb, gateway, _ in STEPS:
            begin, end = change_routes(bench.vm, verb, size, gateway)
            taken[what] = end - begin
    return taken


def _until_barrier(bench: Bench, size: int, verb: str, gateway: str, port: int | None, base: int) -> float:
    """Seconds from the start of the batch to the last barrier reply."""
    replies: list[float] = []
    with barrier_replies(replies):
        begin, _ = change_routes(bench.vm, verb, size, gateway)
        if port is None:
            until(lambda: SWITCH1.flow_count() <= base, f"{size} flows leave", 120, tuple(bench.lab.logs), SELDOM)
        else:
            until(lambda: SWITCH1.flow_count(port) >= size, f"{size} flows to port {port}", 120, tuple(bench.lab.logs), SELDOM)
    late = [reply for reply in replies if reply > begin]
    if not late:
        raise LabError("no barrier reply was seen", *bench.lab.logs)
    return max(late) - begin
