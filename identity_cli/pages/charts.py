"""Two kinds of charts as SVG in the page's colours: step lines named at their ends, and stacked bars."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from identity_cli.drawing.layout import SMALL_CELL
from identity_cli.drawing.svg_marks import PATTERNS, Look, n, path, rect, titled, words
from identity_cli.drawing.svg_timeline import svg
from identity_cli.values.shown import cells

WIDTH, HEIGHT = 560.0, 200.0
_LEFT, _TOP, _BOTTOM = 44.0, 26.0, 34.0
_NAMES = 150.0
"""Room right of step lines for what they are called."""
MOST_LABELS = 6


class Series(NamedTuple):
    """A figure over time, one value for each label; is_bad: hatched, as what was refused is."""

    name: str
    values: Sequence[int]
    is_bad: bool = False


class Chart(NamedTuple):
    """A chart and the table of its numbers; of: what labels are. flags: where something jumped, and what."""

    title: str
    caption: str
    labels: Sequence[str]
    series: Sequence[Series]
    of: str
    flags: Sequence[tuple[int, str]] = ()

    @property
    def rows(self) -> list[tuple[str | int, ...]]:
        """The numbers, one row for each label."""
        columns = [one.values for one in self.series]
        return [(label, *values) for label, *values in zip(self.labels, *columns, strict=True)]


def step_lines(chart: Chart, prefix: str) -> str:
    """A line for each series, its name and last value at its end."""
    plot = _Plot(chart, max((max(one.values, default=0) for one in chart.series), default=0), WIDTH - _NAMES)
    drawn = [plot.frame]
    ends = sorted(enumerate(chart.series), key=lambda item: -item[1].values[-1] if item[1].values else 0)
    placed: list[float] = []
    for number, one in ends:
        if not one.values:
            continue
        steps = "".join(f"V{n(plot.y(value))}H{n(plot.x(at + 1))}" for at, value in enumerate(one.values))
        dash = ' stroke-dasharray="5 3"' if number else ""
        line = f"M{n(plot.x(0))} {n(plot.y(0))}{steps}"
        drawn.append(path(f"s{number % 6}", line, f' fill="none" stroke-width="2"{dash}'))
        y = max(plot.y(one.values[-1]) + 4, placed[-1] + 13 if placed else 0)
        placed.append(y)
        drawn.append(words(plot.right + 6, y, f"{one.values[-1]:,} {one.name}", Look("sm b")))
    return _svg(chart, "".join(drawn), prefix)


def stacked_bars(chart: Chart, prefix: str) -> str:
    """A bar for each label, of the series one on the other; what is bad is hatched."""
    totals = [sum(values) for values in zip(*(one.values for one in chart.series), strict=True)]
    plot = _Plot(chart, max(totals, default=0), WIDTH - 12)
    wide = max(1.0, plot.step * 0.8)
    drawn = [plot.frame]
    for at, values in enumerate(zip(*(one.values for one in chart.series), strict=True)):
        tops = [0, *accumulate(values)]
        told = [f"{count:,} {one.name}" for one, count in zip(chart.series, values, strict=True) if count]
        parts = [
            _bar(
                prefix,
                number,
                one,
                (plot.x(at) + plot.step * 0.1, plot.y(top), wide, plot.y(low) - plot.y(top)),
            )
            for number, (one, (low, top)) in enumerate(zip(chart.series, pairwise(tops), strict=True))
            if top > low
        ]
        if parts:
            drawn.append(titled(f"{chart.labels[at]}: {', '.join(told)}", "".join(parts)))
    drawn.append(_flags(chart, plot))
    hatches = "".join(
        f'<pattern id="{prefix}p{number}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f"{PATTERNS[1]}</pattern>"
        for number in sorted({number % 6 for number, one in enumerate(chart.series) if one.is_bad})
    )
    legend, more = _legend(chart)
    return _svg(chart, f"<defs>{hatches}</defs>" + "".join(drawn) + legend, prefix, more)


def _flags(chart: Chart, plot: "_Plot") -> str:
    """A triangle for each; its words where the last ones and the next triangle leave room, or to point at."""
    parts, edge = [], 0.0
    xs = [plot.x(at) + plot.step / 2 for at, _ in chart.flags]
    for (at, text), x, after in zip(chart.flags, xs, [*xs, WIDTH][1:], strict=True):
        drawn = path("alarm", f"M{n(x - 4)} {n(_TOP - 14)}h8l-4 7z")
        wide = cells(text) * SMALL_CELL + 16
        if x - 4 > edge and x + wide < after:
            drawn += words(x + 7, _TOP - 8, text, Look("sm b alarm halo"))
            edge = x + wide
        parts.append(titled(f"{chart.labels[at]}: {text}", drawn))
    return "".join(parts)


def _bar(prefix: str, number: int, one: Series, box: tuple[float, float, float, float]) -> str:
    x, y, wide, high = box
    drawn = rect(f"f{number % 6}", x, y, (wide, high))
    if not one.is_bad:
        return drawn
    return drawn + (
        f'<rect fill="url(#{prefix}p{number % 6})" x="{n(x)}" y="{n(y)}" width="{n(wide)}"'
        f' height="{n(high)}"/>'
    )


class _Plot:
    """Where values and labels stand."""

    def __init__(self, chart: Chart, most: int, right: float) -> None:
        self._labels = chart.labels
        self._most = _round_above(most)
        self.right = right
        self.step = (right - _LEFT) / max(1, len(chart.labels))

    def x(self, at: float) -> float:
        """Where the step of a label begins."""
        return _LEFT + at * self.step

    def y(self, value: float) -> float:
        """How high a value stands."""
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / self._most

    @property
    def frame(self) -> str:
        """The axes: four lines with their values, and some of the labels."""
        parts = []
        for value in sorted({0, self._most // 2, self._most}):
            parts.append(path("rule", f"M{n(_LEFT)} {n(self.y(value))}H{n(self.right)}"))
            parts.append(words(_LEFT - 6, self.y(value) + 3.5, _short(value), Look("sm q", "end")))
        room = max(1, -(-len(self._labels) // MOST_LABELS))
        parts += [
            words(self.x(at), HEIGHT - _BOTTOM + 14, self._labels[at], Look("sm q"))
            for at in range(0, len(self._labels), room)
        ]
        return "".join(parts)


def _short(value: int) -> str:
    """For the axis, which has room for seven characters."""
    return f"{value / 1_000_000:,g}M" if value >= 100_000 and value % 1_000 == 0 else f"{value:,}"


def _round_above(value: int) -> int:
    """The next number of one digit and zeros, and even, so that its half is whole."""
    size: int = 10 ** max(0, len(str(value)) - 1)
    return max(
        2, next(top for top in (size, 2 * size, 4 * size, 6 * size, 8 * size, 10 * size) if top >= value)
    )


def _legend(chart: Chart) -> tuple[str, float]:
    """What each colour means, in as many lines as it takes; and how high it is."""
    x, y, parts = _LEFT, HEIGHT, []
    for number, one in enumerate(chart.series):
        text = f"{one.name} {sum(one.values):,}"
        wide = 13 + cells(text) * SMALL_CELL + 14
        if x + wide > WIDTH and x > _LEFT:
            x, y = _LEFT, y + 15
        parts.append(rect(f"f{number % 6}", x, y - 12, (9, 9)))
        parts.append(words(x + 13, y - 4, text, Look("sm q")))
        x += wide
    return "".join(parts), y - HEIGHT


def _svg(chart: Chart, drawn: str, prefix: str, more: float = 0) -> str:
    figures = "; ".join(f"{one.name}: {sum(one.values):,} in all" for one in chart.series)
    named = chart.title, f"{chart.caption} {figures}."
    return svg(named, (WIDTH, HEIGHT + more), drawn, prefix=prefix, is_file=False)
