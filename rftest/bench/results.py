"""Figures: kept, judged, printed, and written into docs/."""

import json
import os
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lab import paths

from . import machine, plots

JSON = paths.REPOSITORY / "docs" / "benchmarks.json"
MARKDOWN = paths.REPOSITORY / "docs" / "benchmarks.md"

# The original's own benchmark data of 2013, on its own hardware.
ORIGINAL = [
    ("a route change, through the whole system", "52 ms", ("one-route", "p50")),
    ("flow mods a second, one switch", "968", ("bulk", "100,000 routes added: rate")),
    ("ping to the VM, median", "1.27 ms (NOX), 18.0 ms (POX)", ("shuttle", "ping to the VM: median")),
]
_INTRODUCTION = (
    "Written by `make bench`; `make bench ONLY=one-route` measures one scenario again. Medians of the rounds, with least "
    "and most in brackets. The peer, or floor, is measured in the same run, in turn with RouteFlow; only the ratios mean "
    "much on another machine.")


@dataclass
class Figure:
    """One measured value, beside its floor or peer from the same run."""

    scenario: str
    name: str
    value: float                    # the median where there are several rounds
    unit: str
    low: float | None = None
    high: float | None = None
    peer: str = ""                  # what the other figure is of
    peer_value: float | None = None
    ratio: float | None = None      # value / peer_value
    target: str = ""
    met: bool | None = None         # None: there is no target
    note: str = ""


def of_rounds(scenario: str, name: str, values: list[float], unit: str, **more) -> Figure:
    """A figure from several rounds: their median, least and most."""
    return Figure(scenario, name, statistics.median(values), unit, min(values), max(values), **more)


def against(figure: Figure, peer: str, values: list[float], at_most: float | None = None,
            at_least: float | None = None) -> Figure:
    """Sets a figure beside its peer's rounds, and judges the ratio."""
    figure.peer, figure.peer_value = peer, statistics.median(values)
    figure.ratio = figure.value / figure.peer_value
    if at_most is not None:
        return judge(figure, f"ratio <= {at_most:g}", figure.ratio <= at_most)
    if at_least is not None:
        return judge(figure, f"ratio >= {at_least:g}", figure.ratio >= at_least)
    return figure


def judge(figure: Figure, target: str, met: bool) -> Figure:
    figure.target, figure.met = target, met
    return figure


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@dataclass
class Results:
    """All figures, those of earlier runs included; a scenario that is measured again replaces its own."""

    figures: list[dict] = field(default_factory=list)
    runs: dict[str, dict] = field(default_factory=dict)         # by scenario: when, what, on what machine
    series: dict[str, dict] = field(default_factory=dict)       # by scenario: what the plots are drawn from

    @classmethod
    def load(cls, file: Path = JSON) -> "Results":
        if not file.exists():
            return cls()
        kept = json.loads(file.read_text())
        return cls(kept["figures"], kept["runs"], kept["series"])

    def put(self, scenario: str, figures: list[Figure], series: dict) -> None:
        self.figures = [kept for kept in self.figures if kept["scenario"] != scenario]
        self.figures += [_rounded(asdict(figure)) for figure in figures]
        self.runs[scenario] = machine.describe()
        self.series[scenario] = series

    def save(self, order: list[str]) -> None:
        self.figures.sort(key=lambda figure: order.index(figure["scenario"]) if figure["scenario"] in order else 99)
        JSON.write_text(json.dumps({"figures": self.figures, "runs": self.runs, "series": self.series}, indent=1) + "\n")
        drawn = plots.draw(self.series, MARKDOWN.parent)
        MARKDOWN.write_text(self.markdown(drawn))
        owner = MARKDOWN.parent.stat()
        for file in MARKDOWN.parent.glob("benchmarks*"):        # not root's, where the repository is not
            os.chown(file, owner.st_uid, owner.st_gid)

    def markdown(self, drawn: list[tuple[str, str]]) -> str:
        lines = ["# Benchmarks", "", _INTRODUCTION, ""]
        lines += ["| scenario | figure | measured | peer or floor | ratio | target | met |", "|---|---|---|---|---|---|---|"]
        for figure in self.figures:
            lines.append("| " + " | ".join(row(figure)) + " |")
        lines += ["", "## Beside the original RouteFlow", "",
                  "Its own published figures (2013, its own hardware), and ours.", "",
                  "| what | the original | RouteFlow |", "|---|---|---|"]
        for what, theirs, (scenario, name) in ORIGINAL:
            lines.append(f"| {what} | {theirs} | {self._text(scenario, name)} |")
        notes = [f"- {figure['scenario']}, {figure['name']}: {figure['note']}"
                 for figure in self.figures if figure["note"]]
        if notes:
            lines += ["", "## Notes", "", *notes]
        for file, title in drawn:
            lines += ["", f"![{title}]({file})"]
        lines += ["", "## Where this was measured", ""]
        for scenario, run in self.runs.items():
            lines.append(f"- {scenario}: " + "; ".join(f"{key} {value}" for key, value in run.items()))
        return "\n".join(lines) + "\n"

    def _text(self, scenario: str, name: str) -> str:
        for figure in self.figures:
            if (figure["scenario"], figure["name"]) == (scenario, name):
                return f"{short(figure['value'])} {figure['unit']}"
        return "not measured yet"


def row(figure: dict) -> list[str]:
    measured = f"{short(figure['value'])} {figure['unit']}"
    if figure["low"] is not None:
        measured += f" ({short(figure['low'])}-{short(figure['high'])})"
    peer = f"{figure['peer']}: {short(figure['peer_value'])}" if figure["peer"] else ""
    ratio = f"{figure['ratio']:.2f}" if figure["ratio"] is not None else ""
    met = {True: "yes", False: "NO", None: ""}[figure["met"]]
    return [figure["scenario"], figure["name"], measured, peer, ratio, figure["target"], met]


def table(figures: list[dict]) -> str:
    """The figures as text for a terminal."""
    rows = [["scenario", "figure", "measured", "peer or floor", "ratio", "target", "met"], *map(row, figures)]
    widths = [max(len(line[column]) for line in rows) for column in range(len(rows[0]))]
    return "\n".join("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in rows)


def short(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _rounded(figure: dict) -> dict:
    return {key: round(value, 6) if isinstance(value, float) else value for key, value in figure.items()}
