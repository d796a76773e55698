"""What stands around the bands: the axis, findings, traits and the legend."""

from collections.abc import Callable, Iterator

from identity_cli.drawing.flags import FLAG_ROW
from identity_cli.drawing.layout import AXIS, SMALL_CELL, TOP
from identity_cli.drawing.libraries import library_name
from identity_cli.drawing.story import Trait
from identity_cli.drawing.svg_marks import (
    Canvas,
    Look,
    cross,
    glyph,
    n,
    path,
    rect,
    ring,
    triangle,
    words,
)
from identity_cli.values.shown import cells, shown

TRAIT_ROW = 19.0
LEGEND_ROW = 18.0
LONGEST_VALUE = 28

Sample = Callable[[float, float], str]


def draw_axis(canvas: Canvas) -> None:
    """Days, and times of day where there is room."""
    layout = canvas.layout
    for label in layout.days:
        line = f"M{n(label.x)} {n(layout.top)}V{n(layout.bottom - 4)}"
        canvas.behind.append(path("rule" if label.is_day else "rule dots", line))
        canvas.behind.append(words(label.x + 3, 18, label.text, Look("sm" if label.is_day else "sm q")))


def draw_flags(canvas: Canvas) -> None:
    """Findings above the bands, each with a line down to the lane that it is about."""
    layout = canvas.layout
    joints = {joint.seq: joint for joint in layout.story.joints}
    ticks = {tick.seq: tick.distinct_id for tick in layout.story.ticks}
    for flag in layout.flags:
        canvas.shown.add("finding")
        y = TOP + AXIS + 14 + max(flag.row, 0) * FLAG_ROW
        for seq, x in zip(flag.seqs, flag.xs, strict=True):
            named = joints[seq].ends if seq in joints else (ticks[seq],)
            lowest = min((layout.lane_of[one].y for one in named if one in layout.lane_of), default=y)
            canvas.behind.append(path("alarml dash", f"M{n(x - 1)} {n(y)}V{n(lowest)}"))
            canvas.marks.append(triangle(x - 1, y))
        if flag.row >= 0:
            x, anchor = (flag.xs[0] - 9, "end") if flag.is_turned else (flag.xs[-1] + 8, "")
            canvas.marks.append(words(x, y, flag.words, Look("sm b alarm halo", anchor)))


def draw_traits(canvas: Canvas, y: float) -> tuple[float, float]:
    """Strips of the values that tell humans apart; where they end: x and y."""
    width = canvas.layout.width
    for trait in canvas.layout.story.traits:
        width = max(width, _draw_trait(canvas, trait, y))
        y += TRAIT_ROW
    return width, y


def _draw_trait(canvas: Canvas, trait: Trait, y: float) -> float:
    """One strip, each value that is not the first darker; where it ends."""
    layout, say, end = canvas.layout, canvas.bands.append, canvas.layout.right
    say(words(layout.left - 10, y + 11, trait.key, Look("sm q", "end")))
    starts = [layout.x(moment) for moment, _ in trait.values]
    for (_, value), x, right in zip(trait.values, starts, [*starts[1:], end], strict=True):
        is_first = value == trait.values[0][1]
        say(rect("wash" if is_first else "wash2", x, y, (max(2, right - x - 2), 15), 2))
        room = int((right - x - 10) / SMALL_CELL)
        look = Look("sm" if is_first else "sm b")
        if room >= 4:
            say(words(x + 4, y + 11, shown(value, room), look))
        elif right == end:
            text = shown(value, LONGEST_VALUE)
            say(words(end + 8, y + 11, text, look))
            return end + 16 + cells(text) * SMALL_CELL
    return end


def draw_legend(canvas: Canvas, y: float, width: float) -> float:
    """What each mark means, of those that are there; where it ends."""
    x = 10.0
    for sample, text in _samples(canvas):
        wide = 22 + cells(text) * SMALL_CELL + 16
        if x + wide > width and x > 10:
            x, y = 10.0, y + LEGEND_ROW
        canvas.marks.append(sample(x + 9, y) + words(x + 22, y + 3.5, text, Look("sm q")))
        x += wide
    return y + LEGEND_ROW


def _samples(canvas: Canvas) -> Iterator[tuple[Sample, str]]:
    names: dict[tuple[str, str], None] = dict.fromkeys(
        (library_name(library), shape) for library, shape in sorted(canvas.glyphs.items())
    )
    for name, shape in names:
        yield _on_band(shape), shown(name, 20)
    for kind, sample, text in _SAMPLES:
        if kind in canvas.shown:
            yield sample, text
    if len(canvas.layout.columns.moments) > 1:
        yield _bent, "left to right as it arrived, idle hours shortened"


def _on_band(shape: str) -> Sample:
    return lambda x, y: rect("f0", x - 7, y - 7, (14, 14), 3) + glyph(shape, x, y, "g")


def _bent(x: float, y: float) -> str:
    return path("rule", f"M{n(x - 8)} {n(y)}h5l2-4l3 8l2-4h5")


def _merged(x: float, y: float) -> str:
    taken = path("f1", f"M{n(x - 9)} {n(y - 6)}h10v12h-10z")
    return taken + path("f0", f"M{n(x - 5)} {n(y)}l5-6h9v12h-9z")


def _damage(x: float, y: float) -> str:
    lines = path("alarml", f"M{n(x - 8)} {n(y - 7.5)}h16M{n(x - 8)} {n(y + 7.5)}h16")
    return path("f0", f"M{n(x - 8)} {n(y - 5)}h16v10h-16z") + lines


def _upright(classes: str) -> Sample:
    return lambda x, y: path(classes, f"M{n(x)} {n(y - 7)}v14")


def _attached(x: float, y: float) -> str:
    return _upright("line s0")(x, y) + ring("jn s0", x, y, 3.2)


def _refused(x: float, y: float) -> str:
    return _upright("no")(x, y) + cross(x, y, is_bad=False)


_SAMPLES: tuple[tuple[str, Sample, str], ...] = (
    ("held", lambda x, y: glyph("circle", x, y, "h"), "held by the buffer"),
    ("nobody", lambda x, y: path("nobody", f"M{n(x - 7)} {n(y)}h14"), "no person yet"),
    ("attached", _attached, "attached"),
    ("merged", _merged, "merged: the solid colour takes over"),
    ("refused", _refused, "refused"),
    ("same", _upright("same s0"), "was one person already"),
    ("damage", _damage, "here by a finding"),
    ("finding", lambda x, y: triangle(x, y + 4), "finding"),
)
