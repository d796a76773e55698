"""What was measured, against what is allowed, as a table."""

import json
import os
import platform
import subprocess
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.bench.measure import REPOSITORY, Spread, spread


@dataclass(frozen=True, slots=True)
class Budget:
    """What to reach and what would be better still; the lower the better."""

    reach: float | None = None
    beyond: float | None = None


# Linear and flat as ratios: of the time at twice the size, of the peak at four times the events.
BUDGETS = {
    "replay / O": Budget(1.8, 1.4),
    "replay --no-evidence / O": Budget(1.6, 1.3),
    "evidence adds, time": Budget(0.15),
    "replay of 5 times the events": Budget(5.5, 5.0),
    "peak memory of all processes, per million distinct ids": Budget(850, 600),
    "peak memory, ids fixed, 4 times the events": Budget(1.05, 1.02),
    "chain of merges, twice as long": Budget(2.2, 2.05),
    "one person, twice the ids": Budget(2.2, 2.05),
    "idcli why": Budget(1),
}
STARTS = Budget(4.0, 3.5)
"""Of every command that answers from the run, in starts of a bare Python."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measured quantity; remark: what to know of it."""

    quantity: str
    values: Sequence[float]
    unit: str = ""
    digits: int = 2
    remark: str = ""

    @property
    def spread(self) -> Spread:
        """The median and the ends."""
        return spread(self.values)

    @property
    def budget(self) -> Budget:
        """What the design allows, empty where it says nothing."""
        return STARTS if self.unit == "starts" else BUDGETS.get(self.quantity, Budget())

    @property
    def verdict(self) -> str:
        """Whether the median keeps the budget."""
        reach, beyond = self.budget.reach, self.budget.beyond
        if beyond is not None and self.spread.median <= beyond:
            return "beyond"
        if reach is None:
            return ""
        return "met" if self.spread.median <= reach else "NOT MET"


def table(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table that also reads well as it is."""
    cells: list[tuple[str, ...]] = [("quantity", "measured", "lowest - highest", "reach", "beyond", "")]
    cells += [_cells(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    found = row.spread
    several = f"{_number(found.lowest, row)} - {_number(found.highest, row)} ({found.count})"
    return (
        row.quantity,
        f"{_number(found.median, row)} {row.unit}".strip(),
        several if found.count > 1 else "",
        "" if row.budget.reach is None else f"{row.budget.reach:g}",
        "" if row.budget.beyond is None else f"{row.budget.beyond:g}",
        row.verdict or row.remark,
    )


def _number(value: float, row: Row) -> str:
    return f"{value:,.{row.digits}f}"


def as_json(rows: Iterable[Row], asked: Mapping[str, Any]) -> str:
    """Every single figure, what was asked for, and what it was taken on."""
    figures = [
        {"quantity": row.quantity, "unit": row.unit, "values": list(row.values), "remark": row.remark}
        | {"median": row.spread.median, "verdict": row.verdict, **asdict(row.budget)}
        for row in rows
    ]
    return json.dumps({"machine": machine(), **asked, "figures": figures}, indent=1) + "\n"


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    configured = sysconfig.get_config_var("CONFIG_ARGS") or ""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    command = ["git", "describe", "--always", "--dirty"]
    revision = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(memory / (1 << 30)),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "python_optimised": "--enable-optimizations" in configured,
        "revision": revision.stdout.strip(),
    }
