"""SVG plots, drawn by hand: lines over a linear or a logarithmic axis."""

import math
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 40, 55
_COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#8c564b", "#ff7f0e", "#17becf", "#7f7f7f")


@dataclass
class Plot:
    title: str
    x: str
    y: str
    lines: dict[str, list[tuple[float, float]]]
    logarithmic: bool = False


def draw(series: dict[str, dict], folder: Path) -> list[tuple[str, str]]:
    """Draws what there is data for. Returns file names and titles."""
    drawn = []
    for name, plot in (("latency", _latency(series)), ("routes", _routes(series))):
        if plot.lines:
            file = f"benchmarks-{name}.svg"
            (folder / file).write_text(svg(plot))
            drawn.append((file, plot.title))
    return drawn


def _latency(series: dict[str, dict]) -> Plot:
    lines = {}
    for name, samples in series.get("one-route", {}).items():
        ordered = sorted(samples)
        # The last hundredth would squeeze all else to the left.
        kept = [(value, (place + 1) / len(ordered) * 100) for place, value in enumerate(ordered)]
        lines[name] = kept[:max(1, int(len(kept) * 0.99))]
    return Plot("One route change: distribution of the latency, up to p99", "milliseconds", "% of the changes", lines)


def _routes(series: dict[str, dict]) -> Plot:
    lines = {name: [tuple(point) for point in points] for scenario in ("bulk", "million")
             for name, points in series.get(scenario, {}).items()}
    return Plot("Cost of many routes: kernel to the switch's last barrier reply", "routes", "seconds", lines, True)


def svg(plot: Plot) -> str:
    points = [point for line in plot.lines.values() for point in line]
    x_axis = _Axis([x for x, _ in points], _LEFT, _WIDTH - _RIGHT, plot.logarithmic)
    y_axis = _Axis([y for _, y in points], _HEIGHT - _BOTTOM, _TOP, plot.logarithmic)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
             'font-size="12">', f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
             _text(_WIDTH / 2, 22, plot.title, "middle", 14), _text(_WIDTH / 2, _HEIGHT - 12, plot.x, "middle"),
             f'<g transform="rotate(-90)">{_text(-_HEIGHT / 2, 16, plot.y, "middle")}</g>']
    for value in x_axis.ticks():
        x = x_axis.place(value)
        parts += [_rule(x, _TOP, x, _HEIGHT - _BOTTOM), _text(x, _HEIGHT - _BOTTOM + 16, f"{value:,g}", "middle")]
    for value in y_axis.ticks():
        y = y_axis.place(value)
        parts += [_rule(_LEFT, y, _WIDTH - _RIGHT, y), _text(_LEFT - 6, y + 4, f"{value:,g}", "end")]
    for number, (name, line) in enumerate(plot.lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(f"{x_axis.place(x):.1f},{y_axis.place(y):.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if len(line) < 20:
            parts += [f'<circle cx="{x_axis.place(x):.1f}" cy="{y_axis.place(y):.1f}" r="3" fill="{colour}"/>'
                      for x, y in line]
        y = _TOP + 14 + 16 * number
        parts += [f'<rect x="{_LEFT + 10}" y="{y - 9}" width="12" height="10" fill="{colour}"/>',
                  _text(_LEFT + 28, y, name, "start")]
    return "\n".join([*parts, "</svg>"]) + "\n"


class _Axis:
    """Values to places: from `begin` (the least) to `end` (the most)."""

    def __init__(self, values: list[float], begin: float, end: float, logarithmic: bool):
        self.begin, self.end, self.logarithmic = begin, end, logarithmic
        if logarithmic:
            self.low, self.high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
            self.high = max(self.high, self.low + 1)
        else:
            self.low, self.high = 0.0, max(values) or 1.0

    def place(self, value: float) -> float:
        value = math.log10(value) if self.logarithmic else value
        return self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin)

    def ticks(self) -> list[float]:
        if self.logarithmic:
            return [10.0 ** power for power in range(int(self.low), int(self.high) + 1)]
        rough = self.high / 6
        unit = 10 ** math.floor(math.log10(rough))
        step = next(unit * times for times in (1, 2, 5, 10) if unit * times >= rough)
        return [step * number for number in range(int(self.high / step) + 1)]


def _text(x: float, y: float, text: str, anchor: str, size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#ddd"/>'
