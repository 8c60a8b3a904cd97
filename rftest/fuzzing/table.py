"""The account of some campaigns, as a table that docs/reliability.md can take over."""

from .campaign import Campaign

_HEAD = ("target", "executions", "exec/s", "coverage (edges)", "finds")


def of(campaigns: list[Campaign]) -> str:
    rows = [_HEAD, *map(_row, campaigns)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([lines[0], _line(tuple("-" * width for width in widths), widths), *lines[1:]])


def _row(campaign: Campaign) -> tuple[str, ...]:
    progress = campaign.progress
    return (campaign.name, f"{progress.executions:,}", f"{progress.executions / max(campaign.seconds, 0.1):,.0f}",
            f"{progress.covered:,}", "1" if campaign.find else "0")


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    first, *others = (f"{cell:{'<' if column == 0 else '>'}{widths[column]}}" for column, cell in enumerate(cells))
    return "| " + " | ".join([first, *others]) + " |"
